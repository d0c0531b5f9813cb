//! From settings to a checked PIN request: all faults of a call are reported together, with warnings about what is not
//! recommended.

use super::{Key, NumberFault, NumberPolicy, Reader, keys};
use crate::domain::numbering::Finding;
use crate::domain::pin_params::{PinLength, PinParams};
use crate::domain::pin_request::PinRequest;
use crate::domain::placeholder;
use crate::domain::report_url::ReportUrl;
use crate::domain::segments::Encoding;
use crate::domain::sms_text::SmsText;
use crate::failure::Fault;

/// A request that may be sent, and warnings about it.
#[derive(Clone, Debug)]
pub(crate) struct Checked {
    pub(crate) request: PinRequest,
    /// What is known of its number.
    pub(crate) number: Finding,
    pub(crate) warnings: Vec<String>,
    /// Why the number may be another person's: a person has to say whose it is.
    pub(crate) two_countries: Option<NumberFault>,
}

/// Checks all of it. `None` means that `reader` holds at least one fault.
pub(crate) fn check(reader: &mut Reader<'_>, typed: &str, test_numbers: bool) -> Option<Checked> {
    let mut warnings = Vec::new();
    let policy = NumberPolicy::read(reader, test_numbers);
    let number = match policy.admit_typed(typed) {
        Ok((found, doubt)) => {
            warnings.extend(doubt);
            Some(found)
        }
        Err(fault) => {
            reader.fault(fault.into());
            None
        }
    };
    let two_countries = number.and_then(|found| policy.two_countries(typed, &found));
    let sender = reader.read(keys::SENDER);
    let hlr_lookup = reader.read(keys::HLR_LOOKUP);
    let pin_params = pin_params(reader);
    warnings.extend(pin_params.concerns());
    let report_url = reader.read(keys::REPORT_URL);
    warnings.extend(
        report_url
            .as_ref()
            // The sandbox is on this machine too.
            .filter(|_| !test_numbers)
            .and_then(ReportUrl::concern)
            .map(str::to_owned),
    );
    let sms_text = sms_text(reader, pin_params.effective_length(), &mut warnings);
    let number = number?;
    Some(Checked {
        request: PinRequest {
            msisdn: number.msisdn,
            sender,
            hlr_lookup,
            sms_text,
            report_url,
            pin_params,
        },
        number,
        warnings,
        two_countries,
    })
}

pub(crate) fn pin_params(reader: &mut Reader<'_>) -> PinParams {
    PinParams {
        pin_type: reader.read(keys::PIN_TYPE),
        length: reader.read(keys::PIN_LENGTH),
        expires_in: reader.read(keys::EXPIRES_IN),
        max_tries: reader.read(keys::MAX_TRIES),
    }
}

fn sms_text(reader: &mut Reader<'_>, pin_length: PinLength, warnings: &mut Vec<String>) -> Option<SmsText> {
    let mut several = Vec::new();
    let read = reader.read_with(Key::SmsText, |text| {
        SmsText::parse(text, pin_length).map_err(|errors| {
            several.extend(errors.faults().iter().map(ToString::to_string));
            several.pop().unwrap_or_default()
        })
    });
    let what = reader
        .origin(Key::SmsText)
        .map_or_else(String::new, |origin| origin.subject(Key::SmsText));
    for message in several {
        reader.fault(Fault {
            what: what.clone(),
            message,
            hint: None,
        });
    }
    let checked = read?;
    warnings.extend(placeholder::sent_as_they_stand(checked.text.as_str()));
    warnings.extend(expense(&checked.text));
    warnings.extend(checked.concerns);
    Some(checked.text)
}

/// A warning if a text costs more than one SMS, or may be sent as UCS-2: only 70 characters fit into one SMS then.
pub(crate) fn expense(text: &SmsText) -> Option<String> {
    let found = text.segmentation();
    let segments = match found.segments() {
        1 => "1 segment".to_owned(),
        several => format!("{several} segments"),
    };
    let culprits: Vec<String> = found.culprits().map(|culprit| culprit.to_string()).collect();
    match found.encoding() {
        Encoding::Gsm7 if found.segments() == 1 => None,
        Encoding::Gsm7 => Some(format!(
            "the text takes {segments}, and each is charged as one SMS"
        )),
        Encoding::Ucs2 => Some(format!(
            "{} is outside GSM-7: the gateway may replace it, or send UCS-2 with 70 characters to an SMS, {segments} here",
            culprits.join(", ")
        )),
    }
}
