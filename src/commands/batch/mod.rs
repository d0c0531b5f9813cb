//! `smspin batch`: from a file to a summary. The rooms of `batch` do the work; this says in which order.

mod consent;
mod drive;
mod errors;
mod finish;
mod plan;
mod prepare;
mod status;

use super::Context;
use crate::cli::BatchArgs;
use crate::failure::{Exit, Failure};
use crate::session::Session;
use plan::Planned;
use prepare::BatchSetup;

pub(super) fn run(context: &Context, args: &BatchArgs) -> Result<Exit, Failure> {
    let session = Session::open(context, args.given(), &args.connection)?;
    if args.run.status {
        return status::run(context, args);
    }
    let mut prepared = BatchSetup::new(&session, args)?;
    let planned = Planned::new(&session, args, &mut prepared)?;
    if args.run.dry_run {
        return Ok(plan::dry_run(context, args, &planned));
    }
    if planned.is_finished() {
        return finish::already(context, args, prepared, planned);
    }
    consent::ask(context, args, &prepared, &planned)?;
    let driven = drive::run(&session, args, prepared, planned)?;
    Ok(finish::run(context, args, driven))
}
