//! From a row to a request that may be sent: what the row says for itself, over what holds for all. Sends nothing.

use super::row_fault::{RowFault, RowFaults};
use crate::domain::numbering::Finding;
use crate::domain::pin_params::PinParams;
use crate::domain::pin_request::PinRequest;
use crate::domain::placeholder;
use crate::domain::report_url::ReportUrl;
use crate::domain::sender::Sender;
use crate::domain::sms_text::SmsText;
use crate::rows::{Input, ReadError, Role, Row, Rows, Template};
use crate::settings::{NumberFault, NumberPolicy};
use crate::text::{count, quote};
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// What holds for every row that doesn't say otherwise.
#[derive(Clone, Debug)]
pub(crate) struct Defaults {
    pub(crate) policy: NumberPolicy,
    pub(crate) sender: Option<Sender>,
    pub(crate) hlr_lookup: Option<bool>,
    pub(crate) report_url: Option<ReportUrl>,
    pub(crate) pin_params: PinParams,
    /// `None` leaves the text to the gateway.
    pub(crate) text: Option<Template>,
}

/// Checks rows, one after another.
#[derive(Clone, Debug)]
pub(crate) struct Checker {
    defaults: Defaults,
    filled: String,
    odd: OddTexts,
}

/// Texts that may be sent, but not as the user meant them: how many rows, by what is odd.
#[derive(Clone, Debug, Default)]
struct OddTexts {
    /// By column: blank or missing, and needed by the text.
    blanks: BTreeMap<String, u64>,
    /// By what stands in braces in the row's own text.
    gaps: BTreeMap<String, u64>,
}

impl OddTexts {
    /// How many different ones are told apart.
    const MOST: usize = 20;

    fn count(found: &mut BTreeMap<String, u64>, what: &str) {
        if let Some(rows) = found.get_mut(what) {
            *rows += 1;
        } else if found.len() < Self::MOST {
            found.insert(what.to_owned(), 1);
        }
    }

    fn warnings(&self) -> impl Iterator<Item = String> {
        let rows = |rows: &u64| count(*rows, "row", "rows");
        let blanks = self.blanks.iter().map(move |(column, number)| {
            format!(
                "{} is blank in {}, and the text needs it",
                quote(column),
                rows(number)
            )
        });
        let gaps = self.gaps.iter().map(move |(gap, number)| {
            format!(
                "{} is sent as it stands in the sms_text of {}: only --sms-text is filled in",
                quote(gap),
                rows(number)
            )
        });
        blanks.chain(gaps)
    }
}

/// A row that may be sent.
#[derive(Debug)]
pub(crate) struct CheckedRow {
    pub(crate) request: PinRequest,
    /// What is known of its number.
    pub(super) number: Finding,
    /// The numbering plan doesn't know the number's range, or calls it no mobile.
    pub(crate) doubtful: bool,
}

impl Checker {
    pub(crate) const fn new(defaults: Defaults) -> Self {
        Self {
            defaults,
            filled: String::new(),
            odd: OddTexts {
                blanks: BTreeMap::new(),
                gaps: BTreeMap::new(),
            },
        }
    }

    /// What is odd about the texts of the rows so far, though they may be sent.
    pub(super) fn warnings(&self) -> Vec<String> {
        let of_all = self.defaults.text.iter().flat_map(Template::concerns);
        of_all.chain(self.odd.warnings()).collect()
    }

    pub(super) const fn policy(&self) -> &NumberPolicy {
        &self.defaults.policy
    }

