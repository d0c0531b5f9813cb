//! `smspin batch` from end to end, against a gateway that does what a test says.

mod broken_workbooks;
mod countries;
mod database;
mod engines;
mod killed;
mod lists;
mod places;
mod progress;
mod prompt;
mod repeats;
mod report_files;
mod reports;
mod rows;
mod said;
mod servers;
mod stopping;
mod workbooks;

use crate::support::ended::Ended;
use crate::support::gateway::{Gateway, Reply};
use crate::support::home::{Home, Run, Words};
use std::path::PathBuf;

/// The first number of [`Batch::of`].
pub(crate) const FIRST: u64 = 34_600_000_001;

/// A home with an input, and a gateway.
pub(crate) struct Batch {
    pub(crate) home: Home,
    pub(crate) gateway: Gateway,
    /// Where its journal is.
    journal: String,
    campaign: Option<String>,
}

impl Batch {
    /// An input of so many rows, numbered from [`FIRST`].
    pub(crate) fn of(rows: u64, script: impl Fn(u64, usize) -> Reply + Send + Sync + 'static) -> Self {
        let batch = Self::with(&numbers(FIRST..FIRST + rows), script);
        assert!(batch.gateway.numbers().is_empty());
        batch
    }

    pub(crate) fn with(input: &str, script: impl Fn(u64, usize) -> Reply + Send + Sync + 'static) -> Self {
        let batch = Self::at(Gateway::by_number(script));
        batch.write(input);
        batch
    }

    pub(crate) fn at(gateway: Gateway) -> Self {
        let home = Home::new();
        Self {
            // A file that is named may be on any file system, such as that of a container.
            journal: engines::database().unwrap_or_else(|| home.file("journal.db").display().to_string()),
            campaign: engines::campaign(),
            home,
            gateway,
        }
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.home.file(name)
    }

    pub(crate) fn write(&self, input: &str) {
        std::fs::write(self.file("users.csv"), input).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.file(name)).unwrap()
    }

    /// The command, to be ended by the test.
    pub(crate) fn command(&self, more: impl Words) -> Run {
        self.command_for("users.csv", more)
    }

    /// The same with another list.
    pub(crate) fn command_for(&self, file: &str, more: impl Words) -> Run {
        let args = ["--json", "batch", file, "--base-url", &self.gateway.base_url];
        self.in_home(&[(&args).words(), more.words()].concat())
    }

    /// Rows as JSON lines on standard output.
    fn streams(&self, more: impl Words) -> Ended {
        let line = format!("batch users.csv --base-url {} -o -", self.gateway.base_url);
        self.in_home(&[line.as_str().words(), more.words()].concat())
            .end()
    }

    /// `smspin journal`, with its answer as JSON.
    pub(crate) fn journal(&self, args: impl Words) -> Ended {
        self.in_home(&["--json journal".words(), args.words()].concat())
            .end()
    }

    fn in_home(&self, args: impl Words) -> Run {
        let run = self.home.smspin(args.words()).at(&self.gateway.base_url);
        run.env("SMSPIN_JOURNAL", &self.journal)
            .env("SMSPIN_CAMPAIGN", self.campaign.as_deref().unwrap_or_default())
    }

    /// Run to its end, with its answer as JSON.
    pub(crate) fn run(&self, more: impl Words) -> Ended {
        self.command(more).end()
    }

    /// Run with `--yes`; what it ends with is compared.
    #[track_caller]
    pub(crate) fn sends(&self, more: impl Words, status: i32, outcome: &str) -> Ended {
        let ended = self.run(&["--yes".words(), more.words()].concat()).exits(status);
        assert_eq!(ended.json()["outcome"], outcome, "{ended}");
        ended
    }

    /// Fails before anything is sent, and says all of this, which ` … ` parts in a text.
    #[track_caller]
    pub(crate) fn refuses(&self, more: impl Words, status: i32, says: impl Pieces) -> Ended {
        let before = self.gateway.numbers().len();
        let ended = self.run(more).exits(status);
        for text in says.pieces() {
            ended.out(&text);
        }
        assert_eq!(
            self.gateway.numbers().len(),
            before,
            "something was sent: {ended}"
        );
        ended
    }

    /// Number and outcome of each row, in the order of the results.
    pub(crate) fn results(&self) -> Vec<(String, String)> {
        let mut reader = csv::Reader::from_path(self.file("users.results.csv")).unwrap();
        let header = reader.headers().unwrap().clone();
        let outcome = header.iter().position(|name| name == "smspin_outcome").unwrap();
        let rows = reader.records().map(|row| row.unwrap());
        rows.map(|row| (row[0].to_owned(), row[outcome].to_owned()))
            .collect()
    }

    pub(crate) fn outcomes(&self) -> Vec<String> {
        self.results().into_iter().map(|(_, outcome)| outcome).collect()
    }
}

/// Texts that must be said.
pub(crate) trait Pieces {
    fn pieces(self) -> Vec<String>;
}

impl Pieces for &str {
    fn pieces(self) -> Vec<String> {
        self.split(" … ").map(str::to_owned).collect()
    }
}

impl<S: AsRef<str>> Pieces for &[S] {
    fn pieces(self) -> Vec<String> {
        self.words()
    }
}

impl<S: AsRef<str>, const N: usize> Pieces for &[S; N] {
    fn pieces(self) -> Vec<String> {
        self.words()
    }
}

/// The `rows` of a report: these outcomes have rows, and all others none.
pub(crate) fn counts(some: &[(&str, u64)]) -> serde_json::Value {
    let mut rows = serde_json::json!({
        "accepted": 0, "refused": 0, "unknown": 0, "unsent": 0, "pending": 0, "duplicate": 0, "invalid": 0, "excluded": 0, "under_way": 0
    });
    for (outcome, count) in some {
        rows[outcome] = (*count).into();
    }
    rows
}

pub(crate) fn numbers(range: std::ops::Range<u64>) -> String {
    let rows: Vec<_> = range.map(|number| number.to_string()).collect();
    format!("Tel\n{}\n", rows.join("\n"))
}

pub(crate) fn accepting(_: u64, _: usize) -> Reply {
    Reply::Ok
}
