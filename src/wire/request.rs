//! `2fa/request`, the client's half: what is sent for one PIN (the gateway's contract §1).

use super::{Body, Call};
use crate::domain::pin_params::{ExpiresIn, MaxTries, PinLength, PinType};
use crate::domain::pin_request::PinRequest;
use crate::domain::report_url::ReportUrl;
use crate::domain::sender::Sender;
use crate::domain::sms_text::SmsText;
use serde::Serialize;

#[derive(Serialize)]
struct Fields<'a> {
    msisdn: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sender: Option<&'a str>,
    hlr_lookup: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    sms_text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    report_url: Option<&'a str>,
    #[serde(skip_serializing_if = "PinFields::is_empty")]
    pin_params: PinFields,
}

#[derive(Serialize)]
struct PinFields {
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pin_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    length: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tries: Option<u32>,
}

impl PinFields {
    const fn is_empty(&self) -> bool {
        self.pin_type.is_none()
            && self.length.is_none()
            && self.expires_in.is_none()
            && self.max_tries.is_none()
    }
}

/// The body that asks for this PIN.
pub(crate) fn body(request: &PinRequest) -> Body {
    let pin = &request.pin_params;
    let body = Body::new(
        Call::RequestPin,
        &Fields {
            msisdn: request.msisdn.to_string(),
            sender: request.sender.as_ref().map(Sender::as_str),
            // Some copies of the contract call it mandatory, so its default is spelled out.
            hlr_lookup: u8::from(request.hlr_lookup.unwrap_or(true)),
            sms_text: request.sms_text.as_ref().map(SmsText::as_str),
            report_url: request.report_url.as_ref().map(ReportUrl::as_str),
            pin_params: PinFields {
                pin_type: pin.pin_type.map(PinType::as_str),
                length: pin.length.map(PinLength::get),
                expires_in: pin.expires_in.map(ExpiresIn::secs),
                max_tries: pin.max_tries.map(MaxTries::get),
            },
        },
    );
    match &request.report_url {
        Some(url) => body.reporting_to(url.as_str()),
        None => body,
    }
}
