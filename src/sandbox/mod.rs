//! The gateway of the contract, offline: the same calls over real HTTP, with its state in SQLite. No SMS is ever sent.
//!
//! `gateway` speaks HTTP, `store` remembers, `embedded` runs both inside another command. Nothing here imports the client.

mod delivery;
mod embedded;
mod fault;
mod gateway;
mod hlr;
mod http;
mod inbox;
mod openapi;
mod randomness;
mod reports;
mod serve;
mod store;
mod test_numbers;

pub(crate) use embedded::{Embedded, StartError};
pub(crate) use store::inbox::Sms;
pub(crate) use store::{Db, StoreError};
pub(crate) use test_numbers::TABLE as TEST_NUMBERS;

use crate::domain::money::Money;
use crate::domain::msisdn::Msisdn;
use store::{State, pins};

/// The key of a sandbox that was given no other. It is no secret: it stands in the documentation.
pub(crate) const DEFAULT_KEY: &str = "5a4db0c55a4db0c55a4db0c55a4db0c5";

/// What an account holds in the beginning.
fn default_balance() -> Money {
    Money::from_ten_thousandths(100 * 10_000)
}

/// The last PIN that the sandbox sent to a number, if it sent any.
pub(crate) fn last_pin(db: &Db, msisdn: &Msisdn) -> Result<Option<String>, StoreError> {
    let mut state = State::open(db)?;
    Ok(pins::last_pin(&*state.read()?, msisdn)?)
}

#[cfg(test)]
mod tests;
