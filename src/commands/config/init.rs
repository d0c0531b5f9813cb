//! `smspin config init`: a first configuration file, by questions at a terminal, from flags and standard input elsewhere.

use super::secret_store::SecretStore;
use super::{find_paths, secret, values};
use crate::cli::InitArgs;
use crate::failure::{Exit, Failure, Kind};
use crate::session::{Context, Questions};
use crate::settings::{ConfigFile, ConfigPath, Key, Raw};
use crate::text;
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
    let was_asked = context.ui.interactive && values.is_empty() && !args.api_key_stdin;
    if args.api_key_stdin {
        let key = secret::from_stdin()?;
        secret::doubt(context, &key);
        values.push((Key::ApiKey, key));
    } else if was_asked {
        let questions = Questions::new(context, "nothing was written");
        ask(context, &questions, &path, &mut values)?;
        questions.answered();
    } else if values.is_empty() {
        return Err(Failure::message(
            Kind::Usage,
            "there is nothing to write: no value was given, and there is no terminal to ask at",
        )
        .hint("pass show sms-gateway | smspin config init --api-key-stdin --set sender=SHOP"));
    }
    let edited = crate::settings::edit::init(&path, &values, args.force)?;
    let exit = values::report(context, "init", Key::ApiKey, edited);
    let has_key = values
        .iter()
        .any(|(key, _)| matches!(key, Key::ApiKey | Key::ApiKeyCommand));
    if has_key && was_asked && !context.global.sandbox {
        find_paths::offer(context, &path)?;
    }
    if !has_key {
        context
            .ui
            .note("the file holds no API key yet: `smspin config set api_key` asks for it");
    }
    context
        .ui
        .note("next: `smspin doctor` checks the connection to the gateway and the key, and costs nothing");
    Ok(exit)
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
fn ask(
    context: &Context,
    questions: &Questions<'_>,
    path: &ConfigPath,
    values: &mut Vec<(Key, String)>,
) -> Result<(), Failure> {
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
    let typed = secret::ask(questions)?;
    let typed = typed.trim();
    secret::doubt(context, typed);
    let store = if typed.is_empty() {
        None
    } else {
        choose_store(context, questions)?
    };
    for (key, question) in QUESTIONS {
        let old = old(key).map(|found| found.value.text().into_owned());
        let offered = old
            .as_ref()
            .map(|old| format!("{question} [{}]", text::line(old)));
        let answer = answer(context, questions, key, offered.as_deref().unwrap_or(question))?;
        values.extend(answer.or(old).map(|value| (key, value)));
    }
    match (typed, old_key) {
        ("", Some((key, Raw::Secret(secret)))) => values.push((key, secret.expose().to_owned())),
        ("", Some((key, raw))) => values.push((key, key.kind().write_toml(&raw).to_string())),
        ("", None) => {}
        (typed, _) => values.push(keep_key(context, store, typed)),
    }
    Ok(())
}

/// The store for secrets that this machine has, if the user wants the key there rather than in the file.
fn choose_store(
    context: &Context,
    questions: &Questions<'_>,
) -> Result<Option<&'static SecretStore>, Failure> {
    let Some(store) = SecretStore::find() else {
        return Ok(None);
    };
    let name = store.name();
    let refusal = match store.is_taken() {
        Some(false) => None,
        Some(true) => Some("holds an entry called smspin, which was not changed"),
        None => Some("does not answer"),
    };
    if let Some(refusal) = refusal {
        context
            .ui
            .note(format_args!("`{name}` {refusal}: the key goes into the file"));
        return Ok(None);
    }
    let answer = questions.answer(&format!(
        "Keep the key in `{name}` rather than in the file? [y/N]"
    ))?;
    let yes = answer.is_some_and(|answer| matches!(answer.to_ascii_lowercase().as_str(), "y" | "yes"));
    Ok(yes.then_some(store))
}

/// Puts the key where it was wanted, and gives what the file has to hold. After the last question: a user who stops at one
/// is told that nothing was written.
fn keep_key(context: &Context, store: Option<&SecretStore>, typed: &str) -> (Key, String) {
    let Some(store) = store else {
        return (Key::ApiKey, typed.to_owned());
    };
    if store.put(typed) {
        return (Key::ApiKeyCommand, store.key_command());
    }
    context.ui.warn(format_args!(
        "`{}` did not take the key: it goes into the file",
        store.name()
    ));
    (Key::ApiKey, typed.to_owned())
}

/// Asks until the answer is good or empty.
fn answer(
    context: &Context,
    questions: &Questions<'_>,
    key: Key,
    question: &str,
) -> Result<Option<String>, Failure> {
    loop {
        let Some(answer) = questions.answer(question)? else {
            return Ok(None);
        };
        match key.check(&Raw::Text(answer.clone())) {
            Ok(()) => return Ok(Some(answer)),
            Err(error) => context.ui.warn(error),
        }
    }
}
