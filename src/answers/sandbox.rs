//! What the commands of the sandbox answer with.

use crate::outcome::OutcomeWord;
use crate::output::{Report, Style};
use crate::sandbox::{Behaviours, ClockTime, Messages, PinState, Requests, Sms};
use crate::text;
use schemars::JsonSchema;
use serde::Serialize;
use std::net::SocketAddr;

/// The last PIN that the sandbox sent to a number.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct SandboxPinReport {
    pub(crate) msisdn: String,
    pub(crate) pin: String,
}

impl Report for SandboxPinReport {
    fn human(&self, _: &dyn Fn(Style, &str) -> String) -> String {
        self.pin.clone()
    }
}

impl Report for Messages {
    fn human(&self, paint: &dyn Fn(Style, &str) -> String) -> String {
        if self.messages.is_empty() {
            return "no SMS; none is ever sent, but requests to the sandbox would show up here".to_owned();
        }
        let shown: Vec<_> = self.messages.iter().map(|sms| show(sms, paint)).collect();
        shown.join("\n\n")
    }
}

fn show(sms: &Sms, paint: &dyn Fn(Style, &str) -> String) -> String {
    let (style, state) = match sms.pin_state {
        PinState::Valid => (Style::Strong, "valid"),
        PinState::Verified => (Style::Good, "verified"),
        PinState::UsedUp => (Style::Bad, "no tries left"),
        PinState::Expired => (Style::Faint, "expired"),
        PinState::Replaced => (Style::Faint, "replaced by a later one"),
    };
    let tries = match (sms.pin_state, sms.tries_remaining) {
        (PinState::Valid | PinState::Verified, Some(tries)) => format!(", tries left: {tries}"),
        _ => String::new(),
    };
    let at = jiff::Timestamp::from_millisecond(sms.at).unwrap_or_default();
    format!(
        "{}  from {}  {}\n  {}\n  PIN {} ({}{tries})  {}  {}, segments: {}",
        paint(Style::Strong, &sms.to),
        text::line(sms.from.as_deref().unwrap_or("the account's own sender")),
        at.strftime("%Y-%m-%d %H:%M:%SZ"),
        text::line(&sms.text),
        paint(Style::Strong, &sms.pin),
        paint(style, state),
        sms.delivery,
        sms.encoding,
        sms.segments,
    )
}

/// The sandbox was reset.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct SandboxResetReport {}

impl Report for SandboxResetReport {
    fn human(&self, _: &dyn Fn(Style, &str) -> String) -> String {
        "the sandbox was reset".to_owned()
    }
}

/// The sandbox is served, and answers from now on.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct SandboxReadyReport {
    base_url: String,
    /// The sandbox's own key; absent where others were given.
    #[serde(skip_serializing_if = "Option::is_none")]
    api_key: Option<&'static str>,
    inbox: String,
    openapi: String,
}

impl SandboxReadyReport {
    pub(crate) fn new(address: SocketAddr, api_key: Option<&'static str>) -> Self {
        Self {
            base_url: format!("http://{address}/api/3.0"),
            api_key,
            inbox: format!("http://{address}/"),
            openapi: format!("http://{address}/openapi.json"),
        }
    }
}

impl Report for SandboxReadyReport {
    const OUTCOMES: &'static [OutcomeWord] = &[OutcomeWord::Ready];

    fn human(&self, paint: &dyn Fn(Style, &str) -> String) -> String {
        let Self {
            base_url,
            inbox,
            openapi,
            ..
        } = self;
        let key = self.api_key.unwrap_or("those that --accept-key gave");
        let exported = self.api_key.unwrap_or("KEY");
        let served = inbox.trim_end_matches('/');
        format!(
            "{}: the sandbox listens; no SMS is ever sent\n  \
             base URL  {base_url}\n  API key   {key}\n  inbox     {inbox}\n  OpenAPI   {openapi}\n\
             Try, in another terminal:\n  \
             export SMSPIN_BASE_URL={base_url} SMSPIN_API_KEY={exported}\n  \
             smspin request 12025550100\n  \
             smspin verify 12025550100 \"$(smspin sandbox pin 12025550100 --url {served})\"\n\
             Stop it with Ctrl-C.",
            paint(Style::Good, "ready"),
        )
    }
}

/// A served sandbox answers.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct SandboxAnswersReport {
    pub(crate) url: String,
    pub(crate) version: String,
    /// What `smspin sandbox pin` takes behind --after.
    pub(crate) revision: i64,
}

impl Report for SandboxAnswersReport {
    const OUTCOMES: &'static [OutcomeWord] = &[OutcomeWord::Ready];

    fn human(&self, paint: &dyn Fn(Style, &str) -> String) -> String {
        format!(
            "{}: the sandbox at {} answers",
            paint(Style::Good, "ready"),
            text::line(&self.url)
        )
    }
}

/// The revision of the sandbox's state.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct SandboxRevisionReport {
    pub(crate) revision: i64,
}

impl Report for SandboxRevisionReport {
    fn human(&self, _: &dyn Fn(Style, &str) -> String) -> String {
        self.revision.to_string()
    }
}

impl Report for ClockTime {
    fn human(&self, _: &dyn Fn(Style, &str) -> String) -> String {
        let now = jiff::Timestamp::from_millisecond(self.now).unwrap_or_default();
        format!("the sandbox's clock shows {}", now.strftime("%Y-%m-%d %H:%M:%SZ"))
    }
}

impl Report for Behaviours {
    fn human(&self, _: &dyn Fn(Style, &str) -> String) -> String {
        if self.behaviours.is_empty() {
            return "the sandbox behaves as usual".to_owned();
        }
        let lines = self.behaviours.iter().map(|behaviour| {
            let written = serde_json::to_string(behaviour).unwrap_or_default();
            text::line(&written).into_owned()
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

impl Report for Requests {
    fn human(&self, paint: &dyn Fn(Style, &str) -> String) -> String {
        if self.requests.is_empty() {
            return "no such request since the sandbox was started".to_owned();
        }
        let lines = self.requests.iter().map(|request| {
            let number = paint(Style::Faint, &request.id.to_string());
            format!("{number}  {}", text::line(&request.line()))
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}
