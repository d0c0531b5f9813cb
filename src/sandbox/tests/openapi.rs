//! The OpenAPI document against the code: the client's bodies, the server's answers, every bound, every path.

use crate::domain::api_key::ApiKey;
use crate::domain::msisdn::Msisdn;
use crate::domain::pin::Pin;
use crate::domain::pin_params::{ExpiresIn, MaxTries, PinLength, PinParams, PinType};
use crate::domain::pin_request::PinRequest;
use crate::domain::report_url::ReportUrl;
use crate::domain::sender::Sender;
use crate::domain::sms_text::SmsText;
use crate::sandbox::DEFAULT_KEY;
use crate::sandbox::behaviour::Behaviour;
use crate::sandbox::control::{ControlRoute, OPENAPI};
use crate::sandbox::documents::{Behaviours, ClockTime, Messages, Readiness, Reports, Requests, SandboxInfo};
use crate::wire::server::lookup::{BalanceResult, LookupResult};
use crate::wire::server::verify::VerifyResult;
use crate::wire::server::{Refusal, answer};
use crate::wire::{Body, ErrorId};
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

fn document() -> Value {
    serde_json::from_str(OPENAPI).unwrap()
}

fn schema(name: &str) -> Value {
    let schema = document()["components"]["schemas"][name].clone();
    assert!(schema.is_object(), "there is no schema {name}");
    schema
}

fn names(value: &Value) -> Vec<&str> {
    value
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, _)| name.as_str())
        .collect()
}

fn msisdn() -> Msisdn {
    Msisdn::from_digits("12025550100").unwrap()
}

/// A request with everything in it.
fn whole_request() -> PinRequest {
    let length = PinLength::new(8).unwrap();
    PinRequest {
        msisdn: msisdn(),
        sender: Some(Sender::parse("GOOD PIZZA").unwrap()),
        hlr_lookup: Some(false),
        sms_text: Some(SmsText::parse("{PIN}", length).unwrap().text),
        report_url: Some(ReportUrl::parse("http://127.0.0.1:1/").unwrap()),
        pin_params: PinParams {
            pin_type: Some(PinType::Alpha),
            length: Some(length),
            expires_in: Some(ExpiresIn::from_secs(60).unwrap()),
            max_tries: Some(MaxTries::new(5).unwrap()),
        },
    }
}

#[test]
fn the_document_lists_exactly_what_our_client_can_send() {
    let key = ApiKey::parse(DEFAULT_KEY).unwrap();
    let sent = |body: Body| serde_json::from_slice::<Value>(&body.to_bytes(&key)).unwrap();
    let request = sent(crate::wire::request::body(&whole_request()));
    let pairs = [
        ("PinRequest", request.clone()),
        ("PinParams", request["pin_params"].clone()),
        (
            "VerifyRequest",
            sent(crate::wire::verify::body(msisdn(), &Pin::parse("1234").unwrap())),
        ),
        ("LookupRequest", sent(crate::wire::lookup::body(msisdn()))),
        ("BalanceRequest", sent(crate::wire::balance::body())),
    ];
    for (name, body) in pairs {
        let schema = schema(name);
        assert_eq!(names(&schema["properties"]), names(&body), "{name}");
        for required in schema["required"].as_array().unwrap() {
            assert!(
                body.get(required.as_str().unwrap()).is_some(),
                "{name}: {required}"
            );
        }
    }
}

#[test]
fn the_document_lists_exactly_what_the_server_answers() {
    let answers = [
        ("Accepted", answer::OK),
        (
            "VerifyAnswer",
            answer::ok(&VerifyResult {
                verified: true,
                previously_verified: false,
                tries_remaining: None,
                message: "",
            }),
        ),
        (
            "LookupAnswer",
            answer::ok(&LookupResult {
                success: true,
                msisdn: String::new(),
                mccmnc: "00101",
                original_network: "",
            }),
        ),
        (
            "BalanceAnswer",
            answer::ok(&BalanceResult {
                balance: "0.0000".to_owned(),
                currency: "EUR",
            }),
        ),
        ("Error", answer::error(&Refusal::new(ErrorId::BadParams))),
    ];
    for (name, bytes) in answers {
        let body: Value = serde_json::from_slice(&bytes).unwrap();
        let schema = schema(name);
        assert_eq!(names(&schema["properties"]), names(&body), "{name}");
        let result = &schema["properties"]["result"];
        assert_eq!(names(&result["properties"]), names(&body["result"]), "{name}");
        assert_eq!(schema["properties"]["status"]["const"], body["status"], "{name}");
        assert_eq!(schema["additionalProperties"], false);
    }
}

