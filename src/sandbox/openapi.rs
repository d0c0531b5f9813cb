//! The contract as an OpenAPI 3.1 document, which the running server keeps to. It lists POST; the same calls with GET
//! and a body can't be written down there.

mod control;

use crate::domain::pin_params::{ExpiresIn, MaxTries, PinLength, PinType};
use crate::domain::placeholder::PLACEHOLDER;
use crate::domain::sms_text::MAX_CHARS;
use crate::wire::{Call, ErrorId};
use serde_json::{Value, json};

const CALLS: [(Call, &str, &str, &str); 4] = [
    (
        Call::RequestPin,
        "requestPin",
        "PinRequest",
        "Make a PIN and send it by SMS",
    ),
    (Call::VerifyPin, "verifyPin", "VerifyRequest", "Check a PIN"),
    (Call::Lookup, "lookUp", "LookupRequest", "HLR query"),
    (
        Call::Balance,
        "getBalance",
        "BalanceRequest",
        "What is left in the account",
    ),
];

/// `{PIN}` once, and no other brace, which would be sent as it stands.
const SMS_TEXT: &str = r"^[^{}\x00-\x1f\x7f-\x9f]*\{PIN\}[^{}\x00-\x1f\x7f-\x9f]*$";

/// The most characters of a text that fits with every length of PIN.
const SURELY_FITS: usize = MAX_CHARS + PLACEHOLDER.len() - PinLength::MAX.get() as usize;

/// A URL as it is usually written: a name, an IPv4 address or `[::1]`, with a port, a path and a query if need be.
const REPORT_URL: &str = concat!(
    r"^https?://(([A-Za-z0-9]+(-[A-Za-z0-9]+)*\.)*[A-Za-z][A-Za-z0-9]*|",
    r"((25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])\.){3}(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])|\[::1\])",
    r"(:([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}))?([/?][!-\x22$-\[\]-~]*)?$"
);

/// The whole document.
pub(crate) fn document() -> Value {
    let (mut paths, mut all_schemas) = control::paths_and_schemas();
    if let Value::Object(own) = schemas() {
        all_schemas.extend(own);
    }
    let calls = CALLS.iter().map(|(call, id, body, summary)| {
        (
            format!("/{}", call.path()),
            json!({"post": operation(*call, id, body, summary)}),
        )
    });
    paths.extend(calls);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "SMS PIN gateway (smspin sandbox)",
            "version": env!("CARGO_PKG_VERSION"),
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
            "description": "HTTP 200 does not mean success: read `status`, then `error_id`, then the HTTP code. \
                No SMS is ever sent. Some numbers from 12025550110 to 12025550199 make one thing happen each, \
                and are the only ones that get 429, 500 or 503."
        },
        "servers": [{"url": "/api/3.0"}, {"url": "/api"}],
        // The key is a field of each body: there is no scheme of HTTP's for that.
        "security": [],
        "paths": paths,
        "components": {"schemas": all_schemas}
    })
}

fn operation(call: Call, id: &str, body: &str, summary: &str) -> Value {
    let success = match call {
        Call::RequestPin => "Accepted",
        Call::VerifyPin => "VerifyAnswer",
        Call::Lookup => "LookupAnswer",
        Call::Balance => "BalanceAnswer",
    };
    let error = content(reference("Error"));
    let ok = content(json!({"oneOf": [reference(success), reference("Error")]}));
    let text = json!({"text/plain": {"schema": {"type": "string"}}});
    json!({
        "operationId": id,
        "summary": summary,
        "requestBody": {"required": true, "content": content(reference(body))},
        "responses": {
            "200": {"description": "Done, or refused with an error that comes with 200", "content": ok},
            "400": {"description": "Refused", "content": error},
            "403": {"description": "A page of another origin", "content": text},
            "408": {"description": "The body did not come in time", "content": error},
            "401": {"description": "The key is not accepted", "content": error},
            "413": {"description": "The body is too large", "content": error},
            "429": {"description": "Too many requests", "content": text,
                    "headers": {"Retry-After": {"schema": {"type": "integer"}}}},
            "500": {"description": "The platform failed", "content": error},
            "503": {"description": "The service is unavailable", "content": text}
        }
    })
}

