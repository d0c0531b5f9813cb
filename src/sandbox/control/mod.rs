//! What people and scripts look at and set: the page at `/`, and the same over HTTP below `/sandbox/`, a path that the real
//! gateway doesn't have.
//!
//! ```text
//! GET    /readyz                   200 once it answers
//! GET    /sandbox/messages         ?msisdn= &contains= &account= &limit= &since=REVISION &wait=
//! GET    /sandbox/pin/MSISDN       ?account= &after=REVISION|now &wait=    the last PIN alone, as text; 404 if none
//! GET    /sandbox/requests         ?msisdn= &account= &call= &refused=1 &after=ID|now &limit= &wait=
//! GET    /sandbox/reports          ?message= &account= &limit= &since= &wait=
//! POST   /sandbox/reports/again    ?id=                posts a report once more
//! POST   /sandbox/behaviour        JSON                faults, fixed PINs and other answers from now on
//! GET    /sandbox/behaviour · DELETE /sandbox/behaviour ?account=
//! POST   /sandbox/advance          ?by=10m             puts the clock forward
//! POST   /sandbox/clear            ?account=           takes the SMS out of the lists; their PINs stay valid
//! POST   /sandbox/reset            ?account=           back to the beginning
//! ```
//! Only for requests that went to an address, to `localhost` or to an allowed name, and for no page of another origin.

mod query;
mod route;

pub(crate) use route::ControlRoute;

use super::behaviour::Behaviour;
use super::documents::{
    AccountInfo, Behaviours, ClockTime, Messages, Readiness, Reports, Requests, SandboxInfo, TestNumberInfo,
};
use super::guard::{allows_host, allows_origin};
use super::responses::{content, method_not_allowed, nothing, plain, plain_owned};
use super::store::pins::{self, PinQuery};
use super::store::{Store, StoreError, accounts, behaviours, clock, inbox, reports};
use super::test_numbers;
use super::traffic::{Traffic, TrafficFilter};
use crate::domain::host_name::HostName;
use crate::domain::msisdn::Msisdn;
use crate::server::{RequestBody, ServerReply, StopSignal};
use hyper::{Method, Request, StatusCode};
use query::{After, Query};
use serde::Serialize;
use std::time::Duration;

/// How soon a wait looks again: another process may have changed the file. Each rest is twice as long as the one before, so that
/// what took little time is seen in little time.
const FIRST_REST: Duration = Duration::from_millis(10);
const LONGEST_REST: Duration = Duration::from_secs(1);

/// The gateway's calls and the paths of scripts as an OpenAPI 3.1 document. It lists POST; the same calls with GET and a body can't
/// be written down there. A test holds it against what clients can send and what the server answers.
pub(crate) const OPENAPI: &str = include_str!("openapi.json");

/// All that an answer is made from.
pub(crate) struct Asked<'a> {
    /// The sandbox's own key, where it is accepted.
    pub(crate) own_key: Option<&'static str>,
    pub(crate) store: &'a Store,
    pub(crate) traffic: &'a Traffic,
    pub(crate) stop: &'a StopSignal,
    pub(crate) allowed_hosts: &'a [HostName],
}

