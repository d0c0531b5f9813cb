//! `2fa/verify` as a server reads and answers it (the gateway's contract §3).

use super::{ReceivedFields, RequestRefusal};
use crate::domain::msisdn::Msisdn;
use serde::Serialize;

/// A guess. Any text may be one; the right PIN is the one that counts, so there is no `Debug`.
pub(crate) struct VerifyRequest {
    pub(crate) msisdn: Msisdn,
    pub(crate) pin: String,
}

impl VerifyRequest {
    pub(crate) fn parse(fields: &ReceivedFields) -> Result<Self, RequestRefusal> {
        fields.require(&["msisdn", "pin"])?;
        let msisdn = fields.msisdn()?;
        let pin = fields.text_or_number("pin")?.into_owned();
        if pin.is_empty() {
            return Err(RequestRefusal::bad("pin"));
        }
        Ok(Self { msisdn, pin })
    }
}

/// What came of a guess.
#[derive(Debug, Serialize)]
pub(crate) struct VerifyResult<'a> {
    pub(crate) verified: bool,
    pub(crate) previously_verified: bool,
    /// Null where tries are unlimited.
    pub(crate) tries_remaining: Option<u32>,
    pub(crate) message: &'a str,
}
