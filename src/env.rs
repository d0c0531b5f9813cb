//! Every environment variable that smspin reads: one table of ours, one of other people's, and a snapshot taken once.
//!
//! Nothing else in the crate reads the process's environment, apart from libraries that follow the conventions listed
//! in [`FOREIGN`]. A value is never judged here, and never shown: one of them is the API key.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::Path;

use crate::settings::Key;

/// Names the configuration file.
pub(crate) const CONFIG: &str = "SMSPIN_CONFIG";
/// Set by the completion scripts alone.
pub(crate) const COMPLETE: &str = "SMSPIN_COMPLETE";
/// Holds the API key, and is kept from the programs that we start.
pub(crate) const API_KEY: &str = "SMSPIN_API_KEY";

/// A variable of ours.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Variable {
    /// The name, as a shell writes it without `$`.
    pub(crate) name: &'static str,
    feeds: Feeds,
}

#[derive(Debug, Clone, Copy)]
enum Feeds {
    Setting(Key),
    Program(&'static str),
}

impl Variable {
    /// One line that says what it does.
    pub(crate) const fn doc(&self) -> &'static str {
        match self.feeds {
            Feeds::Setting(key) => key.doc(),
            Feeds::Program(doc) => doc,
        }
    }

    /// The setting that it gives a value to.
    pub(crate) const fn setting(&self) -> Option<Key> {
        match self.feeds {
            Feeds::Setting(key) => Some(key),
            Feeds::Program(_) => None,
        }
    }
}

const fn program(name: &'static str, doc: &'static str) -> Variable {
    Variable {
        name,
        feeds: Feeds::Program(doc),
    }
}

const fn setting(name: &'static str, key: Key) -> Variable {
    Variable {
        name,
        feeds: Feeds::Setting(key),
    }
}

/// Every variable of ours. Empty counts as unset.
pub(crate) const OURS: &[Variable] = &[
    program(
        CONFIG,
        "The configuration file to read, in place of the default one",
    ),
    program(
        COMPLETE,
        "Set by the completion scripts to the name of a shell: complete its command line, and do nothing else",
    ),
    setting("SMSPIN_PROFILE", Key::Profile),
    setting(API_KEY, Key::ApiKey),
    setting("SMSPIN_BASE_URL", Key::BaseUrl),
    setting("SMSPIN_SENDER", Key::Sender),
    setting("SMSPIN_SMS_TEXT", Key::SmsText),
    setting("SMSPIN_HLR_LOOKUP", Key::HlrLookup),
    setting("SMSPIN_REPORT_URL", Key::ReportUrl),
    setting("SMSPIN_PIN_TYPE", Key::PinType),
    setting("SMSPIN_PIN_LENGTH", Key::PinLength),
    setting("SMSPIN_EXPIRES_IN", Key::ExpiresIn),
    setting("SMSPIN_MAX_TRIES", Key::MaxTries),
    setting("SMSPIN_COUNTRY", Key::Country),
    setting("SMSPIN_ALLOW_COUNTRIES", Key::AllowCountries),
    setting("SMSPIN_NUMBER_CHECK", Key::NumberCheck),
    setting("SMSPIN_MAX_SENDS", Key::MaxSends),
    setting("SMSPIN_PRICE_SMS", Key::PriceSms),
    setting("SMSPIN_PRICE_HLR", Key::PriceHlr),
    setting("SMSPIN_TIMEOUT", Key::Timeout),
    setting("SMSPIN_CONNECT_TIMEOUT", Key::ConnectTimeout),
    setting("SMSPIN_RETRIES", Key::Retries),
    setting("SMSPIN_PROXY", Key::Proxy),
    setting("SMSPIN_CA_FILE", Key::CaFile),
];

