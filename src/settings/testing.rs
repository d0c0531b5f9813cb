//! What the tests of this folder share: a directory with a configuration file, an environment, a file from text.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;

use crate::env::Environment;
use crate::settings::file::ConfigFile;
use crate::settings::paths::{ConfigPath, Directories};

/// An API key as the gateway gives them, to be looked for where it must not be.
pub(crate) const KEY: &str = "0123456789abcdef0123456789abcdef";

pub(crate) fn named(path: &Path) -> Arc<ConfigPath> {
    Arc::new(
        Directories::default()
            .config_file(Some(path), &Environment::default())
            .unwrap(),
    )
}

/// A checked file that is called `c.toml`.
pub(crate) fn file(text: &str) -> ConfigFile {
    ConfigFile::parse(&named(Path::new("c.toml")), text).unwrap()
}

pub(crate) fn environment(pairs: &[(&str, &str)]) -> Environment {
    Environment::from_pairs(pairs.iter().map(|&(name, value)| (name.into(), value.into())))
}

/// A directory of its own with `config.toml` in it, mode 0600.
pub(crate) struct Home {
    directory: TempDir,
}

impl Home {
    pub(crate) fn empty() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn with(text: &str) -> Self {
        let home = Self::empty();
        fs::write(home.path(), text).unwrap();
        home.chmod(0o600);
        home
    }

    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.directory.path().join("config.toml")
    }

    pub(crate) fn named(&self) -> Arc<ConfigPath> {
        named(&self.path())
    }

    pub(crate) fn text(&self) -> String {
        fs::read_to_string(self.path()).unwrap()
    }

    pub(crate) fn chmod(&self, mode: u32) {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(self.path(), fs::Permissions::from_mode(mode)).unwrap();
    }

    pub(crate) fn mode(&self) -> u32 {
        use std::os::unix::fs::PermissionsExt;
        self.path().metadata().unwrap().permissions().mode() & 0o7777
    }
}
