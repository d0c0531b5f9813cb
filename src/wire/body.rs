//! What a client sends: one JSON object with the key inside, and the path it goes to (the gateway's contract, opening).

use super::secrets::{MASK, Secrets};
use crate::domain::api_key::ApiKey;
use crate::domain::pin::Pin;
use crate::domain::report_url::ATTEMPT_PARAMETER;
use serde::Serialize;
use std::borrow::Cow;
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
    /// Where the report URL ends in the fields, and what must stand before another parameter of it.
    report_url_end: Option<(usize, &'static str)>,
}

impl Body {
    pub(super) fn new(call: Call, fields: &impl Serialize) -> Self {
        let fields = serde_json::to_string(fields).expect("structs of strings and numbers always serialize");
        debug_assert!(fields.starts_with('{') && fields.ends_with('}'));
        Self {
            call,
            fields,
            pin: None,
            report_url_end: None,
        }
    }

    /// Says that `url` stands in the fields as the report URL, so that each attempt can have one of its own.
    pub(super) fn reporting_to(mut self, url: &str) -> Self {
        // In no text can this stand: there the quotation marks would be escaped.
        let member = format!("\"report_url\":{}", serde_json::Value::from(url));
        let separator = match url.rsplit_once('?') {
            None => "?",
            Some((_, "")) => "",
            Some((_, query)) if query.ends_with('&') => "",
            Some(_) => "&",
        };
        let start = self.fields.find(&member);
        self.report_url_end = start.map(|start| (start + member.len() - 1, separator));
        self
    }

    /// The body of one attempt: its id is the last parameter of the report URL, if there is one.
    pub(crate) fn for_attempt(&self, id: &impl fmt::Display) -> Cow<'_, Self> {
        let Some((end, separator)) = self.report_url_end else {
            return Cow::Borrowed(self);
        };
        let (before, after) = self.fields.split_at(end);
        Cow::Owned(Self {
            fields: format!("{before}{separator}{ATTEMPT_PARAMETER}={id}{after}"),
            report_url_end: None,
            ..self.clone()
        })
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

    /// Whether it has nothing but the key, so that it can send nothing and costs nothing.
    pub(crate) fn is_probe(&self) -> bool {
        self.fields == "{}"
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
