//! What every command works with: its output, its command line and its settings.

use super::command_line::CommandLine;
use crate::cli::Global;
use crate::env::Environment;
use crate::failure::Failure;
use crate::output::Ui;
use crate::settings::{ConfigFile, ConfigPath, Directories, Flags, Key, Layers};

/// What every command works with.
pub(crate) struct Context {
    pub(crate) ui: Ui,
    pub(crate) environment: Environment,
    pub(crate) global: Global,
    pub(crate) command_line: CommandLine,
}

impl Context {
    /// Every setting that was given, in order of precedence.
    pub(crate) fn layers(&self, flags: &Flags) -> Result<Layers, Failure> {
        let flags = self.with_profile(flags)?;
        let is_setting = |name: &str| Key::variables().any(|(variable, _)| variable == name);
        for name in self.environment.unknown(is_setting) {
            self.ui.warn(format_args!(
                "the variable {name} is unknown to smspin and has no effect"
            ));
        }
        let file = self.config_file()?;
        Layers::new(&flags, &self.environment, &file, self.global.sandbox)
    }

    /// The flags, with that of the profile. Those that choose a gateway are refused with `--sandbox`, where there is only the
    /// built-in one.
    pub(crate) fn with_profile(&self, flags: &Flags) -> Result<Flags, Failure> {
        let flags = Flags {
            profile: self.global.profile.clone(),
            ..flags.clone()
        };
        if self.global.sandbox {
            flags.reject_with_sandbox()?;
        }
        Ok(flags)
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
