//! `smspin balance`.

use super::setting_flags::{CONNECTION, SettingFlags};
use clap::Args;

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
