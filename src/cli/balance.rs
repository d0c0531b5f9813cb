//! `smspin balance`.

use super::{ConnectionArgs, Given};
use clap::Args;

/// Show the balance of the account (free)
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  smspin balance
  smspin balance --json | jq -r .balance")]
pub(crate) struct BalanceArgs {
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
}

impl BalanceArgs {
    pub(crate) fn given(&self) -> Given {
        let mut given = Given::new();
        self.connection.add_to(&mut given);
        given
    }
}
