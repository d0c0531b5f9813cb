//! What would be sent: for people and programs, or as a curl command.

use crate::outcome::OutcomeWord;
use crate::output::{Report, Style};
use crate::text;
use schemars::JsonSchema;
use serde::Serialize;

/// A request that passed every check and was not sent.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct DryRunReport {
    pub(crate) url: String,
    /// Whose number it is: the country by its code of two letters, where the number tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) country: Option<&'static str>,
    /// The country for people.
    #[serde(skip)]
    pub(crate) place: String,
    /// The JSON that would be sent, the key masked.
    pub(crate) body: serde_json::Value,
    /// `None` where the gateway's own text would be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) encoding: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) segments: Option<usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) warnings: Vec<String>,
    #[serde(skip)]
    pub(crate) body_text: String,
}

impl Report for DryRunReport {
    const OUTCOMES: &'static [OutcomeWord] = &[OutcomeWord::DryRun];

    fn human(&self, paint: &dyn Fn(Style, &str) -> String) -> String {
        let mut text = format!(
            "{}\nPOST {}\n{}\na number of {}",
            paint(Style::Strong, "dry run: nothing was sent"),
            self.url,
            text::line(&self.body_text),
            self.place,
        );
        if let (Some(encoding), Some(segments)) = (self.encoding, self.segments) {
            let plural = if segments == 1 { "" } else { "s" };
            // What becomes of characters outside GSM-7 is the gateway's to decide.
            text.push_str(&if encoding == "GSM-7" {
                format!("\n{encoding}, {segments} segment{plural}")
            } else {
                format!("\nat most {segments} segment{plural}, as {encoding}")
            });
        }
        text
    }
}

/// The equivalent curl command.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct CurlReport {
    /// Takes the key from `$SMSPIN_API_KEY`, and puts it into no argument list.
    pub(crate) command: String,
}

impl Report for CurlReport {
    const OUTCOMES: &'static [OutcomeWord] = &[OutcomeWord::Curl];

    fn human(&self, _: &dyn Fn(Style, &str) -> String) -> String {
        self.command.clone()
    }
}
