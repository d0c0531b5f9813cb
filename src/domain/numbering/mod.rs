//! What is known about a number from its digits alone: country, type, and whether it can exist.
//!
//! The answers are those of libphonenumber's metadata, and are found as libphonenumber finds them. All patterns,
//! lengths and leading digits of a calling code are compiled beforehand into an automaton over digits, so that a
//! number is one walk through a constant table: nothing is built when the program runs. `generate.py` writes the
//! table. What is sent, warned about or refused is not decided here.

mod automaton;
mod lengths;
mod region;
mod state;
#[rustfmt::skip]
#[expect(clippy::unreadable_literal, reason = "a script writes it")]
mod table;

pub(crate) use lengths::Lengths;
pub(crate) use region::Region;

use self::region::Territory;
use self::state::State;
use self::table::CALLING_CODES;
use super::msisdn::Msisdn;
use std::collections::BTreeMap;

/// What a number is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum NumberType {
    /// Not known, or the number is in no known range.
    Unknown,
    Mobile,
    /// Where the two can't be told apart, such as in North America.
    FixedLineOrMobile,
    FixedLine,
    TollFree,
    PremiumRate,
    SharedCost,
    Voip,
    PersonalNumber,
    Pager,
    /// A company's number that reaches whichever of its places it likes.
    Uan,
    Voicemail,
}

impl NumberType {
    /// In the order of the labels in the table.
    pub(crate) const ALL: [Self; 12] = [
        Self::Unknown,
        Self::Mobile,
        Self::FixedLineOrMobile,
        Self::FixedLine,
        Self::TollFree,
        Self::PremiumRate,
        Self::SharedCost,
        Self::Voip,
        Self::PersonalNumber,
        Self::Pager,
        Self::Uan,
        Self::Voicemail,
    ];

    /// Whether such numbers get SMS (the gateway's contract §6).
    pub(crate) fn gets_sms(self) -> bool {
        matches!(self, Self::Mobile | Self::FixedLineOrMobile)
    }

    /// What people call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Mobile => "mobile",
            Self::FixedLineOrMobile => "fixed-line or mobile",
            Self::FixedLine => "fixed-line",
            Self::TollFree => "toll-free",
            Self::PremiumRate => "premium-rate",
            Self::SharedCost => "shared-cost",
            Self::Voip => "VoIP",
            Self::PersonalNumber => "personal number",
            Self::Pager => "pager",
            Self::Uan => "universal access number (UAN)",
            Self::Voicemail => "voicemail",
        }
    }
}

/// Whether a number can exist. Digits are counted without the calling code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Possibility {
    /// It begins with no calling code that is in use.
    NoSuchCountryCode,
    /// Shorter than any number of its calling code.
    TooShort { has: usize, takes: Lengths },
    /// Longer than any number of its calling code.
    TooLong { has: usize, takes: Lengths },
    /// Of a length between those of its calling code.
    ImpossibleLength { has: usize, takes: Lengths },
    /// The length is right; the range is not known to be in use.
    Possible,
    /// It is in a known range.
    Valid,
}

impl Possibility {
    /// Whether calling code and length are right.
    pub(crate) fn is_possible(self) -> bool {
        matches!(self, Self::Possible | Self::Valid)
    }
}

/// What [`inspect`] found out of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) msisdn: Msisdn,
    pub(crate) calling_code: Option<u16>,
    /// None where a calling code is shared and the digits don't tell by whom.
    pub(crate) region: Option<Region>,
    /// Unknown unless `possibility` is [`Possibility::Valid`].
    pub(crate) number_type: NumberType,
    pub(crate) possibility: Possibility,
}

impl Finding {
    /// The calling code, if the number is a known mobile.
    pub(crate) fn code_of_mobile(&self) -> Option<u16> {
        self.calling_code.filter(|_| self.number_type.gets_sms())
    }
}

/// Looks a number up in the numbering plan.
///
/// Region and type are what libphonenumber says: where regions share a calling code the main one is asked first, a
/// region with leading digits is known by them alone, and of several matching types the one that costs most is
/// reported. One difference: a length that only a lesser region of a shared calling code uses makes a number valid
/// there, though libphonenumber's length check, which looks at the main region alone, calls it impossible.
pub(crate) fn inspect(msisdn: Msisdn) -> Finding {
    let digits = msisdn.digits();
    let Some((code, national)) = CallingCode::split(&digits) else {
        return Finding {
            msisdn,
            calling_code: None,
            region: None,
            number_type: NumberType::Unknown,
            possibility: Possibility::NoSuchCountryCode,
        };
    };
    let (region, number_type) = match code.root.accepts(national) {
        Some(label) => read_label(label),
        None => (code.only_region(), NumberType::Unknown),
    };
    let possibility = match number_type {
        NumberType::Unknown => possibility_by_length(national.len(), code.lengths),
        _ => Possibility::Valid,
    };
    Finding {
        msisdn,
        calling_code: Some(code.code),
        region,
        number_type,
        possibility,
    }
}

/// The country that [`inspect`] finds, which the calling code mostly tells alone.
pub(crate) fn region_of(msisdn: Msisdn) -> Option<Region> {
    let digits = msisdn.digits();
    let (code, national) = CallingCode::split(&digits)?;
    code.only_region()
        .or_else(|| read_label(code.root.accepts(national)?).0)
}

