//! The sandbox as scripts ask it: the state file itself, or a sandbox that is served somewhere.

use super::behaviour::{Behaviour, CheckedBehaviour};
use super::documents::{Behaviours, ClockTime, Messages, Readiness, Requests};
use super::http::{self, HttpError};
use super::store::accounts::AccountPrefix;
use super::store::inbox::{self, Filter};
use super::store::pins::{self, PinQuery};
use super::store::{Db, Millis, SandboxState, StateView, StoreError, behaviours, clock};
use crate::domain::msisdn::Msisdn;
use bytes::Bytes;
use http_body_util::Full;
use hyper::{Method, Request, StatusCode};
use serde::de::DeserializeOwned;
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
    #[error("{host} answered with HTTP {code}{text}")]
    Answer {
        host: String,
        code: u16,
        /// Its words after a colon, or nothing.
        text: String,
    },
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

    fn ask(
        &self,
        method: Method,
        path: &str,
        body: Vec<u8>,
        wait: Duration,
    ) -> Result<(StatusCode, Bytes), SourceError> {
        let runtime = crate::runtime::current_thread()?;
        let request = Request::builder()
            .method(method)
            .uri(path)
            .body(Full::new(body.into()));
        let request = request.map_err(std::io::Error::other)?;
        let exchange = http::exchange(self.address, &self.host, None, request, wait + PATIENCE);
        let received = runtime.block_on(exchange);
        let received = received.map_err(|source| SourceError::Http {
            host: self.host.clone(),
            source,
        })?;
        Ok((received.status, received.body))
    }

    /// Asks for JSON.
    fn json<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Vec<u8>,
        wait: Duration,
    ) -> Result<T, SourceError> {
        let (status, body) = self.ask(method, path, body, wait)?;
        let read = serde_json::from_slice(&body).ok().filter(|_| status.is_success());
        read.ok_or_else(|| self.answered(status, &body))
    }

    /// Has something done that is answered with nothing.
    fn done(&self, method: Method, path: &str) -> Result<(), SourceError> {
        match self.ask(method, path, Vec::new(), Duration::ZERO)? {
            (StatusCode::NO_CONTENT, _) => Ok(()),
            (status, body) => Err(self.answered(status, &body)),
        }
    }

    /// What was answered in place of what was asked for, with its words where they are a sandbox's.
    fn answered(&self, status: StatusCode, body: &Bytes) -> SourceError {
        let text = String::from_utf8_lossy(body);
        let is_short = text.len() < 300 && !text.contains('<');
        SourceError::Answer {
            host: self.host.clone(),
            code: status.as_u16(),
            text: if is_short {
                format!(": {}", text.trim())
            } else {
                String::new()
            },
        }
    }

    fn messages(&self, query: &InboxQuery, wait: Duration) -> Result<Messages, SourceError> {
        let mut path = format!("/sandbox/messages?limit={LIMIT}&wait={}", seconds(wait));
        if let Some(number) = query.number {
            path = format!("{path}&msisdn={number}");
        }
        self.json(Method::GET, &with_account(path, &query.account), Vec::new(), wait)
    }

    fn pin(&self, number: Msisdn, query: &PinQuery, wait: Duration) -> Result<Option<String>, SourceError> {
        // Any wait at all asks for a fresh PIN, also the one that the time has run out for.
        let wait_text = match seconds(wait) {
            0 if query.fresh => "1ms".to_owned(),
            seconds => seconds.to_string(),
        };
        let mut path = format!("/sandbox/pin/{number}?wait={wait_text}");
        if let Some(after) = query.after {
            path = format!("{path}&after={after}");
        }
        match self.ask(Method::GET, &with_account(path, &query.account), Vec::new(), wait)? {
            (StatusCode::OK, body) => Ok(Some(String::from_utf8_lossy(&body).trim_end().to_owned())),
            (StatusCode::NOT_FOUND, body) if body.starts_with(b"No PIN") => Ok(None),
            (status, body) => Err(self.answered(status, &body)),
        }
    }

    /// Whether a sandbox is here that answers.
    pub(crate) fn readiness(&self) -> Result<Readiness, SourceError> {
        self.json(Method::GET, "/readyz", Vec::new(), Duration::ZERO)
    }

    /// The requests that a served sandbox has seen; with `wait`, as soon as there is one that fits.
    pub(crate) fn requests(&self, query: &TrafficQuery, wait: Duration) -> Result<Requests, SourceError> {
        let mut path = format!("/sandbox/requests?limit={LIMIT}&wait={}", seconds(wait));
        if let Some(number) = query.number {
            path = format!("{path}&msisdn={number}");
        }
        if query.refused {
            path.push_str("&refused=1");
        }
        if let Some(after) = query.after {
            path = format!("{path}&after={after}");
        }
        let path = with_account(path, &query.account);
        self.json(Method::GET, &path, Vec::new(), wait)
    }
}

/// Which SMS a command shows.
#[derive(Clone, Debug, Default)]
pub(crate) struct InboxQuery {
    pub(crate) number: Option<Msisdn>,
    pub(crate) account: AccountPrefix,
}

/// Which requests a command shows.
#[derive(Clone, Debug, Default)]
pub(crate) struct TrafficQuery {
    pub(crate) number: Option<Msisdn>,
    pub(crate) account: AccountPrefix,
    pub(crate) refused: bool,
    /// Those after the one with this number.
    pub(crate) after: Option<u64>,
}

/// A path with a query, and the account that it is limited to.
fn with_account(path: String, account: &AccountPrefix) -> String {
    match account.as_str() {
        Some(account) => format!("{path}&account={account}"),
        None => path,
    }
}

