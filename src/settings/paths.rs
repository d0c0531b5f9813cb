//! Where the configuration file, the sandbox's state and the journals are. Nothing is opened or created here.

use std::fmt;
use std::path::{Path, PathBuf};

use directories::{BaseDirs, ProjectDirs};

use crate::env::{self, Environment};
use crate::failure::Failure;
use crate::text;

/// The platform's directories for this user. On Linux they follow the XDG variables.
#[derive(Debug, Clone, Default)]
pub(crate) struct Directories {
    home: Option<PathBuf>,
    config: Option<PathBuf>,
    state: Option<PathBuf>,
}

impl Directories {
    /// What the platform says. Without a home directory everything is absent, which matters only when it is needed.
    ///
    /// A home directory that is not an absolute path is none: files would be wherever the program happens to be started.
    pub(crate) fn of_system() -> Self {
        if BaseDirs::new().is_none_or(|dirs| !dirs.home_dir().is_absolute()) {
            return Self::without_home(&Environment::of_process());
        }
        let project = ProjectDirs::from("", "", "smspin");
        let state = |dirs: &ProjectDirs| {
            dirs.state_dir()
                .unwrap_or_else(|| dirs.data_local_dir())
                .to_owned()
        };
        Self {
            home: BaseDirs::new().map(|dirs| dirs.home_dir().to_owned()),
            config: project.as_ref().map(|dirs| dirs.config_dir().to_owned()),
            state: project.as_ref().map(state),
        }
    }

    /// Where no home directory is known, as in a container, the variables can still say where files are.
    fn without_home(environment: &Environment) -> Self {
        let named = |variable| {
            let path = environment.path(variable)?;
            path.is_absolute().then(|| path.join("smspin"))
        };
        Self {
            home: None,
            config: named("XDG_CONFIG_HOME"),
            state: named("XDG_STATE_HOME"),
        }
    }

    /// Directories of a test's own.
    #[cfg(test)]
    pub(crate) fn at(home: &Path) -> Self {
        Self {
            home: Some(home.to_owned()),
            config: Some(home.join(".config/smspin")),
            state: Some(home.join("state")),
        }
    }

    /// The file that holds the state of the sandbox.
    pub(crate) fn sandbox_db(&self) -> Result<PathBuf, Failure> {
        Ok(self.state("the sandbox's state")?.join("sandbox.db"))
    }

    /// The journal of this user and this gateway, which is named by its host and port.
    pub(crate) fn journal(&self, gateway: &str) -> Result<PathBuf, Failure> {
        let name = format!("{}.db", gateway.replace(':', "_"));
        Ok(self.state("the journal")?.join("journal").join(name))
    }

    /// The journal of what is sent in the sandbox.
    pub(crate) fn sandbox_journal(&self) -> Result<PathBuf, Failure> {
        Ok(self.state("the sandbox's journal")?.join("sandbox.journal.db"))
    }

    fn state(&self, wanted: &str) -> Result<&Path, Failure> {
        self.state.as_deref().ok_or_else(|| no_home(wanted))
    }

    /// The configuration file: the one that `--config` names, or `SMSPIN_CONFIG`, or the platform's.
    pub(crate) fn config_file(
        &self,
        flag: Option<&Path>,
        environment: &Environment,
    ) -> Result<ConfigPath, Failure> {
        if let Some(path) = flag {
            return Ok(ConfigPath::new(path, NamedBy::Flag, None));
        }
        if let Some(path) = environment.path(env::CONFIG) {
            return Ok(ConfigPath::new(path, NamedBy::Variable, None));
        }
        let directory = self
            .config
            .as_ref()
            .ok_or_else(|| no_home("the configuration file"))?;
        Ok(ConfigPath::new(
            &directory.join("config.toml"),
            NamedBy::Default,
            self.home.as_deref(),
        ))
    }
}

/// There is no home directory to find a file under.
fn no_home(what: &str) -> Failure {
    Failure::config(format_args!(
        "{what} can't be found: there is no home directory (HOME is not set, or is not an absolute path)"
    ))
    .hint(
        "set HOME to your home directory, as in HOME=/home/me, or XDG_STATE_HOME to a directory for such files; --config FILE \
         names the configuration",
    )
}

