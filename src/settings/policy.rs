//! Which numbers may get an SMS: rules that the user sets, in addition to what makes a number valid.

use super::number_check::NumberCheck;
use super::number_fault::NumberFault;
use super::{Reader, keys};
use crate::domain::numbering::{self, Finding, NumberType, Possibility, Region};
use crate::domain::written_number::{MsisdnError, Notation};
use std::borrow::Cow;
use std::cmp::Reverse;

/// The rules of one run.
#[derive(Clone, Debug)]
pub(crate) struct NumberPolicy {
    check: NumberCheck,
    allow: Option<Vec<Region>>,
    bare: BareNumbers,
    /// Whether the numbers reserved for fiction may be used: in the sandbox and on loopback.
    test_numbers: bool,
}

/// How digits without a `+` or 00 are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BareNumbers {
    /// By a guess: they begin with a calling code, if that makes a known number.
    Guessed,
    /// As people of this country write numbers.
    Of(Region),
    /// They begin with a calling code.
    WithCallingCode,
}

impl NumberPolicy {
    pub(crate) fn read(reader: &mut Reader<'_>, test_numbers: bool) -> Self {
        let check = reader.read(keys::NUMBER_CHECK).unwrap_or(NumberCheck::Possible);
        let home = reader.read(keys::COUNTRY);
        let bare = home.map_or(BareNumbers::Guessed, BareNumbers::Of);
        let allow = reader.read(keys::ALLOW_COUNTRIES);
        Self {
            check,
            allow,
            bare,
            test_numbers,
        }
    }

    /// The same rules, but digits without a `+` or 00 begin with a calling code, and `country` says nothing about them.
    #[must_use]
    pub(crate) fn with_calling_codes(self) -> Self {
        Self {
            bare: BareNumbers::WithCallingCode,
            ..self
        }
    }