/// A wait as the server takes it: whole seconds, none of them lost.
fn seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

impl Source {
    /// The newest SMS first; with `wait`, as soon as there is one, or none when the time is over.
    pub(crate) fn messages(&self, query: &InboxQuery, wait: Duration) -> Result<Messages, SourceError> {
        let nothing = |found: &Messages| found.messages.is_empty();
        let filter = Filter {
            number: query.number,
            containing: None,
            account: query.account.clone(),
        };
        match self {
            Self::Served(served) => until(wait, |rest| served.messages(query, rest), nothing),
            Self::File(path) => until(
                wait,
                |_| {
                    let looked = look(path, |state| {
                        let (messages, total) = inbox::list(state, &filter, LIMIT)?;
                        Ok(Messages {
                            revision: inbox::revision(state)?,
                            now: state.now.0,
                            total,
                            messages,
                        })
                    });
                    Ok(looked?.unwrap_or(Messages {
                        revision: 0,
                        now: Millis::now().0,
                        total: 0,
                        messages: Vec::new(),
                    }))
                },
                nothing,
            ),
        }
    }

    /// The last PIN of a number; with `wait`, as soon as there is one that is waiting to be typed back.
    pub(crate) fn pin(
        &self,
        number: Msisdn,
        query: &PinQuery,
        wait: Duration,
    ) -> Result<Option<String>, SourceError> {
        match self {
            Self::Served(served) => until(wait, |rest| served.pin(number, query, rest), Option::is_none),
            Self::File(path) => until(
                wait,
                |_| {
                    let found = look(path, |state| pins::last_pin(state, number, query))?;
                    Ok(found.flatten().map(|sent| sent.pin))
                },
                Option::is_none,
            ),
        }
    }

    /// The revision of now: what comes later has a greater one. 0 where there is no state yet.
    pub(crate) fn revision(&self) -> Result<i64, SourceError> {
        match self {
            Self::Served(served) => Ok(served.readiness()?.revision),
            Self::File(path) => Ok(look(path, |state| inbox::revision(state))?.unwrap_or_default()),
        }
    }

    /// Back to the beginning, for one account or all.
    pub(crate) fn reset(&self, account: &AccountPrefix) -> Result<(), SourceError> {
        match self {
            Self::Served(served) => {
                served.done(Method::POST, &with_account("/sandbox/reset?".to_owned(), account))
            }
            Self::File(path) => match existing(path)? {
                Some(mut state) => Ok(state.change(|state| inbox::reset(state, account))?),
                None => Ok(()),
            },
        }
    }

    /// Puts the sandbox's clock forward, and says what it shows then.
    pub(crate) fn advance(&self, by: Duration) -> Result<i64, SourceError> {
        match self {
            Self::Served(served) => {
                let path = format!("/sandbox/advance?by={}ms", by.as_millis());
                let time: ClockTime = served.json(Method::POST, &path, Vec::new(), Duration::ZERO)?;
                Ok(time.now)
            }
            Self::File(path) => Ok(opened(path)?.change(|state| {
                clock::advance(state, by)?;
                Ok(state.now.plus(by).0)
            })?),
        }
    }

    /// Adds a behaviour, and gives it back with its id.
    pub(crate) fn behave(
        &self,
        behaviour: &Behaviour,
        checked: CheckedBehaviour,
    ) -> Result<Behaviour, SourceError> {
        match self {
            Self::Served(served) => {
                let body = serde_json::to_vec(behaviour).map_err(std::io::Error::other)?;
                served.json(Method::POST, "/sandbox/behaviour", body, Duration::ZERO)
            }
            Self::File(path) => Ok(opened(path)?.change(|state| checked.add(state))?),
        }
    }

    /// The behaviours that hold, the oldest first.
    pub(crate) fn behaviours(&self) -> Result<Vec<Behaviour>, SourceError> {
        match self {
            Self::Served(served) => {
                let path = "/sandbox/behaviour";
                let listed: Behaviours = served.json(Method::GET, path, Vec::new(), Duration::ZERO)?;
                Ok(listed.behaviours)
            }
            Self::File(path) => {
                let rows = look(path, |state| behaviours::list(state))?.unwrap_or_default();
                Ok(rows.into_iter().map(Behaviour::of).collect())
            }
        }
    }

    /// Removes the behaviours of an account, or all.
    pub(crate) fn behave_as_usual(&self, account: &AccountPrefix) -> Result<(), SourceError> {
        match self {
            Self::Served(served) => served.done(
                Method::DELETE,
                &with_account("/sandbox/behaviour?".to_owned(), account),
            ),
            Self::File(path) => match existing(path)? {
                Some(mut state) => Ok(state.change(|state| behaviours::clear(state, account))?),
                None => Ok(()),
            },
        }
    }
}

/// Looks at the state, where there is any: looking must not make one.
fn look<T>(
    path: &Path,
    work: impl FnOnce(&StateView<'_>) -> rusqlite::Result<T>,
) -> Result<Option<T>, SourceError> {
    let state = existing(path)?;
    Ok(state.map(|mut state| state.look(work)).transpose()?)
}

fn opened(path: &Path) -> Result<SandboxState, SourceError> {
    Ok(SandboxState::open(&Db::File(path.to_owned()))?)
}

/// The state, where there is any: looking must not make one.
fn existing(path: &Path) -> Result<Option<SandboxState>, SourceError> {
    if path.exists() {
        opened(path).map(Some)
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