#[test]
fn every_error_and_its_code_is_documented() {
    let document = document();
    let listed: Vec<_> = ErrorId::LISTED.iter().map(ErrorId::as_str).collect();
    assert_eq!(
        document["components"]["schemas"]["Error"]["properties"]["error_id"]["enum"],
        json!(listed)
    );
    let calls = document["paths"].as_object().unwrap().iter();
    let calls = calls.filter(|(path, _)| {
        crate::wire::Call::ALL
            .iter()
            .any(|call| path[1..] == *call.path())
    });
    for (path, item) in calls {
        for id in ErrorId::LISTED {
            let response = &item["post"]["responses"][id.http().to_string()];
            assert!(response.is_object(), "{path}: {id}");
        }
    }
}

#[test]
fn every_reference_leads_somewhere() {
    fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(map) => {
                found.extend(map.get("$ref").and_then(Value::as_str));
                map.values().for_each(|value| references(value, found));
            }
            Value::Array(values) => values.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }
    let document = document();
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 10);
    for reference in found {
        assert!(
            document.pointer(reference.trim_start_matches('#')).is_some(),
            "{reference}"
        );
    }
}

#[test]
fn every_path_of_the_document_is_one_that_the_sandbox_has_with_these_methods() {
    let document = document();
    let own: Vec<_> = names(&document["paths"])
        .into_iter()
        .filter(|path| path.starts_with("/sandbox") || *path == "/readyz")
        .collect();
    assert!(own.len() >= 11, "{own:?}");
    for path in own {
        let route = ControlRoute::of(&path.replace("{msisdn}", "12025550100")).unwrap();
        let listed = names(&document["paths"][path]);
        for method in ["get", "post", "delete"] {
            let taken = route.takes(&method.to_ascii_uppercase().parse().unwrap());
            assert_eq!(listed.contains(&method), taken, "{method} {path}");
        }
    }
    // Every schema that is named is there.
    let text = document.to_string();
    for (_, rest) in text
        .match_indices("#/components/schemas/")
        .map(|(at, name)| text.split_at(at + name.len()))
    {
        schema(rest.split('"').next().unwrap());
    }
    assert_eq!(document["security"], json!([]));
}

#[test]
fn what_scripts_are_answered_with_is_documented_field_by_field() {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
    });
    let mut generator = settings.into_generator();
    generator.subschema_for::<Readiness>();
    generator.subschema_for::<SandboxInfo>();
    generator.subschema_for::<Messages>();
    generator.subschema_for::<Requests>();
    generator.subschema_for::<Reports>();
    generator.subschema_for::<Behaviour>();
    generator.subschema_for::<Behaviours>();
    generator.subschema_for::<ClockTime>();
    let definitions = generator.take_definitions(true);
    assert!(definitions.len() >= 8);
    for (name, written) in definitions {
        assert_eq!(schema(&name), written, "{name} is to be {written:#}");
    }
}

#[test]
fn every_bound_is_the_one_that_the_code_has() {
    let params = &schema("PinParams")["properties"];
    let request = &schema("PinRequest")["properties"];
    let bound = |schema: &Value, name: &str| schema[name].as_u64().unwrap();
    let (shortest, longest) = (
        bound(&params["length"], "minimum"),
        bound(&params["length"], "maximum"),
    );
    let length = |length: u64| PinLength::new(length).is_some();
    assert!(length(shortest) && !length(shortest - 1) && length(longest) && !length(longest + 1));
    let latest = bound(&params["expires_in"], "maximum");
    assert!(ExpiresIn::from_secs(latest).is_some() && ExpiresIn::from_secs(latest + 1).is_none());
    let tries = bound(&params["max_tries"], "maximum");
    assert!(MaxTries::new(tries).is_some() && MaxTries::new(tries + 1).is_none());
    let types: Vec<_> = PinType::ALL
        .iter()
        .map(|kind| Some(kind.as_str()))
        .chain([None])
        .collect();
    assert_eq!(params["type"]["enum"], json!(types));
    let most = usize::try_from(bound(&request["sms_text"], "maxLength")).unwrap();
    let longest = PinLength::new(longest).unwrap();
    let fits = |length: usize| SmsText::parse(&format!("{{PIN}}{}", "a".repeat(length - 5)), longest).is_ok();
    assert!(fits(most) && !fits(most + 1));
    assert_eq!(document()["info"]["version"], env!("CARGO_PKG_VERSION"));
}
