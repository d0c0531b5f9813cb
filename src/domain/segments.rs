//! How many SMS a text takes, in which encoding, and which characters force UCS-2.
//!
//! A batch asks this of every row, so counting allocates nothing.

use super::gsm7;
use super::pin_params::PinLength;
use super::placeholder::PLACEHOLDER;
use crate::text;
use std::fmt;

/// How the characters of a text travel (the gateway's contract §6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Encoding {
    /// GSM 03.38, counted in septets: 160 in one SMS, 153 in each part beyond that.
    Gsm7,
    /// UCS-2, counted in UTF-16 units: 70 in one SMS, 67 in each part beyond that.
    Ucs2,
}

/// A character outside GSM 03.38, which makes the whole text UCS-2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Culprit {
    character: char,
    /// Where it first stands, in characters, from 1, in the text as written (with `{PIN}` as five characters).
    column: usize,
}

/// How a text splits into SMS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Segmentation {
    encoding: Encoding,
    /// Septets for GSM-7, UTF-16 units for UCS-2.
    units: usize,
    segments: usize,
    culprits: [Option<Culprit>; Self::MOST_CULPRITS],
}

impl Encoding {
    /// The field's name for it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Gsm7 => "GSM-7",
            Self::Ucs2 => "UCS-2",
        }
    }

    /// Units that fit into a single SMS.
    pub(crate) const fn single(self) -> usize {
        match self {
            Self::Gsm7 => 160,
            Self::Ucs2 => 70,
        }
    }

    /// Units that fit into each part of a longer text; the rest of a part says where it belongs.
    pub(crate) const fn part(self) -> usize {
        match self {
            Self::Gsm7 => 153,
            Self::Ucs2 => 67,
        }
    }

    fn units(self, c: char) -> Option<usize> {
        match self {
            Self::Gsm7 => gsm7::septets(c).map(usize::from),
            Self::Ucs2 => Some(c.len_utf16()),
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Display for Culprit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at column {}", text::name(self.character), self.column)
    }
}

impl Segmentation {
    /// How many culprits are remembered.
    pub(crate) const MOST_CULPRITS: usize = 3;

    /// Splits a text as it stands.
    pub(crate) fn of(text: &str) -> Self {
        Self::split(text, |packer| packer.text(text))
    }

    /// Splits a text whose `{PIN}` becomes a PIN of `length`. What type it is makes no difference: every letter and
    /// digit of a PIN is one unit in either encoding.
    pub(crate) fn with_pin(text: &str, length: PinLength) -> Self {
        Self::split(text, |packer| {
            let mut pieces = text.split(PLACEHOLDER);
            let first = pieces.next().unwrap_or_default();
            packer.text(first)?;
            for piece in pieces {
                (0..length.get()).for_each(|_| packer.push(1));
                packer.text(piece)?;
            }
            Some(())
        })
    }

    /// How it is encoded.
    pub(crate) const fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// How many SMS it takes, and is charged as; at least 1.
    pub(crate) const fn segments(&self) -> usize {
        self.segments
    }

    /// The first different characters that made it UCS-2, at most [`Self::MOST_CULPRITS`]; none for GSM-7.
    pub(crate) fn culprits(&self) -> impl Iterator<Item = Culprit> {
        self.culprits.into_iter().flatten()
    }

    fn split(text: &str, fill: impl Fn(&mut Packer) -> Option<()>) -> Self {
        let pack = |encoding| {
            let mut packer = Packer::new(encoding);
            fill(&mut packer).map(|()| packer)
        };
        if let Some(packer) = pack(Encoding::Gsm7) {
            return packer.finish([None; Self::MOST_CULPRITS]);
        }
        let packer = pack(Encoding::Ucs2).expect("every character has UTF-16 units");
        packer.finish(culprits(text))
    }
}

/// The placeholder is made of GSM characters, so that the text as written has the same culprits.
fn culprits(text: &str) -> [Option<Culprit>; Segmentation::MOST_CULPRITS] {
    let mut found = [None; Segmentation::MOST_CULPRITS];
    let mut free = 0;
    for (index, character) in text.chars().enumerate() {
        let known = || {
            found
                .iter()
                .flatten()
                .any(|culprit: &Culprit| culprit.character == character)
        };
        if gsm7::septets(character).is_none() && !known() {
            found[free] = Some(Culprit {
                character,
                column: index + 1,
            });
            free += 1;
            if free == found.len() {
                break;
            }
        }
    }
    found
}

/// Puts characters into the parts of a long SMS, never one character into two: an escape stays with what it
/// escapes, a surrogate with its other half.
struct Packer {
    encoding: Encoding,
    units: usize,
    parts: usize,
    in_part: usize,
}

impl Packer {
    fn new(encoding: Encoding) -> Self {
        Self {
            encoding,
            units: 0,
            parts: 1,
            in_part: 0,
        }
    }

    fn push(&mut self, units: usize) {
        if self.in_part + units > self.encoding.part() {
            self.parts += 1;
            self.in_part = 0;
        }
        self.in_part += units;
        self.units += units;
    }

    /// None as soon as a character can't be encoded.
    fn text(&mut self, text: &str) -> Option<()> {
        for c in text.chars() {
            self.push(self.encoding.units(c)?);
        }
        Some(())
    }

    fn finish(self, culprits: [Option<Culprit>; Segmentation::MOST_CULPRITS]) -> Segmentation {
        let Self {
            encoding,
            units,
            parts,
            ..
        } = self;
        let segments = if units <= encoding.single() { 1 } else { parts };
        Segmentation {
            encoding,
            units,
            segments,
            culprits,
        }
    }
}

#[cfg(test)]
mod tests;
