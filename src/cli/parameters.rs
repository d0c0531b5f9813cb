//! What a PIN request can say besides its number: shared by the commands that send.

use super::{Given, give};
use crate::settings::Key;
use clap::Args;

#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "SMS options")]
pub(crate) struct ParameterArgs {
    #[arg(long, value_name = "NAME", help = Key::Sender.help())]
    pub(crate) sender: Option<String>,

    #[arg(long, value_name = "TEXT", help = Key::SmsText.help())]
    pub(crate) sms_text: Option<String>,

    /// Ask the operator first whether the number exists (costs an HLR query; the default)
    #[arg(hide_short_help = true, long, overrides_with = "no_hlr_lookup")]
    pub(crate) hlr_lookup: bool,

    /// Send without asking the operator first
    #[arg(long, overrides_with = "hlr_lookup")]
    pub(crate) no_hlr_lookup: bool,

    #[arg(hide_short_help = true, long, value_name = "URL", help = Key::ReportUrl.help())]
    pub(crate) report_url: Option<String>,

    #[arg(hide_short_help = true, long, value_name = "TYPE", help = Key::PinType.help(), help_heading = "PIN options")]
    pub(crate) pin_type: Option<String>,

    #[arg(hide_short_help = true, long, value_name = "N", allow_negative_numbers = true, help = Key::PinLength.help(), help_heading = "PIN options")]
    pub(crate) pin_length: Option<String>,

    #[arg(long, value_name = "DURATION", allow_negative_numbers = true, help = Key::ExpiresIn.help(), help_heading = "PIN options")]
    pub(crate) expires_in: Option<String>,

    #[arg(hide_short_help = true, long, value_name = "N", allow_negative_numbers = true, help = Key::MaxTries.help(), help_heading = "PIN options")]
    pub(crate) max_tries: Option<String>,

    #[arg(long, value_name = "CC", help = Key::Country.help())]
    pub(crate) country: Option<String>,

    #[arg(hide_short_help = true, long, value_name = "N", allow_negative_numbers = true, help = Key::Retries.help(), help_heading = "Connection options")]
    pub(crate) retries: Option<String>,
}

impl ParameterArgs {
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
        given
    }
}
