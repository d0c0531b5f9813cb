//! The last question before money is spent: shown what is about to happen, somebody says yes.

use crate::answers::batch::PreflightPart;
use crate::batch::Batch;
use crate::cli::BatchArgs;
use crate::failure::{Failure, Fault, Kind};
use crate::session::Context;
use crate::text::{count, grouped};
use std::io::{BufRead, Write};

/// Comes back if the run may send.
pub(super) fn ask(
    context: &Context,
    args: &BatchArgs,
    batch: &Batch,
    preflight: &PreflightPart,
) -> Result<(), Failure> {
    let ui = &context.ui;
    for line in preflight.lines(&|style, text| ui.paint_err(style, text)) {
        ui.note_line(&line);
    }
    let sends = batch.options.limited(preflight.to_send);
    if args.run.strict && preflight.invalid > 0 {
        let error = format!(
            "nothing was sent: {}, and --strict is given",
            count(preflight.invalid, "row is invalid", "rows are invalid")
        );
        let hint = "fix the rows listed above, or leave out --strict to send the others";
        return Err(with_faults(
            context,
            Failure::message(Kind::Input, error).hint(hint),
            preflight,
        ));
    }
    if let Some(most) = batch.options.max_sends {
        refuse_too_many(most, sends, preflight.accepted + preflight.unknown)?;
    }
    if args.run.yes {
        return Ok(());
    }
    if !ui.interactive {
        let error = "nothing was sent: there is no terminal to ask for confirmation on";
        return Err(with_faults(
            context,
            Failure::message(Kind::Usage, error).hint("--yes sends without asking"),
            preflight,
        ));
    }
    let question = match preflight.second_sms {
        0 => format!("Send {} SMS?", grouped(sends)),
        second => format!(
            "Send {} SMS, {} of them perhaps a second one?",
            grouped(sends),
            grouped(second)
        ),
    };
    if answered_yes(&question) {
        return Ok(());
    }
    Err(Failure::message(Kind::Usage, "cancelled: nothing was sent"))
}

/// The limit is for the batch: what its earlier runs have sent, or may have, counts as well.
fn refuse_too_many(most: u64, sends: u64, sent: u64) -> Result<(), Failure> {
    if sent + sends <= most {
        return Ok(());
    }
    let before = match sent {
        0 => String::new(),
        sent => format!(" after the {} that this batch has sent", grouped(sent)),
    };
    let error = format!(
        "nothing was sent: this run would send {}{before}, and max_sends is {}",
        count(sends, "row", "rows"),
        grouped(most)
    );
    let hint = match most.saturating_sub(sent) {
        0 => "a higher --max-sends lets this batch go on".to_owned(),
        left => format!("--limit {left} sends the first ones"),
    };
    Err(Failure::message(Kind::Input, error).hint(hint))
}

/// People have seen them in the preflight already.
fn with_faults(context: &Context, mut failure: Failure, preflight: &PreflightPart) -> Failure {
    if !context.ui.json {
        return failure;
    }
    let faults = preflight.faults.iter();
    failure.faults = faults
        .map(|fault| Fault {
            what: format!("line {}", fault.line),
            message: fault.reason.clone(),
            hint: None,
        })
        .collect();
    failure
}

fn answered_yes(question: &str) -> bool {
    let mut stderr = std::io::stderr();
    forget_what_was_typed();
    if write!(stderr, "{question} [y/N] ")
        .and_then(|()| stderr.flush())
        .is_err()
    {
        return false;
    }
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    read.is_ok() && matches!(line.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}

/// What was typed before the question was shown is no answer to it.
#[cfg(unix)]
fn forget_what_was_typed() {
    use rustix::termios::{QueueSelector, tcflush};
    // A terminal that can't do this is read as it is.
    let _ = tcflush(std::io::stdin(), QueueSelector::IFlush);
}

#[cfg(not(unix))]
fn forget_what_was_typed() {}
