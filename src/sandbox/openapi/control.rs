//! The paths of the sandbox alone, so that a generated client reads PINs and sets behaviour too.

use crate::sandbox::behaviour::Behaviour;
use crate::sandbox::documents::{Behaviours, ClockTime, Messages, Readiness, Reports, Requests, SandboxInfo};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

/// The paths, and the schemas that they name.
pub(super) fn paths_and_schemas() -> (Map<String, Value>, Map<String, Value>) {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
    });
    let mut generator = settings.into_generator();
    let paths = paths(&mut generator);
    let schemas = generator.take_definitions(true);
    (paths, schemas)
}

fn paths(generator: &mut SchemaGenerator) -> Map<String, Value> {
    let mut paths = Map::new();
    let listed = looking(generator).into_iter().chain(changing(generator));
    for (path, method, operation) in listed {
        // The gateway's own calls have another prefix.
        let entry = paths
            .entry(path.to_owned())
            .or_insert_with(|| json!({"servers": [{"url": "/"}]}));
        entry[method] = operation;
    }
    paths
}

/// A path, a method, and what it does.
type Listed = (&'static str, &'static str, Value);

/// What only looks.
fn looking(generator: &mut SchemaGenerator) -> Vec<Listed> {
    let (account, limit, wait) = (query("account"), query("limit"), query("wait"));
    let (msisdn, since, after) = (query("msisdn"), query("since"), query("after"));
    let number = json!({"name": "msisdn", "in": "path", "required": true, "schema": text()});
    vec![
        (
            "/readyz",
            "get",
            json!({"operationId": "readiness", "summary": "Whether the sandbox answers",
            "responses": answers(whole::<Readiness>(generator))}),
        ),
        (
            "/sandbox/info",
            "get",
            json!({"operationId": "info", "summary": "Key, accounts, test numbers and clock",
            "responses": answers(whole::<SandboxInfo>(generator))}),
        ),
        (
            "/sandbox/messages",
            "get",
            json!({"operationId": "messages", "summary": "The SMS that would have been sent",
            "parameters": [msisdn, query("contains"), account, limit, since, wait],
            "responses": answers(whole::<Messages>(generator))}),
        ),
        (
            "/sandbox/pin/{msisdn}",
            "get",
            json!({"operationId": "pin", "summary": "The last PIN of a number, alone",
            "parameters": [number, account, after, wait],
            "responses": with_404(answers(plain("The PIN and a line break")))}),
        ),
        (
            "/sandbox/requests",
            "get",
            json!({"operationId": "requests", "summary": "What was asked and answered",
            "parameters": [msisdn, query("call"), query("refused"), account, after, limit, wait],
            "responses": answers(whole::<Requests>(generator))}),
        ),
        (
            "/sandbox/reports",
            "get",
            json!({"operationId": "reports", "summary": "The delivery reports",
            "parameters": [query("message"), account, limit, since, wait],
            "responses": answers(whole::<Reports>(generator))}),
        ),
    ]
}

/// What changes something.
fn changing(generator: &mut SchemaGenerator) -> Vec<Listed> {
    let account = query("account");
    vec![
        (
            "/sandbox/reports/again",
            "post",
            json!({"operationId": "postReportAgain",
            "summary": "Post a report once more", "parameters": [query("id")],
            "responses": with_404(answers(nothing()))}),
        ),
        (
            "/sandbox/behaviour",
            "get",
            json!({"operationId": "behaviours", "summary": "The behaviours that hold",
            "responses": answers(whole::<Behaviours>(generator))}),
        ),
        (
            "/sandbox/behaviour",
            "post",
            json!({"operationId": "behave", "summary": "Add a behaviour",
            "requestBody": {"required": true, "content": json_content(generator.subschema_for::<Behaviour>())},
            "responses": answers(whole::<Behaviour>(generator))}),
        ),
        (
            "/sandbox/behaviour",
            "delete",
            json!({"operationId": "behaveAsUsual", "summary": "Remove the behaviours",
            "parameters": [account], "responses": answers(nothing())}),
        ),
        (
            "/sandbox/advance",
            "post",
            json!({"operationId": "advance", "summary": "Put the clock forward",
            "parameters": [query("by")], "responses": answers(whole::<ClockTime>(generator))}),
        ),
        (
            "/sandbox/clear",
            "post",
            json!({"operationId": "clear", "summary": "Take the SMS out of the lists",
            "parameters": [account], "responses": answers(nothing())}),
        ),
        (
            "/sandbox/reset",
            "post",
            json!({"operationId": "reset", "summary": "Back to the beginning",
            "parameters": [account], "responses": answers(nothing())}),
        ),
    ]
}

/// A success with its code.
type Success = (&'static str, Value);

fn whole<T: JsonSchema>(generator: &mut SchemaGenerator) -> Success {
    let content = json_content(generator.subschema_for::<T>());
    ("200", json!({"description": "Done", "content": content}))
}

fn plain(description: &str) -> Success {
    (
        "200",
        json!({"description": description, "content": plain_content()}),
    )
}

fn nothing() -> Success {
    ("204", json!({"description": "Done"}))
}

fn answers((code, success): Success) -> Value {
    let mut answers = json!({
        "400": {"description": "A parameter is unknown or wrong; the text says which", "content": plain_content()},
        "403": {"description": "A host name that is not allowed, or a page of another origin", "content": plain_content()},
        "500": {"description": "The state can't be used; the text says why", "content": plain_content()}
    });
    answers[code] = success;
    answers
}

fn with_404(mut answers: Value) -> Value {
    answers["404"] = json!({"description": "There is none", "content": plain_content()});
    answers
}

fn json_content(schema: impl Into<Value>) -> Value {
    json!({"application/json": {"schema": schema.into()}})
}

fn plain_content() -> Value {
    json!({"text/plain": {"schema": text()}})
}

fn text() -> Value {
    json!({"type": "string"})
}

/// A parameter by its name, which says the same on every path.
fn query(name: &str) -> Value {
    let (description, schema) = match name {
        "account" => (
            "The beginning of the SHA-256 of an account's key",
            json!({"type": "string", "pattern": "^[0-9A-Fa-f]{4,64}$"}),
        ),
        "limit" => (
            "How many at most",
            json!({"type": "integer", "minimum": 1, "maximum": 10_000, "default": 100}),
        ),
        "wait" => ("Seconds, or a duration such as 500ms; at most a minute", text()),
        "since" => (
            "A wait ends with a change beyond this revision",
            json!({"type": "integer"}),
        ),
        "after" => (
            "Only what came after this revision or number, or after now",
            text(),
        ),
        "msisdn" => ("Digits only, country code first", text()),
        "contains" => ("A part of the number, the text or the sender", text()),
        "call" => ("request, verify, lookup or balance", text()),
        "refused" => (
            "1: only those that got no success",
            json!({"type": "string", "enum": ["1"]}),
        ),
        "message" => ("The id of a message", json!({"type": "integer"})),
        "id" => ("The id of a report", json!({"type": "integer"})),
        _ => ("By how much, such as 10m", text()),
    };
    let required = matches!(name, "id" | "by");
    json!({"name": name, "in": "query", "required": required, "description": description, "schema": schema})
}
