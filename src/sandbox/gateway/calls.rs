//! The work of each call, once its parameters are known to be good. A call is one transaction: what goes wrong on purpose
//! is decided in it, and a number that fails the first time only does so exactly once.

use super::{CallReply, Caller};
use crate::domain::money::Money;
use crate::domain::msisdn::Msisdn;
use crate::domain::pin::Pin;
use crate::sandbox::behaviour::Effects;
use crate::sandbox::fault::{CallFault, InjectedFault};
use crate::sandbox::options::{GatewayOptions, Latency};
use crate::sandbox::randomness::Randomness;
use crate::sandbox::store::accounts::{self, AccountId};
use crate::sandbox::store::inbox::{self, Sms};
use crate::sandbox::store::pins::{self, NewMessage};
use crate::sandbox::store::{StateView, behaviours, counters, reports};
use crate::sandbox::test_numbers::TestNumber;
use crate::sandbox::{delivery, hlr};
use crate::wire::server::lookup::{self, BalanceResult, LookupResult};
use crate::wire::server::request::ReceivedPinRequest;
use crate::wire::server::verify::VerifyRequest;
use crate::wire::server::{ReceivedFields, RequestRefusal, answer};
use crate::wire::{Call, ErrorId};
use rusqlite::Connection;
use std::sync::Arc;
use std::time::Duration;

/// A call with its parameters.
pub(super) enum Parsed {
    Request(Box<ReceivedPinRequest>),
    Verify(VerifyRequest),
    Lookup(Msisdn),
    Balance,
}

impl Parsed {
    pub(super) fn parse(call: Call, fields: &ReceivedFields) -> Result<Self, RequestRefusal> {
        match call {
            Call::RequestPin => ReceivedPinRequest::parse(fields).map(Box::new).map(Self::Request),
            Call::VerifyPin => VerifyRequest::parse(fields).map(Self::Verify),
            Call::Lookup => lookup::parse(fields).map(Self::Lookup),
            Call::Balance => Ok(Self::Balance),
        }
    }

    /// The number that the call is about.
    pub(super) fn msisdn(&self) -> Option<Msisdn> {
        match self {
            Self::Request(request) => Some(request.msisdn),
            Self::Verify(request) => Some(request.msisdn),
            Self::Lookup(msisdn) => Some(*msisdn),
            Self::Balance => None,
        }
    }

    fn asks_hlr(&self) -> bool {
        matches!(self, Self::Request(request) if request.hlr_lookup)
    }

    /// A new PIN and a new id for the SMS, where the call needs them.
    pub(super) fn draw(&self, pins: &mut Randomness) -> Option<NewPin> {
        let Self::Request(request) = self else { return None };
        let params = &request.pin_params;
        let length = usize::from(params.effective_length().get());
        let pin = pins.text(params.effective_type().alphabet().as_bytes(), length);
        Some(NewPin {
            pin: Pin::parse(&pin).expect("an alphabet of letters and digits"),
            sms_id: pins.id(),
        })
    }
}

pub(super) struct NewPin {
    pin: Pin,
    sms_id: [u8; 16],
}

/// All that a call needs within its transaction.
pub(super) struct CallWork {
    pub(super) call: Call,
    pub(super) parsed: Parsed,
    pub(super) caller: Arc<Caller>,
    pub(super) options: Arc<GatewayOptions>,
    pub(super) new_pin: Option<NewPin>,
    /// What chance has for it, if nothing else goes wrong.
    pub(super) chance: Option<InjectedFault>,
    /// Whether the caller wants to see the SMS.
    pub(super) shows: bool,
}

/// What a call came to.
pub(super) struct CallEnd {
    pub(super) reply: CallReply,
    /// What goes wrong on the way out.
    pub(super) fault: Option<CallFault>,
    pub(super) latency: Option<Latency>,
    pub(super) shown: Option<Sms>,
}

impl CallWork {
    pub(super) fn run(self, state: &StateView<'_>) -> rusqlite::Result<CallEnd> {
        let msisdn = self.parsed.msisdn();
        let asked = behaviours::take(state, &self.caller.name, msisdn, self.call.path())?;
        let mut effects = Effects::of(&asked);
        let fault = match effects.fault.take() {
            Some(fault) => Some(fault),
            None => self
                .test_fault(state)?
                .or(self.chance.clone().map(CallFault::from)),
        };
        let latency = effects.latency;
        let mut end = CallEnd {
            reply: Ok(answer::OK),
            fault,
            latency,
            shown: None,
        };
        if end
            .fault
            .as_ref()
            .is_some_and(|fault| !fault.fault.comes_after_the_work())
        {
            return Ok(end);
        }
        let account = self.caller.account;
        end.reply = match self.parsed {
            Parsed::Request(request) => {
                let order = Order::new(account, *request, self.new_pin, effects, &self.options, state);
                let sent = order.send(state, &self.options, self.shows)?;
                sent.map(|shown| {
                    end.shown = shown;
                    answer::OK
                })
            }
            Parsed::Verify(request) => {
                let guess = pins::guess(state, account, request.msisdn, &request.pin, state.now)?;
                Ok(answer::ok(&guess))
            }
            Parsed::Lookup(msisdn) => look_up(state, account, msisdn, effects, &self.options)?,
            Parsed::Balance => Ok(balance(state, account)?),
        };
        Ok(end)
    }

