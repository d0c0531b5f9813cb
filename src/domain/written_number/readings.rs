//! What written digits may mean, and which meaning is taken. A wrong guess sends an SMS to a stranger, so where two
//! meanings are as good as each other, none is taken.

use super::MsisdnError;
use super::written::WrittenNumber;
use crate::domain::msisdn::{MAX_DIGITS, Msisdn};
use crate::domain::numbering::{self, CallingCode, Finding, Possibility, Region, without_prefix};

impl Finding {
    /// Reads a number as people write it, and finds out what is known of it.
    ///
    /// Spaces, `-`, `.`, `/` and parentheses are dropped; anything else but ASCII digits and a `+` before them is
    /// refused. Then:
    ///
    /// - After `+`, the digits are the number. A zero behind the calling code belongs to it (mobiles of Benin, Congo,
    ///   Côte d'Ivoire and Gabon begin with one: the gateway's contract §6), except in `+44 (0)20…`: parentheses right
    ///   behind the calling code that hold that country's national prefix and nothing else are dropped, if the
    ///   prefix begins with 0. Italy has none, so `+39 (06)…` and `+39 (0)6…` keep theirs.
    /// - After `00`, the same. At `home`, also after what is dialled there before an international number (011 in the
    ///   United States). Where the two cut differently, the one that gives a known number is taken.
    /// - Other digits are, without a `home`, an international number if they are in a known range, or if country and
    ///   length are a mobile's and there are at least 11: with fewer, a national number of somewhere else is likelier.
    ///   What begins with 0 is national, so its country must be known.
    /// - Other digits with a `home` are a number of `home` if that is in a known range, whether with national prefix,
    ///   without, or behind the calling code of `home`. If it can be two of these, the one that gets SMS is meant. If
    ///   it is none, length decides.
    /// - They are a number of another country if that is known and they cannot be one of `home`, or can by a length
    ///   alone that no mobile has there. If home's own number is known but gets no SMS, and the other does, or home's
    ///   is unknown but as long as a mobile's, it could be either: that is refused. The numbers for tests are never
    ///   taken for others.
    ///
    /// That a number can be read says only that its shape is right.
    ///
    /// # Errors
    /// Says which character is wrong, or what is missing to know which number is meant.
    pub(crate) fn read(input: &str, home: Option<Region>) -> Result<Self, MsisdnError> {
        let written = WrittenNumber::read(input)?;
        let digits = written.digits();
        match home {
            _ if written.plus => international(&written, 0).map(numbering::inspect),
            None if matches!(digits, [0, 0, ..]) => international(&written, 2).map(numbering::inspect),
            None => without_home(&written),
            Some(home) if matches!(digits, [0, 0, ..]) => from_abroad(&written, home),
            Some(home) => at_home(&written, home),
        }
    }

    /// Reads a number of which it is known that it begins with a calling code, whether or not a `+` or 00 stands before it.
    ///
    /// # Errors
    /// Says which character is wrong, or that the digits begin with 0.
    pub(crate) fn read_with_calling_code(input: &str) -> Result<Self, MsisdnError> {
        let written = WrittenNumber::read(input)?;
        let prefixed = !written.plus && written.digits().starts_with(&[0, 0]);
        international(&written, if prefixed { 2 } else { 0 }).map(numbering::inspect)
    }
}

impl Msisdn {
    /// Reads a number as people write it, as [`Finding::read`] does.
    ///
    /// # Errors
    /// Says which character is wrong, or what is missing to know which number is meant.
    pub(crate) fn parse(input: &str, home: Option<Region>) -> Result<Self, MsisdnError> {
        Finding::read(input, home).map(|found| found.msisdn)
    }
}

