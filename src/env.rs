//! The environment: a snapshot of it, taken once, and what the variables mean that are not settings.
//!
//! Nothing else in the crate reads the process's environment, apart from libraries that follow the conventions listed
//! in [`FOREIGN`]. A value is never checked here, and never shown: one of them is the API key.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::Path;

/// Names the configuration file.
pub(crate) const CONFIG: &str = "SMSPIN_CONFIG";
/// Names a file with the API key, as the secrets of containers and services are files.
pub(crate) const API_KEY_FILE: &str = "SMSPIN_API_KEY_FILE";
/// A PEM file of certificate authorities.
pub(crate) const CERTIFICATE_FILE: &str = "SSL_CERT_FILE";
/// Directories of certificate authorities.
pub(crate) const CERTIFICATE_DIRECTORY: &str = "SSL_CERT_DIR";
/// Set by the completion scripts alone.
pub(crate) const COMPLETE: &str = "SMSPIN_COMPLETE";

/// What the names of our own variables begin with. Most of them give a value to a setting, and are named after it.
const PREFIX: &str = "SMSPIN_";

/// The variables of ours that are not settings: name, and what it does.
pub(crate) const PROGRAM: &[(&str, &str)] = &[
    (
        CONFIG,
        "The configuration file to read, in place of the default one",
    ),
    (
        API_KEY_FILE,
        "A file with the API key on its first line, such as a secret of Docker or a credential of systemd",
    ),
    (
        COMPLETE,
        "Set by the completion scripts to the name of a shell: complete its command line, and do nothing else",
    ),
];

