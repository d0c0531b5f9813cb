//! `smspin request`.

use super::setting_flags::{SENDING, SettingFlags, set};
use crate::settings::Key;
use clap::Args;

/// Send a PIN to one number
///
/// Everything is checked before anything is sent. A second request for the same number costs a second SMS and makes the
/// first PIN invalid, so a script must never loop on exit 5 (unknown).
///
/// With --once-per such a loop is harmless: the number is recorded before the request leaves, and refused (exit 2) to every
/// other process until that time has passed. A request that was refused or not sent frees its number at once.
/// `smspin help once-per` says more.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  smspin request '+34 600 000 000'
  smspin request 600000000 --country ES --sender SHOP --sms-text 'Your code: {PIN}'
  smspin request 34600000000 --expires-in 10m --dry-run
  smspin request 34600000000 --once-per 10m --json
  smspin --sandbox request 12025550100")]
pub(crate) struct RequestArgs {
    /// The phone number, as people write it: `+34 600 000 000`, `0034…`, or national with --country
    #[arg(allow_negative_numbers = true)]
    pub(crate) msisdn: String,

    #[command(flatten)]
    pub(crate) flags: SettingFlags<{ SENDING | set(&[Key::OncePer, Key::Journal]) }>,

    /// Check everything and print what would be sent, with the key masked; send nothing
    #[arg(long, conflicts_with = "curl", help_heading = "Run options")]
    pub(crate) dry_run: bool,

    /// Print a curl command that does the same and takes the key from $SMSPIN_API_KEY; send nothing
    #[arg(long, conflicts_with_all = ["once_per", "journal"], help_heading = "Run options")]
    pub(crate) curl: bool,
}

/// What to do with a request that passed every check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Show {
    Send,
    DryRun,
    Curl,
}

impl RequestArgs {
    pub(crate) const fn show(&self) -> Show {
        match (self.dry_run, self.curl) {
            (true, _) => Show::DryRun,
            (false, true) => Show::Curl,
            (false, false) => Show::Send,
        }
    }
}
