//! The text of the SMS, with its one `{PIN}`. It says every fault at once, and what is allowed but unwise.
//!
//! Columns and lengths are in characters (Unicode scalar values), from 1.

use super::pin::Pin;
use super::pin_params::PinLength;
use super::placeholder::{PLACEHOLDER, lookalike};
use super::segments::Segmentation;
use crate::text;

/// The most characters of a text with its PIN in place.
pub(crate) const MAX_CHARS: usize = 160;

/// A text that holds `{PIN}` exactly once and fits with a PIN of the length it was checked for
/// (the gateway's contract §1).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct SmsText {
    text: String,
    pin_length: PinLength,
}

/// A text that can be sent, and what there is to say about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CheckedSmsText {
    pub(crate) text: SmsText,
    /// What is allowed but unwise, for people.
    pub(crate) concerns: Vec<String>,
}

/// Everything that is wrong with a text, in the order of its rules; at least one thing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", join(.0))]
pub(crate) struct SmsTextErrors(Vec<SmsTextFault>);

/// One thing that is wrong with a text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SmsTextFault {
    #[error("the text is empty; it needs {PLACEHOLDER} where the PIN goes")]
    Empty,
    #[error("the text has no {PLACEHOLDER}, so the PIN would not be in it")]
    NoPin,
    #[error("the text has {0} where {PLACEHOLDER} must stand, in upper case and without spaces")]
    Lookalike(String),
    #[error("the text has {PLACEHOLDER} {0} times; it must be there exactly once")]
    RepeatedPin(usize),
    #[error("the text has {length} characters with a PIN of {pin_length} in it, {} more than the {MAX_CHARS} that fit",
        length - MAX_CHARS)]
    TooLong { length: usize, pin_length: PinLength },
    #[error(
        "the text has {character} at column {column}; of the control characters only line breaks can be sent"
    )]
    Control { character: String, column: usize },
}

impl SmsTextFault {
    /// Masks the part of the text that it repeats.
    pub(crate) fn mask(&mut self) {
        if let Self::Lookalike(part) = self {
            text::mask(part);
        }
    }
}

impl SmsText {
    /// Checks a text for a PIN of `pin_length`. The length rule can be read in two ways: what breaks the wide one (the SMS
    /// itself is longer than 160) is refused, what breaks only the strict one is a concern
    /// (the gateway's contract §1). Characters outside GSM-7 are fine; [`Self::segmentation`] says what they cost.
    pub(crate) fn parse(text: &str, pin_length: PinLength) -> Result<CheckedSmsText, SmsTextErrors> {
        if text.is_empty() {
            return Err(SmsTextErrors(vec![SmsTextFault::Empty]));
        }
        let chars = text.chars().count();
        let pins = text.matches(PLACEHOLDER).count();
        let faults: Vec<_> = [
            pins_fault(text, pins),
            length_fault(chars - pins * PLACEHOLDER.len(), pin_length),
            control_fault(text),
        ]
        .into_iter()
        .flatten()
        .collect();
        if !faults.is_empty() {
            return Err(SmsTextErrors(faults));
        }
        let concerns = concerns(text, chars, pin_length);
        Ok(CheckedSmsText {
            text: Self {
                text: text.to_owned(),
                pin_length,
            },
            concerns,
        })
    }

    /// The text as it is sent to the gateway, with `{PIN}` in it.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// How many SMS it takes with the PIN in its place.
    pub(crate) fn segmentation(&self) -> Segmentation {
        Segmentation::with_pin(&self.text, self.pin_length)
    }

    /// The SMS as a phone shows it. It holds the PIN in the clear: only for a screen that is asked to show it.
    pub(crate) fn with_pin(&self, pin: &Pin) -> String {
        self.text.replacen(PLACEHOLDER, pin.expose(), 1)
    }
}

impl SmsTextErrors {
    /// The faults, at least one.
    pub(crate) fn faults(&self) -> &[SmsTextFault] {
        &self.0
    }
}

fn pins_fault(text: &str, pins: usize) -> Option<SmsTextFault> {
    match pins {
        0 => Some(lookalike(text, false).map_or(SmsTextFault::NoPin, |found| {
            SmsTextFault::Lookalike(text::quote(found))
        })),
        1 => None,
        _ => Some(SmsTextFault::RepeatedPin(pins)),
    }
}

fn length_fault(chars_without_pin: usize, pin_length: PinLength) -> Option<SmsTextFault> {
    let length = chars_without_pin + usize::from(pin_length.get());
    (length > MAX_CHARS).then_some(SmsTextFault::TooLong { length, pin_length })
}

fn control_fault(text: &str) -> Option<SmsTextFault> {
    let refused = |c: char| c.is_control() && !matches!(c, '\n' | '\r');
    let (index, c) = text.chars().enumerate().find(|(_, c)| refused(*c))?;
    Some(SmsTextFault::Control {
        character: text::name(c),
        column: index + 1,
    })
}

fn concerns(text: &str, chars: usize, pin_length: PinLength) -> Vec<String> {
    let length = usize::from(pin_length.get());
    let limit = MAX_CHARS - length;
    let strict = (chars > limit).then(|| {
        format!(
            "the text has {chars} characters with {PLACEHOLDER} counted as written; a gateway that reads its rule strictly \
             refuses more than {limit} ({MAX_CHARS} minus the {length} of the PIN)"
        )
    });
    let braces = text
        .contains("{{PIN}}")
        .then(|| format!("{{{PLACEHOLDER}}} leaves braces around the PIN; {PLACEHOLDER} is enough"));
    let lookalike = lookalike(text, true).map(|found| {
        format!(
            "{} is sent as it stands; only {PLACEHOLDER} becomes the PIN",
            text::quote(found)
        )
    });
    let invisible = text.chars().enumerate().find(|(_, c)| text::is_deceptive(*c));
    let invisible = invisible.map(|(index, c)| {
        format!(
            "the text has {} at column {}, which may change what people see",
            text::name(c),
            index + 1
        )
    });
    [strict, braces, lookalike, invisible]
        .into_iter()
        .flatten()
        .collect()
}

fn join(faults: &[SmsTextFault]) -> String {
    faults
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("; ")
}

#[cfg(test)]
mod tests;