/// The conventions of others that smspin follows, directly or through a library: name, and what it does to smspin.
pub(crate) const FOREIGN: &[(&str, &str)] = &[
    (
        "NO_COLOR",
        "Set to anything: no colour, unless --color asks for it",
    ),
    (
        "CLICOLOR_FORCE",
        "Set to anything but 0: colour even where the output is no terminal",
    ),
    ("TERM", "dumb: no colour and no progress bar"),
    (
        "COLUMNS",
        "The width of help texts, where the output is no terminal",
    ),
    ("HTTPS_PROXY", "The proxy for https URLs; also in lower case"),
    (
        "HTTP_PROXY",
        "The proxy for http URLs; also in lower case. Loopback is never proxied",
    ),
    (
        "ALL_PROXY",
        "The proxy where neither of the two is set; also in lower case",
    ),
    (
        "NO_PROXY",
        "Hosts that are reached without a proxy, separated by commas; also in lower case",
    ),
    ("SSL_CERT_FILE", "A PEM file of certificate authorities to trust"),
    ("SSL_CERT_DIR", "A directory of certificate authorities to trust"),
    (
        "XDG_CONFIG_HOME",
        "Where smspin/config.toml is looked for (Linux); ~/.config without it",
    ),
    (
        "XDG_STATE_HOME",
        "Where the sandbox keeps its state (Linux); ~/.local/state without it",
    ),
    ("HOME", "The home directory, where the two above are not set"),
];

/// Those of [`FOREIGN`] that name a proxy for https.
const PROXIES: [&str; 2] = ["HTTPS_PROXY", "ALL_PROXY"];

/// A variable whose value is not text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the environment variable {name} holds bytes that are not UTF-8")]
pub(crate) struct NotText {
    /// The variable's name; its value is not repeated.
    pub(crate) name: &'static str,
}

/// The variables that smspin reads, as they were when the program started.
#[derive(Clone, Default)]
pub(crate) struct Environment {
    values: BTreeMap<&'static str, OsString>,
    strangers: Vec<String>,
    proxy: bool,
}

impl Environment {
    /// Reads the process's environment. Call it once, and pass the value down.
    pub(crate) fn of_process() -> Self {
        Self::from_pairs(std::env::vars_os())
    }

    /// Keeps what smspin reads of `pairs`. An empty value counts as unset.
    pub(crate) fn from_pairs(pairs: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let mut environment = Self::default();
        for (name, value) in pairs {
            if value.is_empty() {
                continue;
            }
            environment.proxy |= PROXIES.iter().any(|proxy| name.eq_ignore_ascii_case(proxy));
            if let Some(name) = known(&name) {
                environment.values.insert(name, value);
            } else if let Some(name) = name.to_str().filter(|name| name.starts_with("SMSPIN_")) {
                environment.strangers.push(name.to_owned());
            }
        }
        environment
    }

    /// The text of a variable, `None` if it is unset or empty.
    pub(crate) fn text(&self, name: &'static str) -> Result<Option<&str>, NotText> {
        self.values
            .get(name)
            .map(|value| value.to_str().ok_or(NotText { name }))
            .transpose()
    }

    /// The path in a variable, which need not be text.
    pub(crate) fn path(&self, name: &str) -> Option<&Path> {
        self.values.get(name).map(Path::new)
    }

    /// Whether a stream is coloured by itself: `NO_COLOR` and `CLICOLOR_FORCE` decide, then whether it is a terminal
    /// that can.
    pub(crate) fn wants_color(&self, terminal: bool) -> bool {
        let set = |name: &str| self.values.contains_key(name);
        let forced = self
            .values
            .get("CLICOLOR_FORCE")
            .is_some_and(|value| value != "0");
        let dumb = self.values.get("TERM").is_some_and(|value| value == "dumb");
        !set("NO_COLOR") && (forced || (terminal && !dumb))
    }

    /// Whether a stream can take back what it shows, as a bar that moves must.
    pub(crate) fn redraws(&self, terminal: bool) -> bool {
        terminal && self.values.get("TERM").is_none_or(|value| value != "dumb")
    }

