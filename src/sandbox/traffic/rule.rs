//! The rule of the contract that each error id stands for, in words.

use crate::wire::ErrorId;
use crate::wire::server::RequestRefusal;

/// The rule that a request broke; none where it broke none.
pub(super) fn broken(refusal: &RequestRefusal) -> Option<&'static str> {
    Some(match refusal.id() {
        ErrorId::InvalidContentType => "Content-Type: application/json, with or without parameters",
        ErrorId::JsonParseError => "the body is one JSON object in UTF-8, 256 KiB at most",
        ErrorId::MissingParams => {
            "request needs api_key and msisdn; verify needs pin as well; lookup api_key and msisdn; balance api_key"
        }
        ErrorId::BadParams => {
            "msisdn, sender, sms_text and report_url are strings; report_url is an http or https URL"
        }
        ErrorId::Unauthorized => {
            "api_key is one that the account has: here the sandbox's own, or one of --accept-key"
        }
        ErrorId::InvalidHlrLookupParam => "hlr_lookup is the number 0 or 1",
        ErrorId::InvalidPinParams => {
            "pin_params is an object: type numeric, alpha or alphanumeric; length 4 to 16; expires_in seconds, 0 never; \
             max_tries, 0 unlimited"
        }
        ErrorId::InvalidSmsText => "sms_text has {PIN} exactly once, and at most 160 characters with the PIN",
        ErrorId::InvalidSender => "sender: at most 15 digits, or at most 11 letters, digits, spaces and _",
        ErrorId::InvalidNumber => "msisdn: 7 to 15 digits, country code first, without + or 00",
        ErrorId::NotEnoughBalance => "the balance covers an SMS for each segment, and the HLR query",
        ErrorId::UnknownError | ErrorId::Unlisted(_) => return None,
    })
}
