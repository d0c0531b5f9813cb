//! Results as JSON lines: the input's own pairs as they were written, ours behind them.

use super::{COLUMNS, RowOutcome};
use crate::rows::Row;
use serde::Serialize;
use std::io::{self, Write};

/// The key under which a line stands that was no JSON object.
const INPUT: &str = "smspin_input";

/// Our keys, called and ordered like our columns.
#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "the fields are the keys")]
struct Ours<'a> {
    smspin_outcome: &'a str,
    smspin_error_id: Option<&'a str>,
    smspin_error_msg: Option<&'a str>,
    smspin_http: Option<u16>,
    smspin_attempts: u32,
    smspin_at: Option<String>,
    smspin_msisdn: Option<&'a str>,
    smspin_line: u64,
    smspin_detail: Option<&'a str>,
    smspin_delivery: Option<&'a str>,
    smspin_delivery_at: Option<String>,
    smspin_delivery_match: Option<&'a str>,
    smspin_list: Option<&'a str>,
}

/// One row of results, with the input's own pairs.
pub(super) fn write_row(out: &mut impl Write, row: &Row<'_>, outcome: &RowOutcome<'_>) -> io::Result<()> {
    out.write_all(b"{")?;
    if let Some(pairs) = row.pairs() {
        for (key, value) in pairs.filter(|(key, _)| !COLUMNS.contains(key) && *key != INPUT) {
            serde_json::to_writer(&mut *out, key)?;
            write!(out, ":{value},")?;
        }
    } else {
        serde_json::to_writer(&mut *out, INPUT)?;
        out.write_all(b":")?;
        serde_json::to_writer(&mut *out, row.raw())?;
        out.write_all(b",")?;
    }
    let ours = serde_json::to_vec(&ours(row.line(), outcome))?;
    out.write_all(&ours[1..])?;
    out.write_all(b"\n")
}

/// What became of the row on `line` of the input, as a line of JSON with our keys alone: for a run that streams its outcomes in
/// whatever order they come.
pub(crate) fn write_line(out: &mut impl Write, line: u64, outcome: &RowOutcome<'_>) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &ours(line, outcome))?;
    out.write_all(b"\n")
}

fn ours<'a>(line: u64, outcome: &RowOutcome<'a>) -> Ours<'a> {
    let delivery = outcome.delivery_texts();
    let said = |text: &'a str| Some(text).filter(|text| !text.is_empty());
    Ours {
        smspin_outcome: outcome.outcome,
        smspin_error_id: said(outcome.error_id),
        smspin_error_msg: said(outcome.error_msg),
        smspin_http: outcome.http,
        smspin_attempts: outcome.attempts,
        smspin_at: outcome.at.map(super::time),
        smspin_msisdn: said(outcome.msisdn),
        smspin_line: line,
        smspin_detail: said(outcome.detail),
        smspin_delivery: delivery.as_ref().map(|(status, ..)| *status),
        smspin_delivery_match: delivery.as_ref().map(|(.., matched)| *matched),
        smspin_delivery_at: delivery.and_then(|(_, at, _)| at),
        smspin_list: said(outcome.list),
    }
}
