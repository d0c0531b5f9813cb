//! `smspin lookup`.

use super::{ConnectionArgs, Given, give};
use crate::settings::Key;
use clap::Args;

/// Ask the operator whether a number exists, and which network it belongs to (costs an HLR query)
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  smspin lookup '+34 600 000 000'
  smspin --sandbox lookup 12025550100 --json")]
pub(crate) struct LookupArgs {
    /// The phone number, as people write it
    #[arg(allow_negative_numbers = true)]
    pub(crate) msisdn: String,

    #[arg(long, value_name = "CC", help = Key::Country.help())]
    pub(crate) country: Option<String>,

    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
}

impl LookupArgs {
    pub(crate) fn given(&self) -> Given {
        let mut given = Given::new();
        give(&mut given, Key::Country, self.country.as_ref());
        self.connection.add_to(&mut given);
        given
    }
}
