//! `smspin sandbox reset`: back to the beginning.

use crate::answers::SandboxResetReport;
use crate::cli::ResetArgs;
use crate::failure::{Exit, Failure};
use crate::journal::JournalPlace;
use crate::session::{Context, journal};
use crate::settings::Directories;

pub(super) fn run(context: &Context, args: &ResetArgs) -> Result<Exit, Failure> {
    let account = super::account(&args.account)?;
    let is_of_rehearsals = args.source.db.is_none() && args.source.url.is_none();
    if is_of_rehearsals && args.account.account.is_none() {
        forget_rehearsals()?;
    }
    super::sandbox(&args.source, false)?
        .reset(&account)
        .map_err(super::unasked)?;
    let report = SandboxResetReport {};
    Ok(context.ui.answer(&report))
}

/// Removes the journal of what was sent with `--sandbox`. While a batch is sending there, it refuses.
fn forget_rehearsals() -> Result<(), Failure> {
    let path = Directories::of_system().sandbox_journal()?;
    JournalPlace::remove_rehearsals(&path).map_err(|error| journal::failure(error, "nothing was reset"))
}
