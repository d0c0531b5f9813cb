//! `smspin config init`: a first configuration file, by questions at a terminal, from flags and standard input elsewhere.

use super::secret_store::SecretStore;
use super::{edit, secret};
use crate::cli::InitArgs;
use crate::failure::{Exit, Failure, Kind};
use crate::session::{Context, signals};
use crate::settings::{ConfigFile, ConfigPath, Key, Raw};
use crate::text;
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
        signals::end_with("cancelled: nothing was written");
        ask(context, &path, &mut values)?;
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
    path: &Arc<ConfigPath>,
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

/// What is in the file that `--force` replaces is offered: Enter keeps it.
fn ask(context: &Context, path: &ConfigPath, values: &mut Vec<(Key, String)>) -> Result<(), Failure> {
    let old = ConfigFile::read(path.clone()).ok();
    let old = |key| old.as_ref().and_then(|file| file.value(None, key));
    let old_key = [Key::ApiKey, Key::ApiKeyCommand]
        .into_iter()
        .find_map(|key| old(key).map(|found| (key, found.value.clone())));
    context.ui.note(match old_key {
        Some(_) => {
            "Press Enter to keep what is there, or to skip a question; everything can be changed later."
        }
        None => "Press Enter to skip a question; everything can be changed later.",
    });
    let key = secret::read(context)?;
    match (key.trim(), old_key) {
        ("", Some((key, Raw::Secret(secret)))) => values.push((key, secret.expose().to_owned())),
        ("", Some((key, raw))) => values.push((key, key.kind().write_toml(&raw).to_string())),
        ("", None) => {}
        (typed, _) => values.push(keep_key(context, typed)?),
    }
    for (key, question) in QUESTIONS {
        let old = old(key).map(|found| found.value.text().into_owned());
        let offered = old
            .as_ref()
            .map(|old| format!("{question} [{}]", text::line(old)));
        let answer = answer(context, key, offered.as_deref().unwrap_or(question))?;
        values.extend(answer.or(old).map(|value| (key, value)));
    }
    Ok(())
}

/// In the store for secrets that this machine has, if somebody wants that, or in the file.
fn keep_key(context: &Context, typed: &str) -> Result<(Key, String), Failure> {
    let in_file = (Key::ApiKey, typed.to_owned());
    let Some(store) = SecretStore::find() else {
        return Ok(in_file);
    };
    let name = store.name();
    if store.is_taken() {
        context.ui.note(format_args!(
            "`{name}` holds an entry called smspin, which was not changed: the key goes into the file"
        ));
        return Ok(in_file);
    }
    let answer = read_answer(&format!(
        "Keep the key in `{name}` rather than in the file? [y/N]"
    ))?;
    if !answer.is_some_and(|answer| matches!(answer.to_ascii_lowercase().as_str(), "y" | "yes")) {
        return Ok(in_file);
    }
    if store.put(typed) {
        return Ok((Key::ApiKeyCommand, store.key_command()));
    }
    context.ui.warn(format_args!(
        "`{name}` did not take the key: it goes into the file"
    ));
    Ok(in_file)
}

/// One line, `None` if it is empty.
fn read_answer(question: &str) -> Result<Option<String>, Failure> {
    let broken =
        |error| Failure::new(Kind::Usage, anyhow::Error::from(error)).doing("cannot ask at this terminal");
    let mut stderr = std::io::stderr();
    write!(stderr, "{question}: ")
        .and_then(|()| stderr.flush())
        .map_err(broken)?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(broken)?;
    let answer = line.trim();
    Ok((!answer.is_empty()).then(|| answer.to_owned()))
}

/// Asks until the answer is good or empty.
fn answer(context: &Context, key: Key, question: &str) -> Result<Option<String>, Failure> {
    loop {
        let Some(answer) = read_answer(question)? else {
            return Ok(None);
        };
        match key.check(&Raw::Text(answer.clone())) {
            Ok(()) => return Ok(Some(answer)),
            Err(error) => context.ui.warn(error),
        }
    }
}
