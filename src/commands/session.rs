//! One command's way to a gateway: the settings that hold for it, and the real gateway or the one built in.

use super::Context;
use super::connection::{self, Reach, Target};
use crate::cli::{ConnectionArgs, Given};
use crate::client::Client;
use crate::domain::api_key::ApiKey;
use crate::domain::base_url::BaseUrl;
use crate::failure::{Failure, Kind};
use crate::sandbox::{Db, Embedded};
use crate::settings::{self, ConfigFile, ConfigPath, Directories, Flags, Key, Layers, Reader, SettingsError};
use std::path::PathBuf;

/// The settings of one command, before anything is connected.
pub(crate) struct Session<'a> {
    pub(crate) context: &'a Context,
    pub(crate) layers: Layers,
}

/// A gateway that can be called.
pub(crate) struct Gateway {
    pub(crate) client: Client,
    pub(crate) key: ApiKey,
    /// The built-in gateway, which lives as long as the command.
    pub(crate) sandbox: Option<Embedded>,
}

impl<'a> Session<'a> {
    pub(crate) fn open(
        context: &'a Context,
        given: Given,
        connection: &ConnectionArgs,
    ) -> Result<Self, Failure> {
        let layers = context.layers(given, connection.api_key_file.clone())?;
        Ok(Self { context, layers })
    }

    pub(crate) fn reader(&self) -> Reader<'_> {
        Reader::new(&self.layers)
    }

    pub(crate) const fn in_sandbox(&self) -> bool {
        self.context.global.sandbox
    }

    /// Connects nothing yet; fetches the key, which may run a program or read a file.
    pub(crate) fn gateway(&self, reach: Reach) -> Result<Gateway, Failure> {
        let Reach { target, tuning } = reach;
        let (base_url, key, sandbox) = match target {
            Target::Gateway(base_url) => (base_url, self.api_key()?, None),
            Target::Sandbox => {
                let sandbox = start_sandbox()?;
                let bug = |error| Failure::new(Kind::Bug, error);
                let key =
                    ApiKey::parse(sandbox.api_key()).map_err(|error| bug(anyhow::Error::from(error)))?;
                let base_url = BaseUrl::parse(&sandbox.base_url()).map_err(|error| bug(error.into()))?;
                (base_url, key, Some(sandbox))
            }
        };
        let client = Client::new(&base_url, &tuning).map_err(|error| Failure::new(Kind::Config, error))?;
        if let Some(warning) = &client.warning {
            self.context.ui.warn(warning);
        }
        Ok(Gateway { client, key, sandbox })
    }

    fn api_key(&self) -> Result<ApiKey, Failure> {
        let found = self
            .layers
            .api_key(std::io::stdin().lock(), ApiKey::parse)
            .map_err(|error| Failure::from(SettingsError::from(error)))?;
        if let Some(warning) = found.warning {
            self.context.ui.warn(warning.message());
            self.context.ui.hint(&warning.hint());
        }
        Ok(found.key.value)
    }
}

impl Context {
    /// Every setting that anybody gave, in order of precedence.
    pub(crate) fn layers(&self, given: Given, api_key_file: Option<PathBuf>) -> Result<Layers, Failure> {
        let flags = Flags {
            values: given,
            profile: self.global.profile.clone(),
            api_key_file,
        };
        self.reject_with_sandbox(&flags.values, flags.api_key_file.is_some())?;
        for name in self.environment.strangers() {
            self.ui.warn(format_args!(
                "the variable {name} is none of smspin's, and has no effect"
            ));
        }
        let file = self.config_file()?;
        let layers = if self.global.sandbox {
            Layers::for_sandbox(&flags, &self.environment, &file)
        } else {
            Layers::new(&flags, &self.environment, &file)
        };
        layers.map_err(Failure::from)
    }

    /// Refuses the flags that would take a sandbox run elsewhere.
    pub(crate) fn reject_with_sandbox(&self, given: &Given, api_key_file: bool) -> Result<(), Failure> {
        if !self.global.sandbox {
            return Ok(());
        }
        let base_url = given.iter().any(|(key, _)| *key == Key::BaseUrl);
        settings::reject_with_sandbox(self.global.profile.is_some(), base_url, api_key_file)
            .map_err(|error| Failure::from(SettingsError::from(error)))
    }

    /// Where the configuration file is, whether it exists or not.
    pub(crate) fn config_path(&self) -> Result<ConfigPath, Failure> {
        let found = Directories::of_system().config_file(self.global.config.as_deref(), &self.environment);
        found.map_err(|error| Failure::from(SettingsError::from(error)))
    }

    /// The configuration file, checked. Without a home directory and without a name for it, there is none.
    pub(crate) fn config_file(&self) -> Result<ConfigFile, Failure> {
        let found = Directories::of_system().config_file(self.global.config.as_deref(), &self.environment);
        match found {
            Ok(path) => ConfigFile::read(path).map_err(|error| Failure::from(SettingsError::from(error))),
            Err(_) => Ok(ConfigFile::empty(ConfigPath::nowhere())),
        }
    }
}

fn start_sandbox() -> Result<Embedded, Failure> {
    let db = Directories::of_system()
        .sandbox_db()
        .map_err(|error| Failure::from(SettingsError::from(error)))?;
    let place = db.display().to_string();
    Embedded::start(&Db::File(db)).map_err(|error| {
        Failure::new(Kind::Disk, error)
            .doing(format!("cannot start the sandbox with its state in {place}"))
            .hint(
                "make room there and see that it can be written to, or set XDG_STATE_HOME to another folder",
            )
    })
}

/// Reads how the gateway is reached, with all that is wrong about it.
pub(crate) fn read_connection(session: &Session<'_>, doing: &str) -> Result<Reach, Failure> {
    let mut reader = session.reader();
    let connection = connection::read(&mut reader, 1);
    reader.finish(doing, connection)
}
