//! The one table of settings. An entry says what a setting is called, how its value is parsed, what its value looks like, and
//! what it is for.
//!
//! From the name of its constant, `SMS_TEXT`, follow its name in the configuration file and in a batch's columns
//! (`sms_text`), its flag (`--sms-text`) and its variable (`SMSPIN_SMS_TEXT`). Help, the commented configuration file, the
//! manual's tables, `config set` and the reading of values are built from the table.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use crate::domain::api_key::ApiKey;
use crate::domain::base_url::{self, BaseUrl};
use crate::domain::call_path::CallPath;
use crate::domain::campaign_name::CampaignName;
use crate::domain::duration;
use crate::domain::host_name::HostName;
use crate::domain::money::Money;
use crate::domain::numbering::Region;
use crate::domain::pin_params::{ExpiresIn, MaxTries, PinLength, PinType};
use crate::domain::report_url::ReportUrl;
use crate::domain::sender::Sender;
use crate::domain::sms_text::{CheckedSmsText, SmsText};
use crate::settings::kind::{BoxError, Raw, SettingKind};
use crate::settings::number_check::NumberCheck;
use crate::settings::values::{self, JournalSetting};

/// A setting together with the one parser of its values.
#[derive(Debug)]
pub(crate) struct Setting<T> {
    pub(crate) key: Key,
    pub(crate) parse: fn(&str) -> Result<T, BoxError>,
}

// Written out: a derived copy would ask the same of the value's type, which a function pointer doesn't need.
impl<T> Clone for Setting<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Setting<T> {}

/// The flag of a setting.
#[derive(Debug, Clone, Copy)]
enum Flag {
    None,
    /// Called as the setting, with hyphens.
    Own,
    Named(&'static str),
}

struct Spec {
    name: &'static str,
    own_flag: &'static str,
    own_variable: &'static str,
    check: fn(&Raw) -> Result<(), BoxError>,
    kind: SettingKind,
    flag: Flag,
    has_variable: bool,
    built_in: Option<&'static str>,
    /// As it would stand in the configuration file; empty where the built-in value is the example.
    example: &'static str,
    doc: &'static str,
}

macro_rules! settings {
    ($($variant:ident ($constant:ident: $type:ty, $parse:expr) { $($field:ident: $value:expr),* $(,)? })*) => {
        /// A setting.
        #[expect(clippy::enum_variant_names, reason = "named as the settings are")]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) enum Key { $($variant),* }

        $(
            pub(crate) const $constant: Setting<$type> = Setting {
                key: Key::$variant,
                parse: |text| ($parse)(text).map_err(Into::into),
            };
        )*

        impl Key {
            /// Every setting, in the order in which they are shown.
            pub(crate) const ALL: &[Self] = &[$(Self::$variant),*];

            const fn spec(self) -> &'static Spec {
                match self {
                    $(Self::$variant => {
                        const NAME: &str = stringify!($constant);
                        const SPEC: Spec = Spec {
                            $($field: $value,)*
                            ..Spec::with_names(
                                utf8(const { &respelled::<{ NAME.len() }>("", NAME, b'_') }),
                                utf8(const { &respelled::<{ NAME.len() + 2 }>("--", NAME, b'-') }),
                                concat!("SMSPIN_", stringify!($constant)),
                                |raw| check(raw, $constant.parse),
                            )
                        };
                        &SPEC
                    })*
                }
            }
        }
    };
}

