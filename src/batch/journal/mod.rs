//! The journal of a batch: what happened to every attempt, kept by number, and true after any crash.
//!
//! An attempt's intent is on disk before its first byte leaves, and its outcome is written after; an intent without an outcome is
//! `unknown`. The journal never holds a PIN or the key. It knows no CSV, sends nothing, and decides nothing.
//!
//! A *run* is one `smspin batch` that sends. A *campaign* is the runs that share a fingerprint: the first one, and each that
//! `--skip-sent` or `--again` begins in the same journal. A number has one state in each campaign.
//!
//! - `records` and `error` are the types that go in and come out, whatever the journal is kept in.
//! - `order` and `writer` are the thread that groups intents and outcomes. It asks the journal for one thing: to commit a group, and to
//!   return a [`Grant`] for each intent in it.
//! - `location` and `engines` say where a journal is, and pass every call on to the engine that keeps it.
//! - `sqlite` keeps them in a file, whose lock keeps every other run out: so each intent is granted.
//! - `postgres` keeps them in a database that runs on several machines share: an intent is granted to one of them, and taken for all
//!   others. Only these two folders know SQL.

mod database_error;
mod engines;
mod error;
mod location;
mod order;
mod postgres;
mod records;
mod request_engines;
mod requests;
mod sqlite;
mod writer;

pub(crate) use engines::{Histories, History, Journal};
pub(crate) use error::{Broken, JournalError};
pub(crate) use location::JournalLocation;
pub(crate) use postgres::{DatabasePlace, campaigns};
pub(crate) use records::{
    Access, AttemptOutcome, AwaitedAttempt, Campaign, CampaignSummary, Grant, Intent, LostRecords,
    NumberHistory, ReconcileCounts, ReportId, ReportToAdd, RowDelivery, RunPlan, RunSpan, Ticket,
};
pub(crate) use request_engines::{RequestJournal, RequestJournalLocation};
pub(crate) use requests::{Claimed, RequestClaim, SentRecently};
pub(crate) use sqlite::{names_of, request_journal_hint, was_here};
pub(crate) use writer::{Recorder, WriterThread};
