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
    if let Some(most) = batch.options.max_sends.filter(|most| sends > *most) {
        let error = format!(
            "nothing was sent: this run would send {}, and max_sends is {}",
            count(sends, "row", "rows"),
            grouped(most)
        );
        return Err(Failure::message(Kind::Input, error).hint(format!("--limit {most} sends the first ones")));
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
