//! The first check: everything that can be known without the gateway, with all that is wrong at once; and the journal, where the
//! user has named one.

use super::privacy;
use crate::answers::StepEnd;
use crate::cli::DoctorArgs;
use crate::domain::base_url::BaseUrl;
use crate::failure::Failure;
use crate::session::Context;
use crate::session::connection::{self, Target};
use crate::session::{OpenGateway, Session, journal};
use crate::settings::pin_request::{self, Checked};
use crate::settings::{Key, Reader};
use std::time::Duration;
use url::Url;

/// A valid configuration, and the gateway that it is for.
pub(super) struct Configuration {
    pub(super) gateway: OpenGateway,
    pub(super) base_url: Url,
    pub(super) loopback: bool,
    pub(super) proxy: Proxy,
    /// The settings `base_url` and `proxy`, each with the place that it comes from, as a hint names them.
    pub(super) base_url_name: String,
    pub(super) proxy_name: String,
    /// Where the key comes from.
    pub(super) key_from: Option<String>,
    pub(super) connect_timeout: Duration,
    pub(super) retries: u32,
    /// The request of `--send-to`.
    pub(super) checked: Option<Checked>,
}

/// Who connects to the gateway.
pub(super) enum Proxy {
    None,
    Setting(Url),
    /// One that the environment names, or not, for this host.
    Environment,
}

/// The configuration, and what it says in one line.
pub(super) fn read(context: &Context, args: &DoctorArgs) -> Result<(Configuration, String), StepEnd> {
    settings(context, args).map_err(|failure| {
        let exit = failure.kind.exit();
        let (detail, hint) = told(&failure, args.send_to.as_deref());
        StepEnd::failed(detail, exit).hint(hint)
    })
}

/// Whether the number may be another person's; the doctor asks no questions.
fn of_two_countries(reader: &mut Reader<'_>, checked: &Checked) -> bool {
    let doubt = checked.two_countries.clone();
    let is_doubtful = doubt.is_some();
    if let Some(doubt) = doubt {
        reader.fault(doubt.into());
    }
    is_doubtful
}

fn settings(context: &Context, args: &DoctorArgs) -> Result<(Configuration, String), Failure> {
    let session = Session::open(context, args.flags.0.clone())?;
    let mut reader = session.reader();
    let reach = connection::read(&mut reader, &context.environment, 1);
    let retries = connection::retries(&mut reader);
    let test_numbers = reach
        .as_ref()
        .is_some_and(|reach| reach.target.takes_test_numbers());
    let checked = args
        .send_to
        .as_deref()
        .map(|typed| pin_request::check(&mut reader, typed, test_numbers));
    let of_two = matches!(&checked, Some(Some(checked)) if of_two_countries(&mut reader, checked));
    let complete = reach.filter(|_| !of_two && !matches!(checked, Some(None)));
    let reach = reader.finish("invalid settings", complete)?;
    look_at_journal(&session)?;
    let given_url = match &reach.target {
        Target::Gateway(base_url) => Some(base_url.clone()),
        Target::Sandbox => None,
    };
    let (proxy, connect_timeout) = (reach.tuning.proxy.clone(), reach.tuning.connect_timeout);
    let by_environment = reach.tuning.environment_proxy.is_some();
    let gateway = session.gateway(reach)?;
    let loopback = given_url.as_ref().is_none_or(BaseUrl::is_loopback);
    let base_url = match (&gateway.sandbox, given_url) {
        (None, Some(base_url)) => base_url.join(""),
        _ => gateway.client.url(crate::wire::Call::Balance).clone(),
    };
    let found = found(&session, &gateway, &base_url);
    let proxy = match proxy {
        _ if loopback => Proxy::None,
        Some(url) => Proxy::Setting(url),
        None if by_environment => Proxy::Environment,
        None => Proxy::None,
    };
    let configuration = Configuration {
        gateway,
        base_url,
        loopback,
        proxy,
        base_url_name: named(&session, Key::BaseUrl),
        key_from: session
            .layers
            .key_sources()
            .next()
            .map(|(_, key)| key.origin.to_string()),
        proxy_name: if by_environment {
            "the proxy in the environment (HTTPS_PROXY, ALL_PROXY; NO_PROXY)".to_owned()
        } else {
            named(&session, Key::Proxy)
        },
        connect_timeout,
        retries,
        checked: checked.flatten(),
    };
    Ok((configuration, found))
}

/// Why a batch could not use the journal that the user has named.
fn look_at_journal(session: &Session<'_>) -> Result<(), Failure> {
    if session.in_sandbox() || session.layers.get(Key::Journal).is_none() {
        return Ok(());
    }
    let failed = |error| journal::failure(error, "the journal can't be used");
    let place = journal::place(session)?;
    place.check().map_err(failed)?;
    let Some(mut store) = place.look().map_err(failed)? else {
        return Ok(());
    };
    store.check().map_err(failed)?;
    store.close().map_err(failed)
}

/// A setting, and where its value comes from.
fn named(session: &Session<'_>, key: Key) -> String {
    match session.layers.get(key) {
        Some(found) => format!("{key} ({})", found.origin),
        None => key.to_string(),
    }
}

/// Where the configuration is, where the key comes from, and which gateway it is for.
fn found(session: &Session<'_>, gateway: &OpenGateway, base_url: &Url) -> String {
    if gateway.sandbox.is_some() {
        return "the sandbox, with a key of its own".to_owned();
    }
    let key = session.layers.key_sources().next();
    let mut found: Vec<String> = Vec::new();
    // A key from the file names it already.
    if key.as_ref().is_none_or(|(_, key)| key.origin.file().is_none()) {
        let path = session.context.config_path().ok();
        let path = path.filter(|path| path.path().exists());
        found.push(path.map_or_else(|| "no configuration file".to_owned(), |path| path.to_string()));
    }
    found.extend(key.map(|(_, key)| format!("key from {}", key.origin)));
    let host = base_url.host_str().unwrap_or_default();
    found.push(format!("gateway {host}"));
    found.join(", ")
}

/// A failure on one line, with what to do about it.
fn told(failure: &Failure, typed: Option<&str>) -> (String, Option<String>) {
    let mut detail = vec![failure.error.to_string()];
    detail.extend(failure.causes());
    let faults = failure.faults.iter();
    detail.extend(faults.map(|fault| {
        // Its number is not an argument here, but the value of a flag.
        let what = if fault.what == "MSISDN" {
            "--send-to"
        } else {
            &fault.what
        };
        format!("{what}: {}", fault.message)
    }));
    let mut hints: Vec<&str> = failure.hints.iter().map(String::as_str).collect();
    hints.extend(failure.faults.iter().filter_map(|fault| fault.hint.as_deref()));
    let hint = (!hints.is_empty()).then(|| privacy::masked(&hints.join("; "), typed));
    (privacy::masked(&detail.join("; "), typed), hint)
}