/// Who said where the configuration file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NamedBy {
    Flag,
    Variable,
    /// No one: it is where the platform keeps such files, and need not exist.
    Default,
}

/// Where the configuration file is, whether it exists or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConfigPath {
    path: PathBuf,
    shown: String,
    named_by: NamedBy,
}

impl ConfigPath {
    fn new(path: &Path, named_by: NamedBy, home: Option<&Path>) -> Self {
        let under_home = home
            .filter(|home| home.parent().is_some())
            .and_then(|home| path.strip_prefix(home).ok());
        let shown = match under_home {
            Some(rest) => printable(&Path::new("~").join(rest)),
            None => printable(path),
        };
        Self {
            path: path.to_owned(),
            shown,
            named_by,
        }
    }

    /// The place of a file that can't exist, because there is no home directory for it.
    pub(crate) fn nowhere() -> Self {
        Self::new(Path::new("config.toml"), NamedBy::Default, None)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn named_by(&self) -> NamedBy {
        self.named_by
    }
}

/// For people: under the home directory it begins with `~`, and it holds no control characters.
impl fmt::Display for ConfigPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

/// A path as it can go to a terminal.
pub(crate) fn printable(path: &Path) -> String {
    text::line(&path.to_string_lossy()).into_owned()
}

/// A path as one word for a POSIX shell, to be pasted after a command.
pub(crate) fn shell_word(path: &Path) -> String {
    text::shell_quoted(&printable(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::testing::environment;

    fn directories() -> Directories {
        Directories {
            home: Some("/home/ada".into()),
            config: Some("/home/ada/.config/smspin".into()),
            state: Some("/home/ada/.local/state/smspin".into()),
        }
    }

    #[test]
    fn flag_then_variable_then_platform() {
        let variable = Environment::from_pairs([("SMSPIN_CONFIG".into(), "/v.toml".into())]);
        let none = Environment::default();
        let flag = Path::new("/f.toml");
        for (flag, environment, shown, named_by) in [
            (Some(flag), &variable, "/f.toml", NamedBy::Flag),
            (None, &variable, "/v.toml", NamedBy::Variable),
            (None, &none, "~/.config/smspin/config.toml", NamedBy::Default),
        ] {
            let found = directories().config_file(flag, environment).unwrap();
            assert_eq!((found.to_string().as_str(), found.named_by()), (shown, named_by));
        }
    }

    #[test]
    fn the_platforms_directories_are_smspins_own() {
        let system = Directories::of_system();
        for found in [system.config, system.state].into_iter().flatten() {
            assert!(
                found.is_absolute() && found.components().any(|part| part.as_os_str() == "smspin"),
                "{found:?}"
            );
        }
    }

    #[test]
    fn a_missing_home_matters_only_when_it_is_needed() {
        let none = Directories::default();
        assert!(
            none.config_file(Some(Path::new("x")), &Environment::default())
                .is_ok()
        );
        let error = none
            .config_file(None, &Environment::default())
            .unwrap_err()
            .error
            .to_string();
        assert!(error.contains("HOME"), "{error}");
        assert!(none.sandbox_db().is_err() && none.sandbox_journal().is_err());
        let named = environment(&[("XDG_STATE_HOME", "/state"), ("XDG_CONFIG_HOME", "config")]);
        let named = Directories::without_home(&named);
        assert_eq!(named.sandbox_db().unwrap(), Path::new("/state/smspin/sandbox.db"));
        assert!(named.config_file(None, &Environment::default()).is_err());
        assert!(directories().sandbox_db().unwrap().ends_with("sandbox.db"));
        assert!(none.journal("a.es").is_err() && none.sandbox_journal().is_err());
        let journal = directories().journal("a.es:8443").unwrap();
        assert_eq!(
            journal,
            Path::new("/home/ada/.local/state/smspin/journal/a.es_8443.db")
        );
    }

    #[test]
    fn a_shown_path_is_safe_for_a_terminal_and_for_a_shell() {
        assert_eq!(
            printable(Path::new("/a\x1b[2J\u{202e}'")),
            "/a\\u{1b}[2J\\u{202e}'"
        );
        assert_eq!(shell_word(Path::new("/it's here")), r"'/it'\''s here'");
    }
}