settings! {
    Profile (PROFILE: String, str::parse) {
        kind: SettingKind::Text, flag: Flag::Own, example: "\"prod\"",
        doc: "The profile that is used when --profile names none",
    }
    ApiKey (API_KEY: ApiKey, ApiKey::parse) {
        kind: SettingKind::Secret, flag: Flag::Named("--api-key-file"),
        example: "\"0123456789abcdef0123456789abcdef\"",
        doc: "The account's API key",
    }
    // Its output is the key, and is parsed as that.
    ApiKeyCommand (API_KEY_COMMAND: String, str::parse) {
        kind: SettingKind::Argv, has_variable: false, example: "[\"pass\", \"show\", \"sms\"]",
        doc: "A program with its arguments that prints the API key on its first line, in place of api_key",
    }
    BaseUrl (BASE_URL: BaseUrl, BaseUrl::parse) {
        kind: SettingKind::Url, flag: Flag::Own, built_in: Some(base_url::DEFAULT),
        doc: "The root of the gateway's URLs, with or without /3.0 at its end: https, or http on loopback and to sandbox_host",
    }
    RequestPath (REQUEST_PATH: CallPath, str::parse) {
        kind: SettingKind::Text, built_in: Some("auto"),
        doc: "Where below base_url a PIN is requested; auto: 3.0/2fa/request, and 2fa/request where there is no such path",
    }
    VerifyPath (VERIFY_PATH: CallPath, str::parse) {
        kind: SettingKind::Text, built_in: Some("auto"),
        doc: "Where below base_url a PIN is verified; auto: 3.0/2fa/verify, and 2fa/verify where there is no such path",
    }
    LookupPath (LOOKUP_PATH: CallPath, str::parse) {
        kind: SettingKind::Text, built_in: Some("auto"),
        doc: "Where below base_url the HLR is queried; auto: 3.0/hlr/request, and hlr/request where there is no such path",
    }
    BalancePath (BALANCE_PATH: CallPath, str::parse) {
        kind: SettingKind::Text, built_in: Some("auto"),
        doc: "Where below base_url the balance is; auto: 3.0/account/get-balance, and account/get-balance where there is no such path",
    }
    SandboxHost (SANDBOX_HOST: HostName, str::parse) {
        kind: SettingKind::Text, example: "\"sandbox\"",
        doc: "The one host besides loopback that base_url may name with plain http: a sandbox, never a gateway with a live key",
    }
    Sender (SENDER: Sender, Sender::parse) {
        kind: SettingKind::Text, flag: Flag::Own, example: "\"GOOD PIZZA\"",
        doc: "Who the SMS is from: at most 15 digits, or at most 11 letters, digits and spaces",
    }
    // The longest text passes with the shortest PIN: where a PIN's length is known, the text is parsed again with it.
    SmsText (SMS_TEXT: CheckedSmsText, |text| SmsText::parse(text, PinLength::MIN)) {
        kind: SettingKind::Text, flag: Flag::Own, example: "\"Your PIN is {PIN}\"",
        doc: "The text of the SMS, with {PIN} exactly once",
    }
    HlrLookup (HLR_LOOKUP: bool, str::parse) {
        kind: SettingKind::Flag, flag: Flag::Own, example: "true",
        doc: "Whether the gateway queries the HLR first, which costs a query; yes if not set",
    }
    ReportUrl (REPORT_URL: ReportUrl, ReportUrl::parse) {
        kind: SettingKind::Url, flag: Flag::Own, example: "\"https://example.com/dlr\"",
        doc: "The URL that the gateway posts delivery reports to",
    }
    PinType (PIN_TYPE: PinType, str::parse) {
        kind: SettingKind::Text, flag: Flag::Own, example: "\"numeric\"",
        doc: "What the PIN is made of: numeric, alpha or alphanumeric; left to the gateway (numeric) if not set",
    }
    PinLength (PIN_LENGTH: PinLength, str::parse) {
        kind: SettingKind::Integer, flag: Flag::Own, example: "6",
        doc: "How many characters the PIN has, 4 to 16; left to the gateway (6) if not set",
    }
    ExpiresIn (EXPIRES_IN: ExpiresIn, str::parse) {
        kind: SettingKind::Duration, flag: Flag::Own, example: "\"10m\"",
        doc: "How long the PIN is valid, 0 for ever; left to the gateway (one hour) if not set",
    }
    MaxTries (MAX_TRIES: MaxTries, str::parse) {
        kind: SettingKind::Integer, flag: Flag::Own, example: "3",
        doc: "How many wrong tries end the PIN, 0 for no limit; left to the gateway (3) if not set",
    }
    Country (COUNTRY: Region, str::parse) {
        kind: SettingKind::Text, flag: Flag::Own, example: "\"ES\"",
        doc: "The country (two letters) whose national numbers are understood without a country code",
    }
    AllowCountries (ALLOW_COUNTRIES: Vec<Region>, values::regions) {
        kind: SettingKind::List, example: "[\"ES\", \"PT\"]",
        doc: "The only countries (two letters each) whose numbers may get an SMS; any country if not set",
    }
    NumberCheck (NUMBER_CHECK: NumberCheck, str::parse) {
        kind: SettingKind::Text, built_in: Some("possible"),
        doc: "How strictly numbers are checked against the numbering plans: strict, possible or off",
    }
    OncePer (ONCE_PER: Duration, duration::parse) {
        kind: SettingKind::Duration, flag: Flag::Own, example: "\"10m\"",
        doc: "The time in which `smspin request` sends a number one PIN at most; no limit if not set",
    }
    BatchOncePer (BATCH_ONCE_PER: Duration, values::batch_once_per) {
        kind: SettingKind::Duration, flag: Flag::Named("--once-per"), example: "\"25d\"",
        doc: "How old the last SMS of a number must be for a batch to send another, at least 1h; never another if not set",
    }
    Exclude (EXCLUDE: Vec<PathBuf>, values::files) {
        kind: SettingKind::List, example: "[\"unsubscribed.csv\"]",
        doc: "Files of numbers that no batch sends to, one a line or in a column of a table",
    }
    MaxSends (MAX_SENDS: u64, str::parse) {
        kind: SettingKind::Integer, flag: Flag::Own, example: "10000",
        doc: "Refuse a batch run that would send more SMS than this; no limit if not set",
    }
    MaxCost (MAX_COST: Money, str::parse) {
        kind: SettingKind::Decimal, flag: Flag::Own, example: "50.00",
        doc: "Refuse a batch run whose estimate, with what the list has cost since it was last finished, is higher; no limit if not set",
    }
    PriceSms (PRICE_SMS: Money, str::parse) {
        kind: SettingKind::Decimal, example: "0.045",
        doc: "What one segment of an SMS costs, in the account's currency, for estimates",
    }
    PriceHlr (PRICE_HLR: Money, str::parse) {
        kind: SettingKind::Decimal, example: "0.004",
        doc: "What one HLR query costs, in the account's currency, for estimates",
    }
    Timeout (TIMEOUT: Duration, values::time_limit) {
        kind: SettingKind::Duration, flag: Flag::Own, built_in: Some("60s"),
        doc: "How long one call to the gateway may take in all",
    }
    ConnectTimeout (CONNECT_TIMEOUT: Duration, values::time_limit) {
        kind: SettingKind::Duration, flag: Flag::Own, built_in: Some("10s"),
        doc: "How long connecting may take, less than timeout",
    }
    Retries (RETRIES: u32, values::within::<0, 10>) {
        kind: SettingKind::Integer, flag: Flag::Own, built_in: Some("3"),
        doc: "How often a request that certainly never left is tried again",
    }
    Proxy (PROXY: Url, values::proxy) {
        kind: SettingKind::Url, example: "\"http://proxy.example.com:3128\"",
        doc: "The proxy to reach the gateway through, in place of HTTPS_PROXY; never used for loopback",
    }
    Journal (JOURNAL: JournalSetting, values::journal) {
        kind: SettingKind::Url, flag: Flag::Own, example: "\"postgres://me@db.example.com/sms\"",
        doc: "Where the journal is: a file, or postgres://USER@HOST/DATABASE; in the state directory, one for each gateway, if not set",
    }
    Campaign (CAMPAIGN: CampaignName, str::parse) {
        kind: SettingKind::Text, flag: Flag::Own, example: "\"spring\"",
        doc: "A name for the reason of the SMS: in each campaign a number gets one; `default` if not set",
    }
    CaFile (CA_FILE: PathBuf, str::parse) {
        kind: SettingKind::Text, example: "\"/etc/ssl/company-ca.pem\"",
        doc: "A PEM file of certificate authorities to trust as well",
    }
}

