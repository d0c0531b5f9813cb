//! From a row to a request that may be sent: what the row says for itself, over what holds for all. Sends nothing.

use super::rows::{Input, ReadError, Role, Row, Rows, Template};
use crate::domain::pin_params::PinParams;
use crate::domain::pin_request::PinRequest;
use crate::domain::report_url::ReportUrl;
use crate::domain::sender::Sender;
use crate::domain::sms_text::SmsText;
use crate::settings::NumberPolicy;
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
}

/// A row that may be sent.
#[derive(Debug)]
pub(crate) struct CheckedRow {
    pub(crate) request: PinRequest,
    /// The numbering plan doesn't know the number's range, or calls it no mobile.
    pub(crate) doubtful: bool,
}

/// Everything that is wrong with a row, for people.
#[derive(Debug, Default)]
struct Faults(Vec<String>);

impl Faults {
    fn take<T, E: std::fmt::Display>(&mut self, name: &str, judged: Result<T, E>) -> Option<T> {
        match judged {
            Ok(value) => Some(value),
            Err(error) => {
                self.0.push(format!("{name}: {error}"));
                None
            }
        }
    }
}

impl Checker {
    pub(crate) const fn new(defaults: Defaults) -> Self {
        Self {
            defaults,
            filled: String::new(),
        }
    }

    pub(super) const fn policy(&self) -> &NumberPolicy {
        &self.defaults.policy
    }

    /// Reads the input from its beginning, and calls `each` with every row and its request, or what is wrong with the row.
    /// Returns the pass, which has read everything unless `each` broke off.
    pub(crate) fn for_each<E: From<ReadError>>(
        &mut self,
        input: &Input,
        mut each: impl FnMut(&Row<'_>, Result<CheckedRow, String>) -> Result<ControlFlow<()>, E>,
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
    pub(crate) fn check(&mut self, row: &Row<'_>) -> Result<CheckedRow, String> {
        if let Some(fault) = row.fault() {
            return Err(fault.to_string());
        }
        let mut faults = Faults::default();
        let number = self.defaults.policy.admit(row.msisdn().unwrap_or_default());
        let number = faults.take("number", number);
        let sender = match row.role(Role::Sender) {
            Some(cell) => faults.take("sender", Sender::parse(cell)),
            None => self.defaults.sender.clone(),
        };
        let hlr_lookup = match row.role(Role::HlrLookup) {
            Some(cell) => faults.take("hlr_lookup", flag(cell)),
            None => self.defaults.hlr_lookup,
        };
        let report_url = match row.role(Role::ReportUrl) {
            Some(cell) => faults.take("report_url", ReportUrl::parse(cell)),
            None => self.defaults.report_url.clone(),
        };
        let pin_params = self.pin_params(row, &mut faults);
        let sms_text = self.sms_text(row, &pin_params, &mut faults);
        match number {
            Some((msisdn, doubt)) if faults.0.is_empty() => Ok(CheckedRow {
                request: PinRequest {
                    msisdn,
                    sender,
                    hlr_lookup,
                    sms_text,
                    report_url,
                    pin_params,
                },
                doubtful: doubt.is_some(),
            }),
            _ => Err(faults.0.join("; ")),
        }
    }

    fn pin_params(&self, row: &Row<'_>, faults: &mut Faults) -> PinParams {
        let mut params = self.defaults.pin_params;
        if let Some(cell) = row.role(Role::PinType) {
            params.pin_type = faults.take("pin_type", cell.parse());
        }
        if let Some(cell) = row.role(Role::PinLength) {
            params.length = faults.take("pin_length", cell.parse());
        }
        if let Some(cell) = row.role(Role::ExpiresIn) {
            params.expires_in = faults.take("expires_in", cell.parse());
        }
        if let Some(cell) = row.role(Role::MaxTries) {
            params.max_tries = faults.take("max_tries", cell.parse());
        }
        params
    }

    /// A text in the row is taken as it stands: its braces are no columns.
    fn sms_text(&mut self, row: &Row<'_>, params: &PinParams, faults: &mut Faults) -> Option<SmsText> {
        let text = match (row.role(Role::SmsText), &self.defaults.text) {
            (Some(cell), _) => cell,
            (None, None) => return None,
            (None, Some(template)) => {
                faults.take("sms_text", template.fill(row, &mut self.filled))?;
                &self.filled
            }
        };
        let judged = SmsText::parse(text, params.effective_length());
        faults.take("sms_text", judged).map(|checked| checked.text)
    }
}

fn flag(cell: &str) -> Result<bool, String> {
    match cell.to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" => Ok(true),
        "0" | "false" | "no" => Ok(false),
        _ => Err(format!("{} is neither 0 nor 1", crate::text::quote(cell))),
    }
}

/// How long a request's PIN is valid, in seconds; 0 is for ever.
pub(crate) fn valid_for(params: &PinParams) -> u32 {
    params.effective_expires_in().secs()
}
