//! Every parser of the domain, against 20,000 strings: a value or a clear refusal, never a panic, and no message that holds
//! a control character.

use super::hostile;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn any_string_is_a_value_or_a_printable_refusal(text in hostile::text()) {
        let refusals = [
            super::msisdn::Msisdn::parse(&text, None).err().map(|error| error.to_string()),
            super::sender::Sender::parse(&text).err().map(|error| error.to_string()),
            super::sms_text::SmsText::parse(&text, super::pin_params::PinLength::MIN).err().map(|error| error.to_string()),
            super::pin::Pin::parse(&text).err().map(|error| error.to_string()),
            super::api_key::ApiKey::parse(&text).err().map(|error| error.to_string()),
            super::base_url::BaseUrl::parse(&text).err().map(|error| error.to_string()),
            super::report_url::ReportUrl::parse(&text).err().map(|error| error.to_string()),
            super::duration::parse(&text).err().map(|error| error.to_string()),
            text.parse::<super::money::Money>().err().map(|error| error.to_string()),
            text.parse::<super::numbering::Region>().err().map(|error| error.to_string()),
        ];
        for message in refusals.into_iter().flatten() {
            hostile::assert_printable(&message);
        }
    }
}
