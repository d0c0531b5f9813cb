//! The journal: what each number got, in one table keyed by number, true after any crash.
//!
//! One sentence is the rule: a number that got its SMS gets no other. It holds over lists, copies, folders, processes and, with
//! PostgreSQL, machines, because every attempt at a number lies beside its earlier attempts, whichever list it came from.
//!
//! - `attempt`, `run` and `store` say what a journal holds and what can be asked of it ([`Store`]).
//! - `decision` says what becomes of a number. It is the only place that does: the preflight, the claim, the results, the
//!   summary and the exit code all use it.
//! - `reading` brings attempts, runs and exclusions together to decisions.
//! - `recorder` is the thread that commits claims and outcomes in groups.
//! - `sqlite` and `postgres` keep a journal, and only they know SQL. `memory` keeps one for tests.
//! - `marker` is the small file beside a list that says which journal knows its people, `adopt` the way on where this journal does
//!   not, and `place` where a journal is.
//!
//! A journal never holds a PIN or the key. Of a list it keeps the name, a digest and the settings of each run. It sends nothing.

mod adopt;
mod attempt;
mod campaign;
mod claims;
mod decision;
mod error;
mod marker;
#[cfg(test)]
mod memory;
#[cfg(test)]
mod mutant;
mod place;
mod postgres;
mod reading;
mod recorder;
mod report;
mod row;
mod run;
mod sqlite;
mod store;
#[cfg(test)]
mod tests;

pub(crate) use adopt::AdoptedList;
#[cfg(test)]
pub(crate) use attempt::Refusal;
pub(crate) use attempt::Ticket;
pub(crate) use attempt::{AnswerRecord, Attempt, AttemptOutcome, AttemptState, Delivery, Detail};
pub(crate) use campaign::CampaignCounts;
#[cfg(test)]
pub(crate) use decision::decide;
pub(crate) use decision::{Decision, Resend, ResendUnknown, Rules, Standing, deciding, pin_ends};
pub(crate) use error::{JournalError, JournalFault};
pub(crate) use marker::{Marker, MarkerRun};
#[cfg(test)]
pub(crate) use memory::Memory;
#[cfg(test)]
pub(crate) use mutant::Mutant;
pub(crate) use place::{JournalPlace, PlaceChoice};
pub(crate) use postgres::DatabasePlace;
pub(crate) use reading::{Found, Lookup, count_campaigns};
#[cfg(test)]
pub(crate) use recorder::WriteOrder;
pub(crate) use recorder::{ClaimAnswer, GrantedAt, RecordWriter, Recorder, RecorderThread};
pub(crate) use report::{AttemptId, ReconcileCounts, ReportKey, ReportToAdd};
pub(crate) use run::{CampaignId, NewRun, RunEnd, RunId, RunName, RunRecord, Runs};
#[cfg(test)]
pub(crate) use run::{CutRun, JournalIdentity, SortedNumbers};
#[cfg(test)]
pub(crate) use sqlite::SqliteStore;
pub(crate) use store::{Claim, Claimed, Closing, Forget, Group, Store};
