//! What characters a PIN is made of.

use super::PinLength;
use crate::domain::invalid::Invalid;
use crate::domain::suggest;
use std::fmt;
use std::str::FromStr;

/// What a PIN is made of (the gateway's contract §1). Letters are always upper case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum PinType {
    Numeric,
    Alpha,
    Alphanumeric,
}

impl PinType {
    /// What the gateway makes when it is told nothing (the gateway's contract §1).
    pub(crate) const GATEWAY_DEFAULT: Self = Self::Numeric;
    /// Every type there is.
    pub(crate) const ALL: [Self; 3] = [Self::Numeric, Self::Alpha, Self::Alphanumeric];

    /// The gateway's word for it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Numeric => "numeric",
            Self::Alpha => "alpha",
            Self::Alphanumeric => "alphanumeric",
        }
    }

    /// The characters it draws from, all ASCII.
    pub(crate) const fn alphabet(self) -> &'static str {
        match self {
            Self::Numeric => "0123456789",
            Self::Alpha => "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
            Self::Alphanumeric => "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        }
    }

    /// How many different PINs of that length there are, at most `u64::MAX`.
    pub(crate) fn combinations(self, length: PinLength) -> u64 {
        (self.alphabet().len() as u64).saturating_pow(u32::from(length.get()))
    }
}

impl FromStr for PinType {
    type Err = Invalid;

    /// Reads exactly the gateway's words; another case, or a slip, gets a suggestion.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let known = Self::ALL.into_iter().find(|known| known.as_str() == text);
        known.ok_or_else(|| {
            let nearest = suggest::nearest(text, Self::ALL.map(Self::as_str));
            Invalid::quoting(text)
                .and(" is not a PIN type; it is numeric, alpha or alphanumeric")
                .and(suggest::did_you_mean(nearest))
        })
    }
}

impl fmt::Display for PinType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::hostile;
    use proptest::prelude::*;

    #[test]
    fn every_type_is_read_by_its_name() {
        for known in PinType::ALL {
            assert_eq!(known.to_string().parse(), Ok(known));
        }
    }

    #[test]
    fn misspelt_types_get_a_suggestion() {
        let cases = [
            (
                "Numeric",
                "“Numeric” is not a PIN type; it is numeric, alpha or alphanumeric; did you mean numeric?",
            ),
            (
                "alfa",
                "“alfa” is not a PIN type; it is numeric, alpha or alphanumeric; did you mean alpha?",
            ),
            (
                "hex",
                "“hex” is not a PIN type; it is numeric, alpha or alphanumeric",
            ),
            ("", "“” is not a PIN type; it is numeric, alpha or alphanumeric"),
        ];
        for (input, expected) in cases {
            assert_eq!(input.parse::<PinType>().unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn combinations_saturate() {
        let length = |n| PinLength::new(n).unwrap();
        assert_eq!(PinType::Numeric.combinations(length(6)), 1_000_000);
        assert_eq!(PinType::Alpha.combinations(length(4)), 456_976);
        assert_eq!(PinType::Alphanumeric.combinations(length(16)), u64::MAX);
    }

    proptest! {
        #[test]
        fn any_text_is_a_type_or_a_clear_refusal(text in hostile::text()) {
            if let Err(error) = text.parse::<PinType>() {
                hostile::assert_printable(&error.to_string());
            }
        }
    }
}