impl Key {
    /// As it stands in the configuration file, in `config set` and in a batch's header.
    pub(crate) const fn name(self) -> &'static str {
        self.spec().name
    }

    pub(crate) const fn kind(self) -> SettingKind {
        self.spec().kind
    }

    /// The flag that outranks every other place, with its hyphens.
    pub(crate) const fn flag(self) -> Option<&'static str> {
        match self.spec().flag {
            Flag::None => None,
            Flag::Own => Some(self.spec().own_flag),
            Flag::Named(flag) => Some(flag),
        }
    }

    /// What smspin uses when it is not set. `None` where the gateway's own default is left alone.
    pub(crate) const fn built_in(self) -> Option<&'static str> {
        self.spec().built_in
    }

    /// A value as it would stand in the configuration file.
    pub(crate) fn example(self) -> String {
        match (self.spec().example, self.built_in()) {
            ("", Some(built_in)) => {
                let raw = self.kind().read_text(built_in);
                raw.map_or_else(|_| String::new(), |raw| self.kind().write_toml(&raw).to_string())
            }
            (example, _) => example.to_owned(),
        }
    }

    /// Whether a command would take this value, which has the right shape.
    pub(crate) fn check(self, raw: &Raw) -> Result<(), BoxError> {
        (self.spec().check)(raw)
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
        matches!(self.spec().kind, SettingKind::Secret)
    }

    /// The environment variable that feeds it.
    pub(crate) const fn variable(self) -> Option<&'static str> {
        let spec = self.spec();
        if spec.has_variable {
            Some(spec.own_variable)
        } else {
            None
        }
    }

    /// Every variable that feeds a setting, with that setting.
    pub(crate) fn variables() -> impl Iterator<Item = (&'static str, Self)> {
        Self::ALL.iter().filter_map(|key| Some((key.variable()?, *key)))
    }

    /// Whether a profile may hold it.
    pub(crate) fn fits_in_profile(self) -> bool {
        self != Self::Profile
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|key| key.name() == name)
    }
}

