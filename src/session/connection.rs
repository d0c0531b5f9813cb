//! From settings to how the gateway is reached.

use crate::client::{CallPaths, EnvironmentProxy, Tuning};
use crate::domain::base_url::BaseUrl;
use crate::domain::call_path::CallPath;
use crate::env::{CERTIFICATE_DIRECTORY, CERTIFICATE_FILE, Environment};
use crate::failure::Fault;
use crate::sandbox::Served;
use crate::settings::keys::Setting;
use crate::settings::{Key, Reader, keys, values};
use crate::wire::Call;
use std::path::{Path, PathBuf};

/// Which gateway, and how it is reached.
#[derive(Clone, Debug)]
pub(crate) struct Reach {
    pub(crate) target: Target,
    pub(crate) paths: CallPaths,
    pub(crate) tuning: Tuning,
}

#[derive(Clone, Debug)]
pub(crate) enum Target {
    Gateway(BaseUrl),
    /// The built-in one, whose address is known when it has started.
    Sandbox,
}

impl Target {
    /// Whether it is reached directly, whatever proxy is set: it runs on this machine, or in a network of its own.
    fn needs_no_proxy(&self) -> bool {
        match self {
            Self::Gateway(base_url) => base_url.is_loopback() || base_url.is_plain(),
            Self::Sandbox => true,
        }
    }

    /// Whether the numbers reserved for fiction may be used: they can reach no telephone from here. A host that is said to
    /// be a sandbox is asked whether it is one.
    pub(crate) fn takes_test_numbers(&self) -> bool {
        match self {
            Self::Gateway(base_url) if base_url.is_loopback() => true,
            Self::Gateway(base_url) if base_url.is_plain() => {
                let readiness = Served::parse(base_url.as_str())
                    .ok()
                    .map(|served| served.readiness());
                readiness.is_some_and(|asked| asked.is_ok_and(|readiness| readiness.sandbox))
            }
            Self::Gateway(_) => false,
            Self::Sandbox => true,
        }
    }
}

/// Reads how the gateway is reached; `pool` is how many connections stay open between requests.
pub(crate) fn read(reader: &mut Reader<'_>, environment: &Environment, pool: usize) -> Option<Reach> {
    let target = if reader.in_sandbox() {
        Some(Target::Sandbox)
    } else {
        read_base_url(reader).map(Target::Gateway)
    };
    let paths = CallPaths::new(|call| reader.read(path_setting(call)).unwrap_or_default());
    let timeout = reader.read(keys::TIMEOUT);
    let connect_timeout = reader.read(keys::CONNECT_TIMEOUT);
    let proxy = reader.read(keys::PROXY);
    let direct = target.as_ref().is_none_or(Target::needs_no_proxy);
    let environment_proxy = if direct || reader.origin(Key::Proxy).is_some() {
        None
    } else {
        proxy_of_environment(reader, environment, true)
    };
    let ca_file = match &target {
        Some(Target::Gateway(base_url)) if base_url.scheme() == "https" => authorities(reader, environment),
        _ => reader.read(keys::CA_FILE),
    };
    let (timeout, connect_timeout) = (timeout?, connect_timeout?);
    if connect_timeout >= timeout
        && reader
            .origin(Key::ConnectTimeout)
            .is_some_and(|origin| origin.was_set())
    {
        reader.fault(Fault {
            what: "connect_timeout".to_owned(),
            message: format!(
                "connecting may take {connect_timeout:?}, which is not less than the whole call's {timeout:?}"
            ),
            hint: Some("make --timeout longer, or --connect-timeout shorter".to_owned()),
        });
    }
    Some(Reach {
        target: target?,
        paths,
        tuning: Tuning {
            timeout,
            connect_timeout,
            proxy,
            environment_proxy,
            ca_file,
            pool,
        },
    })
}

