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

/// What stands where a secret would, in whatever is shown to a person.
const MASK: &str = "********";

/// One call with its JSON, all but the key, which is put in when the bytes are made.
#[derive(Clone)]
pub(crate) struct Body {
    call: Call,
    /// A JSON object, in the order of the contract.
    fields: String,
    /// A PIN among the fields, as JSON text.
    secret: Option<String>,
}

impl Body {
    pub(super) fn new(call: Call, fields: &impl Serialize) -> Self {
        let fields = serde_json::to_string(fields).expect("structs of strings and numbers always serialize");
        debug_assert!(fields.starts_with('{') && fields.ends_with('}'));
        Self {
            call,
            fields,
            secret: None,
        }
    }

    /// Says that `secret` stands in the fields and is not for showing.
    pub(super) fn hiding(mut self, secret: &str) -> Self {
        self.secret = Some(serde_json::Value::from(secret).to_string());
        self
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
        match &self.secret {
            None => join(MASK, &self.fields),
            Some(secret) => join(
                MASK,
                &self.fields.replace(secret.as_str(), &format!("\"{MASK}\"")),
            ),
        }
    }

    /// An answer to this body as it may be shown to anyone: a gateway may quote the PIN back.
    pub(crate) fn mask_in(&self, answer: &str) -> String {
        // Shorter ones are no PINs of the gateway's, and stand in any number by chance.
        const SHORTEST: usize = 4;
        let secret = self.secret.as_deref().unwrap_or_default().trim_matches('"');
        if secret.len() < SHORTEST {
            return answer.to_owned();
        }
        answer.replace(secret, MASK)
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
