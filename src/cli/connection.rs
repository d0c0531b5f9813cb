//! How to reach the gateway: the flags shared by the commands that connect.

use super::{Given, give};
use crate::settings::Key;
use clap::{Args, ValueHint};
use std::path::PathBuf;

#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Connection options")]
pub(crate) struct ConnectionArgs {
    #[arg(hide_short_help = true, long, value_name = "URL", help = Key::BaseUrl.help())]
    pub(crate) base_url: Option<String>,

    /// Read the API key from this file, or from standard input with `-`
    #[arg(hide_short_help = true, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) api_key_file: Option<PathBuf>,

    #[arg(hide_short_help = true, long, value_name = "DURATION", help = Key::Timeout.help())]
    pub(crate) timeout: Option<String>,

    #[arg(hide_short_help = true, long, value_name = "DURATION", help = Key::ConnectTimeout.help())]
    pub(crate) connect_timeout: Option<String>,
}

impl ConnectionArgs {
    pub(crate) fn add_to(&self, given: &mut Given) {
        give(given, Key::BaseUrl, self.base_url.as_ref());
        give(given, Key::Timeout, self.timeout.as_ref());
        give(given, Key::ConnectTimeout, self.connect_timeout.as_ref());
    }
}
