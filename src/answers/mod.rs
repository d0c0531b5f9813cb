//! What the commands report, one file for each report: a struct, its derived JSON, and its text for people.

mod balance;
pub(crate) mod batch;
mod call_summary;
mod config;
mod doctor;
mod dry_run;
mod grammar;
pub(crate) mod journal;
mod listen;
mod lookup;
mod request;
mod sandbox;
mod sandbox_control;
mod schema;
mod verify;

pub(crate) use call_summary::{CallAnswer, CallReport};
pub(crate) use config::{ConfigListReport, ConfigPathReport, ConfigValueReport, EditReport, SettingMeaning};
pub(crate) use doctor::{DoctorReport, Step, StepEnd, StepName, StepResult};
pub(crate) use dry_run::{CurlReport, DryRunReport};
pub(crate) use grammar::GrammarReport;
pub(crate) use listen::{
    AwaitedCounts, ForwardCounts, ListenEnd, ListenReadyReport, ListenReceivedReport, ListenSummaryReport,
};
pub(crate) use request::RequestAnswer;
pub(crate) use sandbox::{SandboxPinReport, SandboxReadyReport, SandboxResetReport};
pub(crate) use sandbox_control::{SandboxAnswersReport, SandboxRevisionReport};
pub(crate) use schema::schemas;