fn content(schema: impl Into<Value>) -> Value {
    json!({"application/json": {"schema": schema.into()}})
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

fn schemas() -> Value {
    let key = json!({"type": "string", "examples": [super::DEFAULT_KEY]});
    // Digits as a number are taken too, but a program that sends them loses what a number can't hold.
    let msisdn = json!({"type": ["string", "integer"], "pattern": "^[1-9][0-9]{6,14}$",
        "minimum": 1_000_000, "maximum": 999_999_999_999_999_u64, "examples": ["12025550100"]});
    json!({
        "PinRequest": object(&["api_key", "msisdn"], &json!({
            "api_key": key,
            "msisdn": msisdn,
            "sender": {"type": ["string", "null"], "pattern": "^([0-9]{1,15}|[0-9A-Za-z_]([0-9A-Za-z_ ]{0,9}[0-9A-Za-z_])?)$"},
            "hlr_lookup": {"type": ["integer", "null"], "enum": [0, 1, null], "default": 1},
            "sms_text": {"type": ["string", "null"], "pattern": SMS_TEXT, "maxLength": SURELY_FITS,
                         "description": "Holds {PIN} exactly once. With the PIN in its place it may have 160 characters; \
                             with the longest PIN that is this length, and with a shorter one it may be longer.",
                         "examples": ["Your code is {PIN}"]},
            "report_url": {"type": ["string", "null"], "pattern": REPORT_URL, "maxLength": 2048,
                           "description": "http or https, without credentials or fragment",
                           "examples": ["https://example.com/reports"]},
            "pin_params": {"oneOf": [{"type": "null"}, reference("PinParams"),
                {"type": "array", "items": reference("PinParams"), "minItems": 1, "maxItems": 1}]}
        })),
        "PinParams": object(&[], &json!({
            "type": {"type": ["string", "null"], "enum": pin_types(), "default": "numeric"},
            "length": {"type": ["integer", "null"], "minimum": PinLength::MIN.get(), "maximum": PinLength::MAX.get(),
                       "default": PinLength::GATEWAY_DEFAULT.get()},
            "expires_in": {"type": ["integer", "null"], "minimum": 0, "maximum": ExpiresIn::MAX.secs(),
                           "default": ExpiresIn::GATEWAY_DEFAULT.secs(), "description": "Seconds; 0 is never"},
            "max_tries": {"type": ["integer", "null"], "minimum": 0, "maximum": MaxTries::MAX.get(),
                          "default": MaxTries::GATEWAY_DEFAULT.get(), "description": "0 is unlimited"}
        })),
        "VerifyRequest": object(&["api_key", "msisdn", "pin"], &json!({
            "api_key": key, "msisdn": msisdn, "pin": {"type": ["string", "integer"], "minLength": 1,
                "minimum": 0, "maximum": 9_999_999_999_999_999_u64}
        })),
        "LookupRequest": object(&["api_key", "msisdn"], &json!({"api_key": key, "msisdn": msisdn})),
        "BalanceRequest": object(&["api_key"], &json!({"api_key": key})),
        "Accepted": answer(None),
        "VerifyAnswer": answer(Some(exact(&json!({
            "verified": {"type": "boolean"},
            "previously_verified": {"type": "boolean"},
            "tries_remaining": {"type": ["integer", "null"], "minimum": 0, "description": "null is unlimited"},
            "message": {"type": "string"}
        })))),
        "LookupAnswer": answer(Some(exact(&json!({
            "success": {"type": "boolean"},
            "msisdn": {"type": "string"},
            "mccmnc": {"type": "string", "pattern": "^[0-9]{5,6}$"},
            "original_network": {"type": "string"}
        })))),
        "BalanceAnswer": answer(Some(exact(&json!({
            "balance": {"type": "string", "pattern": "^-?[0-9]+\\.[0-9]{4}$"},
            "currency": {"type": "string", "const": "EUR"}
        })))),
        "Error": exact(&json!({
            "status": {"type": "string", "const": "error"},
            "error_id": {"type": "string", "enum": ErrorId::LISTED.iter().map(ErrorId::as_str).collect::<Vec<_>>()},
            "error_msg": {"type": "string"}
        }))
    })
}

/// The words for a PIN's type, and none: `null` is as good as left out, here as everywhere.
fn pin_types() -> Vec<Option<&'static str>> {
    PinType::ALL
        .into_iter()
        .map(|kind| Some(kind.as_str()))
        .chain([None])
        .collect()
}

/// What a client sends: unknown keys are taken and not looked at.
fn object(required: &[&str], properties: &Value) -> Value {
    json!({"type": "object", "required": required, "properties": properties})
}

/// What the server sends: these keys, all of them, and no others.
fn exact(properties: &Value) -> Value {
    let names: Vec<_> = properties
        .as_object()
        .into_iter()
        .flat_map(|map| map.keys().cloned())
        .collect();
    json!({"type": "object", "required": names, "properties": properties, "additionalProperties": false})
}

fn answer(result: Option<Value>) -> Value {
    let status = json!({"type": "string", "const": "ok"});
    exact(&match result {
        None => json!({"status": status}),
        Some(result) => json!({"status": status, "result": result}),
    })
}

#[cfg(test)]
mod tests;
