//! One delivery report, as it stands on the wire.

use super::DeliveryStatus;
use crate::domain::msisdn::Msisdn;
use serde::{Serialize, Serializer};

/// The most reports in one POST.
pub(crate) const MOST_PER_POST: u32 = 1000;

/// One element of the array that is posted. A receiver gets `None` for what was left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct DeliveryReport {
    /// The gateway's id of the SMS, 32 hexadecimal digits. The answer to a request holds no id, so nothing but
    /// `to` and the time connects a report with its request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sms_id: Option<String>,
    /// The sender.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) from: Option<String>,
    #[serde(serialize_with = "digits")]
    pub(crate) to: Msisdn,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) custom: Option<String>,
    /// When the SMS was sent; [`ReportClock`](super::ReportClock) reads it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sms_date: Option<String>,
    /// The word as it was posted, which may be one that isn't documented.
    pub(crate) status: String,
    /// When the SMS came into this status; [`ReportClock`](super::ReportClock) reads it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) dlr_date: Option<String>,
}

impl DeliveryReport {
    /// `None` if the status isn't one that is documented.
    pub(crate) fn known_status(&self) -> Option<DeliveryStatus> {
        DeliveryStatus::of(&self.status)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn digits<S: Serializer>(msisdn: &Msisdn, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(msisdn)
}
