//! `smspin sandbox behave`.

use super::{AccountArgs, SourceArgs};
use clap::Args;

/// Make the sandbox behave in a certain way from now on, for a number or for all
///
/// Without anything to change it shows the behaviours that hold. Of two that say the same thing differently the later one
/// holds. They end with `--clear`, with `smspin sandbox reset`, or after --times calls.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  smspin sandbox behave 12025550100 --pin 123456
  smspin sandbox behave --call request --fault 429 --times 2
  smspin sandbox behave 34600000000 --call lookup --hlr roaming
  smspin sandbox behave --fault NEW_ERROR --http 422 --url http://127.0.0.1:8465
  smspin sandbox behave --clear")]
pub(crate) struct BehaveArgs {
    /// The number that it is about; without it, all numbers
    pub(crate) msisdn: Option<String>,

    /// Only this call: request, verify, lookup or balance
    #[arg(long, value_name = "CALL")]
    pub(crate) call: Option<String>,

    /// Only for the next N calls
    #[arg(long, value_name = "N")]
    pub(crate) times: Option<u32>,

    /// What goes wrong: a fault as for `sandbox serve --fault`, or any error id
    #[arg(long, value_name = "KIND")]
    pub(crate) fault: Option<String>,

    /// The HTTP code that comes with an error id
    #[arg(long, value_name = "CODE", requires = "fault")]
    pub(crate) http: Option<u16>,

    /// How long an answer takes, as in 80ms or 60ms..100ms
    #[arg(long, value_name = "TIME")]
    pub(crate) latency: Option<String>,

    /// The PIN of every SMS
    #[arg(long, value_name = "PIN")]
    pub(crate) pin: Option<String>,

    /// What a lookup says: ported, roaming, or a network such as 21407 or "21407 My Network"
    #[arg(long, value_name = "NETWORK")]
    pub(crate) hlr: Option<String>,

    /// What becomes of an SMS: a delivery status such as UNDELIV, or late, twice, out-of-order, silent
    #[arg(long, value_name = "STATUS")]
    pub(crate) delivery: Option<String>,

    /// Remove all behaviours, or those of one account
    #[arg(long, conflicts_with_all = ["msisdn", "call", "times", "fault", "latency", "pin", "hlr", "delivery"])]
    pub(crate) clear: bool,

    #[command(flatten)]
    pub(crate) account: AccountArgs,

    #[command(flatten)]
    pub(crate) source: SourceArgs,
}
