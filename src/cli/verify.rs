//! `smspin verify`.

use super::{ConnectionArgs, Given, give};
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

    #[arg(long, value_name = "CC", help = Key::Country.help())]
    pub(crate) country: Option<String>,

    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
}

impl VerifyArgs {
    pub(crate) fn given(&self) -> Given {
        let mut given = Given::new();
        give(&mut given, Key::Country, self.country.as_ref());
        self.connection.add_to(&mut given);
        given
    }
}