    /// What a cell of a list says: as it stands, or with the zero that it lost as a number.
    pub(crate) fn as_typed<'a>(&self, cell: &'a str, held_as_number: bool) -> Cow<'a, str> {
        match self.home().filter(|_| held_as_number) {
            Some(home) => with_lost_zero(cell, home),
            None => Cow::Borrowed(cell),
        }
    }

    /// The country that was set for digits without a `+` or 00.
    pub(crate) const fn home(&self) -> Option<Region> {
        match self.bare {
            BareNumbers::Of(home) => Some(home),
            BareNumbers::Guessed | BareNumbers::WithCallingCode => None,
        }
    }

    /// The countries that alone may be sent to, where settings say so.
    pub(crate) fn allowed(&self) -> &[Region] {
        self.allow.as_deref().unwrap_or_default()
    }

    /// Whether it is left to the digits what country they belong to.
    pub(crate) fn guesses_countries(&self) -> bool {
        self.bare != BareNumbers::WithCallingCode
    }

    /// The number that was typed, if it may be sent to, with what is doubtful about it.
    pub(crate) fn admit(&self, typed: &str) -> Result<(Finding, Option<String>), NumberFault> {
        let found = self.read_number(typed)?;
        let msisdn = found.msisdn;
        if msisdn.is_test_number() {
            return if self.test_numbers {
                Ok((found, None))
            } else {
                Err(NumberFault::TestNumber(msisdn.to_string()))
            };
        }
        refuse_national_prefix(&found)?;
        if let Some(allow) = &self.allow
            && !found.region.is_some_and(|region| allow.contains(&region))
        {
            return Err(NumberFault::CountryNotAllowed {
                msisdn: msisdn.to_string(),
                place: place_of(&found),
            });
        }
        if self.check == NumberCheck::Off {
            return Ok((found, None));
        }
        Ok((found, self.check_plan(&found)?))
    }

    /// Checks a number against the numbering plan, and says what is doubtful about it.
    fn check_plan(&self, found: &Finding) -> Result<Option<String>, NumberFault> {
        let msisdn = found.msisdn;
        match found.possibility {
            Possibility::NoSuchCountryCode => return Err(NumberFault::NoSuchCountryCode(msisdn.to_string())),
            Possibility::TooShort { has, takes }
            | Possibility::TooLong { has, takes }
            | Possibility::ImpossibleLength { has, takes } => {
                return Err(NumberFault::Length {
                    msisdn: msisdn.to_string(),
                    has,
                    takes,
                    place: place_of(found),
                });
            }
            Possibility::Possible | Possibility::Valid => {}
        }
        if drains_budgets(found.number_type) {
            return Err(NumberFault::Draining {
                msisdn: msisdn.to_string(),
                kind: found.number_type,
            });
        }
        if found.number_type.gets_sms() {
            return Ok(None);
        }
        let place = place_of(found);
        if self.check == NumberCheck::Strict {
            return Err(NumberFault::NotMobile {
                msisdn: msisdn.to_string(),
                place,
            });
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
        Ok(Some(doubt))
    }

    /// The number that was typed for a call of its own, if it may be sent to. Digits without a `+`, 00 or a country are a guess,
    /// so they must be a known mobile.
    pub(crate) fn admit_typed(&self, typed: &str) -> Result<(Finding, Option<String>), NumberFault> {
        let (found, doubt) = self.admit(typed)?;
        let is_guess =
            self.bare == BareNumbers::Guessed && matches!(Notation::of(typed), Some(Notation::Bare(_)));
        if doubt.is_some() && is_guess {
            return Err(NumberFault::GuessedNotMobile {
                msisdn: found.msisdn.to_string(),
                place: place_of(&found),
            });
        }
        Ok((found, doubt))
    }

    /// Why a number that was admitted as it was typed may be another person's: its digits were taken for an international number,
    /// and are a mobile of another country as well.
    pub(crate) fn two_countries(&self, typed: &str, found: &Finding) -> Option<NumberFault> {
        let Some(Notation::Bare(digits)) = Notation::of(typed) else {
            return None;
        };
        if self.bare != BareNumbers::Guessed || found.msisdn.is_test_number() {
            return None;
        }
        let digits = digits.values();
        let others = numbering::countries_with_mobile(&digits);
        let home = others
            .filter(|region| Some(region.calling_code()) != found.calling_code)
            .min_by_key(|region| {
                let lacks_a_zero = region.trunk_prefix() == "0";
                let is_usual = self.allowed().contains(region);
                (
                    !is_usual,
                    lacks_a_zero,
                    Reverse(numbering::room_for_mobiles(*region)),
                )
            })?;
        Some(NumberFault::TwoCountries {
            msisdn: found.msisdn.to_string(),
            place: place_of(found),
            home,
        })
    }

    /// The number alone, for calls that send no SMS.
    pub(crate) fn parse(&self, typed: &str) -> Result<Finding, NumberFault> {
        let found = self.read_number(typed)?;
        refuse_national_prefix(&found)?;
        Ok(found)
    }

    /// The number that was typed, whether it may be sent to or not.
    pub(crate) fn read_number(&self, typed: &str) -> Result<Finding, MsisdnError> {
        match self.bare {
            BareNumbers::Guessed => Finding::read(typed, None),
            BareNumbers::Of(home) => Finding::read(typed, Some(home)),
            BareNumbers::WithCallingCode => Finding::read_with_calling_code(typed),
        }
    }
}

/// The number that a workbook's cell of digits stood for. As a number it has lost the zero that the mobiles of some countries
/// begin with, such as Congo's.
pub(crate) fn with_lost_zero(digits: &str, home: Region) -> Cow<'_, str> {
    let is_mobile = |typed: &str| {
        let found = Finding::read(typed, Some(home));
        found.is_ok_and(|found| found.code_of_mobile() == Some(home.calling_code()))
    };
    let with_zero = format!("0{digits}");
    if !is_mobile(digits) && is_mobile(&with_zero) {
        Cow::Owned(with_zero)
    } else {
        Cow::Borrowed(digits)
    }
}

/// Whose number it is, for people.
pub(crate) fn place_of(found: &Finding) -> String {
    match (found.region, found.calling_code) {
        (Some(region), _) => region.name().to_owned(),
        (None, Some(code)) => format!("+{code}"),
        (None, None) => "any country".to_owned(),
    }
}

/// Refuses a number that no numbering plan knows, where the same one without a national prefix behind its calling code is known.
fn refuse_national_prefix(found: &Finding) -> Result<(), NumberFault> {
    match numbering::without_national_prefix(found) {
        Some(meant) => Err(NumberFault::NationalPrefix {
            msisdn: found.msisdn.to_string(),
            meant: meant.to_string(),
        }),
        None => Ok(()),
    }
}

