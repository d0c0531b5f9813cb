//! What people and scripts look at: the page at `/`, and the same over HTTP below `/sandbox/`, a path that the real
//! gateway doesn't have.
//!
//! ```text
//! GET  /sandbox/messages    ?msisdn= or ?contains=, limit=, since=REVISION, wait=SECONDS
//! GET  /sandbox/pin/MSISDN  ?wait=SECONDS    the last PIN alone, as text; 404 if there is none
//! POST /sandbox/clear       takes the SMS out of the lists; their PINs stay good
//! POST /sandbox/reset       back to the beginning
//! ```
//! Only for requests that went to an address or to `localhost`, and for no page of another origin.

mod query;

use super::guard::{allows_host, allows_origin};
use super::openapi;
use super::responses::{method_not_allowed, plain};
use super::store::inbox::{self, Sms};
use super::store::{Millis, Store, StoreError, pins};
use crate::domain::msisdn::Msisdn;
use crate::server::{ServerReply, StopSignal};
use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Method, Request, Response, StatusCode};
use query::Query;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Nothing from elsewhere, nothing inline, and no other page around it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// How often a wait looks again: another process may have changed the file.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// What `/sandbox/messages` answers with.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Messages {
    /// Grows with every change; what `since` takes.
    pub(crate) revision: i64,
    /// The sandbox's clock, in Unix milliseconds.
    pub(crate) now: i64,
    /// The newest first.
    #[expect(clippy::struct_field_names, reason = "scripts read it by this name")]
    pub(crate) messages: Vec<Sms>,
}

/// What a path leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum InboxRoute {
    Page,
    Script,
    Style,
    OpenApi,
    Messages,
    /// With the number as it stands in the path.
    Pin(String),
    Clear,
    Reset,
}

impl InboxRoute {
    pub(crate) fn of(path: &str) -> Option<Self> {
        Some(match path {
            "/" => Self::Page,
            "/inbox.js" => Self::Script,
            "/inbox.css" => Self::Style,
            "/openapi.json" => Self::OpenApi,
            "/sandbox/messages" => Self::Messages,
            "/sandbox/clear" => Self::Clear,
            "/sandbox/reset" => Self::Reset,
            _ => Self::Pin(path.strip_prefix("/sandbox/pin/")?.to_owned()),
        })
    }

    const fn changes(&self) -> bool {
        matches!(self, Self::Clear | Self::Reset)
    }
}

/// Answers one request for the page or for a script.
pub(crate) async fn answer(
    route: InboxRoute,
    request: &Request<Incoming>,
    store: &Store,
    stop: &StopSignal,
) -> ServerReply {
    if !allows_host(request.headers()) {
        return plain(
            StatusCode::FORBIDDEN,
            "Use the sandbox's address or localhost: a name could belong to a page of another origin.\n",
        );
    }
    if !allows_origin(request.headers()) && route != InboxRoute::Page {
        return plain(
            StatusCode::FORBIDDEN,
            "Pages of other origins may not use the sandbox.\n",
        );
    }
    match (route.changes(), request.method()) {
        (true, &Method::POST) | (false, &(Method::GET | Method::HEAD)) => {}
        (true, _) => return method_not_allowed("POST"),
        (false, _) => return method_not_allowed("GET, HEAD"),
    }
    let Some(query) = Query::parse(request.uri().query().unwrap_or_default()) else {
        return plain(
            StatusCode::BAD_REQUEST,
            "The query has a parameter that is unknown or wrong.\n",
        );
    };
    let answered = match route {
        InboxRoute::Page => Ok(asset("text/html; charset=utf-8", include_str!("page.html"))),
        InboxRoute::Script => Ok(asset("text/javascript; charset=utf-8", include_str!("page.js"))),
        InboxRoute::Style => Ok(asset("text/css; charset=utf-8", include_str!("page.css"))),
        InboxRoute::OpenApi => Ok(content("application/json", openapi::document().to_string())),
        InboxRoute::Messages => messages(&query, store, stop).await,
        InboxRoute::Pin(digits) => pin(&digits, &query, store, stop).await,
        InboxRoute::Clear => store.write(inbox::clear).await.map(|()| nothing()),
        InboxRoute::Reset => store.write(inbox::reset).await.map(|()| nothing()),
    };
    answered.unwrap_or_else(|_| {
        plain(
            StatusCode::INTERNAL_SERVER_ERROR,
            "The sandbox's state can't be read or changed.\n",
        )
    })
}

/// The SMS that the query asks for; with `wait`, as soon as there are any, or any change beyond `since`.
async fn messages(query: &Query, store: &Store, stop: &StopSignal) -> Result<ServerReply, StoreError> {
    let found = wait(query.wait, stop, || {
        let (filter, limit, since) = (query.filter.clone(), query.limit, query.since);
        store.read(move |state| {
            let now = Millis::now();
            let (revision, messages) = (inbox::revision(state)?, inbox::list(state, &filter, limit, now)?);
            let new = since.map_or(!messages.is_empty(), |since| since != revision);
            Ok((
                new,
                Messages {
                    revision,
                    now: now.0,
                    messages,
                },
            ))
        })
    });
    let found = found.await?;
    Ok(content(
        "application/json",
        serde_json::to_string(&found).expect("numbers and strings"),
    ))
}

/// The last PIN of a number; with `wait`, as soon as there is one.
async fn pin(
    digits: &str,
    query: &Query,
    store: &Store,
    stop: &StopSignal,
) -> Result<ServerReply, StoreError> {
    let Some(msisdn) = Msisdn::from_digits(digits) else {
        return Ok(plain(
            StatusCode::BAD_REQUEST,
            "Invalid phone number: write digits only, country code first.\n",
        ));
    };
    let found = wait(query.wait, stop, || {
        store.read(move |state| {
            let pin = pins::last_pin(state, msisdn)?;
            Ok((pin.is_some(), pin))
        })
    });
    Ok(match found.await? {
        Some(pin) => content("text/plain; charset=utf-8", format!("{pin}\n")),
        None => plain(StatusCode::NOT_FOUND, "No PIN was requested for this number.\n"),
    })
}

/// Looks until `look` says that it has what is waited for, the time is over, or the server stops.
async fn wait<T, F: Future<Output = Result<(bool, T), StoreError>>>(
    time: Duration,
    stop: &StopSignal,
    look: impl Fn() -> F,
) -> Result<T, StoreError> {
    let deadline = tokio::time::Instant::now() + time;
    loop {
        let (enough, value) = look().await?;
        let now = tokio::time::Instant::now();
        if enough || now >= deadline {
            return Ok(value);
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_AGAIN.min(deadline - now)) => {}
            () = stop.wait() => return Ok(value),
        }
    }
}

fn nothing() -> ServerReply {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::NO_CONTENT;
    ServerReply::Whole(response)
}

fn asset(content_type: &'static str, text: &'static str) -> ServerReply {
    content(content_type, text)
}

fn content(content_type: &'static str, body: impl Into<Bytes>) -> ServerReply {
    const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
    let mut response = Response::new(body.into());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    for (name, value) in [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-store"),
        (RESOURCE_POLICY, "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    ServerReply::Whole(response)
}
