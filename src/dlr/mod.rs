//! Delivery reports, in both directions: what their statuses and dates mean, and the JSON that is posted to a
//! `report_url` (the gateway's contract §5).
//!
//! A gateway builds a [`DeliveryReport`] and posts an array of them; a receiver reads such an array with [`parse`], which
//! takes whatever a receiver must survive, and keeps it as a line of text that [`StoredReport`] reads back. Nothing here knows
//! connections, files or the sandbox.

mod clock;
mod parse;
mod report;
mod status;
mod stored;

pub(crate) use clock::ReportClock;
pub(crate) use parse::{PostedItem, ReportsError, parse};
pub(crate) use report::{DeliveryReport, MOST_PER_POST};
pub(crate) use status::DeliveryStatus;
pub(crate) use stored::{LINE_START, StoredReport, digest, write_line};

#[cfg(test)]
mod tests;