    /// What the table of test numbers has for this call.
    fn test_fault(&self, state: &Connection) -> rusqlite::Result<Option<CallFault>> {
        let entry = self.parsed.msisdn().and_then(TestNumber::find);
        let Some((entry, fault)) = entry.and_then(|entry| Some((entry, entry.effects.fault.clone()?))) else {
            return Ok(None);
        };
        let applies = match entry.call {
            Some(call) => call == self.call,
            None => fault.fault.belongs_to(self.call, self.parsed.asks_hlr()),
        };
        let is_over = match entry.times {
            Some(times) if applies => counters::count(state, self.caller.account, entry.msisdn)? >= times,
            _ => false,
        };
        Ok(Some(fault).filter(|_| applies && !is_over))
    }
}

/// Everything that a request for a PIN comes to.
struct Order {
    message: NewMessage,
    price: Option<Money>,
    reports: Vec<reports::NewReport>,
    report_url: Option<String>,
    report_origin: String,
}

impl Order {
    fn new(
        account: AccountId,
        request: ReceivedPinRequest,
        new_pin: Option<NewPin>,
        effects: Effects,
        options: &GatewayOptions,
        state: &StateView<'_>,
    ) -> Self {
        let NewPin { pin, sms_id } = new_pin.expect("drawn for every request");
        let pin = effects
            .pin
            .or_else(|| options.fixed_pin(request.msisdn).cloned())
            .unwrap_or(pin);
        let delivery = effects
            .delivery
            .or_else(|| TestNumber::find(request.msisdn)?.effects.delivery)
            .unwrap_or(delivery::ORDINARY);
        let plan = delivery.plan(state.now, options.dlr_delay);
        let text = request.sms_text.with_pin(&pin);
        let segments = request.sms_text.segmentation().segments();
        let params = request.pin_params;
        let expires_in = u64::from(params.effective_expires_in().secs());
        let report_url = request.report_url.map(|url| url.as_str().to_owned());
        Self {
            price: options.price(segments, request.hlr_lookup),
            reports: plan.reports,
            report_origin: report_url.as_deref().map(origin).unwrap_or_default(),
            report_url,
            message: NewMessage {
                account,
                sms_id,
                sender: request.sender.map(|sender| sender.as_str().to_owned()),
                text,
                pin: pin.expose().to_owned(),
                at: state.now,
                expires_in: (expires_in != 0).then(|| Duration::from_secs(expires_in)),
                max_tries: params.effective_max_tries().get(),
                status: "ACCEPTD",
                settled: plan.settled,
                settled_at: plan.settled_at,
                msisdn: request.msisdn,
            },
        }
    }

    /// Takes the price and keeps the SMS; gives it back to a caller who shows it.
    fn send(
        self,
        state: &StateView<'_>,
        options: &GatewayOptions,
        shows: bool,
    ) -> rusqlite::Result<Result<Option<Sms>, RequestRefusal>> {
        // A price beyond all money can't be paid by any account.
        let paid = match self.price {
            Some(price) => accounts::charge(state, self.message.account, price)?,
            None => false,
        };
        if !paid {
            return Ok(Err(RequestRefusal::new(ErrorId::NotEnoughBalance)));
        }
        let id = pins::record(state, &self.message)?;
        pins::prune(state, id, options.keep)?;
        if let Some(url) = &self.report_url {
            reports::schedule(state, id, url, &self.report_origin, &self.reports)?;
        }
        let shown = if shows {
            inbox::get(state, id, self.message.at)?
        } else {
            None
        };
        Ok(Ok(shown))
    }
}

/// Scheme, host and port of a URL: one receiver, whatever the path.
fn origin(url: &str) -> String {
    let end = url
        .match_indices(['/', '?'])
        .map(|(index, _)| index)
        .find(|index| *index > "https://".len() - 1);
    url[..end.unwrap_or(url.len())].to_ascii_lowercase()
}

fn look_up(
    state: &Connection,
    account: AccountId,
    msisdn: Msisdn,
    effects: Effects,
    options: &GatewayOptions,
) -> rusqlite::Result<CallReply> {
    if !accounts::charge(state, account, options.prices.hlr)? {
        return Ok(Err(RequestRefusal::new(ErrorId::NotEnoughBalance)));
    }
    let found = hlr::look_up(msisdn, effects.hlr);
    Ok(Ok(answer::ok(&LookupResult {
        success: true,
        msisdn: msisdn.to_string(),
        mccmnc: &found.mccmnc,
        original_network: &found.original_network,
    })))
}

fn balance(state: &Connection, account: AccountId) -> rusqlite::Result<bytes::Bytes> {
    Ok(answer::ok(&BalanceResult {
        balance: accounts::balance(state, account)?.to_string(),
        currency: "EUR",
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_one_receiver_have_one_origin() {
        for (url, receiver) in [
            ("http://127.0.0.1:9/a/b?c", "http://127.0.0.1:9"),
            ("HTTP://A.es/x", "http://a.es"),
            ("https://a.es?x=/", "https://a.es"),
            ("http://a", "http://a"),
            ("http://[::1]:1/", "http://[::1]:1"),
        ] {
            assert_eq!(origin(url), receiver);
        }
    }
}
