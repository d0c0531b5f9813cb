//! The JSON Schema of every document that `--json` prints, made from the same types that print it.

use super::{
    BalanceReport, ConfigListReport, ConfigPathReport, ConfigValueReport, CurlReport, DoctorReport,
    DryRunReport, EditReport, ListenReadyReport, ListenReceivedReport, ListenSummaryReport, LookupReport,
    RequestReport, SandboxAnswersReport, SandboxBehaviourReport, SandboxClockReport, SandboxInboxReport,
    SandboxPinReport, SandboxReadyReport, SandboxRequestsReport, SandboxResetReport, SandboxRevisionReport,
    VerifyReport,
    batch::BatchReport,
    journal::{ChangedReport, JournalReport, NumberReport, ReconciledReport},
};
use crate::output::FailureDocument;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Value, json};

/// The words that a document's `outcome` may be, and what each means.
pub(crate) const OUTCOMES: &[(&str, &str)] = &[
    ("accepted", "the gateway took the request: a PIN is on its way"),
    ("verified", "the PIN is right"),
    ("already_used", "the PIN is right, but was verified before"),
    ("not_verified", "the PIN is wrong, or no longer valid"),
    ("answered", "the gateway answered the question"),
    ("refused", "the gateway understood the request and refused it"),
    (
        "unsent",
        "the gateway never took the request: it may be sent again",
    ),
    (
        "unknown",
        "the gateway may or may not have taken the request: it must not be repeated blindly",
    ),
    ("invalid", "smspin's own checks failed: nothing was sent"),
    ("failed", "the command failed"),
    ("done", "a command that calls no gateway succeeded"),
    ("dry_run", "what would be sent is shown, and nothing was sent"),
    (
        "curl",
        "the equivalent curl command is shown, and nothing was sent",
    ),
    ("ready", "the sandbox or the listener answers from now on"),
    ("received", "a posted delivery report is on disk"),
    (
        "timed_out",
        "the time of --timeout is over before what was waited for has come",
    ),
    ("finished", "a batch has nothing left to send"),
    ("pending", "a batch has rows left to send, as --limit wanted"),
    ("stopped", "a batch stopped before its end; stopped_by says why"),
    ("status", "how far a batch is"),
    (
        "reconciled",
        "delivery reports were read into the journal, and nothing was sent",
    ),
    (
        "adopted",
        "numbers of a list count as unknown from now on, since another journal may have sent to them",
    ),
    ("readmitted", "excluded numbers can be sent to again"),
    (
        "forgotten",
        "numbers were deleted from the journal, and can be sent to again",
    ),
    ("healthy", "no step of `smspin doctor` failed"),
    ("unhealthy", "a step of `smspin doctor` failed"),
];

type Definition = fn(&mut SchemaGenerator) -> Schema;

const fn of<T: JsonSchema>() -> Definition {
    SchemaGenerator::subschema_for::<T>
}

/// What each command may print besides a failure. A command that takes `--json` stands here.
const ANSWERS: &[(&str, &[Definition])] = &[
    (
        "request",
        &[of::<RequestReport>(), of::<DryRunReport>(), of::<CurlReport>()],
    ),
    ("verify", &[of::<VerifyReport>()]),
    ("lookup", &[of::<LookupReport>()]),
    ("balance", &[of::<BalanceReport>()]),
    ("config init", &[of::<EditReport>()]),
    ("config list", &[of::<ConfigListReport>()]),
    ("config get", &[of::<ConfigValueReport>()]),
    ("config set", &[of::<EditReport>()]),
    ("config unset", &[of::<EditReport>()]),
    ("config use", &[of::<EditReport>()]),
    ("config path", &[of::<ConfigPathReport>()]),
    ("batch", &[of::<BatchReport>()]),
    ("journal", &[of::<JournalReport>()]),
    ("journal status", &[of::<BatchReport>()]),
    ("journal results", &[of::<BatchReport>()]),
    ("journal show", &[of::<NumberReport>()]),
    ("journal reconcile", &[of::<ReconciledReport>()]),
    ("journal adopt", &[of::<ChangedReport>()]),
    ("journal readmit", &[of::<ChangedReport>()]),
    ("journal forget", &[of::<ChangedReport>()]),
    ("sandbox serve", &[of::<SandboxReadyReport>()]),
    (
        "sandbox inbox",
        &[of::<SandboxInboxReport>(), of::<SandboxRevisionReport>()],
    ),
    ("sandbox pin", &[of::<SandboxPinReport>()]),
    ("sandbox requests", &[of::<SandboxRequestsReport>()]),
    ("sandbox behave", &[of::<SandboxBehaviourReport>()]),
    ("sandbox advance", &[of::<SandboxClockReport>()]),
    ("sandbox ready", &[of::<SandboxAnswersReport>()]),
    ("sandbox reset", &[of::<SandboxResetReport>()]),
    (
        "listen",
        &[
            of::<ListenReadyReport>(),
            of::<ListenReceivedReport>(),
            of::<ListenSummaryReport>(),
        ],
    ),
    ("doctor", &[of::<DoctorReport>()]),
];

/// The commands that print JSON, in the order of the help, each with the schema of what it prints.
pub(crate) fn schemas() -> impl Iterator<Item = (&'static str, impl Fn() -> Value)> {
    ANSWERS
        .iter()
        .map(|(command, answers)| (*command, || document(command, answers)))
}

fn document(command: &str, answers: &[Definition]) -> Value {
    let mut generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let failure = of::<FailureDocument>();
    let forms: Vec<Schema> = answers
        .iter()
        .chain([&failure])
        .map(|form| form(&mut generator))
        .collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": format!("smspin {command} --json"),
        "oneOf": forms,
        "$defs": generator.take_definitions(true),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn words(schema: &Value, found: &mut BTreeSet<String>) {
        for definition in schema["$defs"].as_object().unwrap().values() {
            let outcome = &definition["properties"]["outcome"];
            let listed = outcome["enum"].as_array().into_iter().flatten();
            let words: Vec<&str> = listed
                .chain(outcome.get("const"))
                .filter_map(Value::as_str)
                .collect();
            let has_outcome = !outcome.is_null();
            assert!(
                !has_outcome || !words.is_empty(),
                "any outcome at all: {definition}"
            );
            found.extend(words.into_iter().map(str::to_owned));
        }
    }

    #[test]
    fn every_outcome_in_a_schema_is_explained_and_none_else() {
        let mut found = BTreeSet::new();
        for (_, schema) in schemas() {
            words(&schema(), &mut found);
        }
        assert_eq!(
            OUTCOMES.len(),
            found.len(),
            "a word is explained twice, or not at all"
        );
        let explained: BTreeSet<String> = OUTCOMES.iter().map(|(word, _)| (*word).to_owned()).collect();
        assert_eq!(found, explained);
    }
}
