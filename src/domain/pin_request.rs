//! One PIN to ask the gateway for, every part of it checked (the gateway's contract §1).

use super::msisdn::Msisdn;
use super::pin_params::PinParams;
use super::report_url::ReportUrl;
use super::sender::Sender;
use super::sms_text::SmsText;

/// A PIN to ask for. What the user left unsaid stays unsaid on the wire, so that the gateway's own defaults hold.
#[derive(Clone, Debug, PartialEq)]
pub struct PinRequest {
    pub msisdn: Msisdn,
    pub sender: Option<Sender>,
    pub hlr_lookup: Option<bool>,
    pub sms_text: Option<SmsText>,
    pub report_url: Option<ReportUrl>,
    pub pin_params: PinParams,
}
