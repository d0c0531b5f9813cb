//! `smspin verify`.

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
