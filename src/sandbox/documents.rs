//! What scripts and the page are answered with, as JSON.

use crate::sandbox::behaviour::Behaviour;
use crate::sandbox::store::inbox::Sms;
use crate::sandbox::store::reports::ShownReport;
use crate::sandbox::traffic::ShownExchange;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What `/readyz` answers with.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Readiness {
    pub(crate) ready: bool,
    /// True: this gateway sends no SMS.
    pub(crate) sandbox: bool,
    pub(crate) version: String,
    /// Of the state; what `after` takes.
    pub(crate) revision: i64,
}

/// What `/sandbox/info` answers with.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct SandboxInfo {
    pub(crate) version: String,
    /// The sandbox's clock, in Unix milliseconds.
    pub(crate) now: i64,
    /// The sandbox's own key; null where others were given, which are shown by nothing.
    pub(crate) api_key: Option<String>,
    pub(crate) accounts: Vec<AccountInfo>,
    pub(crate) test_numbers: Vec<TestNumberInfo>,
}

/// One account.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct AccountInfo {
    /// The beginning of the SHA-256 of its key; what `account` takes.
    pub(crate) account: String,
    pub(crate) balance: String,
}

/// One test number.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct TestNumberInfo {
    pub(crate) msisdn: String,
    pub(crate) what: String,
}

/// What `/sandbox/messages` answers with.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Messages {
    /// Grows with every change; what `since` and `after` take.
    pub(crate) revision: i64,
    /// The sandbox's clock, in Unix milliseconds.
    pub(crate) now: i64,
    /// How many fit, also beyond `limit`.
    pub(crate) total: u32,
    /// The newest first.
    #[expect(clippy::struct_field_names, reason = "scripts read it by this name")]
    pub(crate) messages: Vec<Sms>,
}

/// What `/sandbox/requests` answers with.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Requests {
    /// The number of the last request of all; what `after` takes.
    pub(crate) last: u64,
    /// The newest first.
    pub(crate) requests: Vec<ShownExchange>,
}

/// What `/sandbox/reports` answers with.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Reports {
    pub(crate) revision: i64,
    /// The sandbox's clock, in Unix milliseconds.
    pub(crate) now: i64,
    /// The newest first.
    pub(crate) reports: Vec<ShownReport>,
}

/// What `/sandbox/behaviour` answers with.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Behaviours {
    /// The oldest first; of two that say the same thing differently, the later one holds.
    pub(crate) behaviours: Vec<Behaviour>,
}

/// What `/sandbox/advance` answers with.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ClockTime {
    /// The sandbox's clock, in Unix milliseconds.
    pub(crate) now: i64,
}
