//! A delivery report as a server posts it (the gateway's contract §5).

use serde::Serialize;

/// One element of the array that is posted. Dates are `YYYY-MM-DD HH:MM:SS`, Madrid's, without a zone.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// 32 hexadecimal digits.
    pub(crate) sms_id: String,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) custom: &'static str,
    pub(crate) sms_date: String,
    pub(crate) status: String,
    pub(crate) dlr_date: String,
}
