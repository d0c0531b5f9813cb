//! The one table of settings: name, kind, flag, built-in value, an example and a line of documentation each.
//!
//! Help, the commented configuration file, the environment's table and the documentation are built from it. It reads
//! nothing; what a value means beyond its kind is the domain's to say.

use std::fmt;

use crate::domain::suggest;
use crate::env;
use crate::settings::kind::Kind;

struct Spec {
    name: &'static str,
    kind: Kind,
    flag: Option<&'static str>,
    built_in: Option<&'static str>,
    /// As it would stand in the configuration file.
    example: &'static str,
    doc: &'static str,
}

macro_rules! settings {
    ($($variant:ident { $($field:ident: $value:expr),* $(,)? })*) => {
        /// A setting.
        #[expect(clippy::enum_variant_names, reason = "named as the settings are")]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) enum Key { $($variant),* }

        impl Key {
            /// Every setting, in the order in which they are shown.
            pub(crate) const ALL: &[Self] = &[$(Self::$variant),*];

            const fn spec(self) -> &'static Spec {
                match self { $(Self::$variant => &Spec { $($field: $value),* }),* }
            }
        }
    };
}

settings! {
    Profile {
        name: "profile", kind: Kind::Text, flag: Some("--profile"), built_in: None, example: "\"prod\"",
        doc: "The profile that is used when --profile names none",
    }
    ApiKey {
        name: "api_key", kind: Kind::Secret, flag: Some("--api-key-file"), built_in: None,
        example: "\"0123456789abcdef0123456789abcdef\"",
        doc: "The account's API key",
    }
    ApiKeyCommand {
        name: "api_key_command", kind: Kind::Argv, flag: None, built_in: None,
        example: "[\"pass\", \"show\", \"sms\"]",
        doc: "A program with its arguments that prints the API key on its first line, in place of api_key",
    }
    BaseUrl {
        name: "base_url", kind: Kind::Text, flag: Some("--base-url"),
        built_in: Some("https://api.gateway360.com/api/3.0"), example: "\"https://api.gateway360.com/api/3.0\"",
        doc: "Where the gateway is: https, or http on loopback",
    }
    Sender {
        name: "sender", kind: Kind::Text, flag: Some("--sender"), built_in: None, example: "\"GOOD PIZZA\"",
        doc: "Who the SMS is from: at most 15 digits, or at most 11 letters, digits and spaces",
    }
    SmsText {
        name: "sms_text", kind: Kind::Text, flag: Some("--sms-text"), built_in: None,
        example: "\"Your PIN is {PIN}\"",
        doc: "The text of the SMS, with {PIN} exactly once",
    }
    HlrLookup {
        name: "hlr_lookup", kind: Kind::Flag, flag: Some("--hlr-lookup"), built_in: None, example: "true",
        doc: "Whether the gateway queries the HLR first, which costs a query; left to the gateway (yes) if not set",
    }
    ReportUrl {
        name: "report_url", kind: Kind::Text, flag: Some("--report-url"), built_in: None,
        example: "\"https://example.com/dlr\"",
        doc: "The URL that the gateway posts delivery reports to",
    }
    PinType {
        name: "pin_type", kind: Kind::Text, flag: Some("--pin-type"), built_in: None, example: "\"numeric\"",
        doc: "What the PIN is made of: numeric, alpha or alphanumeric; left to the gateway (numeric) if not set",
    }
    PinLength {
        name: "pin_length", kind: Kind::Integer, flag: Some("--pin-length"), built_in: None, example: "6",
        doc: "How many characters the PIN has, 4 to 16; left to the gateway (6) if not set",
    }
    ExpiresIn {
        name: "expires_in", kind: Kind::Duration, flag: Some("--expires-in"), built_in: None, example: "\"10m\"",
        doc: "How long the PIN is valid, 0 for ever; left to the gateway (one hour) if not set",
    }
    MaxTries {
        name: "max_tries", kind: Kind::Integer, flag: Some("--max-tries"), built_in: None, example: "3",
        doc: "How many wrong tries end the PIN, 0 for no limit; left to the gateway (3) if not set",
    }
    Country {
        name: "country", kind: Kind::Text, flag: Some("--country"), built_in: None, example: "\"ES\"",
        doc: "The country (two letters) whose national numbers are understood without a country code",
    }
    AllowCountries {
        name: "allow_countries", kind: Kind::List, flag: None, built_in: None, example: "[\"ES\", \"PT\"]",
        doc: "The only countries (two letters each) whose numbers may get an SMS; any country if not set",
    }
    NumberCheck {
        name: "number_check", kind: Kind::Text, flag: None, built_in: Some("possible"), example: "\"possible\"",
        doc: "How strictly numbers are checked against the numbering plans: strict, possible or off",
    }
    MaxSends {
        name: "max_sends", kind: Kind::Integer, flag: Some("--max-sends"), built_in: None, example: "10000",
        doc: "The most rows that one batch may send; no limit if not set",
    }
    PriceSms {
        name: "price_sms", kind: Kind::Decimal, flag: None, built_in: None, example: "0.045",
        doc: "What one segment of an SMS costs, in the account's currency, for estimates",
    }
    PriceHlr {
        name: "price_hlr", kind: Kind::Decimal, flag: None, built_in: None, example: "0.004",
        doc: "What one HLR query costs, in the account's currency, for estimates",
    }
    Timeout {
        name: "timeout", kind: Kind::Duration, flag: Some("--timeout"), built_in: Some("60s"), example: "\"60s\"",
        doc: "How long one call to the gateway may take in all",
    }
    ConnectTimeout {
        name: "connect_timeout", kind: Kind::Duration, flag: Some("--connect-timeout"), built_in: Some("10s"),
        example: "\"10s\"",
        doc: "How long connecting may take, less than timeout",
    }
    Retries {
        name: "retries", kind: Kind::Integer, flag: Some("--retries"), built_in: Some("3"), example: "3",
        doc: "How often a request that certainly never left is tried again",
    }
    Proxy {
        name: "proxy", kind: Kind::Text, flag: None, built_in: None, example: "\"http://proxy.example.com:3128\"",
        doc: "The proxy to reach the gateway through, in place of HTTPS_PROXY; never used for loopback",
    }
    CaFile {
        name: "ca_file", kind: Kind::Text, flag: None, built_in: None, example: "\"/etc/ssl/company-ca.pem\"",
        doc: "A PEM file of certificate authorities to trust as well",
    }
}