/// Reads where the gateway is.
pub(super) fn read_base_url(reader: &mut Reader<'_>) -> Option<BaseUrl> {
    let sandbox = reader.read(keys::SANDBOX_HOST);
    reader.read_with(Key::BaseUrl, |text| {
        BaseUrl::parse_with_sandbox(text, sandbox.as_ref())
    })
}

/// The setting that says where a call is.
pub(crate) const fn path_setting(call: Call) -> Setting<CallPath> {
    match call {
        Call::RequestPin => keys::REQUEST_PATH,
        Call::VerifyPin => keys::VERIFY_PATH,
        Call::Lookup => keys::LOOKUP_PATH,
        Call::Balance => keys::BALANCE_PATH,
    }
}

/// The proxy that the environment names for https URLs (or for http). What can't be used is a fault: the user who set it does not
/// want to connect directly. No part of its value is repeated, since it may hold a password.
pub(crate) fn proxy_of_environment(
    reader: &mut Reader<'_>,
    environment: &Environment,
    is_https: bool,
) -> Option<EnvironmentProxy> {
    let read = match environment.proxy(is_https) {
        Ok(None) => return None,
        Ok(Some((name, text))) => match values::proxy_without_scheme(text) {
            Ok(url) => environment
                .without_proxy()
                .map(|except| EnvironmentProxy {
                    url,
                    except: except.map(str::to_owned),
                })
                .map_err(|unreadable| (unreadable.name, "it holds bytes that are not UTF-8".to_owned())),
            Err(reason) => Err((name, reason)),
        },
        Err(unreadable) => Err((unreadable.name, "it holds bytes that are not UTF-8".to_owned())),
    };
    read.map_err(|(name, reason)| {
        reader.fault(Fault {
            what: format!("the environment variable {name}"),
            message: reason,
            hint: Some(format!(
                "correct {name} or unset it; `smspin config set proxy URL` has precedence over it"
            )),
        });
    })
    .ok()
}

/// The file of certificate authorities that a TLS connection trusts besides the platform's. Where the environment says which
/// authorities those of the platform are, and nothing readable is there, the built-in ones would trust more than the user wanted.
pub(crate) fn authorities(reader: &mut Reader<'_>, environment: &Environment) -> Option<PathBuf> {
    for (name, unusable) in [
        (
            CERTIFICATE_FILE,
            environment.path(CERTIFICATE_FILE).and_then(unusable_file),
        ),
        (
            CERTIFICATE_DIRECTORY,
            environment
                .path(CERTIFICATE_DIRECTORY)
                .and_then(unusable_directories),
        ),
    ] {
        if let Some(message) = unusable {
            reader.fault(Fault {
                what: format!("the environment variable {name}"),
                message,
                hint: Some(format!(
                    "correct {name} or unset it; `smspin config set ca_file FILE` trusts a PEM file besides the system's"
                )),
            });
        }
    }
    reader.read(keys::CA_FILE)
}

fn unusable_file(path: &Path) -> Option<String> {
    const BEGINNING: &[u8] = b"-----BEGIN";
    match std::fs::read(path) {
        Err(error) => Some(format!("cannot read {} ({error})", path.display())),
        Ok(pem) if !pem.windows(BEGINNING.len()).any(|window| window == BEGINNING) => {
            Some(format!("{} holds no PEM certificate", path.display()))
        }
        Ok(_) => None,
    }
}

/// A list, as `PATH` is one: one of them has to be there.
fn unusable_directories(list: &Path) -> Option<String> {
    let read: Result<Vec<_>, _> = std::env::split_paths(list)
        .map(|path| match std::fs::read_dir(&path) {
            Ok(_) => Err(()),
            Err(error) => Ok(format!("cannot read {} ({error})", path.display())),
        })
        .collect();
    read.ok().map(|failures| failures.join("; "))
}

/// How often a request that never left is tried again.
pub(crate) fn retries(reader: &mut Reader<'_>) -> u32 {
    reader.read(keys::RETRIES).unwrap_or_default()
}