    /// Reads the input from its beginning, and calls `each` with every row and its request, or what is wrong with the row.
    /// Returns the pass, which has read everything unless `each` broke off.
    pub(crate) fn for_each<E: From<ReadError>>(
        &mut self,
        input: &Input,
        mut each: impl FnMut(&Row<'_>, Result<CheckedRow, RowFaults>) -> Result<ControlFlow<()>, E>,
    ) -> Result<Rows, E> {
        let mut rows = input.rows()?;
        while let Some(row) = rows.next()? {
            let request = self.check(&row);
            if each(&row, request)?.is_break() {
                break;
            }
        }
        Ok(rows)
    }

    /// The request of a row, or all that is wrong with it.
    pub(crate) fn check(&mut self, row: &Row<'_>) -> Result<CheckedRow, RowFaults> {
        let mut faults = RowFaults::default();
        if let Some(defect) = row.fault() {
            faults.add(RowFault::Row(defect.clone()));
            return Err(faults);
        }
        let number = faults.take(number_of(row, &self.defaults.policy), RowFault::Number);
        let sender = match row.role(Role::Sender) {
            Some(cell) => faults.take(Sender::parse(cell), RowFault::Sender),
            None => self.defaults.sender.clone(),
        };
        let hlr_lookup = match row.role(Role::HlrLookup) {
            Some(cell) => faults.take(flag(cell), RowFault::HlrLookup),
            None => self.defaults.hlr_lookup,
        };
        let report_url = match row.role(Role::ReportUrl) {
            Some(cell) => faults.take(ReportUrl::parse(cell), RowFault::ReportUrl),
            None => self.defaults.report_url.clone(),
        };
        let pin_params = self.pin_params(row, &mut faults);
        let sms_text = self.sms_text(row, &pin_params, &mut faults);
        match number {
            Some((number, doubt)) if faults.is_empty() => Ok(CheckedRow {
                request: PinRequest {
                    msisdn: number.msisdn,
                    sender,
                    hlr_lookup,
                    sms_text,
                    report_url,
                    pin_params,
                },
                number,
                doubtful: doubt.is_some(),
            }),
            _ => Err(faults),
        }
    }

    fn pin_params(&self, row: &Row<'_>, faults: &mut RowFaults) -> PinParams {
        let mut params = self.defaults.pin_params;
        if let Some(cell) = row.role(Role::PinType) {
            params.pin_type = faults.take(cell.parse(), RowFault::PinType);
        }
        if let Some(cell) = row.role(Role::PinLength) {
            params.length = faults.take(cell.parse(), RowFault::PinLength);
        }
        if let Some(cell) = row.role(Role::ExpiresIn) {
            params.expires_in = faults.take(cell.parse(), RowFault::ExpiresIn);
        }
        if let Some(cell) = row.role(Role::MaxTries) {
            params.max_tries = faults.take(cell.parse(), RowFault::MaxTries);
        }
        params
    }

    /// A text in the row is taken as it stands: its braces do not name columns.
    fn sms_text(&mut self, row: &Row<'_>, params: &PinParams, faults: &mut RowFaults) -> Option<SmsText> {
        let text = match (row.role(Role::SmsText), &self.defaults.text) {
            (Some(cell), _) => {
                if let Some(gap) = placeholder::first_gap(cell) {
                    OddTexts::count(&mut self.odd.gaps, gap);
                }
                cell
            }
            (None, None) => return None,
            (None, Some(template)) => {
                if faults.take(template.fill(row, &mut self.filled), RowFault::Template)? {
                    for column in template.blanks(row) {
                        OddTexts::count(&mut self.odd.blanks, column);
                    }
                }
                &self.filled
            }
        };
        match SmsText::parse(text, params.effective_length()) {
            Ok(checked) => Some(checked.text),
            Err(errors) => {
                let of_text = errors.faults().iter().cloned();
                of_text.for_each(|fault| faults.add(RowFault::SmsText(fault)));
                None
            }
        }
    }
}

/// The number of a row, and what is doubtful about it: every pass over a list reads it in this way.
pub(super) fn number_of(
    row: &Row<'_>,
    policy: &NumberPolicy,
) -> Result<(Finding, Option<String>), NumberFault> {
    let cell = row.msisdn().unwrap_or_default();
    policy.admit(&policy.as_typed(cell, row.has_number_cell()))
}

/// The error is the cell, quoted.
fn flag(cell: &str) -> Result<bool, String> {
    match cell.to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" => Ok(true),
        "0" | "false" | "no" => Ok(false),
        _ => Err(quote(cell)),
    }
}

/// How long a request's PIN is valid, in seconds; 0 is for ever.
pub(crate) fn valid_for(params: &PinParams) -> u32 {
    params.effective_expires_in().secs()
}
