//! Stores for secrets that this machine may have: the key goes in through the program's standard input, and comes out by
//! the `api_key_command` that is written into the file.

use crate::settings::key_command;
use std::io::{self, Write};
use std::process::{Command, Stdio};
use std::time::Instant;

/// One store, with the commands that put a key in and get it out.
pub(super) struct SecretStore {
    program: &'static str,
    put: &'static [&'static str],
    /// What the program reads is this, with the key between the two.
    input: (&'static str, &'static str),
    get: &'static [&'static str],
}

const STORES: [SecretStore; 4] = [
    SecretStore {
        program: "secret-tool",
        put: &["store", "--label=smspin", "service", "smspin"],
        input: ("", ""),
        get: &["lookup", "service", "smspin"],
    },
    SecretStore {
        program: "security",
        put: &["-i"],
        input: ("add-generic-password -a smspin -s smspin -w ", "\n"),
        get: &["find-generic-password", "-a", "smspin", "-s", "smspin", "-w"],
    },
    SecretStore {
        program: "pass",
        put: &["insert", "--multiline", "smspin"],
        input: ("", "\n"),
        get: &["show", "smspin"],
    },
    SecretStore {
        program: "op",
        put: &["item", "create", "-"],
        input: (
            r#"{"title":"smspin","category":"PASSWORD","fields":[{"id":"password","type":"CONCEALED","purpose":"PASSWORD","label":"password","value":""#,
            r#""}]}"#,
        ),
        get: &["item", "get", "smspin", "--fields", "label=password", "--reveal"],
    },
];

impl SecretStore {
    /// The first whose program is on `PATH`.
    pub(super) fn find() -> Option<&'static Self> {
        let path = std::env::var_os("PATH")?;
        let there = |program: &str| std::env::split_paths(&path).any(|dir| dir.join(program).is_file());
        STORES.iter().find(|store| there(store.program))
    }

    pub(super) const fn name(&self) -> &'static str {
        self.program
    }

    /// The value of `api_key_command`, as `config set` takes it.
    pub(super) fn key_command(&self) -> String {
        let words = [self.program].into_iter().chain(self.get.iter().copied());
        let quoted: Vec<String> = words.map(|word| format!("\"{word}\"")).collect();
        format!("[{}]", quoted.join(", "))
    }

    /// Whether there is an entry of this name already, which is not to be replaced; `None` if the program doesn't answer.
    pub(super) fn is_taken(&self) -> Option<bool> {
        let found = key_command::run(self.getting(), key_command::TIMEOUT).ok()?;
        Some(found.status?.success())
    }

    /// Puts the key in. False if the program doesn't end in time, or if the key can't be read back: some of the programs end
    /// well after a failure too.
    pub(super) fn put(&self, key: &str) -> bool {
        // A key is letters, digits and hyphens: it needs no quoting where it is a word of a command or of JSON.
        let plain = key
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        plain && self.try_put(key).is_ok_and(|put| put) && self.holds(key)
    }

    fn try_put(&self, key: &str) -> io::Result<bool> {
        let mut command = Command::new(self.program);
        command.args(self.put).stdin(Stdio::piped()).stdout(Stdio::null());
        let mut child = key_command::quiet(&mut command).spawn()?;
        let (before, after) = self.input;
        let written = child
            .stdin
            .take()
            .is_some_and(|mut stdin| write!(stdin, "{before}{key}{after}").is_ok());
        let ended = key_command::ended(&mut child, Instant::now() + key_command::TIMEOUT);
        Ok(written && ended.is_some_and(|status| status.success()))
    }

    fn holds(&self, key: &str) -> bool {
        let found = key_command::run(self.getting(), key_command::TIMEOUT);
        found.is_ok_and(|found| {
            found.status.is_some_and(|status| status.success())
                && found.line.trim_ascii_end() == key.as_bytes()
        })
    }

    fn getting(&self) -> Command {
        let mut command = Command::new(self.program);
        command.args(self.get);
        command
    }
}
