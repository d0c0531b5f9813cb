//! Where the calls of the gateway are, found out once when a configuration is made, so that no request has to.

use crate::failure::{Failure, Kind};
use crate::session::probe::{self, ProbeFailure};
use crate::session::{Context, Questions, Session, read_connection};
use crate::settings::{ConfigPath, Flags, Key};
use std::sync::Arc;

/// Asks a person whether to ask the gateway. The file is written already, and whatever happens here it stays good.
pub(super) fn offer(context: &Context, file: &Arc<ConfigPath>) -> Result<(), Failure> {
    let ui = &context.ui;
    let questions = Questions::new(context, "the file is written, and the gateway was not asked");
    let answer = questions.answer("Ask the gateway now where its calls are? That is free. [Y/n]")?;
    questions.answered();
    if answer.is_some_and(|answer| matches!(answer.to_ascii_lowercase().as_str(), "n" | "no")) {
        return Ok(());
    }
    match find(context) {
        Ok(found) => {
            for (key, path) in &found {
                crate::settings::edit::set(file, None, *key, path)?;
                ui.note(format_args!(
                    "the gateway has it at {path}, so {key} is set to that"
                ));
            }
            if found.is_empty() {
                ui.note("every call of the gateway is where it is looked for first");
            }
        }
        Err(failure) => ui.warn(format_args!(
            "the gateway's calls were not found: {}",
            failure.error
        )),
    }
    Ok(())
}

/// The settings of the calls that are not where they are looked for first.
fn find(context: &Context) -> Result<Vec<(Key, &'static str)>, Failure> {
    let session = Session::open(context, Flags::default())?;
    let reach = read_connection(&session, "the settings have faults")?;
    let gateway = session.gateway(reach)?;
    let runtime = crate::runtime::current_thread()
        .map_err(|error| Failure::system("the gateway was not asked", error))?;
    let found = runtime.block_on(probe::every_path(&context.ui, &gateway));
    // A name resolution that hangs must not keep the program from ending.
    runtime.shutdown_background();
    found.map_err(|failure| match failure {
        ProbeFailure::Account { id, detail } => Failure::message(Kind::Account, format!("{id}: {detail}")),
        ProbeFailure::NotTheGateway { detail, .. } => Failure::message(Kind::Unreachable, detail),
        ProbeFailure::Interrupted(signal) => Failure::message(signal.into(), "interrupted"),
    })
}
