//! `smspin help`, `smspin man`, `smspin schema` and `smspin completions`: what there is to read, printed or written to files.

use super::Context;
use crate::answers;
use crate::cli::{Cli, CompletionsArgs, HelpArgs, ManArgs, SchemaArgs};
use crate::completion;
use crate::domain::suggest;
use crate::env::Environment;
use crate::failure::{Exit, Failure, Kind};
use crate::manual;
use crate::manual::{TOPICS, Topic, Unfound};
use crate::text;
use clap::CommandFactory;
use std::io::IsTerminal;
use std::path::Path;

pub(super) fn help(context: &Context, args: &HelpArgs) -> Result<Exit, Failure> {
    if let [word] = args.words.as_slice()
        && let Some(topic) = Topic::find(word)
    {
        if context.ui.json {
            let failure = Failure::message(Kind::Usage, "--json prints the commands; a topic is a text");
            return Err(failure.hint(format!("`smspin help {}` or `smspin help --json`", topic.name)));
        }
        return Ok(context.ui.text(&topic.text(width(&context.environment))));
    }
    let mut root = Cli::command();
    root.build();
    let command = manual::find(&root, &args.words).map_err(|unfound| {
        let topics = TOPICS.iter().map(|topic| topic.name);
        let hint = "`smspin --help` lists the commands, `smspin help topics` the topics";
        not_found(&unfound, topics, "command or topic", hint)
    })?;
    if context.ui.json {
        let name = [&["smspin".to_owned()], &args.words[..]].concat().join(" ");
        return Ok(context.ui.answer(&answers::GrammarReport::of(command, &name)));
    }
    let text = command.clone().render_long_help();
    Ok(context.ui.text(&text.to_string()))
}

pub(super) fn man(context: &Context, args: &ManArgs) -> Result<Exit, Failure> {
    let root = Cli::command();
    if let Some(dir) = &args.dir {
        return write_pages(context, dir);
    }
    manual::find(&root, &args.words).map_err(|unfound| {
        not_found(
            &unfound,
            std::iter::empty(),
            "command",
            "`smspin --help` lists the commands",
        )
    })?;
    let page = manual::pages(root)
        .into_iter()
        .find(|page| page.words == args.words)
        .expect("every command has a page");
    let exit = context.ui.text(&page.text);
    if std::io::stdout().is_terminal() {
        let line = ["smspin man", &args.words.join(" ")].join(" ");
        context
            .ui
            .hint(&format!("to read it as a page: {} | man -l -", line.trim_end()));
    }
    Ok(exit)
}

fn write_pages(context: &Context, dir: &Path) -> Result<Exit, Failure> {
    let failed = |error: std::io::Error| {
        Failure::new(Kind::Disk, error).doing(format!("cannot write the pages to {}", dir.display()))
    };
    std::fs::create_dir_all(dir).map_err(failed)?;
    let pages = manual::pages(Cli::command());
    for page in &pages {
        std::fs::write(dir.join(&page.file_name), &page.text).map_err(failed)?;
    }
    let count = pages.len();
    Ok(context
        .ui
        .text(&format!("wrote {count} pages to {}\n", dir.display())))
}

pub(super) fn schema(context: &Context, args: &SchemaArgs) -> Result<Exit, Failure> {
    if args.words.is_empty() {
        let names = answers::schemas().map(|(command, _)| format!("{command}\n"));
        return Ok(context.ui.text(&names.collect::<String>()));
    }
    let wanted = args.words.join(" ");
    let found = answers::schemas().find(|(command, _)| *command == wanted);
    let Some((_, schema)) = found else {
        let failure = Failure::message(
            Kind::Usage,
            format_args!("no command {} prints JSON", text::quote(&wanted)),
        );
        let names = answers::schemas().map(|(command, _)| command);
        return Err(failure.hint(match suggest::nearest(&wanted, names) {
            Some(nearest) => suggest::question(format_args!("`{nearest}`")),
            None => "`smspin schema` lists the commands that do".to_owned(),
        }));
    };
    let text = serde_json::to_string_pretty(&schema()).expect("a schema is JSON");
    Ok(context.ui.text(&format!("{text}\n")))
}

fn not_found<'a>(
    unfound: &'a Unfound,
    topics: impl Iterator<Item = &'a str>,
    what: &str,
    hint: &str,
) -> Failure {
    let Unfound { parent, word, known } = unfound;
    let failure = Failure::message(
        Kind::Usage,
        format_args!(
            "there is no {what} {}",
            text::quote(format!("{parent} {word}").trim())
        ),
    );
    let topics = topics.into_iter().filter(|_| parent.is_empty());
    let longer = Topic::beginning_with(word).filter(|_| parent.is_empty() && what.ends_with("topic"));
    if let Some(topic) = longer {
        return failure.hint(suggest::question(format_args!("`{}`", topic.name)));
    }
    let known = known.iter().map(String::as_str).chain(topics);
    failure.hint(match suggest::nearest(word, known) {
        Some(nearest) => suggest::question(format_args!("`{}`", format!("{parent} {nearest}").trim())),
        None => hint.to_owned(),
    })
}

/// The columns of the terminal, or those that `COLUMNS` says, or as many as a page usually has.
fn width(environment: &Environment) -> usize {
    const USUAL: usize = 80;
    match terminal_size::terminal_size() {
        Some((width, _)) => width.0.into(),
        None => environment.columns().unwrap_or(USUAL),
    }
}

pub(super) fn completions(context: &Context, args: &CompletionsArgs) -> Exit {
    context.ui.text(&completion::script(args.shell))
}