const fn drains_budgets(kind: NumberType) -> bool {
    use NumberType::{Pager, PremiumRate, SharedCost, TollFree, Uan, Voicemail};
    matches!(
        kind,
        PremiumRate | SharedCost | TollFree | Pager | Voicemail | Uan
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::numbering::sample::{Draws, mobiles};

    fn policy(check: NumberCheck) -> NumberPolicy {
        NumberPolicy {
            check,
            allow: None,
            bare: BareNumbers::Guessed,
            test_numbers: false,
        }
    }

    #[test]
    fn a_national_prefix_behind_the_calling_code_is_refused_with_the_number_that_was_meant() {
        let meant = [
            ("+31 06 12345678", "31612345678"),
            ("0031 06 12345678", "31612345678"),
            ("+44 07911 123456", "447911123456"),
            ("+7 8 912 345 67 89", "79123456789"),
            ("+36 06 20 123 4567", "36201234567"),
            ("+49 0151 12345678", "4915112345678"),
            ("+55 0 11 96123 4567", "5511961234567"),
            ("+33 06 12 34 56 78", "33612345678"),
        ];
        for check in [NumberCheck::Possible, NumberCheck::Strict, NumberCheck::Off] {
            let policy = policy(check);
            for (typed, meant) in meant {
                for read in [policy.admit(typed).map(|(found, _)| found), policy.parse(typed)] {
                    assert!(
                        matches!(&read, Err(NumberFault::NationalPrefix { meant: found, .. }) if found == meant),
                        "{typed}: {read:?}"
                    );
                }
                let fault = policy.admit(typed).unwrap_err();
                assert!(fault.hint().unwrap().contains(&format!("+{meant}")), "{typed}");
            }
        }
    }

    /// Every country's mobiles, with its national prefix behind the calling code.
    #[test]
    fn no_country_gets_one_person_as_two_numbers() {
        let mut draws = Draws(2);
        for region in Region::all().filter(|region| !region.trunk_prefix().is_empty()) {
            for national in mobiles(region, 10, &mut draws) {
                let (code, prefix) = (region.calling_code(), region.trunk_prefix());
                let plain = format!("+{code}{national}");
                let (found, _) = policy(NumberCheck::Strict).admit(&plain).unwrap();
                let Ok((other, _)) =
                    policy(NumberCheck::Possible).admit(&format!("+{code}{prefix}{national}"))
                else {
                    continue;
                };
                assert!(
                    other.possibility == Possibility::Valid || prefix != "0",
                    "{region}: {found:?} and {other:?}"
                );
            }
        }
    }

    #[test]
    fn typed_digits_without_a_plus_must_be_a_known_mobile() {
        let at_home = NumberPolicy {
            bare: BareNumbers::Of("ES".parse().unwrap()),
            ..policy(NumberCheck::Possible)
        };
        let policy = policy(NumberCheck::Possible);
        for (typed, taken) in [
            ("34600000014", true),
            ("34912345678", false),
            ("15112345678", false),
            ("+34912345678", true),
            ("0034912345678", true),
        ] {
            assert_eq!(policy.admit_typed(typed).is_ok(), taken, "{typed}");
            assert!(policy.admit(typed).is_ok(), "{typed}");
        }
        assert!(at_home.admit_typed("912345678").is_ok());
    }

    #[test]
    fn what_another_country_reads_as_its_own_is_doubtful() {
        let fault = |typed: &str| {
            let policy = policy(NumberCheck::Possible);
            let (found, _) = policy.admit_typed(typed).unwrap();
            policy.two_countries(typed, &found)
        };
        let doubtful = fault("687912345").unwrap();
        let said = format!("{doubtful}; {}", doubtful.hint().unwrap());
        for part in ["New Caledonia", "Spain", "+687912345", "--country ES"] {
            assert!(said.contains(part), "{said}");
        }
        for typed in ["+687912345", "00687912345", "34600000014", "4915112345678"] {
            assert_eq!(fault(typed), None, "{typed}");
        }
    }

    #[test]
    fn a_number_cell_gets_back_the_zero_that_it_lost() {
        for (country, digits, typed) in [
            ("CG", "61234567", "061234567"),
            ("CG", "242061234567", "242061234567"),
            ("CI", "123456789", "0123456789"),
            ("ES", "600000014", "600000014"),
            ("DE", "15112345678", "15112345678"),
            ("DE", "4915112345678", "4915112345678"),
        ] {
            assert_eq!(
                with_lost_zero(digits, country.parse().unwrap()),
                typed,
                "{country}"
            );
        }
    }

    #[test]
    fn zeros_that_belong_to_the_number_stay() {
        for number in [
            "390669812345",
            "242061234567",
            "2290195123456",
            "24106031234",
            "2250123456789",
        ] {
            let read = policy(NumberCheck::Possible).admit(&format!("+{number}"));
            assert_eq!(read.unwrap().0.msisdn.to_string(), number);
        }
    }
}
