//! What a client sends: one JSON object with the key inside, and the path it goes to (the gateway's contract, opening).

use super::secrets::{MASK, Secrets};
use crate::domain::api_key::ApiKey;
use crate::domain::pin::Pin;
use serde::Serialize;
use std::fmt;

/// The four calls of the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    /// Costs an SMS, and an HLR query unless it is switched off.
    RequestPin,
    /// Free.
    VerifyPin,
    /// Costs an HLR query.
    Lookup,
    /// Free.
    Balance,
}

impl Call {
    pub(crate) const ALL: [Self; 4] = [Self::RequestPin, Self::VerifyPin, Self::Lookup, Self::Balance];

    /// The path below the base URL, `{app}/{function}`.
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::RequestPin => "2fa/request",
            Self::VerifyPin => "2fa/verify",
            Self::Lookup => "hlr/request",
            Self::Balance => "account/get-balance",
        }
    }
}

/// One call with its JSON, all but the key, which is put in when the bytes are made.
#[derive(Clone)]
pub(crate) struct Body {
    call: Call,
    /// A JSON object, in the order of the contract.
    fields: String,
    /// A PIN among the fields.
    pin: Option<Pin>,
}

impl Body {
    pub(super) fn new(call: Call, fields: &impl Serialize) -> Self {
        let fields = serde_json::to_string(fields).expect("structs of strings and numbers always serialize");
        debug_assert!(fields.starts_with('{') && fields.ends_with('}'));
        Self {
            call,
            fields,
            pin: None,
        }
    }

    /// Says that this PIN stands in the fields, which is not for showing.
    pub(super) fn hiding(mut self, pin: &Pin) -> Self {
        self.pin = Some(pin.clone());
        self
    }

    /// What no answer to this body may repeat.
    pub(crate) fn secrets(&self, key: &ApiKey) -> Secrets {
        Secrets::new(key, self.pin.as_ref())
    }

    pub(crate) const fn call(&self) -> Call {
        self.call
    }

    /// The bytes that go over the wire, key included.
    pub(crate) fn to_bytes(&self, key: &ApiKey) -> Vec<u8> {
        self.with_key_as(key.expose()).into_bytes()
    }

    /// The same JSON with any text in the key's place: for people, and for a shell that puts the key in by itself.
    pub(crate) fn with_key_as(&self, text: &str) -> String {
        join(text, &self.fields)
    }

    /// As it may be shown to anyone: key and PIN are masked.
    pub(crate) fn masked(&self) -> String {
        match &self.pin {
            None => join(MASK, &self.fields),
            Some(pin) => {
                let quoted = format!("\"{}\"", pin.expose());
                join(MASK, &self.fields.replace(&quoted, &format!("\"{MASK}\"")))
            }
        }
    }
}

fn join(key: &str, fields: &str) -> String {
    let key = serde_json::Value::from(key);
    match &fields[1..] {
        "}" => format!("{{\"api_key\":{key}}}"),
        rest => format!("{{\"api_key\":{key},{rest}"),
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}", self.call, self.masked())
    }
}
