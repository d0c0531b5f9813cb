//! A sandbox as commands ask it: over HTTP, also the one that runs inside them.

use super::behaviour::Behaviour;
use super::documents::{Behaviours, ClockTime, Messages, Readiness, Requests};
use super::http::{self, HttpError};
use super::store::accounts::AccountPrefix;
use super::store::pins::PinQuery;
use crate::domain::duration;
use crate::domain::invalid::Invalid;
use crate::domain::msisdn::Msisdn;
use bytes::Bytes;
use http_body_util::Full;
use hyper::{Method, Request, StatusCode};
use serde::de::DeserializeOwned;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::time::{Duration, Instant};
use url::Url;

/// How long a sandbox may take beyond what it was told to wait.
const PATIENCE: Duration = Duration::from_secs(10);
/// The SMS or requests that are shown at once.
const LIMIT: u32 = 100;

/// A sandbox that listens.
#[derive(Clone, Debug)]
pub(crate) struct Served {
    address: SocketAddr,
    host: String,
}

/// Why a sandbox can't be asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AskError {
    #[error("can't ask the sandbox at {host}")]
    Http { host: String, source: HttpError },
    /// What was asked is wrong, in the sandbox's words.
    #[error("{0}")]
    Refused(String),
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

impl Served {
    pub(super) fn at(address: SocketAddr) -> Self {
        Self {
            address,
            host: address.to_string(),
        }
    }

    /// Reads a URL; only its host and port are used.
    pub(crate) fn parse(text: &str) -> Result<Self, Invalid> {
        let malformed = || Invalid::new("a served sandbox's address looks like http://127.0.0.1:8465");
        let unresolved = || Invalid::new("the host name of the sandbox's URL can't be resolved");
        let url = Url::parse(text)
            .ok()
            .filter(|url| url.scheme() == "http")
            .ok_or_else(malformed)?;
        let host = url[url::Position::BeforeHost..url::Position::BeforePath].to_owned();
        let name = url.host_str().ok_or_else(malformed)?;
        let bare = name.trim_start_matches('[').trim_end_matches(']');
        let mut addresses = (bare, url.port().unwrap_or(80))
            .to_socket_addrs()
            .map_err(|_| unresolved())?;
        let address = addresses.next().ok_or_else(unresolved)?;
        Ok(Self { address, host })
    }

    /// Whether a sandbox is here that answers.
    pub(crate) fn readiness(&self) -> Result<Readiness, AskError> {
        self.json(Method::GET, "/readyz", Vec::new(), Duration::ZERO)
    }

    /// The newest SMS first; with `wait`, as soon as there is one, or none when the time is over.
    pub(crate) fn messages(&self, query: &InboxQuery, wait: Duration) -> Result<Messages, AskError> {
        let path = Path::new("/sandbox/messages")
            .with("limit", Some(LIMIT))
            .with("msisdn", query.number)
            .with("account", query.account.as_str());
        let look = |rest| self.json(Method::GET, &path.waiting(rest), Vec::new(), rest);
        until(wait, look, |found: &Messages| found.messages.is_empty())
    }

    /// The last PIN of a number; with `wait`, as soon as there is one that is waiting to be typed back.
    pub(crate) fn pin(
        &self,
        number: Msisdn,
        query: &PinQuery,
        wait: Duration,
    ) -> Result<Option<String>, AskError> {
        let path = Path::new(&format!("/sandbox/pin/{number}"))
            .with("after", query.after)
            .with("account", query.account.as_str());
        let look = |rest: Duration| {
            // Any wait at all asks for a fresh PIN, also the one that the time has run out for.
            let least = Duration::from_millis(u64::from(query.fresh));
            match self.ask(Method::GET, &path.waiting(rest.max(least)), Vec::new(), rest)? {
                (StatusCode::OK, body) => Ok(Some(String::from_utf8_lossy(&body).trim_end().to_owned())),
                (StatusCode::NOT_FOUND, body) if body.starts_with(b"No PIN") => Ok(None),
                (status, body) => Err(self.answered(status, &body)),
            }
        };
        until(wait, look, Option::is_none)
    }

    /// The requests that a sandbox has seen; with `wait`, as soon as there is one that fits.
    pub(crate) fn requests(&self, query: &TrafficQuery, wait: Duration) -> Result<Requests, AskError> {
        let path = Path::new("/sandbox/requests")
            .with("limit", Some(LIMIT))
            .with("msisdn", query.number)
            .with("refused", query.refused.then_some(1))
            .with("after", query.after)
            .with("account", query.account.as_str());
        let look = |rest| self.json(Method::GET, &path.waiting(rest), Vec::new(), rest);
        until(wait, look, |found: &Requests| found.requests.is_empty())
    }