impl Asked<'_> {
    /// Answers one request for the page or for a script.
    pub(crate) async fn answer(&self, route: ControlRoute, request: &Request<RequestBody>) -> ServerReply {
        let headers = request.headers();
        if !route.is_for_everybody() && !allows_host(headers, self.allowed_hosts) {
            return plain(
                StatusCode::FORBIDDEN,
                "Use the sandbox's address or localhost: a name could belong to a page of another origin. \
                 `--allow-host NAME` allows one.\n",
            );
        }
        if !route.is_for_everybody()
            && !allows_origin(headers, self.allowed_hosts)
            && route != ControlRoute::Page
        {
            return plain(
                StatusCode::FORBIDDEN,
                "Pages of other origins may not use the sandbox.\n",
            );
        }
        if !route.takes(request.method()) {
            return method_not_allowed(route.methods());
        }
        let query = match Query::parse(request.uri().query().unwrap_or_default()) {
            Ok(query) => query,
            Err(error) => return plain_owned(StatusCode::BAD_REQUEST, error.to_string()),
        };
        let answered = match route {
            ControlRoute::Page => Ok(content("text/html; charset=utf-8", include_str!("page.html"))),
            ControlRoute::Script => Ok(content("text/javascript; charset=utf-8", include_str!("page.js"))),
            ControlRoute::Style => Ok(content("text/css; charset=utf-8", include_str!("page.css"))),
            ControlRoute::Icon => Ok(content("image/svg+xml", include_str!("icon.svg"))),
            ControlRoute::OpenApi => Ok(content("application/json", OPENAPI)),
            ControlRoute::Ready => self.ready().await,
            ControlRoute::Info => self.info().await,
            ControlRoute::Messages => self.messages(&query).await,
            ControlRoute::Pin(digits) => self.pin(&digits, &query).await,
            ControlRoute::Requests => Ok(self.requests(&query).await),
            ControlRoute::Reports => self.reports(&query).await,
            ControlRoute::PostAgain => self.post_again(&query).await,
            ControlRoute::Behaviour => self.behaviour(&query, request).await,
            ControlRoute::Advance => self.advance(&query).await,
            ControlRoute::Clear => {
                let work = self.store.write(move |state| inbox::clear(state, &query.account));
                work.await.map(|()| nothing())
            }
            ControlRoute::Reset => {
                let work = self.store.write(move |state| inbox::reset(state, &query.account));
                work.await.map(|()| nothing())
            }
        };
        answered.unwrap_or_else(|error| plain_owned(StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")))
    }

    async fn ready(&self) -> Result<ServerReply, StoreError> {
        let revision = self.store.read(|state| inbox::revision(state)).await?;
        Ok(json(&Readiness {
            ready: true,
            sandbox: true,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            revision,
        }))
    }

    async fn info(&self) -> Result<ServerReply, StoreError> {
        let (accounts, now) = self
            .store
            .read(|state| Ok((accounts::list(state)?, state.now)))
            .await?;
        let accounts = accounts.into_iter().map(|account| AccountInfo {
            account: account.name,
            balance: account.balance.to_string(),
        });
        let test_numbers = test_numbers::TABLE.iter().map(|number| TestNumberInfo {
            msisdn: number.msisdn.to_string(),
            what: number.what.to_owned(),
        });
        Ok(json(&SandboxInfo {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            now: now.0,
            api_key: self.own_key.map(str::to_owned),
            accounts: accounts.collect(),
            test_numbers: test_numbers.collect(),
        }))
    }

    /// The SMS that the query asks for; with `wait`, as soon as there are any, or any change beyond `since`.
    async fn messages(&self, query: &Query) -> Result<ServerReply, StoreError> {
        let (filter, limit, since) = (query.filter(), query.limit, query.since);
        let found = self.wait(query, || {
            let filter = filter.clone();
            self.store.read(move |state| {
                let revision = inbox::revision(state)?;
                let (messages, total) = inbox::list(state, &filter, limit)?;
                let new = since.map_or(!messages.is_empty(), |since| since != revision);
                Ok((
                    new,
                    Messages {
                        revision,
                        now: state.now.0,
                        total,
                        messages,
                    },
                ))
            })
        });
        found.await.map(|found| json(&found))
    }

    /// The last PIN of a number; with `wait`, as soon as there is one that is waiting to be typed back.
    async fn pin(&self, digits: &str, query: &Query) -> Result<ServerReply, StoreError> {
        let Some(msisdn) = Msisdn::from_digits(digits) else {
            return Ok(plain(
                StatusCode::BAD_REQUEST,
                "Invalid phone number: write digits only, country code first.\n",
            ));
        };
        let after = match query.after {
            None => None,
            Some(After::Number(revision)) => Some(revision),
            Some(After::Now) => Some(self.store.read(|state| inbox::revision(state)).await?),
        };
        let wanted = PinQuery {
            account: query.account.clone(),
            after,
            fresh: !query.wait.is_zero(),
        };
        let found = self.wait(query, || {
            let wanted = wanted.clone();
            self.store.read(move |state| {
                let pin = pins::last_pin(state, msisdn, &wanted)?;
                Ok((pin.is_some(), pin))
            })
        });
        Ok(match found.await? {
            Some(sent) => content("text/plain; charset=utf-8", format!("{}\n", sent.pin)),
            None => plain(
                StatusCode::NOT_FOUND,
                "No PIN of that kind was sent to this number.\n",
            ),
        })
    }

    /// The requests that the query asks for; with `wait`, as soon as there is one.
    async fn requests(&self, query: &Query) -> ServerReply {
        let after = match query.after {
            None => None,
            Some(After::Number(id)) => Some(u64::try_from(id).unwrap_or_default()),
            Some(After::Now) => Some(self.traffic.last()),
        };
        let filter = TrafficFilter {
            msisdn: query.number,
            account: query.account.clone(),
            call: query.call,
            refused: query.refused,
            after,
        };
        let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
        let deadline = tokio::time::Instant::now() + query.wait;
        let mut changes = self.traffic.changes();
        loop {
            let answer = Requests {
                last: self.traffic.last(),
                requests: self.traffic.list(&filter, limit),
            };
            if !answer.requests.is_empty() || tokio::time::Instant::now() >= deadline {
                return json(&answer);
            }
            tokio::select! {
                _ = changes.changed() => {}
                () = tokio::time::sleep_until(deadline) => {}
                () = self.stop.wait() => return json(&answer),
            }
        }
    }

    /// The newest reports; with `wait`, as soon as there are any, or any change beyond `since`.
    async fn reports(&self, query: &Query) -> Result<ServerReply, StoreError> {
        let (message, account, limit, since) =
            (query.message, query.account.clone(), query.limit, query.since);
        let found = self.wait(query, || {
            let account = account.clone();
            self.store.read(move |state| {
                let revision = inbox::revision(state)?;
                let reports = reports::list(state, message, &account, limit)?;
                let new = since.map_or(!reports.is_empty(), |since| since != revision);
                Ok((
                    new,
                    Reports {
                        revision,
                        now: state.now.0,
                        reports,
                    },
                ))
            })
        });
        found.await.map(|found| json(&found))
    }

    async fn post_again(&self, query: &Query) -> Result<ServerReply, StoreError> {
        let Some(id) = query.id else {
            return Ok(plain(StatusCode::BAD_REQUEST, "Say which report: ?id=\n"));
        };
        let posted = self
            .store
            .write(move |state| reports::post_again(state, id))
            .await?;
        Ok(if posted {
            nothing()
        } else {
            plain(StatusCode::NOT_FOUND, "There is no report with this id.\n")
        })
    }

    async fn behaviour(
        &self,
        query: &Query,
        request: &Request<RequestBody>,
    ) -> Result<ServerReply, StoreError> {
        match *request.method() {
            Method::POST => {
                let body: &[u8] = request.body().as_ref().map_or(&[], |body| body);
                let behaviour = match Behaviour::read(body) {
                    Ok(behaviour) => behaviour,
                    Err(error) => return Ok(plain_owned(StatusCode::BAD_REQUEST, format!("{error}\n"))),
                };
                let added = self.store.write(move |state| behaviour.add(state)).await?;
                Ok(json(&added))
            }
            Method::DELETE => {
                let account = query.account.clone();
                let cleared = self.store.write(move |state| behaviours::clear(state, &account));
                cleared.await.map(|()| nothing())
            }
            _ => {
                let rows = self.store.read(|state| behaviours::list(state)).await?;
                let behaviours = rows.iter().map(Behaviour::of).collect();
                Ok(json(&Behaviours { behaviours }))
            }
        }
    }

    async fn advance(&self, query: &Query) -> Result<ServerReply, StoreError> {
        let Some(by) = query.by else {
            return Ok(plain(StatusCode::BAD_REQUEST, "Say by how much: ?by=10m\n"));
        };
        let now = self.store.write(move |state| clock::advance(state, by));
        Ok(match now.await? {
            Some(now) => json(&ClockTime { now: now.0 }),
            None => plain(
                StatusCode::BAD_REQUEST,
                "The sandbox's clock can be ten years ahead at most.\n",
            ),
        })
    }

    /// Looks until `look` says that it has what is waited for, the time is over, or the server stops. Between two looks
    /// only the revision is read.
    async fn wait<T, F: Future<Output = Result<(bool, T), StoreError>>>(
        &self,
        query: &Query,
        look: impl Fn() -> F,
    ) -> Result<T, StoreError> {
        let deadline = tokio::time::Instant::now() + query.wait;
        let mut changes = self.store.changes();
        let mut rest = FIRST_REST;
        loop {
            let before = self.store.read(|state| inbox::revision(state)).await?;
            let (enough, value) = look().await?;
            if enough || tokio::time::Instant::now() >= deadline {
                return Ok(value);
            }
            loop {
                tokio::select! {
                    _ = changes.changed() => {}
                    () = tokio::time::sleep_until(deadline.min(tokio::time::Instant::now() + rest)) => {}
                    () = self.stop.wait() => return Ok(value),
                }
                rest = (rest * 2).min(LONGEST_REST);
                let has_changed = self.store.read(|state| inbox::revision(state)).await? != before;
                if has_changed || tokio::time::Instant::now() >= deadline {
                    break;
                }
            }
        }
    }
}

fn json(answer: &impl Serialize) -> ServerReply {
    let text = serde_json::to_string(answer).expect("numbers and strings");
    content("application/json", text)
}