/// The international number that begins at a digit.
fn international(written: &WrittenNumber<'_>, start: usize) -> Result<Msisdn, MsisdnError> {
    let digits = &written.digits()[start..];
    if digits.first().is_none_or(|&first| first == 0) {
        return Err(MsisdnError::LeadingZero {
            input: written.quoted(),
        });
    }
    let dropped = CallingCode::split(digits).map_or(0..0, |(code, _)| {
        let behind = code.digits();
        let prefixes = code.main_region().national_prefixes().iter();
        prefixes
            .filter(|prefix| prefix.starts_with('0') && written.has_group(start + behind, prefix))
            .map(|prefix| behind..behind + prefix.len())
            .next()
            .unwrap_or(0..0)
    });
    let kept = digits[..dropped.start].iter().chain(&digits[dropped.end..]);
    if digits.len() - dropped.len() > MAX_DIGITS {
        return Err(MsisdnError::TooLong {
            input: written.quoted(),
        });
    }
    Ok(Msisdn::from_values(kept.copied()))
}

fn without_home(written: &WrittenNumber<'_>) -> Result<Finding, MsisdnError> {
    let looks_national = || MsisdnError::LooksNational {
        input: written.quoted(),
    };
    if matches!(written.digits(), [0, ..]) {
        return Err(looks_national());
    }
    let found = numbering::inspect(international(written, 0)?);
    if is_plainly_international(&found) {
        Ok(found)
    } else {
        Err(looks_national())
    }
}

/// Whether digits without a `+` can be trusted to begin with a calling code.
fn is_plainly_international(found: &Finding) -> bool {
    const FEW: usize = 11;
    match found.possibility {
        Possibility::Valid => true,
        Possibility::Possible => found.msisdn.digits().len() >= FEW && is_long_as_a_mobile(found),
        _ => false,
    }
}

fn is_long_as_a_mobile(found: &Finding) -> bool {
    CallingCode::split(&found.msisdn.digits())
        .is_some_and(|(code, national)| code.has_mobiles_of(national.len()))
}

/// Behind `00`, and behind the prefixes of `home` that begin so. In Singapore `0034…` may be 003 and 4…, or 00 and 34….
fn from_abroad(written: &WrittenNumber<'_>, home: Region) -> Result<Finding, MsisdnError> {
    let starts = home.international_prefixes(written.digits()).chain([2]);
    let mut readings = Readings::default();
    let numbers = starts.filter_map(|start| international(written, start).ok());
    readings.add(numbers.map(numbering::inspect));
    match readings
        .best(Possibility::Valid)
        .or(readings.best(Possibility::Possible))
    {
        Some(best) => best.only(written),
        None => international(written, 2).map(numbering::inspect),
    }
}

fn at_home(written: &WrittenNumber<'_>, home: Region) -> Result<Finding, MsisdnError> {
    let digits = written.digits();
    let abroad = international(written, 0).ok();
    if let Some(test_number) = abroad.filter(|msisdn| msisdn.is_test_number()) {
        return Ok(numbering::inspect(test_number));
    }
    let starts_with_home = CallingCode::split(digits).is_some_and(|(code, _)| code.is(home.calling_code()));
    let mut readings = Readings::default();
    let dialled = home
        .international_prefixes(digits)
        .filter_map(|start| international(written, start).ok());
    let at_home = abroad.filter(|_| starts_with_home);
    readings.add(dialled.chain(at_home).map(numbering::inspect));
    let foreign = || {
        let foreign = abroad.filter(|_| !starts_with_home).map(numbering::inspect);
        foreign.filter(is_plainly_international)
    };

    let with_codes = readings.0.len();
    readings.add(nationals(home, digits));
    if let Some(best) = readings.best(Possibility::Valid) {
        let is_mobile = |found: &Finding| found.number_type.gets_sms();
        let other = if is_mobile(&best.first) {
            None
        } else {
            foreign().filter(is_mobile)
        };
        return best.or(other).only(written);
    }
    // By their lengths alone, one of the national readings is as good as another: the first is meant.
    let mut nationals = readings.0.split_off(with_codes).into_iter();
    readings.add(nationals.find(|found| found.possibility.is_possible()));
    let foreign = foreign();
    let known = foreign.filter(|found| found.possibility == Possibility::Valid);
    match (readings.best(Possibility::Possible), known) {
        (Some(best), Some(known)) if !is_long_as_a_mobile(&best.first) => Ok(known),
        (Some(best), known) => best.or(known).only(written),
        (None, _) => foreign.ok_or_else(|| MsisdnError::NotInRegion {
            input: written.quoted(),
            region: home,
            has: digits.len(),
            takes: home.lengths(),
        }),
    }
}