impl Key {
    /// As it stands in the configuration file, in `config set` and in a batch's header.
    pub(crate) const fn name(self) -> &'static str {
        self.spec().name
    }

    pub(crate) const fn kind(self) -> Kind {
        self.spec().kind
    }

    /// The flag that outranks every other place, with its hyphens.
    pub(crate) const fn flag(self) -> Option<&'static str> {
        self.spec().flag
    }

    /// What smspin uses when nobody says anything. `None` where the gateway's own default is left alone.
    pub(crate) const fn built_in(self) -> Option<&'static str> {
        self.spec().built_in
    }

    /// A value as it would stand in the configuration file.
    pub(crate) const fn example(self) -> &'static str {
        self.spec().example
    }

    /// One line without a full stop.
    pub(crate) const fn doc(self) -> &'static str {
        self.spec().doc
    }

    /// The line of a flag's help, with what holds where it isn't given.
    pub(crate) fn help(self) -> String {
        match self.built_in() {
            Some(built_in) => format!("{} [default: {built_in}]", self.doc()),
            None => self.doc().to_owned(),
        }
    }

    /// Whether its value must never be shown.
    pub(crate) const fn is_secret(self) -> bool {
        matches!(self.spec().kind, Kind::Secret)
    }

    /// The environment variable that feeds it.
    pub(crate) fn variable(self) -> Option<&'static str> {
        env::OURS
            .iter()
            .find(|variable| variable.setting() == Some(self))
            .map(|variable| variable.name)
    }

    /// Whether a profile may hold it.
    pub(crate) fn fits_in_profile(self) -> bool {
        self != Self::Profile
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|key| key.name() == name)
    }

    /// The setting that a mistyped name most likely meant; hyphens count as underscores.
    pub(crate) fn nearest(name: &str) -> Option<&'static str> {
        suggest::nearest(&name.replace('-', "_"), Self::ALL.iter().map(|key| key.name()))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_holds_together() {
        let mut names = std::collections::BTreeSet::new();
        for key in Key::ALL.iter().copied() {
            assert!(names.insert(key.name()), "{key} twice");
            assert_eq!(Key::from_name(key.name()), Some(key));
            assert!(
                !key.doc().is_empty() && !key.doc().ends_with('.'),
                "{key}: {}",
                key.doc()
            );
            if let Some(text) = key.built_in() {
                key.kind().read_text(text).unwrap();
            }
            let example: toml_edit::Value = key.example().parse().unwrap();
            key.kind().read_toml(&example, key.example()).unwrap();
        }
    }

    #[test]
    fn flag_and_variable_are_the_key_in_other_letters() {
        for key in Key::ALL.iter().copied().filter(|key| *key != Key::ApiKey) {
            if let Some(variable) = key.variable() {
                assert_eq!(variable.trim_start_matches("SMSPIN_").to_lowercase(), key.name());
            }
            if let Some(flag) = key.flag() {
                assert_eq!(flag, format!("--{}", key.name().replace('_', "-")));
            }
        }
    }

    #[test]
    fn a_mistyped_name_finds_the_right_one() {
        for (typed, meant) in [
            ("sendr", Some("sender")),
            ("sms-text", Some("sms_text")),
            ("apikey", Some("api_key")),
            ("api_key_comand", Some("api_key_command")),
            ("Timeout", Some("timeout")),
            ("zzz", None),
        ] {
            assert_eq!(Key::nearest(typed), meant, "{typed}");
        }
    }
}
