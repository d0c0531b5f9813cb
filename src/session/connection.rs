//! From settings to how the gateway is reached.

use crate::client::Tuning;
use crate::domain::base_url::BaseUrl;
use crate::domain::duration;
use crate::failure::Fault;
use crate::settings::{Key, Reader};
use std::path::PathBuf;
use std::time::Duration;

/// Which gateway, and how it is reached.
#[derive(Clone, Debug)]
pub(crate) struct Reach {
    pub(crate) target: Target,
    pub(crate) tuning: Tuning,
}

#[derive(Clone, Debug)]
pub(crate) enum Target {
    Gateway(BaseUrl),
    /// The built-in one, whose address is known when it has started.
    Sandbox,
}

impl Target {
    /// Whether the numbers reserved for fiction may be used: they can reach no telephone from here.
    pub(crate) fn takes_test_numbers(&self) -> bool {
        match self {
            Self::Gateway(base_url) => base_url.is_loopback(),
            Self::Sandbox => true,
        }
    }
}

/// Reads how the gateway is reached; `pool` is how many connections stay open between requests.
pub(crate) fn read(reader: &mut Reader<'_>, pool: usize) -> Option<Reach> {
    let target = if reader.in_sandbox() {
        Some(Target::Sandbox)
    } else {
        reader.read(Key::BaseUrl, BaseUrl::parse).map(Target::Gateway)
    };
    let timeout = reader.read(Key::Timeout, positive);
    let connect_timeout = reader.read(Key::ConnectTimeout, positive);
    let proxy = reader.read(Key::Proxy, proxy);
    let ca_file = reader.read(Key::CaFile, |text| Ok::<_, String>(PathBuf::from(text)));
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
        tuning: Tuning {
            timeout,
            connect_timeout,
            proxy,
            ca_file,
            pool,
        },
    })
}

/// How often a request that never left is tried again.
pub(crate) fn retries(reader: &mut Reader<'_>) -> u32 {
    reader.read(Key::Retries, retry_count).unwrap_or_default()
}

pub(crate) fn retry_count(text: &str) -> Result<u32, String> {
    const MOST: u32 = 10;
    match text.parse::<u32>() {
        Ok(retries) if retries <= MOST => Ok(retries),
        _ => Err(format!("it must be from 0 to {MOST}")),
    }
}

pub(crate) fn positive(text: &str) -> Result<Duration, String> {
    const LONGEST: Duration = Duration::from_secs(3600);
    match duration::parse(text).map_err(|error| error.to_string())? {
        Duration::ZERO => Err("it must be longer than nothing".to_owned()),
        long if long > LONGEST => Err("it must be an hour at the most".to_owned()),
        duration => Ok(duration),
    }
}

pub(crate) fn proxy(text: &str) -> Result<url::Url, String> {
    // A proxy's URL may hold a password, so none of it is repeated.
    let url = url::Url::parse(text).map_err(|error| format!("not a URL: {error}"))?;
    match url.scheme() {
        "http" | "https" if url.has_host() => Ok(url),
        _ => Err("it must be http://HOST:PORT or https://HOST:PORT".to_owned()),
    }
}
