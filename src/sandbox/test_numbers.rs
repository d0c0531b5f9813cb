//! The test numbers, +1 202 555 0100 to 0199: reserved for fiction, so none of them can ever ring. Each makes one thing
//! happen. This table is the only place that says what; help, README and man page are rendered from it.

use super::delivery::Delivery;
use super::fault::InjectedFault;
use crate::dlr::DeliveryStatus;
use crate::domain::msisdn::Msisdn;
use crate::wire::ErrorId;

/// What all test numbers begin with; two digits follow.
const PREFIX: u64 = 120_255_501;

/// A test number that does something out of the ordinary. Those that the table doesn't list are ordinary numbers.
#[derive(Debug)]
pub(crate) struct TestNumber {
    /// The last two digits.
    last: u8,
    pub(crate) effect: Effect,
    /// What happens, for people.
    pub(crate) what: &'static str,
}

/// What a test number makes happen.
#[derive(Debug)]
pub(crate) enum Effect {
    /// To every request and lookup.
    Fault(InjectedFault),
    /// To so many requests and lookups; after those it is an ordinary number, until a reset.
    FaultTimes(InjectedFault, u32),
    /// To every check of a PIN; its requests are ordinary.
    VerifyFault(InjectedFault),
    /// To the SMS on its way.
    Delivery(Delivery),
}

impl TestNumber {
    /// The whole number.
    pub(crate) fn msisdn(&self) -> String {
        format!("{PREFIX}{:02}", self.last)
    }

    /// What the table says of a number.
    pub(crate) fn find(msisdn: Msisdn) -> Option<&'static Self> {
        let number = msisdn.as_u64();
        let last = u8::try_from(number % 100)
            .ok()
            .filter(|_| number / 100 == PREFIX)?;
        TABLE
            .binary_search_by_key(&last, |entry| entry.last)
            .ok()
            .map(|index| &TABLE[index])
    }
}

/// The table as lines of text: the number, two spaces, what happens.
pub(crate) fn help() -> String {
    let mut text = String::new();
    for entry in TABLE {
        text.push_str("  ");
        text.push_str(&entry.msisdn());
        text.push_str("  ");
        text.push_str(entry.what);
        text.push('\n');
    }
    text
}

const fn entry(last: u8, what: &'static str, effect: Effect) -> TestNumber {
    TestNumber { last, effect, what }
}

const fn refused(last: u8, what: &'static str, id: ErrorId) -> TestNumber {
    entry(last, what, Effect::Fault(InjectedFault::Refused(id)))
}

const fn fault(last: u8, what: &'static str, fault: InjectedFault) -> TestNumber {
    entry(last, what, Effect::Fault(fault))
}

const fn times(last: u8, what: &'static str, fault: InjectedFault, times: u32) -> TestNumber {
    entry(last, what, Effect::FaultTimes(fault, times))
}

const fn verify(last: u8, what: &'static str, fault: InjectedFault) -> TestNumber {
    entry(last, what, Effect::VerifyFault(fault))
}

const fn delivery(last: u8, what: &'static str, delivery: Delivery) -> TestNumber {
    entry(last, what, Effect::Delivery(delivery))
}

