//! `smspin config list|get|path`.

use crate::answers::{ConfigListReport, ConfigPathReport, ConfigValueReport, SettingMeaning};
use crate::failure::{Exit, Failure, Kind};
use crate::session::Context;
use crate::settings::{Flags, Key, list};

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
