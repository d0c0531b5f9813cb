//! `hlr/request` and `account/get-balance` as a server reads and answers them (the gateway's contract §4).

use super::{ReceivedFields, RequestRefusal};
use crate::domain::msisdn::Msisdn;
use serde::Serialize;

/// The number of an HLR query.
pub(crate) fn parse(fields: &ReceivedFields) -> Result<Msisdn, RequestRefusal> {
    fields.require(&["msisdn"])?;
    fields.msisdn()
}

/// What the home network says of a number.
#[derive(Debug, Serialize)]
pub(crate) struct LookupResult<'a> {
    pub(crate) success: bool,
    pub(crate) msisdn: String,
    /// Country and network, 5 or 6 digits.
    pub(crate) mccmnc: &'a str,
    pub(crate) original_network: &'a str,
}

/// What is left in the account.
#[derive(Debug, Serialize)]
pub(crate) struct BalanceResult {
    /// A decimal with four places, as text.
    pub(crate) balance: String,
    pub(crate) currency: &'static str,
}
