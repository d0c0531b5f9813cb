//! The gateway itself: which path is which call, what is checked in which order, and what goes wrong on purpose.
//!
//! The order is: path, method, `Content-Type`, JSON, key (`UNAUTHORIZED`), missing parameters, bad ones in the
//! contract's order, faults, funds.

mod calls;
mod reply;
mod route;

use route::Route;

use super::control;
use super::fault::{CallFault, InjectedFault};
use super::guard::allows_origin;
use super::options::{GatewayOptions, Latency};
use super::randomness::Randomness;
use super::responses::{method_not_allowed, plain};
use super::store::accounts::AccountId;
use super::store::inbox::Sms;
use super::store::{SandboxStore, StoreError, accounts};
use super::traffic::{SeenExchange, Traffic};
use super::{DEFAULT_KEY, default_balance};
use crate::domain::msisdn::Msisdn;
use crate::server::{Handler, RequestBody, ServerReply, StopSignal};
use crate::wire::server::{ReceivedFields, RequestRefusal};
use crate::wire::{Call, ErrorId};
use bytes::Bytes;
use calls::{CallEnd, CallWork, Parsed};
use hyper::header::{CONTENT_TYPE, HeaderMap};
use hyper::{Method, Request, StatusCode};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How many SMS are kept for a caller who shows them; a batch shows none and must not gather a million.
const SHOWN: usize = 16;
/// How long a slow answer takes.
const SLOW: Duration = Duration::from_secs(5);

/// The gateway over one store. Requests run at once; the store orders what they change.
pub(crate) struct SandboxGateway {
    store: SandboxStore,
    callers: HashMap<String, Arc<Caller>>,
    options: Arc<GatewayOptions>,
    traffic: Traffic,
    stop: StopSignal,
    pins: Mutex<Randomness>,
    chance: Mutex<Randomness>,
    shown: Mutex<VecDeque<Sms>>,
}

/// Whose key a call has.
#[derive(Clone, Debug)]
struct Caller {
    account: AccountId,
    /// The beginning of the key's digest.
    name: String,
}

/// How a call ends when nothing goes wrong on the way out.
type CallReply = Result<Bytes, RequestRefusal>;

/// What became of one request, for the log.
#[derive(Default)]
struct Handled {
    caller: Option<Arc<Caller>>,
    msisdn: Option<Msisdn>,
    refusal: Option<RequestRefusal>,
    fault: Option<CallFault>,
    latency: Option<Latency>,
}

impl SandboxGateway {
    pub(crate) async fn new(
        store: SandboxStore,
        keys: Vec<String>,
        options: GatewayOptions,
        stop: StopSignal,
    ) -> Result<Self, StoreError> {
        let (initial, set) = (
            options.balance.unwrap_or(default_balance()),
            options.balance.is_some(),
        );
        let accepted = keys.clone().into();
        let callers = store
            .write(move |state| {
                let open = |key: String| {
                    let account = accounts::open(state, &key, initial, set)?;
                    let name = accounts::name(&key);
                    Ok((key, Arc::new(Caller { account, name })))
                };
                keys.into_iter().map(open).collect::<rusqlite::Result<_>>()
            })
            .await?;
        Ok(Self {
            store,
            callers,
            traffic: Traffic::new(accepted),
            stop,
            pins: Mutex::new(Randomness::new(options.seed)),
            // Apart from the PINs', so that switching a fault on doesn't change which PINs a seed gives.
            chance: Mutex::new(Randomness::new(options.seed.map(|seed| !seed))),
            shown: Mutex::default(),
            options: Arc::new(options),
        })
    }

    pub(crate) const fn store(&self) -> &SandboxStore {
        &self.store
    }

    pub(crate) const fn traffic(&self) -> &Traffic {
        &self.traffic
    }

    /// The SMS since the last time, at most [`SHOWN`].
    pub(crate) fn take_messages(&self) -> Vec<Sms> {
        lock(&self.shown).drain(..).collect()
    }

    /// Answers one of the gateway's calls.
    async fn call(&self, call: Call, request: &Request<RequestBody>) -> ServerReply {
        let (reply, handled) = self.decide(call, request).await;
        self.log(Some(call), request, &reply, handled);
        reply
    }

