//! A home directory of its own, and the program run in it with an empty environment.

use super::ended::{Ended, listing};
use super::signals;
use rustix::process::{Pid, Signal, kill_process};
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// A key for a gateway of the tests.
pub(crate) const KEY: &str = "0123456789abcdef0123456789abcdef";

/// A home directory, which is also where the program runs.
pub(crate) struct Home {
    dir: TempDir,
}

impl Home {
    pub(crate) fn new() -> Self {
        signals::pass_on_none_that_is_ignored();
        Self {
            dir: tempfile::tempdir().expect("a temporary directory"),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    pub(crate) fn config_file(&self) -> PathBuf {
        self.file(".config/smspin/config.toml")
    }

    /// Writes the configuration file, for its owner alone.
    pub(crate) fn write_config(&self, text: &str) {
        use std::os::unix::fs::PermissionsExt;
        let path = self.config_file();
        std::fs::create_dir_all(path.parent().expect("a file has a directory")).unwrap();
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// A run of the program in this home, by a line as it is typed.
    pub(crate) fn typed(&self, line: impl AsRef<str>) -> Run {
        self.smspin(line.as_ref().words())
    }

    /// A run of the program in this home.
    pub(crate) fn smspin<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(&self, args: I) -> Run {
        let mut command = Command::new(env!("CARGO_BIN_EXE_smspin"));
        command
            .args(args)
            .env_clear()
            .env("HOME", self.path())
            .current_dir(self.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Run { command, stdin: None }
    }
}

/// Arguments, one by one or as a line that is typed: words end at spaces but where single quotes keep them together.
pub(crate) trait Words {
    fn words(self) -> Vec<String>;
}

impl Words for &str {
    fn words(self) -> Vec<String> {
        let mut is_quoted = false;
        let ends_word = |character: char| {
            is_quoted ^= character == '\'';
            character == ' ' && !is_quoted
        };
        let words = self.split(ends_word).filter(|word| !word.is_empty());
        words.map(|word| word.replace('\'', "")).collect()
    }
}

impl<S: AsRef<str>> Words for &[S] {
    fn words(self) -> Vec<String> {
        self.iter().map(|word| word.as_ref().to_owned()).collect()
    }
}

impl<S: AsRef<str>, const N: usize> Words for &[S; N] {
    fn words(self) -> Vec<String> {
        self.as_slice().words()
    }
}

impl<S: AsRef<str>> Words for &Vec<S> {
    fn words(self) -> Vec<String> {
        self.as_slice().words()
    }
}

/// The program before it has started.
#[must_use = "a run that is not ended tests nothing"]
pub(crate) struct Run {
    command: Command,
    stdin: Option<Vec<u8>>,
}

impl Run {
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// What the program reads; without this, its standard input is empty.
    pub(crate) fn stdin(mut self, text: impl AsRef<[u8]>) -> Self {
        self.command.stdin(Stdio::piped());
        self.stdin = Some(text.as_ref().to_vec());
        self
    }

    /// Reads from here, and shows there what goes to standard error.
    pub(crate) fn at_a_terminal(mut self, input: impl Into<Stdio>, shown: impl Into<Stdio>) -> Self {
        self.command.stdin(input).stderr(shown);
        self
    }

    /// Has a shell run this first, in the process that then becomes the program: limits, and signals to ignore.
    pub(crate) fn after(mut self, script: &str) -> Self {
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", &format!("{script}; exec \"$0\" \"$@\"")])
            .arg(self.command.get_program())
            .args(self.command.get_args())
            .env_clear()
            .stdin(if self.stdin.is_some() {
                Stdio::piped()
            } else {
                Stdio::null()
            })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        for (name, value) in self.command.get_envs() {
            command.env(name, value.expect("the environment begins empty"));
        }
        if let Some(dir) = self.command.get_current_dir() {
            command.current_dir(dir);
        }
        self.command = command;
        self
    }

    /// With a key, and a gateway that is there.
    pub(crate) fn at(self, base_url: &str) -> Self {
        self.env("SMSPIN_API_KEY", KEY).env("SMSPIN_BASE_URL", base_url)
    }

    /// Runs to the end, with this exit status.
    #[track_caller]
    pub(crate) fn exits(self, status: i32) -> Ended {
        self.end().exits(status)
    }

    /// Runs to the end, and compares what it says (see [`Ended::says`]).
    #[track_caller]
    pub(crate) fn says(self, status: i32, stdout: &[&str], stderr: &[&str]) -> Ended {
        let ended = self.end();
        ended.says(status, stdout, stderr);
        ended
    }

    /// Runs to the end, and compares why it fails (see [`Ended::fails`]).
    #[track_caller]
    pub(crate) fn fails(self, status: i32, stderr: &str) -> Ended {
        let ended = self.end();
        ended.fails(status, stderr);
        ended
    }

    /// Runs to the end, and compares what it says (see [`Ended::is`]).
    #[track_caller]
    pub(crate) fn is(self, status: i32, stdout: &str, stderr: &str) {
        self.end().is(status, stdout, stderr);
    }

    /// Runs to the end and gives back all that can be seen.
    pub(crate) fn end(self) -> Ended {
        self.start().end()
    }

    pub(crate) fn start(mut self) -> Running {
        let mut child = self.command.spawn().expect("the program starts");
        if let Some(text) = self.stdin {
            // A program that ends without reading its input is not a fault of the test's.
            let _ = child.stdin.take().expect("stdin is piped").write_all(&text);
        }
        Running {
            child,
            command: self.command,
        }
    }

    /// The command itself, for tests that connect its streams to something else.
    pub(crate) fn into_command(self) -> Command {
        self.command
    }
}

/// The program while it runs.
pub(crate) struct Running {
    pub(crate) child: Child,
    command: Command,
}

impl Running {
    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// Reads its standard error up to a line that holds this.
    #[track_caller]
    pub(crate) fn hears(&mut self, text: &str) {
        let mut stderr = BufReader::new(self.child.stderr.as_mut().unwrap());
        let mut line = String::new();
        while !line.contains(text) {
            line.clear();
            let read = stderr.read_line(&mut line).unwrap();
            assert!(read > 0, "stderr ended without {text:?}");
        }
    }

    /// Waits for the end, with this exit status.
    #[track_caller]
    pub(crate) fn exits(self, status: i32) -> Ended {
        self.end().exits(status)
    }

    /// Waits for the end and gives back all that can be seen.
    pub(crate) fn end(self) -> Ended {
        use std::os::unix::process::ExitStatusExt;
        let output = self.child.wait_with_output().expect("the program ends");
        let args = self
            .command
            .get_args()
            .map(|arg| arg.to_string_lossy().into_owned());
        let ended = Ended {
            args: args.collect(),
            files: self.command.get_current_dir().map(listing).unwrap_or_default(),
            stdout: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
            status: output.status.code(),
            signal: output.status.signal(),
        };
        ended.counts_one_as_one();
        ended
    }
}
