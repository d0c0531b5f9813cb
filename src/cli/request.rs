//! `smspin request`.

use super::{ConnectionArgs, Given, give};
use crate::settings::Key;
use clap::Args;

/// Send a PIN to one number
///
/// Everything is checked before anything is sent. A second request for the same number costs a second SMS and makes the
/// first PIN invalid, so a script must never loop on exit 5 (unknown).
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  smspin request '+34 600 000 000'
  smspin request 600000000 --country ES --sender SHOP --sms-text 'Your code: {PIN}'
  smspin request 34600000000 --expires-in 10m --dry-run
  smspin --sandbox request 12025550100")]
pub(crate) struct RequestArgs {
    /// The number, as people write it: `+34 600 000 000`, `0034…`, or national with --country
    pub(crate) msisdn: String,

    #[arg(long, value_name = "NAME", help = Key::Sender.help())]
    pub(crate) sender: Option<String>,

    #[arg(long, value_name = "TEXT", help = Key::SmsText.help())]
    pub(crate) sms_text: Option<String>,

    /// Ask the operator first whether the number exists (costs an HLR query; the gateway's default)
    #[arg(long, overrides_with = "no_hlr_lookup")]
    pub(crate) hlr_lookup: bool,

    /// Send without asking the operator first
    #[arg(long, overrides_with = "hlr_lookup")]
    pub(crate) no_hlr_lookup: bool,

    #[arg(long, value_name = "URL", help = Key::ReportUrl.help())]
    pub(crate) report_url: Option<String>,

    #[arg(long, value_name = "TYPE", help = Key::PinType.help())]
    pub(crate) pin_type: Option<String>,

    #[arg(long, value_name = "N", allow_negative_numbers = true, help = Key::PinLength.help())]
    pub(crate) pin_length: Option<String>,

    #[arg(long, value_name = "DURATION", help = Key::ExpiresIn.help())]
    pub(crate) expires_in: Option<String>,

    #[arg(long, value_name = "N", allow_negative_numbers = true, help = Key::MaxTries.help())]
    pub(crate) max_tries: Option<String>,

    #[arg(long, value_name = "CC", help = Key::Country.help())]
    pub(crate) country: Option<String>,

    /// Check everything and print what would be sent, with the key masked; send nothing
    #[arg(long, conflicts_with = "curl")]
    pub(crate) dry_run: bool,

    /// Print the curl command that does the same, taking the key from $SMSPIN_API_KEY; send nothing
    #[arg(long)]
    pub(crate) curl: bool,

    #[arg(long, value_name = "N", help = Key::Retries.help(), help_heading = "Connection options")]
    pub(crate) retries: Option<String>,

    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
}

/// What to do with a request that passed every check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Show {
    Send,
    DryRun,
    Curl,
}

impl RequestArgs {
    pub(crate) fn given(&self) -> Given {
        let mut given = Given::new();
        give(&mut given, Key::Sender, self.sender.as_ref());
        give(&mut given, Key::SmsText, self.sms_text.as_ref());
        if self.hlr_lookup || self.no_hlr_lookup {
            given.push((Key::HlrLookup, self.hlr_lookup.to_string()));
        }
        give(&mut given, Key::ReportUrl, self.report_url.as_ref());
        give(&mut given, Key::PinType, self.pin_type.as_ref());
        give(&mut given, Key::PinLength, self.pin_length.as_ref());
        give(&mut given, Key::ExpiresIn, self.expires_in.as_ref());
        give(&mut given, Key::MaxTries, self.max_tries.as_ref());
        give(&mut given, Key::Country, self.country.as_ref());
        give(&mut given, Key::Retries, self.retries.as_ref());
        self.connection.add_to(&mut given);
        given
    }

    pub(crate) const fn show(&self) -> Show {
        match (self.dry_run, self.curl) {
            (true, _) => Show::DryRun,
            (false, true) => Show::Curl,
            (false, false) => Show::Send,
        }
    }
}
