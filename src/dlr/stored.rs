//! One line of a file of delivery reports: written by the program that received them, read by those who want to know what became of an
//! SMS.
//!
//! `{"received_at":"2026-03-01T09:00:00.000Z","attempt_id":"…","report":{…}}`, where `report` is what was posted, whatever it
//! was.

use super::{DeliveryReport, parse};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// What every line begins with, and so every file.
pub(crate) const LINE_START: &str = "{\"received_at\":\"";

/// The length of a time in a line, such as `2026-03-01T09:00:00.000Z`.
const TIME: usize = 24;

/// A line, read back.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct StoredReport {
    /// To the millisecond.
    pub(crate) received_at: Timestamp,
    /// The id of the attempt whose `report_url` it was posted to.
    pub(crate) attempt_id: Option<String>,
    /// `None` for something that is not a delivery report.
    pub(crate) report: Option<DeliveryReport>,
}

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    received_at: Cow<'a, str>,
    #[serde(borrow, default)]
    attempt_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    report: &'a RawValue,
}

impl StoredReport {
    /// Reads a line, with or without its line break. `None` for what is not such a line, as a crash of the machine can leave it.
    pub(crate) fn read(line: &[u8]) -> Option<Self> {
        let line: Line<'_> = serde_json::from_slice(line).ok()?;
        Some(Self {
            received_at: line.received_at.parse().ok()?,
            attempt_id: line.attempt_id.map(Cow::into_owned),
            report: parse::report(line.report.get()),
        })
    }
}

/// Appends the line of one posted item, with its line break.
pub(crate) fn write_line(out: &mut Vec<u8>, received_at: Timestamp, attempt_id: Option<&str>, json: &str) {
    let id = attempt_id.map(|id| format!("\"attempt_id\":{},", serde_json::Value::from(id)));
    let id = id.unwrap_or_default();
    let line = format!("{LINE_START}{received_at:.3}\",{id}\"report\":{json}}}\n");
    out.extend_from_slice(line.as_bytes());
}

/// What makes two lines the same report: half of a SHA-256 of all but the time of arrival. A report that was taken for another
/// would be lost.
pub(crate) fn digest(line: &[u8]) -> [u8; 16] {
    let digest = ring::digest::digest(&ring::digest::SHA256, without_time(line));
    let half = digest.as_ref()[..16].try_into();
    half.expect("SHA-256 is 32 bytes")
}

/// The part of a line that a repetition of the same report has too: all but the time of arrival.
pub(super) fn without_time(line: &[u8]) -> &[u8] {
    line.get(LINE_START.len() + TIME..)
        .unwrap_or(line)
        .trim_ascii_end()
}
