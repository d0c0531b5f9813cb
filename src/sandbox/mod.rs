//! The gateway of the contract, offline: the same calls over real HTTP, with its state in SQLite. No SMS is ever sent.
//!
//! `gateway` speaks HTTP, `store` remembers, `embedded` runs both inside another command. Nothing here imports the client.

mod behaviour;
mod bind;
mod control;
mod delivery;
mod documents;
mod embedded;
mod fault;
mod gateway;
mod guard;
mod hlr;
mod http;
mod options;
mod randomness;
mod reports;
mod responses;
mod serve;
mod served;
mod store;
mod test_numbers;
mod tls;
mod traffic;

pub(crate) use behaviour::Behaviour;
pub(crate) use bind::Bind;
pub(crate) use documents::{Behaviours, ClockTime, Messages, Requests};
pub(crate) use embedded::{Embedded, StartError};
pub(crate) use options::{ChanceFault, FixedPin, GatewayOptions, Latency, SandboxPrices};
pub(crate) use reports::PostRules;
pub(crate) use serve::{ServeError, ServeOptions, Serving};
pub(crate) use served::{AskError, InboxQuery, Served, TrafficQuery};
pub(crate) use store::Db;
pub(crate) use store::accounts::AccountPrefix;
pub(crate) use store::inbox::{PinState, Sms};
pub(crate) use store::pins::PinQuery;
pub(crate) use test_numbers::TABLE as TEST_NUMBERS;
pub(crate) use test_numbers::help as test_numbers_help;
pub(crate) use tls::TrustedRoots;
pub(crate) use traffic::SeenExchange;

use crate::domain::money::Money;

/// The key of a sandbox that was given no other. It is not a secret: it stands in the documentation.
pub(crate) const DEFAULT_KEY: &str = "5a4db0c55a4db0c55a4db0c55a4db0c5";

/// Where a sandbox listens that was told no other address.
pub(crate) const DEFAULT_BIND: &str = "127.0.0.1:8465";

/// Where such a sandbox is asked.
pub(crate) const DEFAULT_URL: &str = "http://127.0.0.1:8465";

/// The names of all faults, for people.
pub(crate) fn fault_names() -> String {
    fault::InjectedFault::names().collect::<Vec<_>>().join(", ")
}

/// What an account holds in the beginning.
fn default_balance() -> Money {
    Money::from_ten_thousandths(100 * 10_000)
}

#[cfg(test)]
mod tests;
