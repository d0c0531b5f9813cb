//! `smspin sandbox ready`: whether a served sandbox answers.

use crate::answers::SandboxAnswersReport;
use crate::cli::ReadyArgs;
use crate::failure::{Exit, Failure};
use crate::session::Context;
use std::time::{Duration, Instant};

/// How long to rest between two tries.
const TRY_AGAIN: Duration = Duration::from_millis(50);

pub(super) fn run(context: &Context, args: &ReadyArgs) -> Result<Exit, Failure> {
    let deadline = Instant::now() + args.wait;
    loop {
        // The name of a container may get its address only when that has started, so it is looked up each time.
        let asked = match super::served(&args.url) {
            Ok(served) => served.readiness().map_err(super::unasked),
            Err(failure) if args.url.starts_with("http://") => Err(failure),
            Err(failure) => return Err(failure),
        };
        let failure = match asked {
            Ok(readiness) => {
                let report = SandboxAnswersReport::new(args.url.clone(), readiness);
                return Ok(context.ui.answer(&report));
            }
            Err(failure) => failure,
        };
        let rest = deadline.saturating_duration_since(Instant::now());
        if rest.is_zero() {
            return Err(failure);
        }
        std::thread::sleep(TRY_AGAIN.min(rest));
    }
}
