//! The work of each call, once its parameters are known to be good.

use super::{CallReply, SHOWN, SandboxGateway, failed, lock};
use crate::domain::money::Money;
use crate::domain::msisdn::Msisdn;
use crate::domain::pin::Pin;
use crate::sandbox::store::accounts::{self, AccountId};
use crate::sandbox::store::inbox::{self, Sms};
use crate::sandbox::store::pins::{self, NewMessage};
use crate::sandbox::store::{Millis, reports};
use crate::sandbox::test_numbers::{Effect, TestNumber};
use crate::sandbox::{delivery, hlr};
use crate::wire::server::lookup::{self, BalanceResult, LookupResult};
use crate::wire::server::request::ReceivedPinRequest;
use crate::wire::server::verify::{VerifyRequest, VerifyResult};
use crate::wire::server::{ReceivedFields, Refusal, answer};
use crate::wire::{Call, ErrorId};
use rusqlite::Connection;
use std::time::Duration;

/// A call with its parameters.
pub(super) enum Parsed {
    Request(Box<ReceivedPinRequest>),
    Verify(VerifyRequest),
    Lookup(Msisdn),
    Balance,
}

impl Parsed {
    pub(super) fn parse(call: Call, fields: &ReceivedFields) -> Result<Self, Refusal> {
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

    pub(super) async fn carry_out(self, gateway: &SandboxGateway, account: AccountId) -> CallReply {
        match self {
            Self::Request(request) => request_pin(gateway, account, *request).await,
            Self::Verify(request) => verify_pin(gateway, account, request).await,
            Self::Lookup(msisdn) => look_up(gateway, account, msisdn).await,
            Self::Balance => balance(gateway, account).await,
        }
    }
}

async fn request_pin(gateway: &SandboxGateway, account: AccountId, request: ReceivedPinRequest) -> CallReply {
    let (order, report_url) = order(gateway, account, request);
    let shows = gateway.options.show && lock(&gateway.shown).len() < SHOWN;
    let top_up = gateway.options.top_up;
    let work = move |state: &Connection| {
        // A price beyond all money can't be paid by any account.
        let Some(price) = order.price else { return Ok(None) };
        if !pay(state, account, price, top_up)? {
            return Ok(None);
        }
        let id = pins::record(state, &order.message)?;
        if let Some(url) = &report_url {
            reports::schedule(state, id, url, &order.reports)?;
        }
        let sms = if shows {
            inbox::get(state, id, order.message.at)?
        } else {
            None
        };
        Ok(Some(sms))
    };
    let sms = gateway.store.write(work).await.map_err(|error| failed(&error))?;
    let sms: Option<Sms> = sms.ok_or(Refusal::new(ErrorId::NotEnoughBalance))?;
    lock(&gateway.shown).extend(sms);
    Ok(answer::OK)
}

/// Everything that a request comes to, before the store is asked.
struct AcceptedRequest {
    message: NewMessage,
    price: Option<Money>,
    reports: Vec<reports::NewReport>,
}

fn order(
    gateway: &SandboxGateway,
    account: AccountId,
    request: ReceivedPinRequest,
) -> (AcceptedRequest, Option<String>) {
    let params = request.pin_params;
    let length = usize::from(params.effective_length().get());
    let (pin, sms_id) = {
        let mut pins = lock(&gateway.pins);
        (
            pins.text(params.effective_type().alphabet().as_bytes(), length),
            pins.id(),
        )
    };
    let pin = Pin::parse(&pin).expect("an alphabet of letters and digits");
    let options = &gateway.options;
    let at = Millis::now();
    let delivery = match TestNumber::find(request.msisdn).map(|entry| &entry.effect) {
        Some(Effect::Delivery(delivery)) => *delivery,
        _ => delivery::ORDINARY,
    };
    let plan = delivery.plan(at, options.dlr_delay);
    let segments = u64::try_from(request.sms_text.segmentation().segments()).unwrap_or(u64::MAX);
    let hlr = if request.hlr_lookup {
        options.prices.hlr
    } else {
        Money::ZERO
    };
    let price = options
        .prices
        .sms
        .checked_mul(segments)
        .and_then(|sms| sms.checked_add(hlr));
    let expires_in = u64::from(params.effective_expires_in().secs());
    let message = NewMessage {
        account,
        sms_id,
        sender: request.sender.map(|sender| sender.as_str().to_owned()),
        text: request.sms_text.with_pin(&pin),
        pin: pin.expose().to_owned(),
        at,
        expires_in: (expires_in != 0).then(|| Duration::from_secs(expires_in)),
        max_tries: params.effective_max_tries().get(),
        status: "ACCEPTD",
        settled: plan.settled,
        settled_at: plan.settled_at,
        msisdn: request.msisdn,
    };
    let report_url = request.report_url.map(|url| url.as_str().to_owned());
    (
        AcceptedRequest {
            message,
            price,
            reports: plan.reports,
        },
        report_url,
    )
}

/// Takes the price from the account; false if it can't pay.
fn pay(state: &Connection, account: AccountId, price: Money, top_up: bool) -> rusqlite::Result<bool> {
    if accounts::charge(state, account, price)? {
        return Ok(true);
    }
    if !top_up {
        return Ok(false);
    }
    accounts::top_up(state, account)?;
    accounts::charge(state, account, price)
}

async fn verify_pin(gateway: &SandboxGateway, account: AccountId, request: VerifyRequest) -> CallReply {
    let guess = gateway
        .store
        .write(move |state| pins::guess(state, account, request.msisdn, &request.pin, Millis::now()))
        .await
        .map_err(|error| failed(&error))?;
    Ok(answer::ok(&VerifyResult {
        verified: guess.verified,
        previously_verified: guess.previously_verified,
        tries_remaining: guess.tries_remaining,
        message: guess.message,
    }))
}

async fn look_up(gateway: &SandboxGateway, account: AccountId, msisdn: Msisdn) -> CallReply {
    let (price, top_up) = (gateway.options.prices.hlr, gateway.options.top_up);
    let paid = gateway
        .store
        .write(move |state| pay(state, account, price, top_up))
        .await;
    if !paid.map_err(|error| failed(&error))? {
        return Err(Refusal::new(ErrorId::NotEnoughBalance));
    }
    let network = hlr::network(msisdn);
    Ok(answer::ok(&LookupResult {
        success: true,
        msisdn: msisdn.to_string(),
        mccmnc: network.mccmnc,
        original_network: network.name,
    }))
}

async fn balance(gateway: &SandboxGateway, account: AccountId) -> CallReply {
    let balance = gateway
        .store
        .read(move |state| accounts::balance(state, account))
        .await;
    let balance = balance.map_err(|error| failed(&error))?.to_string();
    Ok(answer::ok(&BalanceResult {
        balance,
        currency: "EUR",
    }))
}
