//! The way to the gateway, found out before the first row with calls that cost nothing: is it there, is the path right, does it
//! take the key, and how much money is left.

use super::Batch;
use super::destination::Destination;
use super::errors;
use super::results::Results;
use crate::domain::money::Money;
use crate::failure::{Failure, Kind};
use crate::outcome::Outcome;
use crate::output::Ui;
use crate::session::probe::{self, ProbeFailure};
use crate::session::{OpenGateway, Session, call};
use crate::text;
use crate::wire::balance::{self, Balance};
use crate::wire::{Call, Scope};
use tokio::runtime::Runtime;

/// A gateway that answers as it should.
pub(crate) struct Connected {
    pub(super) runtime: Runtime,
    pub(super) gateway: OpenGateway,
    /// `None` where the gateway didn't tell it, and nothing needs it.
    balance: Option<Balance>,
    currency: String,
}

impl Connected {
    /// An error means that nothing was sent.
    pub(crate) fn new(batch: &Batch, session: &Session<'_>) -> Result<Self, Failure> {
        let ui = &session.context.ui;
        if let Destination::File(path) = &batch.options.destination {
            // A place that can't be written to is better known now than after the last row.
            Results::create(path, &batch.input)
                .map_err(|error| errors::failure(Kind::Input, error).doing("nothing was sent"))?;
        }
        let gateway = session.gateway(batch.options.reach.clone())?;
        let runtime =
            crate::runtime::current_thread().map_err(|error| Failure::system("nothing was sent", error))?;
        let balance = runtime.block_on(async {
            let options = &batch.options;
            let prices = [options.prices.sms, options.prices.hlr, options.max_cost];
            let is_needed = prices.iter().any(Option::is_some);
            let balance = ask_balance(ui, &gateway, is_needed).await?;
            check_path(ui, &gateway).await?;
            if options.goes_by_this_clock() {
                probe::clock(ui, &gateway)?;
            }
            Ok::<_, Failure>(balance)
        })?;
        let currency = balance
            .as_ref()
            .and_then(|balance| balance.currency.as_deref())
            .map(|currency| format!(" {}", text::line(currency)));
        Ok(Self {
            runtime,
            gateway,
            currency: currency.unwrap_or_default(),
            balance,
        })
    }

    /// What is left, if the gateway gave it as an amount that can be compared.
    pub(crate) fn amount(&self) -> Option<Money> {
        self.balance.as_ref()?.balance.parse().ok()
    }

    /// The currency after a space, or nothing.
    pub(crate) fn currency(&self) -> &str {
        &self.currency
    }

    /// What is left, as the gateway wrote it.
    pub(crate) fn balance(&self) -> Option<&str> {
        self.balance.as_ref().map(|balance| balance.balance.as_str())
    }
}

/// A key that isn't accepted or no connection stops a batch here. Another answer without a balance does so only where a price or a
/// limit needs one; whether it is the gateway that answers is seen by its path.
async fn ask_balance(ui: &Ui, gateway: &OpenGateway, is_needed: bool) -> Result<Option<Balance>, Failure> {
    let result = call::attempts(ui, gateway, &balance::body(), 0, balance::read).await;
    if let Some(signal) = result.signal {
        return Err(probe::interrupted(signal));
    }
    let verdict = result.verdict;
    let detail = verdict.error_msg.or(verdict.detail).unwrap_or_default();
    let failure = |kind, text: String| {
        Failure::message(kind, text).hint(
            verdict
                .remedy
                .unwrap_or("`smspin balance` makes the same call, and is free"),
        )
    };
    match verdict.outcome {
        Outcome::Done(balance) => Ok(Some(balance)),
        Outcome::Refused(id) if id.scope() == Scope::Account => Err(failure(
            Kind::Account,
            format!("nothing was sent: {id}: {detail}"),
        )),
        Outcome::Refused(_) | Outcome::Unsent | Outcome::Unknown if !is_needed && verdict.http.is_some() => {
            ui.warn(format_args!(
                "the balance is not known, and no price or limit needs it: the batch goes on ({detail})"
            ));
            Ok(None)
        }
        Outcome::Refused(id) => Err(failure(
            Kind::Refused,
            format!("nothing was sent: the gateway refused the balance call: {id}: {detail}"),
        )),
        Outcome::Unsent | Outcome::Unknown => Err(failure(
            Kind::Unreachable,
            format!("nothing was sent: the gateway didn't answer the balance call: {detail}"),
        )),
    }
}

/// A wrong path would make every row unknown.
async fn check_path(ui: &Ui, gateway: &OpenGateway) -> Result<(), Failure> {
    match probe::path(ui, gateway, Call::RequestPin).await {
        Ok(()) => Ok(()),
        Err(ProbeFailure::Interrupted(signal)) => Err(probe::interrupted(signal)),
        Err(ProbeFailure::Account { id, detail }) => {
            let failure = Failure::message(Kind::Account, format!("nothing was sent: {id}: {detail}"));
            Err(failure.hint(id.hint(gateway.sandbox.is_some())))
        }
        Err(ProbeFailure::NotTheGateway { detail, remedy }) => {
            Err(Failure::message(Kind::Unreachable, format!("nothing was sent: {detail}")).hint(remedy))
        }
    }
}
