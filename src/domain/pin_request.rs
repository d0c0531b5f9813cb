//! One PIN to ask the gateway for, every part of it checked (the gateway's contract §1).

use super::msisdn::Msisdn;
use super::pin_params::PinParams;
use super::report_url::ReportUrl;
use super::sender::Sender;
use super::sms_text::SmsText;

/// A PIN to ask for. What the user left unsaid stays unsaid on the wire, so that the gateway's own defaults hold.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PinRequest {
    pub(crate) msisdn: Msisdn,
    pub(crate) sender: Option<Sender>,
    pub(crate) hlr_lookup: Option<bool>,
    pub(crate) sms_text: Option<SmsText>,
    pub(crate) report_url: Option<ReportUrl>,
    pub(crate) pin_params: PinParams,
}