/// The numbers of `home` that the digits may be: without a national prefix that they begin with, and as they are.
fn nationals(home: Region, digits: &[u8]) -> impl Iterator<Item = Finding> {
    let prefixes = home.national_prefixes().iter();
    let stripped = prefixes.filter_map(|prefix| without_prefix(digits, prefix));
    let argentine = (home.calling_code() == ARGENTINA).then(|| argentine_mobiles(home, digits));
    stripped
        .chain([digits])
        .filter_map(move |digits| national(home, digits))
        .chain(argentine.into_iter().flatten())
}

const ARGENTINA: u16 = 54;

/// An Argentine mobile is dialled with 15 between area code and number at home (`011 15-2345-6789`), and with 9 before the area
/// code from abroad (`+54 9 11 2345-6789`). Area codes have 2 to 4 digits.
fn argentine_mobiles(home: Region, digits: &[u8]) -> impl Iterator<Item = Finding> {
    let digits = without_prefix(digits, "0").unwrap_or(digits);
    (2..=4).filter_map(move |area| {
        let (area, rest) = digits.split_at_checked(area)?;
        let number = without_prefix(rest, "15")?;
        national(home, &[&[9], area, number].concat()).filter(|found| found.possibility == Possibility::Valid)
    })
}

fn national(home: Region, digits: &[u8]) -> Option<Finding> {
    let code = u64::from(home.calling_code());
    if digits.is_empty() || digits.len() >= MAX_DIGITS {
        return None;
    }
    let number = digits
        .iter()
        .fold(code, |number, &digit| number * 10 + u64::from(digit));
    Msisdn::from_u64(number).map(numbering::inspect)
}

/// The different numbers that one text may mean.
#[derive(Default)]
struct Readings(Vec<Finding>);

/// One of the best readings, and another one that is as good.
#[derive(Clone, Copy)]
struct Best {
    first: Finding,
    second: Option<Finding>,
}

impl Readings {
    fn add(&mut self, findings: impl IntoIterator<Item = Finding>) {
        for found in findings {
            if !self.0.contains(&found) {
                self.0.push(found);
            }
        }
    }

    /// Of several, those that can get an SMS are better than those that cannot.
    fn best(&self, wanted: Possibility) -> Option<Best> {
        self.first_two(|finding| finding.possibility == wanted && finding.number_type.gets_sms())
            .or_else(|| self.first_two(|finding| finding.possibility == wanted))
    }

    fn first_two(&self, fits: impl Fn(&Finding) -> bool) -> Option<Best> {
        let mut found = self.0.iter().filter(|finding| fits(finding)).copied();
        Some(Best {
            first: found.next()?,
            second: found.next(),
        })
    }
}

impl Best {
    fn or(self, other: Option<Finding>) -> Self {
        Self {
            second: self.second.or(other.filter(|other| *other != self.first)),
            ..self
        }
    }

    fn only(self, written: &WrittenNumber<'_>) -> Result<Finding, MsisdnError> {
        match self.second {
            None => Ok(self.first),
            Some(second) => Err(MsisdnError::Ambiguous {
                input: written.quoted(),
                first: self.first.msisdn.to_string(),
                second: second.msisdn.to_string(),
            }),
        }
    }
}

#[cfg(test)]
mod tests;
