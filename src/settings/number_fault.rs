//! Why a number is not sent to, in words, with what to do about it.

use crate::domain::numbering::{Lengths, NumberType, Region};
use crate::domain::written_number::MsisdnError;
use crate::failure::Fault;
use crate::text::{self, count};

/// Why a number is not sent to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NumberFault {
    #[error(transparent)]
    Shape(#[from] MsisdnError),
    #[error("{0} does not start with the calling code of any country")]
    NoSuchCountryCode(String),
    #[error(
        "{msisdn} is not a number of {place}: it has {} after the calling code, and numbers there have {takes}",
        count(*has as u64, "digit", "digits")
    )]
    Length {
        msisdn: String,
        has: usize,
        takes: Lengths,
        place: String,
    },
    #[error("{msisdn} has a national prefix behind its country code; without it, it is {meant}")]
    NationalPrefix { msisdn: String, meant: String },
    #[error("{msisdn} has no +, and is not a known mobile of {place} if it begins with a country code")]
    GuessedNotMobile { msisdn: String, place: String },
    #[error(
        "{msisdn} has no +: it is a mobile of {place} if it begins with a country code, and one of {} if it does not",
        home.name()
    )]
    TwoCountries {
        msisdn: String,
        place: String,
        home: Region,
    },
    #[error("{msisdn} is a {kind} number: SMS to such numbers fail, or drain the budget", kind = kind.name())]
    Draining { msisdn: String, kind: NumberType },
    #[error("{msisdn} is not a mobile number, according to the numbering plan of {place}")]
    NotMobile { msisdn: String, place: String },
    #[error("{msisdn} belongs to {place}, which is not in allow_countries")]
    CountryNotAllowed { msisdn: String, place: String },
    #[error("{0} is a test number, reserved for fiction: no telephone has it")]
    TestNumber(String),
}

impl NumberFault {
    /// Masks the number that it repeats.
    pub(crate) fn mask(&mut self) {
        match self {
            Self::Shape(error) => error.mask(),
            Self::NationalPrefix { msisdn, meant } => [msisdn, meant].into_iter().for_each(text::mask),
            Self::NoSuchCountryCode(msisdn)
            | Self::TestNumber(msisdn)
            | Self::Length { msisdn, .. }
            | Self::GuessedNotMobile { msisdn, .. }
            | Self::TwoCountries { msisdn, .. }
            | Self::Draining { msisdn, .. }
            | Self::NotMobile { msisdn, .. }
            | Self::CountryNotAllowed { msisdn, .. } => text::mask(msisdn),
        }
    }

    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::Shape(MsisdnError::LooksNational { .. }) => Some(
                "say which country this number is from: --country ES, or `smspin config set country ES`"
                    .to_owned(),
            ),
            Self::NoSuchCountryCode(_) => {
                Some("write it with its country code (+34…), or set the country with --country".to_owned())
            }
            Self::NotMobile { .. } => {
                Some("`number_check = \"possible\"` sends to such numbers with a warning".to_owned())
            }
            Self::TestNumber(_) => Some("use --sandbox with it".to_owned()),
            Self::GuessedNotMobile { msisdn, .. } => Some(format!(
                "write +{msisdn} if that is the number, or say whose it is: --country ES"
            )),
            Self::TwoCountries { msisdn, home, .. } => Some(format!(
                "write +{msisdn} if that is the number, or say whose it is: --country {home}"
            )),
            Self::NationalPrefix { meant, .. } => Some(format!("drop the prefix: +{meant}")),
            Self::Shape(_) | Self::Length { .. } | Self::Draining { .. } | Self::CountryNotAllowed { .. } => {
                None
            }
        }
    }
}

impl From<NumberFault> for Fault {
    fn from(fault: NumberFault) -> Self {
        Self {
            what: "MSISDN".to_owned(),
            message: fault.to_string(),
            hint: fault.hint(),
        }
    }
}
