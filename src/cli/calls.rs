//! `smspin verify`, `smspin lookup` and `smspin balance`.

use super::setting_flags::{CONNECTION, SettingFlags, set};
use crate::settings::Key;
use clap::Args;

/// Check a PIN that a user typed back
///
/// The exit status is 0 if the PIN is right, and 1 if it is wrong or was used before: a PIN is accepted once. Each wrong
/// PIN uses up one of the tries.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  smspin verify '+34 600 000 000' 123456
  echo 123456 | smspin verify 34600000000 -
  smspin verify 34600000000            (asks for the PIN, without showing it)")]
pub(crate) struct VerifyArgs {
    /// The number that the PIN was sent to
    #[arg(allow_negative_numbers = true)]
    pub(crate) msisdn: String,

    /// The PIN; `-` reads it from standard input; without it, smspin asks for it at the terminal
    #[arg(allow_negative_numbers = true)]
    pub(crate) pin: Option<String>,

    /// Accept a PIN that was verified before: only to repeat a check whose answer was lost (exit 5)
    #[arg(long, help_heading = "Run options")]
    pub(crate) accept_used: bool,

    #[command(flatten)]
    pub(crate) flags: SettingFlags<{ CONNECTION | set(&[Key::Country]) }>,
}

/// Ask the operator whether a number exists, and which network it belongs to (costs an HLR query)
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  smspin lookup '+34 600 000 000'
  smspin --sandbox lookup 12025550100 --json")]
pub(crate) struct LookupArgs {
    /// The phone number, as people write it
    #[arg(allow_negative_numbers = true)]
    pub(crate) msisdn: String,

    #[command(flatten)]
    pub(crate) flags: SettingFlags<{ CONNECTION | set(&[Key::Country]) }>,
}

/// Show the balance of the account (free)
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  smspin balance
  smspin balance --json | jq -r .balance")]
pub(crate) struct BalanceArgs {
    #[command(flatten)]
    pub(crate) flags: SettingFlags<CONNECTION>,
}
