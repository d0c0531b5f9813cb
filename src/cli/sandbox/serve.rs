//! `smspin sandbox serve`.

use crate::domain::duration;
use crate::domain::money::Money;
use crate::sandbox::{self, ChanceFault, Latency};
use clap::Args;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// Serve the gateway that is built in, for your own programs
///
/// It keeps to the gateway's contract in every call, under /api/3.0/ and /api/, and sends no SMS: what would have been
/// sent is in the inbox, at / in a browser. Without --db it shares its state with `--sandbox`. Ctrl-C and SIGTERM end
/// it with exit 0, once what is in flight is answered.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = after_help())]
pub(crate) struct ServeArgs {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = sandbox::DEFAULT_BIND)]
    pub(crate) bind: SocketAddr,

    /// Keep the state in this file in place of the one that `--sandbox` uses, or in `:memory:`
    #[arg(long, value_name = "FILE")]
    pub(crate) db: Option<PathBuf>,

    /// Accept this key, in place of the sandbox's own; each key is an account of its own
    ///
    /// Arguments can be read by every user of the machine: make up a key, and don't give one that works elsewhere.
    #[arg(long, value_name = "KEY")]
    pub(crate) accept_key: Vec<AcceptedKey>,

    /// Give every account this much; without it new ones get 100.0000, and old ones keep what they have
    #[arg(long, value_name = "AMOUNT")]
    pub(crate) balance: Option<Money>,

    /// What an SMS costs, for each of its segments [default: 0.0500]
    #[arg(long, value_name = "AMOUNT")]
    pub(crate) price_sms: Option<Money>,

    /// What an HLR query costs [default: 0.0100]
    #[arg(long, value_name = "AMOUNT")]
    pub(crate) price_hlr: Option<Money>,

    /// Make PINs and chance from this number, so that a run can be repeated; such PINs can be guessed
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,

    /// Take so long for every answer, as in 80ms or 60ms..100ms
    #[arg(long, value_name = "TIME")]
    pub(crate) latency: Option<Latency>,

    /// Let this go wrong by chance, as in 429:5% or lost-reply:0.1%; can be repeated
    #[arg(long, value_name = "KIND:P%")]
    pub(crate) fault: Vec<ChanceFault>,

    /// How long an SMS takes to be delivered
    #[arg(long, value_name = "DURATION", value_parser = duration::parse, default_value = "1s")]
    pub(crate) dlr_delay: Duration,

    /// Listen where other machines reach it: whoever does can read every PIN
    #[arg(long)]
    pub(crate) allow_remote: bool,

    /// Post delivery reports to other machines too: whoever sends requests chooses where
    #[arg(long)]
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
        "Test numbers (reserved for fiction: none can ever ring; the others from 12025550100 to\n\
         12025550199 are ordinary). Counts start over with `smspin sandbox reset`:\n{}\n\
         Faults by chance: {}.\n\n\
         For scripts, over HTTP: GET /sandbox/messages?msisdn=&wait=, GET /sandbox/pin/MSISDN?wait=,\n\
         POST /sandbox/clear, POST /sandbox/reset, GET /openapi.json.",
        sandbox::test_numbers_help(),
        sandbox::fault_names(),
    )
}
