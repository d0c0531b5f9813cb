//! Which numbers may get an SMS: rules that the user sets, in addition to what makes a number valid.

use super::number_check::NumberCheck;
use super::{Reader, keys};
use crate::domain::msisdn::Msisdn;
use crate::domain::numbering::{self, Finding, Lengths, NumberType, Possibility, Region};
use crate::domain::written_number::MsisdnError;
use crate::failure::Fault;

/// The rules of one run.
#[derive(Clone, Debug)]
pub(crate) struct NumberPolicy {
    check: NumberCheck,
    allow: Option<Vec<Region>>,
    home: Option<Region>,
    /// Whether the numbers reserved for fiction may be used: in the sandbox and on loopback.
    test_numbers: bool,
}

/// Why a number is not sent to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NumberFault {
    #[error(transparent)]
    Shape(#[from] MsisdnError),
    #[error("{0} does not start with the calling code of any country")]
    NoSuchCountryCode(Msisdn),
    #[error(
        "{msisdn} is not a number of {place}: it has {has} digits after the calling code, and numbers there have {takes}"
    )]
    Length {
        msisdn: Msisdn,
        has: usize,
        takes: Lengths,
        place: String,
    },
    #[error("{msisdn} is a {kind} number: SMS to such numbers fail, or drain the budget", kind = kind.name())]
    Draining { msisdn: Msisdn, kind: NumberType },
    #[error("{msisdn} is not a mobile number, according to the numbering plan of {place}")]
    NotMobile { msisdn: Msisdn, place: String },
    #[error("{msisdn} belongs to {place}, which is not in allow_countries")]
    CountryNotAllowed { msisdn: Msisdn, place: String },
    #[error("{0} is a test number, reserved for fiction: no telephone has it")]
    TestNumber(Msisdn),
}

impl NumberFault {
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
            Self::Length { msisdn, .. } => {
                let meant = numbering::without_national_prefix(*msisdn)?;
                Some(format!(
                    "leave out the zero after the calling code: did you mean +{meant}?"
                ))
            }
            Self::Shape(_) | Self::Draining { .. } | Self::CountryNotAllowed { .. } => None,
        }
    }
}

impl NumberPolicy {
    pub(crate) fn read(reader: &mut Reader<'_>, test_numbers: bool) -> Self {
        let check = reader.read(keys::NUMBER_CHECK).unwrap_or(NumberCheck::Possible);
        let home = reader.read(keys::COUNTRY);
        let allow = reader.read(keys::ALLOW_COUNTRIES);
        Self {
            check,
            allow,
            home,
            test_numbers,
        }
    }

    /// The number that was typed, if it may be sent to, with what is doubtful about it.
    pub(crate) fn admit(&self, typed: &str) -> Result<(Msisdn, Option<String>), NumberFault> {
        let msisdn = self.parse(typed)?;
        if msisdn.is_test_number() {
            return if self.test_numbers {
                Ok((msisdn, None))
            } else {
                Err(NumberFault::TestNumber(msisdn))
            };
        }
        let found = numbering::inspect(msisdn);
        let place = || match (found.region, found.calling_code) {
            (Some(region), _) => region.name().to_owned(),
            (None, Some(code)) => format!("+{code}"),
            (None, None) => "any country".to_owned(),
        };
        if let Some(allow) = &self.allow
            && !found.region.is_some_and(|region| allow.contains(&region))
        {
            return Err(NumberFault::CountryNotAllowed {
                msisdn,
                place: place(),
            });
        }
        if self.check == NumberCheck::Off {
            return Ok((msisdn, None));
        }
        self.check_plan(msisdn, found, place())
    }

    /// Checks a number against the numbering plan.
    fn check_plan(
        &self,
        msisdn: Msisdn,
        found: Finding,
        place: String,
    ) -> Result<(Msisdn, Option<String>), NumberFault> {
        match found.possibility {
            Possibility::NoSuchCountryCode => return Err(NumberFault::NoSuchCountryCode(msisdn)),
            Possibility::TooShort { has, takes }
            | Possibility::TooLong { has, takes }
            | Possibility::ImpossibleLength { has, takes } => {
                return Err(NumberFault::Length {
                    msisdn,
                    has,
                    takes,
                    place,
                });
            }
            Possibility::Possible | Possibility::Valid => {}
        }
        if drains_budgets(found.number_type) {
            return Err(NumberFault::Draining {
                msisdn,
                kind: found.number_type,
            });
        }
        if matches!(
            found.number_type,
            NumberType::Mobile | NumberType::FixedLineOrMobile
        ) {
            return Ok((msisdn, None));
        }
        if self.check == NumberCheck::Strict {
            return Err(NumberFault::NotMobile { msisdn, place });
        }
        let doubt = match found.number_type {
            NumberType::Unknown => {
                format!("{msisdn} is not in any known range of the numbering plan of {place}")
            }
            kind => format!(
                "{msisdn} is a {} number of {}: it may not get SMS",
                kind.name(),
                place
            ),
        };
        Ok((msisdn, Some(doubt)))
    }

    /// The number alone, for calls that send no SMS.
    pub(crate) fn parse(&self, typed: &str) -> Result<Msisdn, NumberFault> {
        Ok(Msisdn::parse(typed, self.home)?)
    }
}

const fn drains_budgets(kind: NumberType) -> bool {
    use NumberType::{Pager, PremiumRate, SharedCost, TollFree, Uan, Voicemail};
    matches!(
        kind,
        PremiumRate | SharedCost | TollFree | Pager | Voicemail | Uan
    )
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
