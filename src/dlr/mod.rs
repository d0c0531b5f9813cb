//! Delivery reports, in both directions: what their statuses and dates mean, and the JSON that is posted to a
//! `report_url` (the gateway's contract §5).
//!
//! A gateway builds a [`DeliveryReport`] and posts an array of them; a receiver reads such an array with [`parse`], which
//! takes whatever a receiver must survive. Nothing here knows connections, files or the sandbox.

mod clock;
mod parse;
mod report;
mod status;

pub(crate) use clock::ReportClock;
pub(crate) use parse::{PostedItem, parse};
pub(crate) use report::{DeliveryReport, MOST_PER_POST};
pub(crate) use status::DeliveryStatus;

#[cfg(test)]
mod tests;
