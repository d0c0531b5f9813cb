//! The last question before money is spent: shown what is about to happen, somebody says yes.

use super::plan::Planned;
use super::prepare::BatchSetup;
use crate::answers::batch::{count, grouped};
use crate::cli::BatchArgs;
use crate::failure::{Failure, Kind};
use crate::session::Context;
use std::io::{BufRead, Write};

/// Comes back if the run may send.
pub(super) fn ask(
    context: &Context,
    args: &BatchArgs,
    prepared: &BatchSetup,
    planned: &Planned,
) -> Result<(), Failure> {
    let ui = &context.ui;
    for line in planned.part.lines(&|style, text| ui.paint_err(style, text)) {
        ui.note_line(&line);
    }
    let sends = args
        .run
        .limit
        .map_or(planned.outlook.sends, |limit| limit.min(planned.outlook.sends));
    if args.run.strict && planned.surveyed.invalid > 0 {
        let error = format!(
            "nothing was sent: {}, and --strict is given",
            count(planned.surveyed.invalid, "row is invalid", "rows are invalid")
        );
        let hint = "fix the rows listed above, or leave out --strict to send the others";
        return Err(with_faults(
            context,
            Failure::message(Kind::Input, error).hint(hint),
            planned,
        ));
    }
    if let Some(most) = prepared.max_sends.filter(|most| sends > *most) {
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
            planned,
        ));
    }
    let question = match planned.second_sms {
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
fn with_faults(context: &Context, mut failure: Failure, planned: &Planned) -> Failure {
    if !context.ui.json {
        return failure;
    }
    let faults = planned.surveyed.faults.iter();
    failure.faults = faults
        .map(|fault| crate::failure::Fault {
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
