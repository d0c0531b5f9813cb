//! What a client sends: one JSON object with the key inside, and the path it goes to (the gateway's contract, opening).

use crate::domain::api_key::ApiKey;
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

/// One call with its JSON. It holds the key, so its `Debug` shows the masked form, and only [`Body::to_bytes`] the real one.
#[derive(Clone)]
pub(crate) struct Body {
    call: Call,
    key: ApiKey,
    /// Everything but the key, as the fields of a JSON object in the contract's order.
    fields: serde_json::Map<String, serde_json::Value>,
}

impl Body {
    pub(super) fn new(call: Call, key: ApiKey, fields: &impl Serialize) -> Self {
        let fields = match serde_json::to_value(fields) {
            Ok(serde_json::Value::Object(fields)) => fields,
            _ => unreachable!("the structs of this module serialize to objects"),
        };
        Self { call, key, fields }
    }

    pub(crate) const fn call(&self) -> Call {
        self.call
    }

    /// The bytes that go over the wire, key included.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        self.render(self.key.expose())
    }

    /// The same JSON with another text in the key's place: for people, and for shells that put the key in themselves.
    pub(crate) fn with_key_shown_as(&self, text: &str) -> String {
        String::from_utf8_lossy(&self.render(text)).into_owned()
    }

    fn render(&self, key: &str) -> Vec<u8> {
        #[derive(Serialize)]
        struct Whole<'a> {
            api_key: &'a str,
            #[serde(flatten)]
            fields: &'a serde_json::Map<String, serde_json::Value>,
        }
        serde_json::to_vec(&Whole { api_key: key, fields: &self.fields })
            .expect("strings and numbers always serialize")
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}", self.call, self.with_key_shown_as("…"))
    }
}