    /// Back to the beginning, for one account or all.
    pub(crate) fn reset(&self, account: &AccountPrefix) -> Result<(), AskError> {
        self.done(
            Method::POST,
            &Path::new("/sandbox/reset").with("account", account.as_str()),
        )
    }

    /// Puts the sandbox's clock forward, and says what it shows then.
    pub(crate) fn advance(&self, by: Duration) -> Result<ClockTime, AskError> {
        let path = Path::new("/sandbox/advance").with("by", Some(duration::human(by)));
        self.json(Method::POST, &path.0, Vec::new(), Duration::ZERO)
    }

    /// Adds a behaviour, and gives it back with its id.
    pub(crate) fn behave(&self, behaviour: &Behaviour) -> Result<Behaviour, AskError> {
        let body = serde_json::to_vec(behaviour).map_err(std::io::Error::other)?;
        self.json(Method::POST, "/sandbox/behaviour", body, Duration::ZERO)
    }

    /// The behaviours that hold, the oldest first.
    pub(crate) fn behaviours(&self) -> Result<Behaviours, AskError> {
        self.json(Method::GET, "/sandbox/behaviour", Vec::new(), Duration::ZERO)
    }

    /// Removes the behaviours of an account, or all.
    pub(crate) fn behave_as_usual(&self, account: &AccountPrefix) -> Result<(), AskError> {
        self.done(
            Method::DELETE,
            &Path::new("/sandbox/behaviour").with("account", account.as_str()),
        )
    }

    fn ask(
        &self,
        method: Method,
        path: &str,
        body: Vec<u8>,
        wait: Duration,
    ) -> Result<(StatusCode, Bytes), AskError> {
        let runtime = crate::runtime::current_thread()?;
        let request = Request::builder()
            .method(method)
            .uri(path)
            .body(Full::new(body.into()));
        let request = request.map_err(std::io::Error::other)?;
        let exchange = http::exchange(self.address, &self.host, None, request, wait + PATIENCE);
        let received = runtime.block_on(exchange);
        let received = received.map_err(|source| AskError::Http {
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
    ) -> Result<T, AskError> {
        let (status, body) = self.ask(method, path, body, wait)?;
        let read = serde_json::from_slice(&body).ok().filter(|_| status.is_success());
        read.ok_or_else(|| self.answered(status, &body))
    }

    /// Has something done that is answered with nothing.
    fn done(&self, method: Method, path: &Path) -> Result<(), AskError> {
        match self.ask(method, &path.0, Vec::new(), Duration::ZERO)? {
            (StatusCode::NO_CONTENT, _) => Ok(()),
            (status, body) => Err(self.answered(status, &body)),
        }
    }

    /// What was answered in place of what was asked for, with its words where they are a sandbox's.
    fn answered(&self, status: StatusCode, body: &Bytes) -> AskError {
        let text = String::from_utf8_lossy(body);
        let words = Some(text.trim()).filter(|text| text.len() < 300 && !text.contains('<'));
        match words {
            Some(words) if status == StatusCode::BAD_REQUEST => AskError::Refused(words.to_owned()),
            words => AskError::Answer {
                host: self.host.clone(),
                code: status.as_u16(),
                text: words.map(|words| format!(": {words}")).unwrap_or_default(),
            },
        }
    }
}

/// A path with its query. No value has a character that would have to be encoded.
struct Path(String);

impl Path {
    fn new(path: &str) -> Self {
        Self(path.to_owned())
    }

    fn with(mut self, name: &str, value: Option<impl std::fmt::Display>) -> Self {
        if let Some(value) = value {
            let separator = if self.0.contains('?') { '&' } else { '?' };
            self.0 = format!("{}{separator}{name}={value}", self.0);
        }
        self
    }

    fn waiting(&self, wait: Duration) -> String {
        Self(self.0.clone()).with("wait", Some(duration::human(wait))).0
    }
}

/// Asks until there is something or the time is over: a sandbox waits for a minute at most. `look` is told how much time is
/// left.
fn until<T>(
    wait: Duration,
    look: impl Fn(Duration) -> Result<T, AskError>,
    nothing: impl Fn(&T) -> bool,
) -> Result<T, AskError> {
    let deadline = Instant::now() + wait;
    loop {
        let rest = deadline.saturating_duration_since(Instant::now());
        let found = look(rest)?;
        if !nothing(&found) || rest.is_zero() {
            return Ok(found);
        }
    }
}
