//! `smspin config list|get|path|set|unset|use`.

use super::secret;
use crate::answers::{ConfigListReport, ConfigPathReport, ConfigValueReport, EditReport, SettingMeaning};
use crate::cli::SetArgs;
use crate::failure::{Exit, Failure, Kind};
use crate::session::Context;
use crate::settings::{Edited, Flags, Key, edit, list};
use std::sync::Arc;

pub(super) fn list(context: &Context, all: bool) -> Result<Exit, Failure> {
    let layers = context.layers(&Flags::default())?;
    let meanings = Key::ALL.iter().filter(|_| all);
    let report = ConfigListReport {
        profile: layers.profile().map(|found| found.value.to_string()),
        settings: list::rows(&layers),
        meanings: meanings
            .map(|key| SettingMeaning {
                key: key.name(),
                meaning: key.help(),
                example: key.example(),
            })
            .collect(),
    };
    Ok(context.ui.answer(&report))
}

pub(super) fn get(context: &Context, name: &str) -> Result<Exit, Failure> {
    let key = super::key(name)?;
    let layers = context.layers(&Flags::default())?;
    let Some(row) = list::row(&layers, key) else {
        let failure = Failure::message(Kind::Config, format_args!("`{key}` is not set"));
        return Err(failure.hint(super::how_to_set(key)));
    };
    let report = ConfigValueReport { setting: row };
    Ok(context.ui.answer(&report))
}

pub(super) fn path(context: &Context) -> Result<Exit, Failure> {
    let path = context.config_path()?;
    let report = ConfigPathReport {
        path: path.path().to_string_lossy().into_owned(),
        exists: path.path().exists(),
    };
    Ok(context.ui.answer(&report))
}

pub(super) fn set(context: &Context, args: &SetArgs) -> Result<Exit, Failure> {
    let key = super::key(&args.key)?;
    let text = match &args.value {
        Some(_) if key == Key::ApiKey => {
            let instead = "run `smspin config set api_key` and type it, or pipe it in";
            return Err(super::key_in_an_argument(instead));
        }
        Some(value) => value.clone(),
        None if key == Key::ApiKey => {
            let text = secret::read(context)?;
            secret::doubt(context, &text);
            text
        }
        None => {
            let error = format_args!("`{key}` needs a value");
            return Err(Failure::message(Kind::Usage, error).hint(super::how_to_set(key)));
        }
    };
    let profile = context.global.profile.as_deref();
    let path = Arc::new(context.config_path()?);
    let edited = edit::set(&path, profile, key, &text)?;
    Ok(report(context, "set", key, edited))
}

pub(super) fn unset(context: &Context, name: &str) -> Result<Exit, Failure> {
    let key = super::key(name)?;
    let path = Arc::new(context.config_path()?);
    let edited = edit::unset(&path, context.global.profile.as_deref(), key)?;
    Ok(report(context, "unset", key, edited))
}

pub(super) fn use_profile(context: &Context, name: &str) -> Result<Exit, Failure> {
    let path = Arc::new(context.config_path()?);
    let edited = edit::use_profile(&path, name)?;
    Ok(report(context, "use", Key::Profile, edited))
}

pub(super) fn report(context: &Context, action: &'static str, key: Key, edited: Edited) -> Exit {
    if let Some(mode) = edited.tightened_from {
        context.ui.warn(format_args!(
            "{} could be read by others (mode {mode:04o}); it is 0600 now",
            edited.file
        ));
    }
    if edited.created_profile {
        let profile = context.global.profile.as_deref().unwrap_or_default();
        context
            .ui
            .note(format_args!("the profile {profile} is new in {}", edited.file));
    }
    let report = EditReport {
        action,
        key: key.name(),
        profile: context.global.profile.clone(),
        file: edited.file,
        changed: edited.changed,
    };
    context.ui.answer(&report)
}