/// The number that was probably meant by one that kept its national prefix behind the calling code (`+44 07911…`).
///
/// For a hint only. Such a zero is never dropped unasked: the mobiles of several countries begin with one (the
/// gateway's contract §6). None if the number is valid as it is, or isn't valid without the prefix either.
pub(crate) fn without_national_prefix(found: &Finding) -> Option<Msisdn> {
    if found.possibility == Possibility::Valid {
        return None;
    }
    let digits = found.msisdn.to_string();
    let code = CallingCode::of(found.calling_code?)?;
    let (code_digits, national) = digits.split_at(code.digits());
    Region(code.main)
        .national_prefixes()
        .iter()
        .filter_map(|prefix| Msisdn::from_digits(&format!("{code_digits}{}", national.strip_prefix(prefix)?)))
        .find(|shorter| inspect(*shorter).possibility == Possibility::Valid)
}

/// The countries whose mobiles these digits are when they are dialled there, with or without the national prefix: one country for
/// each calling code, the one that it mainly belongs to.
pub(crate) fn countries_with_mobile(digits: &[u8]) -> impl Iterator<Item = Region> {
    CALLING_CODES
        .iter()
        .filter(|code| code.main_region().is_country() && code.reads_as_mobile(digits))
        .map(CallingCode::main_region)
}

/// How many mobile numbers a country has room for, with the others of its calling code.
pub(crate) fn room_for_mobiles(region: Region) -> u64 {
    let is_mobile = |label| read_label(label).1.gets_sms();
    CallingCode::of(region.calling_code()).map_or(0, |code| code.root.count(&is_mobile, &mut BTreeMap::new()))
}

/// The calling code that the digits of `leading` begin with.
pub(crate) fn calling_code_within(leading: u16) -> Option<u16> {
    [leading, leading / 10, leading / 100]
        .into_iter()
        .find_map(CallingCode::of)
        .map(|code| code.code)
}

/// A row of the generated table.
pub(in crate::domain) struct CallingCode {
    code: u16,
    /// The region that the calling code mainly belongs to, an index of the table.
    main: u8,
    /// Whether several regions use it.
    shared: bool,
    /// Accepts the national numbers, with labels of region and type.
    root: State,
    lengths: Lengths,
    mobile: Lengths,
}

impl CallingCode {
    /// The calling code that an international number begins with, and the rest. No calling code begins another.
    pub(in crate::domain) fn split(digits: &[u8]) -> Option<(&'static Self, &[u8])> {
        let mut code = 0;
        for (count, &digit) in (1..=3).zip(digits) {
            code = code * 10 + u16::from(digit);
            if let Some(row) = Self::of(code) {
                return Some((row, &digits[count..]));
            }
        }
        None
    }

    /// How many digits the calling code itself has.
    pub(in crate::domain) fn digits(&self) -> usize {
        match self.code {
            0..10 => 1,
            10..100 => 2,
            _ => 3,
        }
    }

    pub(in crate::domain) fn is(&self, code: u16) -> bool {
        self.code == code
    }

    pub(in crate::domain) fn main_region(&self) -> Region {
        Region(self.main)
    }

    /// The region that alone uses it.
    fn only_region(&self) -> Option<Region> {
        (!self.shared).then_some(self.main_region())
    }

    /// Whether mobiles have this many digits, calling code not counted.
    pub(in crate::domain) fn has_mobiles_of(&self, digits: usize) -> bool {
        self.mobile.contains(digits)
    }

    /// Whether national digits are a mobile's, as they are or without a national prefix that they begin with.
    fn reads_as_mobile(&self, digits: &[u8]) -> bool {
        let is_mobile = |national: &[u8]| {
            self.mobile.contains(national.len())
                && self
                    .root
                    .accepts(national)
                    .is_some_and(|label| read_label(label).1.gets_sms())
        };
        let stripped = self.main_region().national_prefixes().iter();
        is_mobile(digits)
            || stripped
                .filter_map(|prefix| without_prefix(digits, prefix))
                .any(is_mobile)
    }

    fn of(code: u16) -> Option<&'static Self> {
        let place = usize::from(*PLACES.get(usize::from(code))?);
        CALLING_CODES.get(place.checked_sub(1)?)
    }
}

/// For each number up to 999, which row of the table it is, counted from 1; 0 is not a calling code. A search would take longer than
/// all else that is asked about a number.
static PLACES: [u8; 1000] = places(&CALLING_CODES);

const fn places(codes: &[CallingCode]) -> [u8; 1000] {
    let mut places = [0; 1000];
    let mut place: u8 = 0;
    while (place as usize) < codes.len() {
        places[codes[place as usize].code as usize] = place + 1;
        place += 1;
    }
    places
}

/// What follows `prefix`, where the digits begin with it.
pub(in crate::domain) fn without_prefix<'a>(digits: &'a [u8], prefix: &str) -> Option<&'a [u8]> {
    let (head, rest) = digits.split_at_checked(prefix.len())?;
    let same = head
        .iter()
        .zip(prefix.bytes())
        .all(|(value, byte)| value + b'0' == byte);
    same.then_some(rest)
}

fn read_label(label: u16) -> (Option<Region>, NumberType) {
    let region = u8::try_from(label >> 4).ok().map(Region);
    let number_type = NumberType::ALL.get(usize::from(label & 0xF)).copied();
    (region, number_type.unwrap_or(NumberType::Unknown))
}

fn possibility_by_length(has: usize, takes: Lengths) -> Possibility {
    if takes.contains(has) {
        Possibility::Possible
    } else if has < takes.shortest() {
        Possibility::TooShort { has, takes }
    } else if has > takes.longest() {
        Possibility::TooLong { has, takes }
    } else {
        Possibility::ImpossibleLength { has, takes }
    }
}

#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;
