//! Phone numbers as people write them: [`Msisdn::parse`], and why it refuses some.

mod notation;
mod readings;
mod written;

pub(crate) use notation::{BareDigits, Notation, is_number_of};
pub(crate) use written::without_marks;

use super::msisdn::MAX_DIGITS;
use super::numbering::{Lengths, Region};
use crate::text;

/// Why a text is not a phone number. The text itself is repeated shortened and escaped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum MsisdnError {
    #[error("the phone number is empty")]
    Empty,

    #[error("{input} is not a phone number: {} at character {column}; use the digits 0-9, spaces and `-./()`",
        written::describe(*found))]
    Character {
        input: String,
        found: char,
        /// Counted in characters, from 1.
        column: usize,
    },

    #[error("{input} is a number as a spreadsheet writes it, not a phone number: format that column as text")]
    Spreadsheet { input: String },

    #[error(
        "{input} begins with a minus sign, so it is not a phone number: write it with + and its calling code"
    )]
    Negative { input: String },

    #[error("{input} has too many digits for a phone number: an international one has at most {MAX_DIGITS}")]
    TooLong { input: String },

    #[error("{input} is not an international number: no calling code begins with 0")]
    LeadingZero { input: String },

    /// Which country it belongs to would make it a number.
    #[error(
        "{input} looks like a national number: write it with + and its calling code, such as +34 666 666 111"
    )]
    LooksNational { input: String },

    #[error("{input} can be read as +{first} and as +{second}: write the right one, with the +")]
    Ambiguous {
        input: String,
        first: String,
        second: String,
    },

    #[error("{input} is not a number of {} ({region}): it has {has} {}, and {takes} are used there; \
        write a number of another country with + and its calling code",
        region.name(), if *has == 1 { "digit" } else { "digits" })]
    NotInRegion {
        input: String,
        region: Region,
        has: usize,
        takes: Lengths,
    },
}

impl MsisdnError {
    /// Masks the number that it repeats.
    pub(crate) fn mask(&mut self) {
        match self {
            Self::Empty => {}
            Self::Character { input, .. }
            | Self::Spreadsheet { input }
            | Self::Negative { input }
            | Self::TooLong { input }
            | Self::LeadingZero { input }
            | Self::LooksNational { input }
            | Self::NotInRegion { input, .. } => text::mask(input),
            Self::Ambiguous { input, first, second } => {
                [input, first, second].into_iter().for_each(text::mask);
            }
        }
    }
}
