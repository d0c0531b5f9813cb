//! A hermetic way to run the program: an empty environment, a home of its own, and all three of stdout, stderr and
//! status compared every time.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// A home directory, and what every run in it sees.
pub(crate) struct Home {
    dir: TempDir,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self {
            dir: tempfile::tempdir().expect("a temporary directory"),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn config_file(&self) -> PathBuf {
        self.path().join(".config/smspin/config.toml")
    }

    /// Writes the configuration file, for its owner alone.
    pub(crate) fn write_config(&self, text: &str) {
        use std::os::unix::fs::PermissionsExt;
        let path = self.config_file();
        std::fs::create_dir_all(path.parent().expect("a file has a directory")).unwrap();
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// A run of the program in this home.
    pub(crate) fn smspin<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(&self, args: I) -> Run {
        let mut command = Command::new(env!("CARGO_BIN_EXE_smspin"));
        command
            .args(args)
            .env_clear()
            .env("HOME", self.path())
            .current_dir(self.path());
        Run { command, stdin: None }
    }
}

#[must_use = "a run that nobody ends tests nothing"]
pub(crate) struct Run {
    command: Command,
    stdin: Option<Vec<u8>>,
}

impl Run {
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn stdin(mut self, text: impl AsRef<[u8]>) -> Self {
        self.stdin = Some(text.as_ref().to_vec());
        self
    }

    /// Runs to the end and gives back all that can be seen.
    pub(crate) fn end(mut self) -> Ended {
        let stdin = if self.stdin.is_some() {
            Stdio::piped()
        } else {
            Stdio::null()
        };
        let mut child = self
            .command
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        if let Some(text) = self.stdin {
            // A program that ends without reading its input is no fault of the test's.
            let _ = child.stdin.take().expect("stdin is piped").write_all(&text);
        }
        let output = child.wait_with_output().expect("the program ends");
        Ended {
            args: self
                .command
                .get_args()
                .map(|arg| arg.to_string_lossy().into_owned())
                .collect(),
            stdout: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
            status: output.status.code(),
        }
    }

    /// The command itself, for tests that hold the process while it runs.
    pub(crate) fn into_command(self) -> Command {
        self.command
    }
}

pub(crate) struct Ended {
    args: Vec<String>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) status: Option<i32>,
}

impl std::fmt::Display for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            args,
            stdout,
            stderr,
            status,
        } = self;
        write!(
            f,
            "{args:?} ended with {status:?}\n--- stdout\n{stdout}\n--- stderr\n{stderr}\n---"
        )
    }
}

impl Ended {
    /// All three at once. Each text is compared as a whole.
    #[track_caller]
    pub(crate) fn is(&self, status: i32, stdout: &str, stderr: &str) {
        assert!(
            self.status == Some(status) && self.stdout == stdout && self.stderr == stderr,
            "expected {status}\n--- stdout\n{stdout}\n--- stderr\n{stderr}\n---\nbut {self}"
        );
    }

    /// The exit status, and pieces that stdout and stderr must hold; an empty list means that the stream is empty.
    #[track_caller]
    pub(crate) fn says(&self, status: i32, stdout: &[&str], stderr: &[&str]) -> &Self {
        assert_eq!(self.status, Some(status), "{self}");
        for (text, pieces, name) in [(&self.stdout, stdout, "stdout"), (&self.stderr, stderr, "stderr")] {
            assert!(
                !pieces.is_empty() || text.is_empty(),
                "{name} should be empty: {self}"
            );
            for piece in pieces {
                assert!(text.contains(piece), "{name} lacks {piece:?}: {self}");
            }
        }
        self
    }

    /// The one JSON document on stdout, which keeps to the schema of the command that printed it.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        let document = serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self}"));
        if let Err(fault) = crate::schema::of(&self.args).check(&document) {
            panic!("not what `smspin schema` promises: {fault}: {self}");
        }
        document
    }

    #[track_caller]
    pub(crate) fn holds_nowhere(&self, secret: &str) {
        assert!(
            !self.stdout.contains(secret) && !self.stderr.contains(secret),
            "{secret} leaked: {self}"
        );
    }
}
