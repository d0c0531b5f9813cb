//! `account/get-balance`, the client's half (the gateway's contract §4).

use super::{Answer, Body, Call};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

pub(crate) fn body() -> Body {
    #[derive(Serialize)]
    struct Fields {}
    Body::new(Call::Balance, &Fields {})
}

/// What is left in the account. The amount stays the text that the gateway sent, so that no digit changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Balance {
    /// A decimal, digit by digit as the gateway sent it.
    pub(crate) balance: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) currency: Option<String>,
}

/// `None` where an `ok` answer holds no decimal balance.
pub(crate) fn read(answer: &Answer) -> Option<Balance> {
    let balance = match answer.result.get("balance")? {
        Value::String(text) => text.clone(),
        // A number with a fraction has been a binary float by now: its digits can't be trusted.
        Value::Number(number) if number.is_i64() => number.to_string(),
        _ => return None,
    };
    let unsigned = balance.strip_prefix('-').unwrap_or(&balance);
    let (whole, decimals) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let currency = answer
        .result
        .get("currency")
        .and_then(Value::as_str)
        .map(str::to_owned);
    (digits(whole) && digits(decimals)).then_some(Balance { balance, currency })
}
