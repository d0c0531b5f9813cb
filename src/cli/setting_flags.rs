//! The flags of settings: a command names the settings that it takes, and one table says how the flag of each looks in its help.

use crate::settings::{Flags, Key};
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, ValueHint, value_parser};
use std::path::PathBuf;

/// What was typed of some settings. The texts are judged when settings are resolved, so that all faults of a call can be told
/// at once.
#[derive(Clone, Debug, Default)]
pub(crate) struct SettingFlags<const SET: u64>(pub(crate) Flags);

/// A set of settings, for [`SettingFlags`].
pub(crate) const fn set(keys: &[Key]) -> u64 {
    let (mut set, mut at) = (0, 0);
    while at < keys.len() {
        set |= 1 << keys[at] as u64;
        at += 1;
    }
    set
}

/// The flags hold for the commands below this one too, and are among its usual ones.
pub(crate) const GLOBAL: u64 = 1 << 63;

/// How the gateway is reached.
pub(crate) const CONNECTION: u64 = set(&[Key::BaseUrl, Key::ApiKey, Key::Timeout, Key::ConnectTimeout]);

/// What an SMS and its PIN are like, and how it is sent.
pub(crate) const SENDING: u64 = CONNECTION
    | set(&[
        Key::Sender,
        Key::SmsText,
        Key::HlrLookup,
        Key::ReportUrl,
        Key::PinType,
        Key::PinLength,
        Key::ExpiresIn,
        Key::MaxTries,
        Key::Country,
        Key::Retries,
    ]);

/// How a flag looks in the help.
struct FlagLook {
    key: Key,
    /// What stands for its value.
    value: &'static str,
    /// What it stands under; nothing for the options of the command itself.
    heading: Option<&'static str>,
    /// Whether it is in the short help too.
    is_usual: bool,
}

const fn usual(key: Key, value: &'static str, heading: &'static str) -> FlagLook {
    FlagLook {
        key,
        value,
        heading: Some(heading),
        is_usual: true,
    }
}

const fn rare(key: Key, value: &'static str, heading: &'static str) -> FlagLook {
    FlagLook {
        is_usual: false,
        ..usual(key, value, heading)
    }
}

const SMS: &str = "SMS options";
const PIN: &str = "PIN options";
const CONNECT: &str = "Connection options";
const RUN: &str = "Run options";
const REPEAT: &str = "Options for numbers that were already sent to";

/// The flags, in the order of the help.
const LOOKS: [FlagLook; 20] = [
    FlagLook {
        heading: None,
        ..usual(Key::Country, "CC", "")
    },
    usual(Key::Sender, "NAME", SMS),
    usual(Key::SmsText, "TEXT", SMS),
    rare(Key::HlrLookup, "", SMS),
    rare(Key::ReportUrl, "URL", SMS),
    rare(Key::PinType, "TYPE", PIN),
    rare(Key::PinLength, "N", PIN),
    usual(Key::ExpiresIn, "DURATION", PIN),
    rare(Key::MaxTries, "N", PIN),
    rare(Key::Retries, "N", CONNECT),
    rare(Key::BaseUrl, "URL", CONNECT),
    rare(Key::ApiKey, "FILE", CONNECT),
    rare(Key::Timeout, "DURATION", CONNECT),
    rare(Key::ConnectTimeout, "DURATION", CONNECT),
    rare(Key::MaxSends, "N", RUN),
    usual(Key::MaxCost, "AMOUNT", RUN),
    usual(Key::OncePer, "DURATION", RUN),
    rare(Key::Journal, "FILE|URL", RUN),
    usual(Key::Campaign, "NAME", RUN),
    usual(Key::BatchOncePer, "DURATION", REPEAT),
];

/// The flag of the API key names a file, and never the key.
const KEY_FILE: &str = "api_key_file";
const NO_HLR_LOOKUP: &str = "no_hlr_lookup";

impl FlagLook {
    fn of(set: u64) -> impl Iterator<Item = &'static Self> {
        LOOKS.iter().filter(move |look| set & self::set(&[look.key]) != 0)
    }

    fn arguments(&self) -> Vec<Arg> {
        let long = self.key.flag().unwrap_or_default().trim_start_matches('-');
        let arg = Arg::new(self.key.name())
            .long(long)
            .help(self.key.help())
            .help_heading(self.heading)
            .hide_short_help(!self.is_usual);
        let takes_value = || arg.clone().value_name(self.value).allow_negative_numbers(true);
        match self.key {
            Key::HlrLookup => vec![
                arg.clone()
                    .action(ArgAction::SetTrue)
                    .overrides_with(NO_HLR_LOOKUP)
                    .help(
                        "Ask the operator first whether the number exists (costs an HLR query; the default)",
                    ),
                arg.id(NO_HLR_LOOKUP)
                    .long("no-hlr-lookup")
                    .action(ArgAction::SetTrue)
                    .overrides_with(self.key.name())
                    .hide_short_help(false)
                    .help("Send without asking the operator first"),
            ],
            Key::ApiKey => vec![
                takes_value()
                    .id(KEY_FILE)
                    .value_parser(value_parser!(PathBuf))
                    .value_hint(ValueHint::FilePath)
                    .help("Read the API key from this file, or from standard input with `-`"),
            ],
            Key::Journal => vec![takes_value().value_hint(ValueHint::FilePath)],
            _ => vec![takes_value()],
        }
    }
}

impl<const SET: u64> Args for SettingFlags<SET> {
    fn augment_args(command: Command) -> Command {
        let arguments = FlagLook::of(SET).flat_map(FlagLook::arguments);
        command.args(arguments.map(|arg| match SET & GLOBAL {
            0 => arg,
            _ => arg.global(true).hide_short_help(false).help_heading(None::<&str>),
        }))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<const SET: u64> FromArgMatches for SettingFlags<SET> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut flags = Flags::default();
        for FlagLook { key, .. } in FlagLook::of(SET) {
            match key {
                Key::HlrLookup => {
                    let (yes, no) = (matches.get_flag(key.name()), matches.get_flag(NO_HLR_LOOKUP));
                    flags.values.extend((yes || no).then(|| (*key, yes.to_string())));
                }
                Key::ApiKey => flags.api_key_file = matches.get_one::<PathBuf>(KEY_FILE).cloned(),
                _ => {
                    let text = matches.get_one::<String>(key.name());
                    flags.values.extend(text.map(|text| (*key, text.clone())));
                }
            }
        }
        Ok(Self(flags))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
