//! One short file per subcommand: settings and domain, then work, then a report. The only place that knows every room.

mod batch;
mod calls;
mod config;
mod doctor;
mod journal;
mod listen;
mod manual;
mod request;
mod sandbox;
mod step_summary;

use crate::cli::{Cli, Command};
use crate::env::Environment;
use crate::failure::{Exit, Failure, Kind};
use crate::output::{Ui, Verbosity};
use crate::session::{CommandLine, Context};

/// Runs the command that was typed, and says why if it fails.
pub(crate) fn run(cli: Cli, environment: Environment) -> Exit {
    let Cli { global, command } = cli;
    let verbosity = match (global.quiet, global.verbose) {
        (true, _) => Verbosity::Quiet,
        (false, false) => Verbosity::Normal,
        (false, true) => Verbosity::Loud,
    };
    let ui = Ui::new(
        global.json,
        global.sandbox || matches!(command, Command::Sandbox(_)),
        verbosity,
        global.color(),
        global.no_input,
        &environment,
    );
    let meaningless = global.meaningless_to(&command);
    let context = Context {
        ui,
        environment,
        global,
        command_line: CommandLine::of_process(),
    };
    let result = match meaningless {
        Some(flag) => Err(Failure::message(
            Kind::Usage,
            format_args!("{flag} has no meaning for this command"),
        )),
        None => dispatch(&context, command),
    };
    result.unwrap_or_else(|failure| context.ui.failure(&failure))
}

fn dispatch(context: &Context, command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Request(args) => request::run(context, &args),
        Command::Verify(args) => calls::verify(context, &args),
        Command::Batch(args) => batch::run(context, &args),
        Command::Journal(args) => journal::run(context, &args),
        Command::Lookup(args) => calls::lookup(context, &args),
        Command::Balance(args) => calls::balance(context, &args),
        Command::Config(args) => config::run(context, args),
        Command::Sandbox(args) => sandbox::run(context, args),
        Command::Listen(args) => listen::run(context, &args),
        Command::Doctor(args) => doctor::run(context, &args),
        Command::Completions(args) => Ok(manual::completions(context, &args)),
        Command::Man(args) => manual::man(context, &args),
        Command::Schema(args) => manual::schema(context, &args),
        Command::Help(args) => manual::help(context, &args),
    }
}
