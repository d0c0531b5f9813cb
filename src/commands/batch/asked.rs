//! From the words that were typed to what they ask of a batch.

use crate::batch::asked::BatchRequest;
use crate::cli::{BatchArgs, ListReading, ResendWhat};
use crate::journal::{Resend, ResendUnknown};
use std::path::Path;

/// What a command line asks for.
pub(super) fn by(args: &BatchArgs) -> BatchRequest {
    let run = args.run.clone();
    BatchRequest {
        file: args.file.clone(),
        reading: args.input.options(),
        international: args.input.international,
        is_dry: args.run.is_dry(),
        output: run.output,
        reports: run.report.iter().map(Into::into).collect(),
        exclude: run.excluded,
        resend: resend(&args.repeat.resend),
        change_settings: args.repeat.change_settings,
        partial: run.partial,
        limit: run.limit,
        concurrency: run.concurrency,
        rate: run.rate,
        max_failures: run.max_failures,
        max_duration: run.max_duration,
    }
}

/// To look at a list, and send nothing.
pub(in crate::commands) fn by_list(file: &Path, how: &ListReading, output: Option<&Path>) -> BatchRequest {
    BatchRequest {
        reading: how.input.options(),
        international: how.input.international,
        output: output.map(Path::to_owned),
        ..BatchRequest::of(file)
    }
}

fn resend(asked: &[ResendWhat]) -> Resend {
    let has = |what| asked.contains(&what);
    Resend {
        unknown: match (has(ResendWhat::AllUnknown), has(ResendWhat::Unknown)) {
            (true, _) => ResendUnknown::All,
            (false, true) => ResendUnknown::PinOver,
            (false, false) => ResendUnknown::Never,
        },
        refused: has(ResendWhat::Refused),
        undelivered: has(ResendWhat::Undelivered),
    }
}
