//! What `smspin config` shows.

use crate::output::{Report, Style};
use crate::settings::list::SettingRow;
use crate::text;
use schemars::JsonSchema;
use serde::Serialize;

/// Every setting in force.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ConfigListReport {
    /// The profile in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) profile: Option<String>,
    pub(crate) settings: Vec<SettingRow>,
    /// With --all: every setting there is, set or not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) meanings: Vec<SettingMeaning>,
}

/// What a setting is for.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct SettingMeaning {
    pub(crate) key: &'static str,
    pub(crate) meaning: String,
    /// A value as the configuration file has it.
    pub(crate) example: String,
}

impl Report for ConfigListReport {
    fn human(&self, paint: &dyn Fn(Style, &str) -> String) -> String {
        let mut lines = Vec::new();
        for row in &self.settings {
            lines.push(format!(
                "{} = {}  {}",
                paint(Style::Strong, row.key),
                text::line(&row.shown.value),
                paint(Style::Faint, &format!("({})", text::line(&row.shown.origin)))
            ));
            for hidden in &row.shadows {
                let text = format!(
                    "  hides {} = {}  ({})",
                    hidden.key,
                    text::line(&hidden.shown.value),
                    text::line(&hidden.shown.origin)
                );
                lines.push(paint(Style::Faint, &text));
            }
            let meaning = self.meanings.iter().find(|known| known.key == row.key);
            lines.extend(meaning.map(|known| format!("    {}", known.meaning)));
        }
        for known in &self.meanings {
            if self.settings.iter().all(|row| row.key != known.key) {
                lines.push(format!(
                    "{} is not set, as in {} = {}",
                    paint(Style::Strong, known.key),
                    known.key,
                    known.example
                ));
                lines.push(format!("    {}", known.meaning));
            }
        }
        lines.join("\n")
    }
}

/// One setting.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ConfigValueReport {
    #[serde(flatten)]
    pub(crate) setting: SettingRow,
}

impl Report for ConfigValueReport {
    fn human(&self, _: &dyn Fn(Style, &str) -> String) -> String {
        text::line(&self.setting.shown.value).into_owned()
    }
}

/// Where the file is.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ConfigPathReport {
    pub(crate) path: String,
    pub(crate) exists: bool,
}

impl Report for ConfigPathReport {
    fn human(&self, _: &dyn Fn(Style, &str) -> String) -> String {
        text::line(&self.path).into_owned()
    }
}

/// What became of the file.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct EditReport {
    #[schemars(extend("enum" = ["init", "set", "unset", "use"]))]
    pub(crate) action: &'static str,
    pub(crate) key: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) profile: Option<String>,
    pub(crate) file: String,
    pub(crate) changed: bool,
}

impl Report for EditReport {
    fn human(&self, _: &dyn Fn(Style, &str) -> String) -> String {
        let place = match &self.profile {
            Some(profile) => format!("{} (profile {})", self.file, text::line(profile)),
            None => self.file.clone(),
        };
        match (self.action, self.changed) {
            ("init", _) => format!("wrote {place}"),
            ("unset", true) => format!("removed `{}` from {place}", self.key),
            ("unset", false) => format!("`{}` is not in {place}", self.key),
            (_, true) => format!("set `{}` in {place}", self.key),
            (_, false) => format!("`{}` is that already in {place}", self.key),
        }
    }
}
