//! One command's way to a gateway: the settings that hold for it, and the real gateway or the one built in.

use super::Context;
use super::connection::{self, Reach, Target};
use crate::client::Client;
use crate::domain::api_key::ApiKey;
use crate::domain::base_url::BaseUrl;
use crate::failure::{Failure, Kind};
use crate::sandbox::{Db, Embedded, StartError};
use crate::settings::{Directories, Flags, Layers, Reader, keys};

/// The settings of one command, before anything is connected.
pub(crate) struct Session<'a> {
    pub(crate) context: &'a Context,
    /// What was typed of the settings.
    pub(crate) flags: Flags,
    pub(crate) layers: Layers,
}

/// A gateway that can be called.
pub(crate) struct OpenGateway {
    pub(crate) client: Client,
    pub(crate) key: ApiKey,
    /// The built-in gateway, which lives as long as the command.
    pub(crate) sandbox: Option<Embedded>,
}

impl<'a> Session<'a> {
    pub(crate) fn open(context: &'a Context, flags: Flags) -> Result<Self, Failure> {
        let layers = context.layers(&flags)?;
        Ok(Self {
            context,
            flags,
            layers,
        })
    }

    pub(crate) fn reader(&self) -> Reader<'_> {
        Reader::new(&self.layers)
    }

    pub(crate) const fn in_sandbox(&self) -> bool {
        self.context.global.sandbox
    }

    /// Connects nothing yet; fetches the key, which may run a program or read a file.
    pub(crate) fn gateway(&self, reach: Reach) -> Result<OpenGateway, Failure> {
        let Reach {
            target,
            paths,
            tuning,
        } = reach;
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
        let client =
            Client::new(&base_url, &paths, &tuning).map_err(|error| Failure::new(Kind::Config, error))?;
        if let Some(warning) = &client.warning {
            self.context.ui.warn(warning);
        }
        Ok(OpenGateway { client, key, sandbox })
    }

    fn api_key(&self) -> Result<ApiKey, Failure> {
        let found = self
            .layers
            .api_key(std::io::stdin().lock(), keys::API_KEY.parse)?;
        if let Some((warning, hint)) = found.warning {
            self.context.ui.warn(warning);
            self.context.ui.hint(&hint);
        }
        Ok(found.key)
    }
}

fn start_sandbox() -> Result<Embedded, Failure> {
    let db = Directories::of_system().sandbox_db()?;
    let db = Db::File(db);
    Embedded::start(&db).map_err(|error| sandbox_failure(error, &db))
}

/// Why no sandbox could be started on a state file.
pub(crate) fn sandbox_failure(error: StartError, db: &Db) -> Failure {
    match error.hint() {
        Some(hint) => Failure::new(Kind::Config, error)
            .doing("cannot start the sandbox")
            .hint(hint),
        None => Failure::new(Kind::Disk, error)
            .doing(format!("cannot start the sandbox with its state in {db}"))
            .hint(
                "make room there and see that it can be written to, or set XDG_STATE_HOME to another folder",
            ),
    }
}

/// Reads how the gateway is reached, with all that is wrong about it.
pub(crate) fn read_connection(session: &Session<'_>, doing: &str) -> Result<Reach, Failure> {
    let mut reader = session.reader();
    let connection = connection::read(&mut reader, &session.context.environment, 1);
    reader.finish(doing, connection)
}
