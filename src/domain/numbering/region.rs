//! The countries and territories that the numbering plan knows.

use std::fmt;
use std::str::FromStr;

use super::state::State;
use super::table::TERRITORIES;
use super::{CallingCode, Lengths};
use crate::domain::invalid::Invalid;
use crate::domain::suggest::did_you_mean;

/// A country or territory of the numbering plan, by its ISO 3166 code of two letters; or one of the services that
/// belong to no country, which all display as `001`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Region(pub(super) u8);

/// A row of the generated table.
pub(super) struct Territory {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) calling_code: u16,
    /// Accepts what is dialled there before an international number.
    pub(super) idd: State,
    /// What is dialled there before a national number and is not part of it, the longest first.
    pub(super) prefixes: &'static [&'static str],
}

const NO_COUNTRY: &str = "001";

impl Region {
    /// Every country and territory, by code.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (0..=u8::MAX)
            .zip(&TERRITORIES)
            .filter(|(_, row)| row.id != NO_COUNTRY)
            .map(|(index, _)| Self(index))
    }

    /// The ISO 3166 code of two capital letters, or `001`.
    pub(crate) fn code(self) -> &'static str {
        self.row().id
    }

    /// The English name.
    pub(crate) fn name(self) -> &'static str {
        self.row().name
    }

    /// The calling code, such as 34. Several regions may share one.
    pub(crate) fn calling_code(self) -> u16 {
        self.row().calling_code
    }

    /// Whether it is a country or territory, not an international service.
    pub(crate) fn is_country(self) -> bool {
        self.code() != NO_COUNTRY
    }

    /// How many digits the numbers of its calling code have.
    pub(crate) fn lengths(self) -> Lengths {
        CallingCode::of(self.calling_code()).map_or(Lengths(0), |code| code.lengths)
    }

    /// What is dialled there before a national number; empty where nothing is.
    pub(crate) fn trunk_prefix(self) -> &'static str {
        self.national_prefixes().first().copied().unwrap_or_default()
    }

    pub(in crate::domain) fn national_prefixes(self) -> &'static [&'static str] {
        self.row().prefixes
    }

    /// How many of the first digits may be this region's way to dial abroad.
    pub(in crate::domain) fn international_prefixes(self, digits: &[u8]) -> impl Iterator<Item = usize> {
        self.row().idd.accepted_prefixes(digits)
    }

    fn row(self) -> &'static Territory {
        &TERRITORIES[usize::from(self.0)]
    }

    fn find(text: &str) -> Option<Self> {
        Self::all().find(|region| region.code().eq_ignore_ascii_case(text))
    }

    /// People write `UK`, `Spain`, `+34`, and a name with a slip.
    fn guess(text: &str) -> Option<Self> {
        const LONGEST_NAME: usize = 40;
        let text = text.trim();
        if text.len() > LONGEST_NAME {
            return None;
        }
        if let Ok(code) = text.trim_start_matches('+').parse()
            && !text.starts_with('0')
        {
            return CallingCode::of(code)
                .map(|code| Self(code.main))
                .filter(|region| region.is_country());
        }
        if let Some((_, code)) = ALIASES.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(text)) {
            return Self::find(code);
        }
        let likeness =
            |region: Self| strsim::jaro_winkler(&region.name().to_lowercase(), &text.to_lowercase());
        Self::all()
            .map(|region| (likeness(region), region))
            .filter(|(likeness, _)| text.len() > 3 && *likeness > 0.88)
            .max_by(|(a, _), (b, _)| a.total_cmp(b))
            .map(|(_, region)| region)
    }
}

/// What people write for a country and is not its code.
const ALIASES: [(&str, &str); 8] = [
    ("UK", "GB"),
    ("EN", "GB"),
    ("GBR", "GB"),
    ("USA", "US"),
    ("SP", "ES"),
    ("ESP", "ES"),
    ("EL", "GR"),
    ("España", "ES"),
];

impl FromStr for Region {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Self::find(text).ok_or_else(|| {
            let meant = Self::guess(text).map(|region| format!("{region} ({})", region.name()));
            Invalid::quoting(text)
                .and(" is not a country code of two letters, such as ES")
                .and(did_you_mean(meant))
        })
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_in_any_case() {
        for text in ["ES", "es", "Es"] {
            let region: Region = text.parse().unwrap();
            assert_eq!(
                (region.code(), region.name(), region.calling_code()),
                ("ES", "Spain", 34)
            );
        }
    }

    #[test]
    fn every_country_reads_back() {
        assert_eq!(Region::all().count(), 245);
        for region in Region::all() {
            assert_eq!(region.to_string().parse(), Ok(region));
            assert_ne!(region.lengths(), Lengths(0));
        }
    }

    #[test]
    fn a_wrong_code_gets_the_probable_one() {
        for (text, meant) in [
            ("UK", Some("GB")),
            ("Spain", Some("ES")),
            ("germny", Some("DE")),
            ("+34", Some("ES")),
            ("1", Some("US")),
            ("999", None),
            ("800", None),
            ("XX", None),
            ("001", None),
            ("", None),
        ] {
            let error = text.parse::<Region>().unwrap_err().to_string();
            let proposed = error.split_once("did you mean ").map(|(_, meant)| &meant[..2]);
            assert_eq!(proposed, meant, "{text}");
        }
    }

    #[test]
    fn the_error_says_what_to_write() {
        assert_eq!(
            "uk".parse::<Region>().unwrap_err().to_string(),
            "“uk” is not a country code of two letters, such as ES; did you mean GB (United Kingdom)?"
        );
        assert_eq!(
            "x\u{1b}".parse::<Region>().unwrap_err().to_string(),
            "“x\\u{1b}” is not a country code of two letters, such as ES"
        );
    }
}
