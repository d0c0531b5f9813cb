//! `smspin lookup`.

use super::setting_flags::{CONNECTION, SettingFlags, set};
use crate::settings::Key;
use clap::Args;

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
