//! `smspin completions`: the script of a shell.

use super::Context;
use crate::cli::CompletionsArgs;
use crate::completion;
use crate::failure::Exit;

pub(super) fn run(context: &Context, args: &CompletionsArgs) -> Exit {
    context.ui.text(&completion::script(args.shell))
}
