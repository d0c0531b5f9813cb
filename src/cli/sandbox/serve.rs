//! `smspin sandbox serve`.

use crate::domain::duration;
use crate::domain::host_name::HostName;
use crate::domain::money::Money;
use crate::sandbox::{self, Bind, ChanceFault, FixedPin, GatewayOptions, Latency};
use clap::Args;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// Serve the built-in gateway to your own programs
///
/// Every call behaves as the gateway's contract says, under /api/3.0/ and /api/, but no SMS is sent: the inbox, at / in a
/// browser, shows what would have been sent. Without --db it shares its state with `--sandbox`. Ctrl-C or SIGTERM ends it
/// with exit status 0, once the calls in progress are answered.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = after_help())]
pub(crate) struct ServeArgs {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = sandbox::DEFAULT_BIND)]
    pub(crate) bind: Bind,

    /// Keep the state in this file instead of the one that `--sandbox` uses, or in `:memory:`
    #[arg(long, value_name = "FILE")]
    pub(crate) db: Option<PathBuf>,

    /// Accept this key instead of the sandbox's own; can be repeated, and each key is an account of its own
    ///
    /// Every user of the machine can read arguments: invent a key, and never give one that works elsewhere.
    #[arg(long, value_name = "KEY")]
    pub(crate) accept_key: Vec<AcceptedKey>,

    /// Give every account this balance; without it, new accounts get 100.0000 and existing ones keep theirs
    #[arg(hide_short_help = true, long, value_name = "AMOUNT")]
    pub(crate) balance: Option<Money>,

    /// What one segment of an SMS costs [default: 0.0500]
    #[arg(hide_short_help = true, long, value_name = "AMOUNT")]
    pub(crate) price_sms: Option<Money>,

    /// What an HLR query costs [default: 0.0100]
    #[arg(hide_short_help = true, long, value_name = "AMOUNT")]
    pub(crate) price_hlr: Option<Money>,

    /// Derive PINs and random faults from this number, so that a run can be repeated; such PINs can be guessed
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,

    /// Delay every answer by this much, as in 80ms or 60ms..100ms
    #[arg(long, value_name = "TIME")]
    pub(crate) latency: Option<Latency>,

    /// Make this go wrong at random, such as 429:5% or lost-reply:0.1%; can be repeated
    #[arg(long, value_name = "KIND:P%")]
    pub(crate) fault: Vec<ChanceFault>,

    /// How long an SMS takes to be delivered
    #[arg(long, value_name = "DURATION", value_parser = duration::parse, default_value = "1s")]
    pub(crate) dlr_delay: Duration,

    /// Send this PIN instead of a random one, to a number or to all, such as 12025550100=123456; can be repeated
    #[arg(long, value_name = "[MSISDN=]PIN")]
    pub(crate) pin: Vec<FixedPin>,

    /// Begin at this time, such as 2026-01-31T12:00:00Z, also after every reset; `smspin sandbox advance` puts the clock on
    #[arg(hide_short_help = true, long, value_name = "TIME")]
    pub(crate) clock: Option<jiff::Timestamp>,

    /// Keep at least this many messages, and forget older ones with their PINs
    #[arg(hide_short_help = true, long, value_name = "N", default_value_t = GatewayOptions::KEEP, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) keep: u32,

    /// Trust these certificate authorities too (a PEM file) when delivery reports are posted over https
    #[arg(hide_short_help = true, long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub(crate) ca_file: Option<PathBuf>,

    /// Let clients use this host name, such as the service name of a container; can be repeated
    #[arg(hide_short_help = true, long, value_name = "NAME")]
    pub(crate) allow_host: Vec<HostName>,

    /// Listen on an address that other machines can reach: they can read every PIN
    #[arg(long)]
    pub(crate) allow_remote: bool,

    /// Post delivery reports to other machines too; each request chooses where
    #[arg(hide_short_help = true, long)]
    pub(crate) allow_remote_reports: bool,
}

/// A key as it was typed. It is shown by nothing, because people do type the real one.
#[derive(Clone)]
pub(crate) struct AcceptedKey(pub(crate) String);

impl FromStr for AcceptedKey {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for AcceptedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AcceptedKey(redacted)")
    }
}

fn after_help() -> String {
    format!(
        "Test numbers (reserved for fiction: no telephone has them; the others from 12025550100 to\n\
         12025550199 are ordinary). Counts start over with `smspin sandbox reset`:\n{}\n\
         Faults for --fault: {}.\n\n\
         With -v each request and what became of it is a line on standard error (with --json a JSON document), with keys\n\
         and PINs masked.\n\n\
         For scripts, over HTTP: GET /readyz, GET /sandbox/messages?msisdn=&wait=, GET /sandbox/pin/MSISDN?wait=&after=,\n\
         GET /sandbox/requests, POST /sandbox/behaviour, POST /sandbox/advance?by=, POST /sandbox/reset,\n\
         GET /openapi.json, which describes them all.",
        sandbox::test_numbers_help(),
        sandbox::fault_names(),
    )
}
