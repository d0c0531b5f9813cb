//! What the commands report, one file for each report: a struct, its derived JSON, and its text for people.

pub(crate) mod batch;
mod calls;
mod config;
mod doctor;
mod grammar;
pub(crate) mod journal;
mod listen;
mod sandbox;
mod schema;

pub(crate) use calls::{CallReport, CurlReport, DryRunReport, RequestAnswer};
pub(crate) use config::{ConfigListReport, ConfigPathReport, ConfigValueReport, EditReport, SettingMeaning};
pub(crate) use doctor::{DoctorReport, Step, StepEnd, StepName, StepResult};
pub(crate) use grammar::GrammarReport;
pub(crate) use listen::{
    AwaitedCounts, ForwardCounts, ListenEnd, ListenReadyReport, ListenReceivedReport, ListenSummaryReport,
};
pub(crate) use sandbox::{
    SandboxAnswersReport, SandboxPinReport, SandboxReadyReport, SandboxResetReport, SandboxRevisionReport,
};
pub(crate) use schema::schemas;
