//! The body of a POST with delivery reports, read where it is received: tolerant, because the gateway may not post again
//! what it was refused.

use super::DeliveryReport;
use crate::domain::msisdn::Msisdn;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// One element of a posted array.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PostedItem {
    /// The element as it was posted, on one line: nothing of it is lost, also not what is unknown to us.
    pub(crate) json: String,
    /// `None` for something else, such as the report of another of the platform's products: it has no `to` that is a phone
    /// number, or no `status`.
    pub(crate) report: Option<DeliveryReport>,
}

/// Why a body holds no delivery reports at all.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReportsError {
    #[error("the body is not JSON: {0}")]
    NotJson(#[from] serde_json::Error),
    #[error("the body is neither a JSON array nor a JSON object")]
    NotReports,
}

/// Reads a posted body: an array of any length, or one object in its place.
///
/// # Errors
/// A body that isn't JSON in UTF-8, or is a JSON value other than an array or an object.
pub(crate) fn parse(body: &[u8]) -> Result<Vec<PostedItem>, ReportsError> {
    let whole: &RawValue = serde_json::from_slice(body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body))?;
    let items: Vec<&RawValue> = match whole.get().as_bytes().first() {
        Some(b'[') => serde_json::from_str(whole.get())?,
        Some(b'{') => vec![whole],
        _ => return Err(ReportsError::NotReports),
    };
    let read = |item: &RawValue| PostedItem {
        json: on_one_line(item.get()),
        report: report(item.get()),
    };
    Ok(items.into_iter().map(read).collect())
}

/// The report that a JSON object is; `None` where it is something else.
pub(super) fn report(json: &str) -> Option<DeliveryReport> {
    let fields: Map<String, Value> = serde_json::from_str(json).ok()?;
    let to = text(&fields, "to")?;
    let to = to.trim();
    Some(DeliveryReport {
        to: Msisdn::from_digits(to.strip_prefix('+').unwrap_or(to))?,
        status: text(&fields, "status").filter(|status| !status.trim().is_empty())?,
        sms_id: text(&fields, "sms_id"),
        from: text(&fields, "from"),
        custom: text(&fields, "custom"),
        sms_date: text(&fields, "sms_date"),
        dlr_date: text(&fields, "dlr_date"),
    })
}

/// A string, or a number as its digits. Any other value counts as left out: one odd field is not a reason to lose a report.
fn text(fields: &Map<String, Value>, name: &str) -> Option<String> {
    match fields.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Valid JSON without the white space between its parts. Inside of strings JSON allows no line break.
fn on_one_line(json: &str) -> String {
    let mut line = String::with_capacity(json.len());
    let (mut in_string, mut escaped) = (false, false);
    for c in json.chars() {
        if in_string {
            in_string = c != '"' || escaped;
            escaped = c == '\\' && !escaped;
        } else if c.is_ascii_whitespace() {
            continue;
        } else {
            in_string = c == '"';
        }
        line.push(c);
    }
    line
}
