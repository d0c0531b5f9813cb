//! The gateway itself: which path is which call, what is checked in which order, and what goes wrong on purpose.
//!
//! The order is: path, method, `Content-Type`, JSON, key (`UNAUTHORIZED`), missing parameters, bad ones in the
//! contract's order, faults, funds.

mod calls;
mod options;
mod route;

pub(crate) use options::{ChanceFault, GatewayOptions, Latency, SandboxPrices};
use route::Route;

use super::fault::InjectedFault;
use super::guard::allows_origin;
use super::randomness::Randomness;
use super::responses::{method_not_allowed, plain};
use super::store::accounts::AccountId;
use super::store::inbox::Sms;
use super::store::{Store, StoreError, accounts};
use super::test_numbers::{Effect, TestNumber};
use crate::domain::msisdn::Msisdn;
use crate::server::{BodyError, Handler, ServerLimits, ServerReply, StopSignal, read_body};
use crate::wire::server::{ReceivedFields, Refusal, answer};
use crate::wire::{Call, ErrorId};
use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use hyper::{Method, Request, Response, StatusCode};
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
/// How many SMS are kept for somebody who shows them; a batch shows none and must not gather a million.
const SHOWN: usize = 16;
/// How long a slow answer takes.
const SLOW: Duration = Duration::from_secs(5);

/// The gateway over one store. Requests run at once; the store orders what they change.
pub(crate) struct SandboxGateway {
    store: Store,
    accounts: HashMap<String, AccountId>,
    options: GatewayOptions,
    limits: ServerLimits,
    stop: StopSignal,
    pins: Mutex<Randomness>,
    chance: Mutex<Randomness>,
    shown: Mutex<VecDeque<Sms>>,
}

/// How a call ends when nothing goes wrong on the way out.
type CallReply = Result<Bytes, Refusal>;

impl SandboxGateway {
    pub(crate) async fn new(
        store: Store,
        keys: Vec<String>,
        options: GatewayOptions,
        limits: ServerLimits,
        stop: StopSignal,
    ) -> Result<Self, StoreError> {
        let (initial, set) = (options.balance, options.set_balance);
        let accounts = store
            .write(move |state| {
                let open =
                    |key: String| accounts::open(state, &key, initial, set).map(|account| (key, account));
                keys.into_iter().map(open).collect::<rusqlite::Result<_>>()
            })
            .await?;
        Ok(Self {
            store,
            accounts,
            limits,
            stop,
            pins: Mutex::new(Randomness::new(options.seed)),
            // Apart from the PINs', so that switching a fault on doesn't change which PINs a seed gives.
            chance: Mutex::new(Randomness::new(options.seed.map(|seed| !seed))),
            shown: Mutex::default(),
            options,
        })
    }

    pub(crate) const fn store(&self) -> &Store {
        &self.store
    }

    /// The SMS since the last time, at most [`SHOWN`].
    pub(crate) fn take_messages(&self) -> Vec<Sms> {
        lock(&self.shown).drain(..).collect()
    }

    /// Answers one of the gateway's calls.
    async fn call(&self, call: Call, request: Request<Incoming>) -> ServerReply {
        if !matches!(*request.method(), Method::POST | Method::GET) {
            // GET is a habit that is taken, not one that is offered.
            return method_not_allowed("POST");
        }
        if !allows_origin(request.headers()) {
            return plain(
                StatusCode::FORBIDDEN,
                "Pages of other origins may not use the sandbox.\n",
            );
        }
        if !is_json(request.headers()) {
            return refuse(&Refusal::new(ErrorId::InvalidContentType));
        }
        let body = match read_body(request, &self.limits).await {
            Ok(body) => body,
            Err(BodyError::Broken) => return ServerReply::Cut,
            Err(BodyError::TooLarge) => return too_large(),
        };
        let (outcome, fault) = self.carry_out(call, &body).await;
        if let Some(latency) = self.options.latency {
            let delay = latency.draw(&mut lock(&self.chance));
            tokio::time::sleep(delay).await;
        }
        self.send(outcome, fault).await
    }

    /// Reads the call, lets a fault take it, or does its work.
    async fn carry_out(&self, call: Call, body: &[u8]) -> (CallReply, Option<InjectedFault>) {
        let parsed = ReceivedFields::parse(body).and_then(|fields| {
            let account = self.accounts.get(fields.api_key()?).copied();
            let account = account.ok_or(Refusal::new(ErrorId::Unauthorized))?;
            calls::Parsed::parse(call, &fields).map(|parsed| (account, parsed))
        });
        let (account, parsed) = match parsed {
            Ok(parsed) => parsed,
            Err(refusal) => return (Err(refusal), None),
        };
        let fault = match parsed
            .msisdn()
            .map(|msisdn| self.test_fault(call, account, msisdn))
        {
            None => None,
            Some(fault) => match fault.await {
                Ok(fault) => fault,
                Err(error) => return (Err(failed(&error)), None),
            },
        };
        match fault.or_else(|| self.chance_fault()) {
            Some(fault) if !fault.comes_after_the_work() => (Ok(answer::OK), Some(fault)),
            fault => (parsed.carry_out(self, account).await, fault),
        }
    }

