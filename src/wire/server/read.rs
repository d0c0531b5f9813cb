//! A body as its top-level fields, and the few kinds of value that they can have.

use super::RequestRefusal;
use crate::domain::msisdn::Msisdn;
use crate::text::count;
use crate::wire::ErrorId;
use serde_json::{Map, Value};
use std::borrow::Cow;

/// Digits of the shortest mobile number there is, calling code and all (the gateway's contract §6).
const SHORTEST: usize = 7;

/// A whole JSON object. It holds the key, so there is no `Debug`.
pub(crate) struct ReceivedFields(Map<String, Value>);

impl ReceivedFields {
    /// Reads one JSON object and nothing after it. Of a key that comes twice the last value counts; nesting beyond 128
    /// levels, broken UTF-8, lone surrogates and numbers beyond a double are `JSON_PARSE_ERROR`.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, RequestRefusal> {
        serde_json::from_slice(body).map(Self).map_err(|error| {
            // Its own words may quote the body.
            let place = format!("line {}, column {}", error.line(), error.column());
            RequestRefusal::new(ErrorId::JsonParseError).because(&place)
        })
    }

    /// The key as it came: what isn't a string is not a key.
    pub(crate) fn api_key(&self) -> Result<&str, RequestRefusal> {
        self.required("api_key")?
            .as_str()
            .ok_or(RequestRefusal::new(ErrorId::Unauthorized))
    }

    /// Checks that these are there, before any is looked into: a missing parameter comes before a bad one.
    pub(super) fn require(&self, names: &[&str]) -> Result<(), RequestRefusal> {
        names.iter().try_for_each(|name| self.required(name).map(drop))
    }

    /// The number, from digits in a string or from a JSON number.
    pub(super) fn msisdn(&self) -> Result<Msisdn, RequestRefusal> {
        let digits = self.text_or_number("msisdn")?;
        let msisdn = Msisdn::from_digits(&digits).filter(|_| digits.len() >= SHORTEST);
        msisdn.ok_or_else(|| {
            let detail = match digits.bytes().find(|byte| !byte.is_ascii_digit()) {
                Some(_) => "msisdn has other characters than digits".to_owned(),
                None if digits.starts_with('0') => "msisdn begins with 0".to_owned(),
                None => format!("msisdn has {}", count(digits.len() as u64, "digit", "digits")),
            };
            RequestRefusal::new(ErrorId::InvalidNumber).because(&detail)
        })
    }

    pub(super) fn text_or_number(&self, name: &str) -> Result<Cow<'_, str>, RequestRefusal> {
        match self.required(name)? {
            Value::String(text) => Ok(Cow::Borrowed(text)),
            value => whole_number(value)
                .map(|number| Cow::Owned(number.to_string()))
                .ok_or_else(|| RequestRefusal::bad(name)),
        }
    }

    /// A string that may be left out.
    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, RequestRefusal> {
        self.optional(name)
            .map(|value| value.as_str().ok_or_else(|| RequestRefusal::bad(name)))
            .transpose()
    }

    /// A value that may be left out. `null` is nothing: several languages write an unset value so.
    pub(super) fn optional(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    fn required(&self, name: &str) -> Result<&Value, RequestRefusal> {
        self.optional(name).ok_or_else(|| RequestRefusal::missing(name))
    }
}

/// A JSON number without a fraction, zero or more; `6.0` is one too, as in JSON Schema.
pub(super) fn whole_number(value: &Value) -> Option<u64> {
    /// The largest double below which every whole number is exact.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let number = value.as_number()?;
    number.as_u64().or_else(|| {
        let float = number
            .as_f64()
            .filter(|float| float.fract() == 0.0 && (0.0..EXACT).contains(float))?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "whole and in range"
        )]
        Some(float as u64)
    })
}
