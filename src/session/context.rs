//! What every command works with: its output, its command line and its settings.

use super::command_line::CommandLine;
use crate::cli::{Given, Global};
use crate::env::Environment;
use crate::failure::Failure;
use crate::output::Ui;
use crate::settings::{self, ConfigFile, ConfigPath, Directories, Flags, Key, Layers};
use std::path::PathBuf;

/// What every command works with.
pub(crate) struct Context {
    pub(crate) ui: Ui,
    pub(crate) environment: Environment,
    pub(crate) global: Global,
    pub(crate) command_line: CommandLine,
}

impl Context {
    /// Every setting that was given, in order of precedence.
    pub(crate) fn layers(&self, given: Given, api_key_file: Option<PathBuf>) -> Result<Layers, Failure> {
        let flags = Flags {
            values: given,
            profile: self.global.profile.clone(),
            api_key_file,
        };
        self.reject_with_sandbox(&flags.values, flags.api_key_file.is_some())?;
        let is_setting = |name: &str| Key::variables().any(|(variable, _)| variable == name);
        for name in self.environment.unknown(is_setting) {
            self.ui.warn(format_args!(
                "the variable {name} is unknown to smspin and has no effect"
            ));
        }
        let file = self.config_file()?;
        if self.global.sandbox {
            Layers::for_sandbox(&flags, &self.environment, &file)
        } else {
            Layers::new(&flags, &self.environment, &file)
        }
    }

    /// Refuses the flags that choose a gateway, since with `--sandbox` there is only the built-in one.
    pub(crate) fn reject_with_sandbox(&self, given: &Given, api_key_file: bool) -> Result<(), Failure> {
        if !self.global.sandbox {
            return Ok(());
        }
        let base_url = given.iter().any(|(key, _)| *key == Key::BaseUrl);
        settings::reject_with_sandbox(self.global.profile.is_some(), base_url, api_key_file)
    }

    /// Where the configuration file is, whether it exists or not.
    pub(crate) fn config_path(&self) -> Result<ConfigPath, Failure> {
        Directories::of_system().config_file(self.global.config.as_deref(), &self.environment)
    }

    /// The configuration file, checked. Without a home directory and without a name for it, there is none.
    pub(crate) fn config_file(&self) -> Result<ConfigFile, Failure> {
        match self.config_path() {
            Ok(path) => ConfigFile::read(path),
            Err(_) => Ok(ConfigFile::empty(ConfigPath::nowhere())),
        }
    }
}