    /// What the table of test numbers has for this call.
    async fn test_fault(
        &self,
        call: Call,
        account: AccountId,
        msisdn: Msisdn,
    ) -> Result<Option<InjectedFault>, StoreError> {
        let Some(entry) = TestNumber::find(msisdn) else {
            return Ok(None);
        };
        match (&entry.effect, call) {
            (Effect::Fault(fault), Call::RequestPin | Call::Lookup)
            | (Effect::VerifyFault(fault), Call::VerifyPin) => Ok(Some(fault.clone())),
            (Effect::FaultTimes(fault, times), Call::RequestPin | Call::Lookup) => {
                let count =
                    move |state: &rusqlite::Connection| super::store::counters::count(state, account, msisdn);
                let before = self.store.write(count).await?;
                Ok((before < *times).then(|| fault.clone()))
            }
            _ => Ok(None),
        }
    }

    /// What chance has for this call: one roll, of which each fault takes its part.
    fn chance_fault(&self) -> Option<InjectedFault> {
        if self.options.faults.is_empty() {
            return None;
        }
        let mut roll = lock(&self.chance).below(1_000_000);
        // A reset happens to connections, not to calls.
        let faults = self
            .options
            .faults
            .iter()
            .filter(|fault| fault.fault != InjectedFault::Reset);
        for fault in faults {
            match roll.checked_sub(fault.millionths.into()) {
                None => return Some(fault.fault.clone()),
                Some(rest) => roll = rest,
            }
        }
        None
    }

    /// Sends the answer, or what a fault makes of it.
    async fn send(&self, outcome: CallReply, fault: Option<InjectedFault>) -> ServerReply {
        match fault {
            None => whole(outcome),
            Some(InjectedFault::Refused(id)) => refuse(&Refusal::new(id)),
            Some(InjectedFault::TooManyRequests) => too_many_requests(),
            Some(InjectedFault::Unavailable) => {
                plain(StatusCode::SERVICE_UNAVAILABLE, "The service is unavailable.\n")
            }
            Some(InjectedFault::Cut | InjectedFault::LostReply) => ServerReply::Cut,
            Some(InjectedFault::Reset) => ServerReply::Reset,
            Some(InjectedFault::Hang) => {
                self.stop.wait().await;
                ServerReply::Cut
            }
            Some(InjectedFault::HalfAnswer) => match whole(outcome) {
                ServerReply::Whole(response) => ServerReply::Half(response),
                other => other,
            },
            Some(InjectedFault::NotJson) => web_page(),
            Some(InjectedFault::LostInside) => refuse(&Refusal::new(ErrorId::UnknownError)),
            Some(InjectedFault::Slow) => {
                tokio::select! {
                    () = tokio::time::sleep(SLOW) => {}
                    () = self.stop.wait() => {}
                }
                whole(outcome)
            }
        }
    }
}

impl Handler for SandboxGateway {
    async fn answer(&self, request: Request<Incoming>) -> ServerReply {
        match Route::of(request.uri().path()) {
            Some(Route::Call(call)) => self.call(call, request).await,
            Some(Route::Inbox(route)) if self.options.serve_inbox => {
                super::inbox::answer(route, &request, &self.store, &self.stop).await
            }
            _ => plain(StatusCode::NOT_FOUND, "There is no such path.\n"),
        }
    }

    fn resets_connection(&self) -> bool {
        let mut resets = self
            .options
            .faults
            .iter()
            .filter(|fault| fault.fault == InjectedFault::Reset);
        resets.any(|fault| lock(&self.chance).chance(fault.millionths))
    }
}

/// Whether the body is said to be JSON; parameters and case don't matter (the gateway's contract §2).
fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()) else {
        return false;
    };
    let media_type = value.split_once(';').map_or(value, |(media_type, _)| media_type);
    media_type.trim().eq_ignore_ascii_case("application/json")
}

fn whole(outcome: CallReply) -> ServerReply {
    match outcome {
        Ok(bytes) => ServerReply::Whole(json(StatusCode::OK, bytes)),
        Err(refusal) => refuse(&refusal),
    }
}

fn refuse(refusal: &Refusal) -> ServerReply {
    let status = StatusCode::from_u16(refusal.id().http()).unwrap_or(StatusCode::BAD_REQUEST);
    ServerReply::Whole(json(status, answer::error(refusal)))
}

fn json(status: StatusCode, bytes: Bytes) -> Response<Bytes> {
    let mut response = Response::new(bytes);
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}

fn too_large() -> ServerReply {
    let refusal = Refusal::saying(ErrorId::JsonParseError, "The body is too large.");
    ServerReply::Whole(json(StatusCode::PAYLOAD_TOO_LARGE, answer::error(&refusal)))
}

fn too_many_requests() -> ServerReply {
    let ServerReply::Whole(mut response) = plain(StatusCode::TOO_MANY_REQUESTS, "Too many requests.\n")
    else {
        unreachable!("a plain answer is whole")
    };
    response
        .headers_mut()
        .insert(RETRY_AFTER, HeaderValue::from_static("1"));
    ServerReply::Whole(response)
}

fn web_page() -> ServerReply {
    let mut response = Response::new(Bytes::from_static(
        b"<!DOCTYPE html>\n<title>It works</title>\n<p>This page is no answer of the gateway.\n",
    ));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    ServerReply::Whole(response)
}

/// An error of the sandbox itself, in the form that the platform has for its own errors.
fn failed(error: &StoreError) -> Refusal {
    Refusal::saying(ErrorId::UnknownError, format!("The platform failed: {error}."))
}

/// A thread that panicked with the lock leaves data that is whole all the same: each change is one call.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
