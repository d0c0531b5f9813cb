//! `2fa/request` as a server reads it (the gateway's contract §1).

use super::read::whole_number;
use super::{ReceivedFields, Refusal};
use crate::domain::msisdn::Msisdn;
use crate::domain::pin_params::{ExpiresIn, MaxTries, PinLength, PinParams, PinType};
use crate::domain::report_url::ReportUrl;
use crate::domain::sender::Sender;
use crate::domain::sms_text::SmsText;
use crate::wire::ErrorId;
use serde_json::{Map, Value};

/// The text of a request that brings none.
const DEFAULT_TEXT: &str = "Your verification code is {PIN}";

/// A request for a PIN that keeps every rule.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ReceivedPinRequest {
    pub(crate) msisdn: Msisdn,
    pub(crate) sender: Option<Sender>,
    pub(crate) hlr_lookup: bool,
    pub(crate) sms_text: SmsText,
    pub(crate) report_url: Option<ReportUrl>,
    pub(crate) pin_params: PinParams,
}

impl ReceivedPinRequest {
    /// Looks at what is missing first, then at each parameter, in the contract's order but for `pin_params`, which says how
    /// long the text may be.
    pub(crate) fn parse(fields: &ReceivedFields) -> Result<Self, Refusal> {
        fields.require(&["msisdn"])?;
        let msisdn = fields.msisdn()?;
        let sender = fields.text("sender")?.map(Sender::parse).transpose();
        let sender = sender.map_err(|error| Refusal::new(ErrorId::InvalidSender).because(&error))?;
        let hlr_lookup = match fields.optional("hlr_lookup").map(whole_number) {
            None | Some(Some(1)) => true,
            Some(Some(0)) => false,
            Some(_) => return Err(Refusal::new(ErrorId::InvalidHlrLookupParam)),
        };
        let pin_params = match fields.optional("pin_params") {
            None => PinParams::default(),
            Some(value) => {
                parse_pin_params(value).map_err(|Wrong| Refusal::new(ErrorId::InvalidPinParams))?
            }
        };
        let text = fields.text("sms_text")?.unwrap_or(DEFAULT_TEXT);
        let sms_text = SmsText::parse(text, pin_params.effective_length())
            .map_err(|errors| {
                let first = errors.faults().first().map(ToString::to_string);
                Refusal::new(ErrorId::InvalidSmsText).because(&first.unwrap_or_default())
            })?
            .text;
        let report_url = fields.text("report_url")?.map(ReportUrl::parse).transpose();
        let report_url = report_url.map_err(|error| Refusal::bad("report_url").because(&error))?;
        Ok(Self {
            msisdn,
            sender,
            hlr_lookup,
            sms_text,
            report_url,
            pin_params,
        })
    }
}

/// An object, or an array of one object.
fn parse_pin_params(value: &Value) -> Result<PinParams, Wrong> {
    let params = match value {
        Value::Object(params) => params,
        Value::Array(values) => match values.as_slice() {
            [Value::Object(params)] => params,
            _ => return Err(Wrong),
        },
        _ => return Err(Wrong),
    };
    Ok(PinParams {
        pin_type: read(params, "type", |value| {
            let word = value.as_str()?;
            PinType::ALL.into_iter().find(|kind| kind.as_str() == word)
        })?,
        length: read(params, "length", |value| PinLength::new(whole_number(value)?))?,
        expires_in: read(params, "expires_in", |value| {
            ExpiresIn::from_secs(whole_number(value)?)
        })?,
        max_tries: read(params, "max_tries", |value| MaxTries::new(whole_number(value)?))?,
    })
}

/// A value that is there and breaks its rule.
struct Wrong;

/// `None` is left out.
fn read<T>(
    params: &Map<String, Value>,
    name: &str,
    parse: impl FnOnce(&Value) -> Option<T>,
) -> Result<Option<T>, Wrong> {
    let value = params.get(name).filter(|value| !value.is_null());
    value.map(|value| parse(value).ok_or(Wrong)).transpose()
}