    /// Whether a variable, in upper or lower case, names a proxy for https.
    pub(crate) const fn names_a_proxy(&self) -> bool {
        self.proxy
    }

    /// Names that begin with `SMSPIN_` and are none of ours: most likely mistyped.
    pub(crate) fn strangers(&self) -> &[String] {
        &self.strangers
    }
}

fn known(name: &OsStr) -> Option<&'static str> {
    let ours = OURS.iter().map(|variable| variable.name);
    ours.chain(FOREIGN.iter().map(|&(name, _)| name))
        .find(|known| name == *known)
}

/// Names only: a value may be the API key, or a proxy's password.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.values.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &str)]) -> Environment {
        Environment::from_pairs(pairs.iter().map(|&(name, value)| (name.into(), value.into())))
    }

    #[test]
    fn a_setting_has_one_name_as_key_and_as_variable() {
        for key in Key::ALL {
            let expected = format!("SMSPIN_{}", key.name().to_uppercase());
            let found = OURS.iter().find(|variable| variable.setting() == Some(*key));
            match found {
                Some(variable) => assert_eq!(variable.name, expected),
                None => assert_eq!(
                    *key,
                    Key::ApiKeyCommand,
                    "a program with arguments has no form as one variable"
                ),
            }
        }
    }

    #[test]
    fn names_are_unique_and_documented() {
        let mut seen = std::collections::BTreeSet::new();
        let ours = OURS.iter().map(|variable| (variable.name, variable.doc()));
        for (name, doc) in ours.chain(FOREIGN.iter().copied()) {
            assert!(seen.insert(name), "{name} twice");
            assert!(
                !doc.is_empty() && !doc.ends_with('.') && !doc.contains('\n'),
                "{name}: {doc}"
            );
        }
    }

    #[test]
    fn empty_is_unset_and_other_programs_variables_are_not_kept() {
        let environment = of(&[("SMSPIN_SENDER", ""), ("PATH", "/bin"), ("SMSPIN_CONFIG", "/x")]);
        assert_eq!(environment.text("SMSPIN_SENDER"), Ok(None));
        assert_eq!(environment.text("PATH"), Ok(None));
        assert_eq!(environment.path(CONFIG), Some(Path::new("/x")));
    }

    #[test]
    fn nothing_but_the_tables_names_is_kept_of_this_process() {
        let environment = Environment::of_process();
        assert_eq!(environment.text("PATH"), Ok(None));
        assert_eq!(
            environment.path("HOME").map(Into::into),
            std::env::var_os("HOME").filter(|home| !home.is_empty())
        );
    }

    #[test]
    fn a_dumb_terminal_is_given_lines_and_no_bar() {
        for (pairs, terminal, redraws) in [
            (&[("TERM", "xterm")][..], true, true),
            (&[], true, true),
            (&[("TERM", "dumb")], true, false),
            (&[("TERM", "xterm")], false, false),
        ] {
            assert_eq!(of(pairs).redraws(terminal), redraws, "{pairs:?}");
        }
    }

    #[test]
    fn a_mistyped_name_is_noticed() {
        assert_eq!(
            of(&[("SMSPIN_SENDR", "x"), ("SMSPIN_SENDER", "x")]).strangers(),
            ["SMSPIN_SENDR"]
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_value_that_is_not_text_is_an_error_that_names_the_variable_and_spares_the_value() {
        use std::os::unix::ffi::OsStringExt;
        let value = OsString::from_vec(b"deadbeef\xff".to_vec());
        let environment = Environment::from_pairs([(OsString::from(API_KEY), value)]);
        let message = environment.text(API_KEY).unwrap_err().to_string();
        assert!(
            message.contains(API_KEY) && !message.contains("deadbeef"),
            "{message}"
        );
    }

    #[test]
    fn debug_shows_no_value() {
        let shown = format!("{:?}", of(&[(API_KEY, "deadbeef")]));
        assert_eq!(shown, "{\"SMSPIN_API_KEY\"}");
    }
}
