//! The body of a POST with delivery reports, read by whoever receives it: tolerant, because the gateway may not post again
//! what it was refused.

use super::DeliveryReport;
use crate::domain::msisdn::Msisdn;
use serde_json::{Map, Value};

/// One element of a posted array.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum PostedItem {
    Report(DeliveryReport),
    /// Something else, such as the report of another of the platform's products: it has no `to` that is a phone number,
    /// or no `status`.
    Foreign(Value),
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
    let items = match serde_json::from_slice(body)? {
        Value::Array(items) => items,
        object @ Value::Object(_) => vec![object],
        _ => return Err(ReportsError::NotReports),
    };
    let read = |item: Value| report(&item).map_or(PostedItem::Foreign(item), PostedItem::Report);
    Ok(items.into_iter().map(read).collect())
}

fn report(item: &Value) -> Option<DeliveryReport> {
    let fields = item.as_object()?;
    let to = text(fields, "to")?;
    let to = to.trim();
    Some(DeliveryReport {
        to: Msisdn::from_digits(to.strip_prefix('+').unwrap_or(to))?,
        status: text(fields, "status").filter(|status| !status.trim().is_empty())?,
        sms_id: text(fields, "sms_id"),
        from: text(fields, "from"),
        custom: text(fields, "custom"),
        sms_date: text(fields, "sms_date"),
        dlr_date: text(fields, "dlr_date"),
    })
}

/// A string, or a number as its digits. Any other value counts as left out: one odd field is no reason to lose a report.
fn text(fields: &Map<String, Value>, name: &str) -> Option<String> {
    match fields.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
