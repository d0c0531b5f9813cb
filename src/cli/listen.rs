//! `smspin listen`.

use crate::domain::duration;
use clap::{Args, ValueHint};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Receive delivery reports, and keep each of them in a file
///
/// The gateway posts delivery reports to the `report_url` of a request. A post is answered with 200 once all of its reports
/// are on disk, appended to --out as JSON lines; whatever is not stored is refused, so that the gateway can post it again.
/// Reports that were stored before are dropped. With --json every report is a line on standard output too, between a line
/// that says "ready" and a line with the summary. Ctrl-C or SIGTERM ends it, once what is in progress is answered.
/// A file that was moved or deleted is opened anew before the next report, or at SIGHUP (at a terminal SIGHUP ends the listener).
///
/// `smspin journal reconcile reports.jsonl` takes the reports into the journal.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
Answers to a post:
  200  every report of it is on disk
  400  the body is not JSON; 413 it is longer than 2 MiB; 408 it did not arrive within 30 s
  401  the path does not end with the token; without --token-file, 404 for any other path
  405  another method than POST; 403 a web page posted it
  503  the disk refuses, or too much is posted at once: post it again

Exit status with --until-final:
  0    every SMS was delivered
  1    every SMS has a final status and some were not delivered, or the time of --timeout is over

Examples:
  smspin listen
  smspin listen --bind 0.0.0.0:8466 --token-file token --public-url https://example.com/dlr
  smspin listen --until-final users.csv --timeout 48h
  smspin listen --forward http://127.0.0.1:3000/dlr --json")]
pub(crate) struct ListenArgs {
    /// Where to listen; port 0 takes a free one
    ///
    /// Beyond this machine (0.0.0.0, or an address of the network) --token-file is required. smspin speaks plain HTTP here:
    /// for HTTPS, put a proxy in front of it.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8466", value_parser = address)]
    pub(crate) bind: SocketAddr,

    /// Under which URL the gateway reaches it, if a proxy or tunnel is in front; the report URL is made from it
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url)]
    pub(crate) public_url: Option<String>,

    /// Take only posts whose path ends with the token in this file (16 or more letters, digits, - or _)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) token_file: Option<PathBuf>,

    /// Append the reports to this file
    #[arg(long, short, value_name = "FILE", default_value = "reports.jsonl", value_hint = ValueHint::FilePath)]
    pub(crate) out: PathBuf,

    /// End when the next SMS to this number, or every accepted row of the batch of this file, has a final status
    ///
    /// A batch has to have nothing left to send. It need not have begun. Its reports go into the journal as they come, and
    /// those that the file of --out already has are counted too. The settings `journal`, `campaign` and `country` hold here.
    #[arg(long, value_name = "FILE|MSISDN", value_hint = ValueHint::FilePath)]
    pub(crate) until_final: Option<String>,

    /// End after this time
    #[arg(long = "timeout", id = "end_after", value_name = "DURATION", value_parser = duration::parse)]
    pub(crate) end_after: Option<Duration>,

    /// Post everything that was stored to this URL too; if that fails it is said, and the gateway still gets its 200
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url)]
    pub(crate) forward: Option<String>,
}

/// An IP address and a port.
fn address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(
        |_| "write an address of this machine and a port: 127.0.0.1:8466, [::1]:8466 or 0.0.0.0:8466",
    )
}
