//! How the PIN is made and how long it lives: what the user set, what the gateway takes otherwise, and what is unwise.
//!
//! A value that is not set stays unset, so that the gateway's own defaults apply; the defaults here only explain.

mod limits;
mod pin_type;

pub(crate) use limits::{ExpiresIn, MaxTries, PinLength};
pub(crate) use pin_type::PinType;

use super::duration::human;
use std::time::Duration;

/// The fewest PINs a guesser should face: six decimal digits (NIST SP 800-63B).
const ENOUGH_PINS: u64 = 1_000_000;
/// A PIN that is valid for less, in seconds, is over before an SMS is read.
const SHORTEST_VALIDITY: u32 = 60;
/// The longest a PIN should be valid, in seconds (NIST SP 800-63B).
const LONGEST_VALIDITY: u32 = 600;
/// The most failed attempts that should be borne (NIST SP 800-63B).
const MOST_TRIES: u32 = 100;

/// What a request says about its PIN (the gateway's contract §1). Each is sent only when set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct PinParams {
    pub(crate) pin_type: Option<PinType>,
    pub(crate) length: Option<PinLength>,
    pub(crate) expires_in: Option<ExpiresIn>,
    pub(crate) max_tries: Option<MaxTries>,
}

impl PinParams {
    /// What the gateway will go by: the user's, else [`PinType::GATEWAY_DEFAULT`].
    pub(crate) fn effective_type(&self) -> PinType {
        self.pin_type.unwrap_or(PinType::GATEWAY_DEFAULT)
    }

    /// What the gateway will go by: the user's, else [`PinLength::GATEWAY_DEFAULT`].
    pub(crate) fn effective_length(&self) -> PinLength {
        self.length.unwrap_or(PinLength::GATEWAY_DEFAULT)
    }

    /// What the gateway will go by: the user's, else [`ExpiresIn::GATEWAY_DEFAULT`].
    pub(crate) fn effective_expires_in(&self) -> ExpiresIn {
        self.expires_in.unwrap_or(ExpiresIn::GATEWAY_DEFAULT)
    }

    /// What the gateway will go by: the user's, else [`MaxTries::GATEWAY_DEFAULT`].
    pub(crate) fn effective_max_tries(&self) -> MaxTries {
        self.max_tries.unwrap_or(MaxTries::GATEWAY_DEFAULT)
    }

    /// What the gateway calls not recommended (the gateway's contract §1), and what falls short of NIST SP 800-63B (§6).
    /// Only about what was set: the gateway's default validity of an hour is beyond NIST's ten minutes too, but a
    /// warning on every call that sets nothing would teach people to ignore warnings.
    pub(crate) fn concerns(&self) -> Vec<String> {
        let (pin_type, length) = (self.effective_type(), self.effective_length());
        let combinations = pin_type.combinations(length);
        let shape = (combinations < ENOUGH_PINS).then(|| {
            format!(
                "there are only {combinations} different {pin_type} PINs of length {length}; NIST SP 800-63B asks for at least \
                 {ENOUGH_PINS}, six digits"
            )
        });
        let validity = self.expires_in.map(ExpiresIn::secs).and_then(|secs| match secs {
            0 => Some("a PIN that never expires (expires_in 0) is not recommended by the gateway".to_owned()),
            // Minutes may have been meant.
            1..SHORTEST_VALIDITY => Some(format!(
                "the PIN is valid for {secs}s, which is over before most people have read the SMS; did you mean {secs}m?"
            )),
            SHORTEST_VALIDITY..=LONGEST_VALIDITY => None,
            _ => Some(format!(
                "the PIN is valid for {}; NIST SP 800-63B asks for at most 10m",
                human(Duration::from_secs(secs.into()))
            )),
        });
        let tries = self.max_tries.map(MaxTries::get).and_then(|tries| match tries {
            0 => Some(
                "a PIN that can be tried without limit (max_tries 0) is not recommended by the gateway"
                    .to_owned(),
            ),
            1..=MOST_TRIES => None,
            _ => Some(format!(
                "the PIN can be tried {tries} times; NIST SP 800-63B asks for at most {MOST_TRIES}"
            )),
        });
        [shape, validity, tries].into_iter().flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::text_table;

    fn params(pin_type: &str, length: &str, expires_in: &str, max_tries: &str) -> PinParams {
        let set = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        PinParams {
            pin_type: set(pin_type).map(|text| text.parse().unwrap()),
            length: set(length).map(|text| text.parse().unwrap()),
            expires_in: set(expires_in).map(|text| text.parse().unwrap()),
            max_tries: set(max_tries).map(|text| text.parse().unwrap()),
        }
    }

    #[test]
    fn the_gateway_s_defaults_fill_what_is_not_set() {
        let unset = PinParams::default();
        assert_eq!(
            unset,
            PinParams {
                pin_type: None,
                length: None,
                expires_in: None,
                max_tries: None
            }
        );
        assert_eq!(unset.effective_type(), PinType::Numeric);
        assert_eq!(unset.effective_length().get(), 6);
        assert_eq!(unset.effective_expires_in().secs(), 3600);
        assert_eq!(unset.effective_max_tries().get(), 3);

        let set = params("alpha", "8", "10m", "5");
        assert_eq!(set.effective_type(), PinType::Alpha);
        assert_eq!(set.effective_length().get(), 8);
        assert_eq!(set.effective_expires_in().secs(), 600);
        assert_eq!(set.effective_max_tries().get(), 5);
    }

    const CONCERNS: &str = r"
| | | |
numeric | 6 | 10m | 100 |
| 5 | | | (five)
alpha | 4 | | | (alpha)
alpha | 5 | | |
| | 60 | |
| | 10 | | the PIN is valid for 10s, which is over before most people have read the SMS; did you mean 10m?
alphanumeric | 4 | | |
| | 601 | | the PIN is valid for 10m1s; NIST SP 800-63B asks for at most 10m
| | 1h | | the PIN is valid for 1h; NIST SP 800-63B asks for at most 10m
| | 0 | | a PIN that never expires (expires_in 0) is not recommended by the gateway
| | | 101 | the PIN can be tried 101 times; NIST SP 800-63B asks for at most 100
| | | 0 | a PIN that can be tried without limit (max_tries 0) is not recommended by the gateway
| 5 | | 3 | (five)
";

    #[test]
    fn concerns_are_raised_at_the_boundary() {
        let five = "there are only 100000 different numeric PINs of length 5; NIST SP 800-63B asks for at least 1000000, six digits";
        let alpha = "there are only 456976 different alpha PINs of length 4; NIST SP 800-63B asks for at least 1000000, six digits";
        for [pin_type, length, expires_in, max_tries, concern] in text_table::rows(CONCERNS) {
            let params = params(pin_type, length, expires_in, max_tries);
            let concern = concern.replace("(five)", five).replace("(alpha)", alpha);
            assert_eq!(params.concerns().concat(), concern, "{params:?}");
        }
        assert_eq!(params("numeric", "4", "0", "0").concerns().len(), 3);
    }
}
