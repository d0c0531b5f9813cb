//! The JSON Schema of every document that `--json` prints, made from the same types that print it.

use super::{
    CallReport, ConfigListReport, ConfigPathReport, ConfigValueReport, CurlReport, DoctorReport,
    DryRunReport, EditReport, GrammarReport, ListenReadyReport, ListenReceivedReport, ListenSummaryReport,
    RequestAnswer, SandboxAnswersReport, SandboxPinReport, SandboxReadyReport, SandboxResetReport,
    SandboxRevisionReport,
    batch::BatchReport,
    journal::{ChangedReport, JournalReport, NumberReport, ReconciledReport},
};
use crate::output::{FailureDocument, Report};
use crate::sandbox::{Behaviours, ClockTime, Messages, Requests};
use crate::wire::{balance::Balance, lookup::Hlr, verify::Check};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Value, json};

type Definition = fn(&mut SchemaGenerator) -> Schema;

const fn of<T: Report + JsonSchema>() -> Definition {
    definition::<T>
}

/// The schema of a report with what every document begins with.
fn definition<T: Report + JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    let schema = generator.subschema_for::<T>();
    if let Some(Value::Object(found)) = generator.definitions_mut().get_mut(&*T::schema_name()) {
        let words: Vec<&str> = T::OUTCOMES.iter().map(|word| word.as_str()).collect();
        let mut properties = json!({
            "outcome": { "type": "string", "enum": words },
            "sandbox": {
                "type": "boolean",
                "description": "Whether the built-in gateway was asked, so that nothing was sent to anyone.",
            },
        });
        let mut required = json!(["outcome", "sandbox"]);
        if let (Value::Object(all), Some(Value::Object(own))) = (&mut properties, found.remove("properties"))
        {
            all.extend(own);
        }
        if let (Value::Array(all), Some(Value::Array(own))) = (&mut required, found.remove("required")) {
            all.extend(own);
        }
        found.insert("properties".to_owned(), properties);
        found.insert("required".to_owned(), required);
    }
    schema
}

/// What each command may print besides a failure. A command that takes `--json` stands here.
const ANSWERS: &[(&str, &[Definition])] = &[
    (
        "request",
        &[
            of::<CallReport<RequestAnswer>>(),
            of::<DryRunReport>(),
            of::<CurlReport>(),
        ],
    ),
    ("verify", &[of::<CallReport<Check>>()]),
    ("lookup", &[of::<CallReport<Hlr>>()]),
    ("balance", &[of::<CallReport<Balance>>()]),
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
        &[of::<Messages>(), of::<SandboxRevisionReport>()],
    ),
    ("sandbox pin", &[of::<SandboxPinReport>()]),
    ("sandbox requests", &[of::<Requests>()]),
    ("sandbox behave", &[of::<Behaviours>()]),
    ("sandbox advance", &[of::<ClockTime>()]),
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
    ("help", &[of::<GrammarReport>()]),
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
    use crate::outcome::OutcomeWord;
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
        let of_rows = OutcomeWord::OF_ROWS.iter().map(|word| word.as_str().to_owned());
        found.extend(of_rows);
        let explained: BTreeSet<String> = OutcomeWord::ALL
            .iter()
            .map(|word| word.as_str().to_owned())
            .collect();
        assert_eq!(found, explained);
    }
}
