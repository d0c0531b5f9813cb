//! What is wrong with a row, as a value: counted by its kind, and a sentence only where a person reads it.

use crate::domain::invalid::Invalid;
use crate::domain::sms_text::SmsTextFault;
use crate::domain::written_number::MsisdnError;
use crate::rows::RowDefect;
use crate::settings::NumberFault;
use crate::text;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use std::collections::BTreeSet;
use std::fmt;

/// One thing that is wrong with a row, with what it repeats of the row.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RowFault {
    #[error(transparent)]
    Row(RowDefect),
    #[error("number: {0}")]
    Number(NumberFault),
    #[error("sender: {0}")]
    Sender(Invalid),
    /// The cell, quoted.
    #[error("hlr_lookup: {0} is neither 1, true, yes nor 0, false, no")]
    HlrLookup(String),
    #[error("report_url: {0}")]
    ReportUrl(Invalid),
    #[error("pin_type: {0}")]
    PinType(Invalid),
    #[error("pin_length: {0}")]
    PinLength(Invalid),
    #[error("expires_in: {0}")]
    ExpiresIn(Invalid),
    #[error("max_tries: {0}")]
    MaxTries(Invalid),
    /// The text can't be filled in from the row.
    #[error("sms_text: {0}")]
    Template(RowDefect),
    #[error("sms_text: {0}")]
    SmsText(SmsTextFault),
}

/// Everything that is wrong with a row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RowFaults(Vec<RowFault>);

/// A row that can't be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "RowFault")]
pub(crate) struct InvalidRow {
    pub(crate) line: u64,
    #[serde(rename = "reason")]
    #[schemars(with = "String")]
    pub(crate) faults: RowFaults,
}

impl RowFault {
    /// What kind of fault it is: the same for every row with it, whatever stands there.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Row(defect) => kind_of_defect(defect),
            Self::Number(fault) => kind_of_number(fault),
            Self::Sender(_) => "sender: not valid",
            Self::HlrLookup(_) => "hlr_lookup: not valid",
            Self::ReportUrl(_) => "report_url: not valid",
            Self::PinType(_) => "pin_type: not valid",
            Self::PinLength(_) => "pin_length: not valid",
            Self::ExpiresIn(_) => "expires_in: not valid",
            Self::MaxTries(_) => "max_tries: not valid",
            Self::Template(_) => "sms_text: can't be filled in",
            Self::SmsText(fault) => kind_of_text(fault),
        }
    }

    /// The same fault as it may be passed on: with the numbers of the row masked.
    #[must_use]
    pub(crate) fn masked(mut self) -> Self {
        match &mut self {
            Self::Row(defect) | Self::Template(defect) => defect.mask(),
            Self::Number(fault) => fault.mask(),
            Self::HlrLookup(cell) => text::mask(cell),
            // It quotes nothing.
            Self::ReportUrl(_) => {}
            Self::Sender(invalid)
            | Self::PinType(invalid)
            | Self::PinLength(invalid)
            | Self::ExpiresIn(invalid)
            | Self::MaxTries(invalid) => invalid.mask(),
            Self::SmsText(fault) => fault.mask(),
        }
        self
    }
}

const fn kind_of_defect(defect: &RowDefect) -> &'static str {
    match defect {
        RowDefect::CellCount { .. } => "row: more or fewer cells than the first row",
        RowDefect::CutShort => "row: the file was cut short",
        RowDefect::TextAfterQuote => "row: text after a closing quotation mark",
        RowDefect::Nul => "row: a NUL character",
        RowDefect::CellTooLong | RowDefect::RowTooLong => "row: too long",
        RowDefect::UnknownCell { .. } => "row: a cell whose value can't be known",
        RowDefect::NoNumber => "number: missing",
        RowDefect::DigitsLost(_) => "number: rounded by a spreadsheet",
        RowDefect::HalfJson | RowDefect::BrokenJson(_) | RowDefect::NotAnObject => "row: not a JSON object",
        RowDefect::DuplicateKey(_) => "row: a key appears twice",
        RowDefect::Nested(_) => "row: a list or an object as a value",
        RowDefect::TooManyKeys => "row: too many different keys",
        RowDefect::PinFromRow(_) => "row: one {PIN} too many",
        RowDefect::ControlCharacter(_) => "row: a control character",
    }
}

const fn kind_of_number(fault: &NumberFault) -> &'static str {
    match fault {
        NumberFault::Shape(MsisdnError::Empty) => "number: missing",
        NumberFault::Shape(
            MsisdnError::Character { .. } | MsisdnError::Spreadsheet { .. } | MsisdnError::Negative { .. },
        ) => "number: not a phone number",
        NumberFault::Shape(MsisdnError::TooLong { .. }) => "number: too many digits",
        NumberFault::Shape(MsisdnError::LeadingZero { .. } | MsisdnError::LooksNational { .. }) => {
            "number: no calling code"
        }
        NumberFault::Shape(MsisdnError::Ambiguous { .. }) | NumberFault::TwoCountries { .. } => {
            "number: can be read as two"
        }
        NumberFault::Shape(MsisdnError::NotInRegion { .. }) | NumberFault::Length { .. } => {
            "number: too short or too long for its country"
        }
        NumberFault::NoSuchCountryCode(_) => "number: unknown calling code",
        NumberFault::NationalPrefix { .. } => "number: a national prefix behind the calling code",
        NumberFault::Draining { .. } => "number: of a kind that drains budgets",
        NumberFault::GuessedNotMobile { .. } | NumberFault::NotMobile { .. } => "number: not mobile",
        NumberFault::CountryNotAllowed { .. } => "number: country not in allow_countries",
        NumberFault::TestNumber(_) => "number: a test number",
    }
}

const fn kind_of_text(fault: &SmsTextFault) -> &'static str {
    match fault {
        SmsTextFault::Empty => "sms_text: empty",
        SmsTextFault::NoPin | SmsTextFault::Lookalike(_) => "sms_text: no {PIN}",
        SmsTextFault::RepeatedPin(_) => "sms_text: more than one {PIN}",
        SmsTextFault::TooLong { .. } => "sms_text: too long",
        SmsTextFault::Control { .. } => "sms_text: a control character",
    }
}

impl RowFaults {
    pub(super) fn add(&mut self, fault: RowFault) {
        self.0.push(fault);
    }

    /// The value, or nothing and one fault more.
    pub(super) fn take<T, E>(
        &mut self,
        judged: Result<T, E>,
        fault: impl FnOnce(E) -> RowFault,
    ) -> Option<T> {
        judged.map_err(|error| self.add(fault(error))).ok()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The kinds of the faults, each once.
    pub(crate) fn kinds(&self) -> BTreeSet<&'static str> {
        self.0.iter().map(RowFault::kind).collect()
    }

    /// The same faults as they may be passed on: with the numbers of the row masked.
    #[must_use]
    pub(crate) fn masked(&self) -> Self {
        Self(self.0.iter().cloned().map(RowFault::masked).collect())
    }
}

/// The sentence.
impl fmt::Display for RowFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, fault) in self.0.iter().enumerate() {
            let separator = if place == 0 { "" } else { "; " };
            write!(f, "{separator}{fault}")?;
        }
        Ok(())
    }
}

impl Serialize for RowFaults {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl InvalidRow {
    /// The same row as it may be passed on.
    pub(crate) fn masked(&self) -> Self {
        Self {
            line: self.line,
            faults: self.faults.masked(),
        }
    }
}

#[cfg(test)]
mod tests;
