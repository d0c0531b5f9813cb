//! `smspin doctor`.

use super::{ConnectionArgs, Given, give};
use crate::settings::Key;
use clap::{Args, ValueHint};
use std::path::PathBuf;

/// Check that PINs could be sent, step by step, for people and for CI
///
/// Configuration, name, connection, TLS, key, balance, latency: each step says how long it took, and what to do if it
/// failed. Nothing costs money unless --send-to is given.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  smspin doctor
  smspin doctor --min-balance 20 --max-latency 800ms --junit smspin.xml
  smspin --sandbox doctor --send-to 12025550100        (no SMS is sent)")]
pub(crate) struct DoctorArgs {
    /// The least that must be left in the account, in its currency, such as 20 or 12.50
    #[arg(long, value_name = "AMOUNT", allow_negative_numbers = true)]
    pub(crate) min_balance: Option<String>,

    /// The longest that the middle one of three free calls may take, such as 800ms or 2s; no limit if not given
    #[arg(long, value_name = "DURATION")]
    pub(crate) max_latency: Option<String>,

    /// Send a real PIN to this number, which costs an SMS; in the sandbox nothing is sent, and the PIN is verified too
    #[arg(long, value_name = "MSISDN")]
    pub(crate) send_to: Option<String>,

    /// Write the steps to this file as a `JUnit` report too, numbers masked
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) junit: Option<PathBuf>,

    #[arg(long, value_name = "CC", help = Key::Country.help())]
    pub(crate) country: Option<String>,

    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
}

impl DoctorArgs {
    pub(crate) fn given(&self) -> Given {
        let mut given = Given::new();
        give(&mut given, Key::Country, self.country.as_ref());
        self.connection.add_to(&mut given);
        given
    }
}