/// Every number that does something, in order.
pub(crate) const TABLE: &[TestNumber] = &[
    refused(10, "INVALID_CONTENT_TYPE", ErrorId::InvalidContentType),
    refused(11, "JSON_PARSE_ERROR", ErrorId::JsonParseError),
    refused(12, "MISSING_PARAMS", ErrorId::MissingParams),
    refused(13, "BAD_PARAMS", ErrorId::BadParams),
    refused(14, "UNAUTHORIZED", ErrorId::Unauthorized),
    refused(15, "INVALID_HLR_LOOKUP_PARAM", ErrorId::InvalidHlrLookupParam),
    refused(16, "INVALID_PIN_PARAMS", ErrorId::InvalidPinParams),
    refused(17, "INVALID_SMS_TEXT", ErrorId::InvalidSmsText),
    refused(18, "INVALID_SENDER", ErrorId::InvalidSender),
    refused(19, "INVALID_NUMBER: the HLR query fails", ErrorId::InvalidNumber),
    refused(20, "NOT_ENOUGH_BALANCE", ErrorId::NotEnoughBalance),
    refused(
        21,
        "UNKNOWN_ERROR with HTTP 500, and no SMS",
        ErrorId::UnknownError,
    ),
    fault(
        22,
        "UNKNOWN_ERROR with HTTP 500, although the SMS goes out",
        InjectedFault::LostInside,
    ),
    times(
        30,
        "429 with Retry-After: 1 once, then success",
        InjectedFault::TooManyRequests,
        1,
    ),
    times(
        31,
        "429 with Retry-After: 1 three times, then success",
        InjectedFault::TooManyRequests,
        3,
    ),
    fault(
        32,
        "429 with Retry-After: 1 every time",
        InjectedFault::TooManyRequests,
    ),
    times(33, "503 once, then success", InjectedFault::Unavailable, 1),
    fault(34, "503 every time", InjectedFault::Unavailable),
    fault(
        40,
        "the reply is lost: the SMS goes out, then the connection is cut",
        InjectedFault::LostReply,
    ),
    fault(
        41,
        "the connection is cut, and nothing is stored",
        InjectedFault::Cut,
    ),
    fault(
        42,
        "no answer ever comes, and nothing is stored",
        InjectedFault::Hang,
    ),
    fault(43, "half an answer; the SMS goes out", InjectedFault::HalfAnswer),
    fault(
        44,
        "HTTP 200 with a web page; the SMS goes out",
        InjectedFault::NotJson,
    ),
    fault(45, "an answer after five seconds", InjectedFault::Slow),
    times(
        46,
        "the connection is cut once with nothing stored, then success",
        InjectedFault::Cut,
        1,
    ),
    delivery(
        50,
        "delivery: DELIVRD",
        Delivery::Settles(DeliveryStatus::Delivered),
    ),
    delivery(
        51,
        "delivery: stays ACCEPTD",
        Delivery::Settles(DeliveryStatus::Accepted),
    ),
    delivery(
        52,
        "delivery: EXPIRED",
        Delivery::Settles(DeliveryStatus::Expired),
    ),
    delivery(
        53,
        "delivery: DELETED",
        Delivery::Settles(DeliveryStatus::Deleted),
    ),
    delivery(
        54,
        "delivery: UNDELIV",
        Delivery::Settles(DeliveryStatus::Undelivered),
    ),
    delivery(
        55,
        "delivery: UNKNOWN, and nothing after it",
        Delivery::Settles(DeliveryStatus::Unknown),
    ),
    delivery(
        56,
        "delivery: REJECTD",
        Delivery::Settles(DeliveryStatus::Rejected),
    ),
    delivery(
        57,
        "delivery: DELIVRD, thirty times as late as usual",
        Delivery::Late,
    ),
    delivery(58, "delivery: DELIVRD, reported twice", Delivery::Twice),
    delivery(
        59,
        "delivery: DELIVRD, reported before ACCEPTD",
        Delivery::OutOfOrder,
    ),
    delivery(60, "delivery: never reported", Delivery::Silent),
    verify(
        80,
        "verify: UNKNOWN_ERROR with HTTP 500",
        InjectedFault::Refused(ErrorId::UnknownError),
    ),
    verify(
        81,
        "verify: the try counts, then the connection is cut",
        InjectedFault::LostReply,
    ),
    verify(82, "verify: no answer ever comes", InjectedFault::Hang),
    verify(
        83,
        "verify: HTTP 200 with a web page; the try counts",
        InjectedFault::NotJson,
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_and_finds_itself() {
        assert!(TABLE.is_sorted_by(|a, b| a.last < b.last));
        for entry in TABLE {
            let msisdn = Msisdn::from_digits(&entry.msisdn()).unwrap();
            assert_eq!(TestNumber::find(msisdn).unwrap().last, entry.last);
        }
    }

    #[test]
    fn ordinary_numbers_are_not_in_it() {
        for number in [
            "12025550100",
            "12025550199",
            "12025550200",
            "34666666111",
            "120255501",
        ] {
            let msisdn = Msisdn::from_digits(number).unwrap();
            assert!(TestNumber::find(msisdn).is_none(), "{number}");
        }
    }

    #[test]
    fn every_error_id_has_its_number() {
        for id in ErrorId::LISTED {
            let found = TABLE.iter().any(
                |entry| matches!(&entry.effect, Effect::Fault(InjectedFault::Refused(refused)) if refused == id),
            );
            assert!(found, "{id}");
        }
    }
}