/// The conventions of others that smspin follows, directly or through a library: name, and what it does to smspin.
pub(crate) const FOREIGN: &[(&str, &str)] = &[
    (
        "NO_COLOR",
        "Set to anything: no colour, unless --color asks for it",
    ),
    (
        "CLICOLOR",
        "0: no colour, unless --color or CLICOLOR_FORCE asks for it",
    ),
    (
        "CLICOLOR_FORCE",
        "Set to anything but 0: colour even where the output is not a terminal",
    ),
    (
        "TERM",
        "dumb: no colour and no progress bar; unset: lines in place of a bar",
    ),
    (
        "GITHUB_STEP_SUMMARY",
        "A file of a CI job that batch and doctor add a short report to",
    ),
    (
        "COLUMNS",
        "The width of help texts, where the output is not a terminal",
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
    (
        CERTIFICATE_FILE,
        "A PEM file of certificate authorities to trust in place of the system's (Linux)",
    ),
    (
        CERTIFICATE_DIRECTORY,
        "A directory of certificate authorities to trust in place of the system's (Linux)",
    ),
    ("PGPASSWORD", "The password of the database that a journal is in"),
    ("PGUSER", "The role for a database whose URL names none"),
    (
        "PGHOST",
        "The host of a database whose URL names none, or the directory of its socket",
    ),
    ("PGPORT", "The port of a database whose URL names none"),
    ("PGDATABASE", "The name of a database whose URL has none"),
    (
        "PGSSLMODE",
        "How a database's certificate is checked, where its URL doesn't say",
    ),
    (
        "PGSSLROOTCERT",
        "The PEM file of the authorities that may sign a database's certificate, where its URL names none",
    ),
    (
        "PGSSLCERT",
        "The PEM file of this end's certificate for a database, where its URL names none",
    ),
    ("PGSSLKEY", "The PEM file of its key"),
    (
        "PGPASSFILE",
        "The file with the passwords of databases, mode 0600; ~/.pgpass without it",
    ),
    (
        "XDG_CONFIG_HOME",
        "Where smspin/config.toml is looked for (Linux); ~/.config without it",
    ),
    (
        "XDG_STATE_HOME",
        "Where the journals and the state of the sandbox are (Linux); ~/.local/state without it",
    ),
    ("HOME", "The home directory, where the two above are not set"),
];

/// The variables that name a proxy for https URLs: the first that is set counts.
const PROXIES_FOR_HTTPS: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
/// The same for http URLs.
const PROXIES_FOR_HTTP: [&str; 4] = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];
/// The variables that name hosts to reach without a proxy: the first that is set counts.
const WITHOUT_PROXY: [&str; 2] = ["NO_PROXY", "no_proxy"];

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
    values: BTreeMap<String, OsString>,
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
            if let Some(name) = name.to_str().filter(|name| is_kept(name)) {
                environment.values.insert(name.to_owned(), value);
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

    /// Whether a stream is coloured by itself: `NO_COLOR`, `CLICOLOR_FORCE` and `CLICOLOR` decide, then whether it is a
    /// terminal that can.
    pub(crate) fn wants_color(&self, terminal: bool) -> bool {
        let value = |name: &str| self.values.get(name);
        let is = |name: &str, text: &str| value(name).is_some_and(|value| value == text);
        let forced = value("CLICOLOR_FORCE").is_some_and(|value| value != "0");
        let plain = is("TERM", "dumb") || is("CLICOLOR", "0");
        value("NO_COLOR").is_none() && (forced || (terminal && !plain))
    }

    /// The width that `COLUMNS` gives to lines. 0 and 1, which some shells leave there, are not a width.
    pub(crate) fn columns(&self) -> Option<usize> {
        let columns = self.path("COLUMNS")?.to_str()?.parse().ok();
        columns.filter(|columns| *columns > 1)
    }

    /// Whether a stream can take back what it shows, as a bar that moves must. Without `TERM` it is not known how, and the
    /// library that draws the bar draws none.
    pub(crate) fn redraws(&self, terminal: bool) -> bool {
        let known = self.values.get("TERM").is_some_and(|value| value != "dumb");
        terminal && known
    }

    /// The variable that names the proxy for https URLs (or for http), and its text, which may hold a password.
    pub(crate) fn proxy(&self, is_https: bool) -> Result<Option<(&'static str, &str)>, NotText> {
        self.first_of(if is_https {
            &PROXIES_FOR_HTTPS
        } else {
            &PROXIES_FOR_HTTP
        })
    }

    /// The hosts that are reached without the environment's proxy, separated by commas.
    pub(crate) fn without_proxy(&self) -> Result<Option<&str>, NotText> {
        Ok(self.first_of(&WITHOUT_PROXY)?.map(|(_, hosts)| hosts))
    }

    fn first_of(&self, names: &[&'static str]) -> Result<Option<(&'static str, &str)>, NotText> {
        let set = names.iter().find(|&&name| self.values.contains_key(name));
        set.map_or(Ok(None), |&name| Ok(self.text(name)?.map(|value| (name, value))))
    }

    /// Names that begin with `SMSPIN_` and mean nothing: most likely mistyped. `is_setting` says which of them name a setting.
    pub(crate) fn unknown(&self, is_setting: impl Fn(&str) -> bool) -> impl Iterator<Item = &str> {
        let means_something =
            move |name: &str| is_setting(name) || PROGRAM.iter().any(|&(known, _)| known == name);
        let ours = self.values.keys().map(String::as_str);
        ours.filter(move |name| name.starts_with(PREFIX) && !means_something(name))
    }
}

fn is_kept(name: &str) -> bool {
    let proxies = [&PROXIES_FOR_HTTPS[..], &PROXIES_FOR_HTTP, &WITHOUT_PROXY].concat();
    name.starts_with(PREFIX) || FOREIGN.iter().any(|&(known, _)| known == name) || proxies.contains(&name)
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
    fn names_are_unique_and_documented() {
        let mut seen = std::collections::BTreeSet::new();
        for (name, doc) in PROGRAM.iter().chain(FOREIGN).copied() {
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
            (&[], true, false),
            (&[("TERM", "dumb")], true, false),
            (&[("TERM", "xterm")], false, false),
        ] {
            assert_eq!(of(pairs).redraws(terminal), redraws, "{pairs:?}");
        }
    }

    #[test]
    fn colour_is_wanted_at_a_terminal_unless_a_variable_says_otherwise() {
        for (pairs, terminal, colored) in [
            (&[][..], true, true),
            (&[], false, false),
            (&[("CLICOLOR", "0")], true, false),
            (&[("CLICOLOR", "1")], true, true),
            (&[("CLICOLOR", "0"), ("CLICOLOR_FORCE", "1")], false, true),
            (&[("CLICOLOR_FORCE", "0")], false, false),
            (&[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], true, false),
            (&[("TERM", "dumb")], true, false),
        ] {
            assert_eq!(of(pairs).wants_color(terminal), colored, "{pairs:?}");
        }
    }

    #[test]
    fn no_width_is_read_from_columns_of_0_and_1() {
        for (text, columns) in [("0", None), ("1", None), ("40", Some(40)), ("wide", None)] {
            assert_eq!(of(&[("COLUMNS", text)]).columns(), columns, "{text}");
        }
    }

    #[test]
    fn the_first_variable_that_names_a_proxy_counts_in_either_case() {
        for (pairs, https, http) in [
            (&[][..], None, None),
            (&[("https_proxy", "a")], Some(("https_proxy", "a")), None),
            (
                &[("HTTPS_PROXY", ""), ("https_proxy", "a")],
                Some(("https_proxy", "a")),
                None,
            ),
            (
                &[("HTTPS_PROXY", "b"), ("https_proxy", "a")],
                Some(("HTTPS_PROXY", "b")),
                None,
            ),
            (
                &[("http_proxy", "c"), ("all_proxy", "d")],
                Some(("all_proxy", "d")),
                Some(("http_proxy", "c")),
            ),
        ] {
            let environment = of(pairs);
            assert_eq!(environment.proxy(true), Ok(https), "{pairs:?}");
            assert_eq!(environment.proxy(false), Ok(http), "{pairs:?}");
        }
        assert_eq!(of(&[("no_proxy", "x,y")]).without_proxy(), Ok(Some("x,y")));
    }

    #[test]
    fn a_mistyped_name_is_noticed() {
        let environment = of(&[
            ("SMSPIN_SENDR", "x"),
            ("SMSPIN_SENDER", "x"),
            ("SMSPIN_CONFIG", "x"),
            ("SENDR", "x"),
        ]);
        let unknown: Vec<_> = environment.unknown(|name| name == "SMSPIN_SENDER").collect();
        assert_eq!(unknown, ["SMSPIN_SENDR"]);
    }

    #[test]
    fn a_value_that_is_not_text_is_an_error_that_names_the_variable_and_spares_the_value() {
        use std::os::unix::ffi::OsStringExt;
        let value = OsString::from_vec(b"deadbeef\xff".to_vec());
        let environment = Environment::from_pairs([(OsString::from("SMSPIN_API_KEY"), value)]);
        let message = environment.text("SMSPIN_API_KEY").unwrap_err().to_string();
        assert!(
            message.contains("SMSPIN_API_KEY") && !message.contains("deadbeef"),
            "{message}"
        );
    }

    #[test]
    fn debug_shows_no_value() {
        let shown = format!("{:?}", of(&[("SMSPIN_API_KEY", "deadbeef")]));
        assert_eq!(shown, "{\"SMSPIN_API_KEY\"}");
    }
}
