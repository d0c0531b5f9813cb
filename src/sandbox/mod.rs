//! The gateway of the contract, offline: the same calls over real HTTP, with its state in SQLite. No SMS is ever sent.
//!
//! `gateway` speaks HTTP, `store` remembers, `embedded` runs both inside another command. Nothing here imports the client.

mod delivery;
mod embedded;
mod fault;
mod gateway;
mod guard;
mod hlr;
mod http;
mod inbox;
mod openapi;
mod randomness;
mod reports;
mod responses;
mod serve;
mod source;
mod store;
mod test_numbers;

pub(crate) use embedded::Embedded;
pub(crate) use gateway::{ChanceFault, Latency, SandboxPrices};
pub(crate) use serve::{ServeError, ServeOptions, Serving};
pub(crate) use source::{Served, Source, SourceError};
pub(crate) use store::Db;
pub(crate) use store::inbox::{PinState, Sms};
pub(crate) use test_numbers::TABLE as TEST_NUMBERS;
pub(crate) use test_numbers::help as test_numbers_help;

use crate::domain::money::Money;

/// The key of a sandbox that was given no other. It is no secret: it stands in the documentation.
pub(crate) const DEFAULT_KEY: &str = "5a4db0c55a4db0c55a4db0c55a4db0c5";

/// Where a sandbox listens that was told no other address.
pub(crate) const DEFAULT_BIND: &str = "127.0.0.1:8465";

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
