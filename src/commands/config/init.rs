//! `smspin config init`: a first configuration file, by questions at a terminal, from flags and standard input elsewhere.

use super::{edit, secret};
use crate::cli::InitArgs;
use crate::failure::{Exit, Failure, Kind};
use crate::session::Context;
use crate::settings::{Key, Raw};
use std::io::{BufRead, Write};
use std::sync::Arc;

/// The questions that are asked at a terminal, besides the one for the key. A question with an empty answer is skipped.
const QUESTIONS: [(Key, &str); 3] = [
    (
        Key::Sender,
        "Sender shown on the SMS (at most 11 letters and digits, or 15 digits)",
    ),
    (
        Key::Country,
        "Country whose national numbers you use (two letters, such as ES)",
    ),
    (Key::SmsText, "Text of the SMS, with {PIN} where the PIN goes"),
];

pub(super) fn run(context: &Context, args: &InitArgs) -> Result<Exit, Failure> {
    if context.global.profile.is_some() {
        return Err(Failure::message(
            Kind::Usage,
            "--profile has no meaning for `config init`: a new file has no profiles",
        )
        .hint("smspin --profile NAME config set KEY VALUE makes a profile"));
    }
    let path = Arc::new(context.config_path()?);
    if path.path().exists() && !args.force {
        return Err(Failure::message(
            Kind::Config,
            format_args!("{path} already exists, and was not changed"),
        )
        .hint("smspin config set KEY VALUE changes one setting; --force replaces the file"));
    }
    let mut values = assignments(args)?;
    if args.api_key_stdin {
        values.push((Key::ApiKey, secret::from_stdin()?));
    } else if context.ui.interactive && values.is_empty() {
        ask(context, &mut values)?;
    } else if values.is_empty() {
        return Err(Failure::message(
            Kind::Usage,
            "there is nothing to write: no value was given, and there is no terminal to ask at",
        )
        .hint("pass show sms-gateway | smspin config init --api-key-stdin --set sender=SHOP"));
    }
    let edited = edit_file(&path, &values, args.force)?;
    let exit = edit::report(context, "init", Key::ApiKey, edited);
    if !values
        .iter()
        .any(|(key, _)| matches!(key, Key::ApiKey | Key::ApiKeyCommand))
    {
        context
            .ui
            .note("the file holds no API key yet: `smspin config set api_key` asks for it");
    }
    context
        .ui
        .note("next: `smspin doctor` checks the connection to the gateway and the key, and costs nothing");
    Ok(exit)
}

fn edit_file(
    path: &Arc<crate::settings::ConfigPath>,
    values: &[(Key, String)],
    force: bool,
) -> Result<crate::settings::Edited, Failure> {
    crate::settings::edit::init(path, values, force).map_err(edit::failed)
}

fn assignments(args: &InitArgs) -> Result<Vec<(Key, String)>, Failure> {
    let mut values: Vec<(Key, String)> = Vec::new();
    for text in &args.settings {
        let Some((name, value)) = text.split_once('=') else {
            return Err(Failure::message(Kind::Usage, "--set takes KEY=VALUE").hint("--set sender=SHOP"));
        };
        let key = super::key(name)?;
        if key == Key::ApiKey {
            return Err(super::key_in_an_argument("use --api-key-stdin"));
        }
        if values.iter().any(|(known, _)| *known == key) {
            return Err(Failure::message(
                Kind::Usage,
                format_args!("--set gives `{key}` twice"),
            ));
        }
        values.push((key, value.to_owned()));
    }
    Ok(values)
}

fn ask(context: &Context, values: &mut Vec<(Key, String)>) -> Result<(), Failure> {
    context
        .ui
        .note("Press Enter to skip a question; everything can be changed later.");
    let key = secret::read(context)?;
    if !key.trim().is_empty() {
        values.push((Key::ApiKey, key.trim().to_owned()));
    }
    for (key, question) in QUESTIONS {
        if let Some(answer) = answer(context, key, question)? {
            values.push((key, answer));
        }
    }
    Ok(())
}

/// Asks until the answer is good or empty.
fn answer(context: &Context, key: Key, question: &str) -> Result<Option<String>, Failure> {
    let broken =
        |error| Failure::new(Kind::Usage, anyhow::Error::from(error)).doing("cannot ask at this terminal");
    loop {
        let mut stderr = std::io::stderr();
        write!(stderr, "{question}: ")
            .and_then(|()| stderr.flush())
            .map_err(broken)?;
        let mut line = String::new();
        let read = std::io::stdin().lock().read_line(&mut line).map_err(broken)?;
        let answer = line.trim();
        if read == 0 || answer.is_empty() {
            return Ok(None);
        }
        match key.check(&Raw::Text(answer.to_owned())) {
            Ok(()) => return Ok(Some(answer.to_owned())),
            Err(error) => context.ui.warn(error),
        }
    }
}
