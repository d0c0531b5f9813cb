//! `smspin doctor`.

use super::setting_flags::{CONNECTION, SettingFlags, set};
use crate::settings::Key;
use clap::{Args, ValueHint};
use std::path::PathBuf;

/// Check step by step that PINs can be sent, for people and for CI
///
/// The steps are configuration, host name, connection, TLS, key, paths, balance and latency. Each says how long it took, and
/// what to do if it failed. Nothing costs money unless --send-to is given.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  smspin doctor
  smspin doctor --min-balance 20 --max-latency 800ms --junit smspin.xml
  smspin --sandbox doctor --send-to 12025550100        (no SMS is sent)")]
pub(crate) struct DoctorArgs {
    /// Fail if the account holds less than this, in its currency, such as 20 or 12.50
    #[arg(long, value_name = "AMOUNT", allow_negative_numbers = true)]
    pub(crate) min_balance: Option<String>,

    /// Fail if the median of three free calls takes longer than this, such as 800ms or 2s [default: no limit]
    #[arg(long, value_name = "DURATION")]
    pub(crate) max_latency: Option<String>,

    /// Send a real PIN to this number, which costs an SMS; with --sandbox nothing is sent, and the PIN is verified too
    #[arg(long, value_name = "MSISDN")]
    pub(crate) send_to: Option<String>,

    /// Also write the steps to this file as a `JUnit` report, with the numbers masked
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) junit: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) flags: SettingFlags<{ CONNECTION | set(&[Key::Country]) }>,
}