    async fn decide(&self, call: Call, request: &Request<RequestBody>) -> (ServerReply, Handled) {
        let refused = |refusal: RequestRefusal, reply| {
            let handled = Handled {
                refusal: Some(refusal),
                ..Handled::default()
            };
            (reply, handled)
        };
        if !matches!(*request.method(), Method::POST | Method::GET) {
            // GET is a habit that is taken, not one that is offered.
            return (method_not_allowed("POST"), Handled::default());
        }
        if !allows_origin(request.headers(), &self.options.allowed_hosts) {
            let text = "Pages of other origins may not use the sandbox.\n";
            return (plain(StatusCode::FORBIDDEN, text), Handled::default());
        }
        if !is_json(request.headers()) {
            let refusal = RequestRefusal::new(ErrorId::InvalidContentType);
            let reply = reply::refuse(&refusal);
            return refused(refusal, reply);
        }
        let body = match request.body() {
            Ok(body) => body,
            Err(error) => {
                let (refusal, reply) = reply::no_body(*error);
                return refused(refusal, reply);
            }
        };
        let (outcome, handled) = self.carry_out(call, body).await;
        self.delay(&handled).await;
        (reply::of(&outcome, handled.fault.as_ref()), handled)
    }

    /// Reads the call and does its work, or lets a fault take it.
    async fn carry_out(&self, call: Call, body: &[u8]) -> (CallReply, Handled) {
        let mut handled = Handled::default();
        let parsed = ReceivedFields::parse(body).and_then(|fields| {
            let caller = self.callers.get(fields.api_key()?).map(Arc::clone);
            handled.caller.clone_from(&caller);
            let caller = caller.ok_or(RequestRefusal::new(ErrorId::Unauthorized))?;
            Parsed::parse(call, &fields).map(|parsed| (caller, parsed))
        });
        let (caller, parsed) = match parsed {
            Ok(parsed) => parsed,
            Err(refusal) => {
                handled.refusal = Some(refusal.clone());
                return (Err(refusal), handled);
            }
        };
        handled.msisdn = parsed.msisdn();
        let work = CallWork {
            call,
            new_pin: parsed.draw(&mut lock(&self.pins)),
            parsed,
            caller,
            options: Arc::clone(&self.options),
            chance: self.chance_fault(),
            shows: !self.options.serves_inbox && lock(&self.shown).len() < SHOWN,
        };
        let end = self.store.write(move |state| work.run(state)).await;
        let CallEnd {
            reply,
            fault,
            latency,
            shown,
        } = match end {
            Ok(end) => end,
            Err(error) => {
                let refusal = failed(&error);
                handled.refusal = Some(refusal.clone());
                return (Err(refusal), handled);
            }
        };
        lock(&self.shown).extend(shown);
        handled.refusal = match &fault {
            None => reply.as_ref().err().cloned(),
            Some(_) => None,
        };
        handled.fault = fault;
        handled.latency = latency;
        (reply, handled)
    }

    /// Waits as long as an answer is told to take.
    async fn delay(&self, handled: &Handled) {
        let latency = handled.latency.or(self.options.latency);
        let drawn = latency.map(|latency| latency.draw(&mut lock(&self.chance)));
        let is_slow = handled
            .fault
            .as_ref()
            .is_some_and(|fault| fault.fault == InjectedFault::Slow);
        let slow = if is_slow { SLOW } else { Duration::ZERO };
        let delay = drawn.unwrap_or_default() + slow;
        if !delay.is_zero() {
            tokio::select! {
                () = tokio::time::sleep(delay) => {}
                () = self.stop.wait() => {}
            }
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

    fn log(&self, call: Option<Call>, request: &Request<RequestBody>, reply: &ServerReply, handled: Handled) {
        if !self.options.serves_inbox {
            return;
        }
        self.traffic.add(SeenExchange::new(
            self.store.now(),
            call,
            request,
            reply,
            handled.caller.as_ref().map(|caller| caller.name.clone()),
            handled.msisdn,
            handled.refusal,
            handled.fault,
        ));
    }
}

impl Handler for SandboxGateway {
    async fn answer(&self, request: Request<RequestBody>) -> ServerReply {
        match Route::of(request.uri().path()) {
            Some(Route::Call(call)) => self.call(call, &request).await,
            Some(Route::Control(route)) if self.options.serves_inbox => {
                let asked = control::Asked {
                    own_key: self.callers.contains_key(DEFAULT_KEY).then_some(DEFAULT_KEY),
                    store: &self.store,
                    traffic: &self.traffic,
                    stop: &self.stop,
                    allowed_hosts: &self.options.allowed_hosts,
                };
                let reply = asked.answer(route, &request).await;
                if matches!(&reply, ServerReply::Whole(response) if response.status() == StatusCode::FORBIDDEN)
                {
                    self.log(None, &request, &reply, Handled::default());
                }
                reply
            }
            _ => {
                let reply = plain(StatusCode::NOT_FOUND, "There is no such path.\n");
                self.log(None, &request, &reply, Handled::default());
                reply
            }
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

/// An error of the sandbox itself, in the form that the platform has for its own errors.
fn failed(error: &StoreError) -> RequestRefusal {
    RequestRefusal::saying(ErrorId::UnknownError, format!("The platform failed: {error}."))
}

/// A thread that panicked with the lock leaves data that is whole all the same: each change is one call.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
