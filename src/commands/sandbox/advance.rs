//! `smspin sandbox advance`: the sandbox's clock put forward.

use crate::cli::AdvanceArgs;
use crate::failure::{Exit, Failure};
use crate::session::Context;

pub(super) fn run(context: &Context, args: &AdvanceArgs) -> Result<Exit, Failure> {
    let now = super::sandbox(&args.source, true)?
        .advance(args.by)
        .map_err(super::unasked)?;
    Ok(context.ui.answer(&now))
}
