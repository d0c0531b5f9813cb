//! The sandbox as scripts ask it: the state file itself, or a sandbox that is served somewhere.

use super::http::{self, HttpError};
use super::inbox::Messages;
use super::store::inbox::{self, Filter, Sms};
use super::store::{Db, Millis, SandboxState, StoreError, pins};
use crate::domain::msisdn::Msisdn;
use bytes::Bytes;
use http_body_util::Full;
use hyper::{Method, Request, StatusCode};
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use url::Url;

/// How often the file is looked at while something is waited for.
const LOOK_AGAIN: Duration = Duration::from_millis(25);
/// How long a served sandbox may take beyond what it was told to wait.
const PATIENCE: Duration = Duration::from_secs(10);
/// The SMS that are shown at once.
const LIMIT: u32 = 100;

/// Where the state is.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    File(PathBuf),
    Served(Served),
}

/// A sandbox that is served.
#[derive(Clone, Debug)]
pub(crate) struct Served {
    address: SocketAddr,
    host: String,
}

/// Why the sandbox can't be asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SourceError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("can't ask the sandbox at {host}")]
    Http { host: String, source: HttpError },
    #[error("{host} answered with HTTP {code}, so it is not a sandbox, or one that refuses this host name")]
    Answer { host: String, code: u16 },
    #[error("can't ask the sandbox")]
    Io(#[from] std::io::Error),
}

/// Why a text is no address of a served sandbox.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ServedError {
    #[error("a served sandbox's address looks like http://127.0.0.1:8465")]
    Malformed,
    #[error("the host name of the sandbox's URL can't be resolved")]
    Unresolved,
}

impl Served {
    /// Reads a URL; only its host and port are used.
    pub(crate) fn parse(text: &str) -> Result<Self, ServedError> {
        let url = Url::parse(text)
            .ok()
            .filter(|url| url.scheme() == "http")
            .ok_or(ServedError::Malformed)?;
        let host = url[url::Position::BeforeHost..url::Position::BeforePath].to_owned();
        let name = url.host_str().ok_or(ServedError::Malformed)?;
        let bare = name.trim_start_matches('[').trim_end_matches(']');
        let mut addresses = (bare, url.port().unwrap_or(80))
            .to_socket_addrs()
            .map_err(|_| ServedError::Unresolved)?;
        let address = addresses.next().ok_or(ServedError::Unresolved)?;
        Ok(Self { address, host })
    }

    fn ask(&self, method: Method, path: &str, wait: Duration) -> Result<(StatusCode, Bytes), SourceError> {
        let runtime = crate::runtime::current_thread()?;
        let request = Request::builder().method(method).uri(path).body(Full::default());
        let request = request.map_err(std::io::Error::other)?;
        let exchange = http::exchange(self.address, &self.host, request, wait + PATIENCE);
        let received = runtime.block_on(exchange);
        let received = received.map_err(|source| SourceError::Http {
            host: self.host.clone(),
            source,
        })?;
        Ok((received.status, received.body))
    }

    fn answered(&self, status: StatusCode) -> SourceError {
        SourceError::Answer {
            host: self.host.clone(),
            code: status.as_u16(),
        }
    }

    fn messages(&self, number: Option<Msisdn>, wait: Duration) -> Result<Vec<Sms>, SourceError> {
        let number = number
            .map(|number| format!("&msisdn={number}"))
            .unwrap_or_default();
        let path = format!("/sandbox/messages?limit={LIMIT}&wait={}{number}", seconds(wait));
        let (status, body) = self.ask(Method::GET, &path, wait)?;
        let read = serde_json::from_slice::<Messages>(&body)
            .ok()
            .filter(|_| status.is_success());
        read.map(|messages| messages.messages)
            .ok_or_else(|| self.answered(status))
    }

    fn pin(&self, number: Msisdn, wait: Duration) -> Result<Option<String>, SourceError> {
        let path = format!("/sandbox/pin/{number}?wait={}", seconds(wait));
        match self.ask(Method::GET, &path, wait)? {
            (StatusCode::OK, body) => Ok(Some(String::from_utf8_lossy(&body).trim_end().to_owned())),
            (StatusCode::NOT_FOUND, body) if body.starts_with(b"No PIN") => Ok(None),
            (status, _) => Err(self.answered(status)),
        }
    }
}

/// A wait as the server takes it: whole seconds, none of them lost.
fn seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

impl Source {
    /// The newest SMS first; with `wait`, as soon as there is one, or none when the time is over.
    pub(crate) fn messages(&self, number: Option<Msisdn>, wait: Duration) -> Result<Vec<Sms>, SourceError> {
        let filter = number.map_or(Filter::All, Filter::Number);
        match self {
            Self::Served(served) => until(wait, |rest| served.messages(number, rest), Vec::is_empty),
            Self::File(path) => until(
                wait,
                |_| {
                    let Some(mut state) = existing(path)? else {
                        return Ok(Vec::new());
                    };
                    let list = inbox::list(
                        &*state.read().map_err(StoreError::from)?,
                        &filter,
                        LIMIT,
                        Millis::now(),
                    );
                    Ok(list.map_err(StoreError::from)?)
                },
                Vec::is_empty,
            ),
        }
    }

    /// The last PIN of a number; with `wait`, as soon as there is one.
    pub(crate) fn pin(&self, number: Msisdn, wait: Duration) -> Result<Option<String>, SourceError> {
        match self {
            Self::Served(served) => until(wait, |rest| served.pin(number, rest), Option::is_none),
            Self::File(path) => until(
                wait,
                |_| {
                    let Some(mut state) = existing(path)? else {
                        return Ok(None);
                    };
                    let pin = pins::last_pin(&*state.read().map_err(StoreError::from)?, number);
                    Ok(pin.map_err(StoreError::from)?)
                },
                Option::is_none,
            ),
        }
    }

    /// Back to the beginning.
    pub(crate) fn reset(&self) -> Result<(), SourceError> {
        match self {
            Self::Served(served) => match served.ask(Method::POST, "/sandbox/reset", Duration::ZERO)? {
                (StatusCode::NO_CONTENT, _) => Ok(()),
                (status, _) => Err(served.answered(status)),
            },
            Self::File(path) => {
                let Some(mut state) = existing(path)? else {
                    return Ok(());
                };
                let transaction = state.write().map_err(StoreError::from)?;
                inbox::reset(&transaction).map_err(StoreError::from)?;
                Ok(transaction.commit().map_err(StoreError::from)?)
            }
        }
    }
}

/// The state, where there is any: looking must not make one.
fn existing(path: &Path) -> Result<Option<SandboxState>, SourceError> {
    if path.exists() {
        Ok(Some(SandboxState::open(&Db::File(path.to_owned()))?))
    } else {
        Ok(None)
    }
}

/// Looks until there is something or the time is over. `look` is told how much time is left.
fn until<T>(
    wait: Duration,
    look: impl Fn(Duration) -> Result<T, SourceError>,
    nothing: impl Fn(&T) -> bool,
) -> Result<T, SourceError> {
    let deadline = Instant::now() + wait;
    loop {
        let rest = deadline.saturating_duration_since(Instant::now());
        let found = look(rest)?;
        if !nothing(&found) || rest.is_zero() {
            return Ok(found);
        }
        std::thread::sleep(LOOK_AGAIN.min(rest));
    }
}