impl Spec {
    const fn with_names(
        name: &'static str,
        own_flag: &'static str,
        own_variable: &'static str,
        check: fn(&Raw) -> Result<(), BoxError>,
    ) -> Self {
        Self {
            name,
            own_flag,
            own_variable,
            check,
            kind: SettingKind::Text,
            flag: Flag::None,
            has_variable: true,
            built_in: None,
            example: "",
            doc: "",
        }
    }
}

/// The key's own parser sees a secret; a program and a file are not parsed, but what they give is.
fn check<T>(raw: &Raw, parse: fn(&str) -> Result<T, BoxError>) -> Result<(), BoxError> {
    match raw {
        Raw::Secret(secret) => parse(secret.expose()).map(drop),
        Raw::Argv(_) | Raw::KeyFile(_) => Ok(()),
        _ => parse(&raw.text()).map(drop),
    }
}

/// The name of a constant in lower case, after a prefix, and with another separator than `_`.
const fn respelled<const N: usize>(prefix: &str, constant: &str, separator: u8) -> [u8; N] {
    let (prefix, constant) = (prefix.as_bytes(), constant.as_bytes());
    let mut spelled = [0; N];
    let mut at = 0;
    while at < N {
        spelled[at] = if at < prefix.len() {
            prefix[at]
        } else {
            match constant[at - prefix.len()] {
                b'_' => separator,
                letter => letter.to_ascii_lowercase(),
            }
        };
        at += 1;
    }
    spelled
}

const fn utf8(bytes: &'static [u8]) -> &'static str {
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(_) => panic!("the name of a constant is ASCII"),
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
#[path = "keys_tests.rs"]
mod tests;
