//! `smspin batch` from end to end, against a gateway that does what a test says.

mod broken_workbooks;
mod countries;
mod database;
mod engines;
mod forget;
mod journal;
mod killed;
mod names;
mod places;
mod progress;
mod prompt;
mod repeats;
mod report_files;
mod reports;
mod rows;
mod servers;
mod stopping;
mod workbooks;

use crate::support::ended::Ended;
use crate::support::gateway::{Gateway, Reply};
use crate::support::home::{Home, Run};
use std::path::PathBuf;

const KEY: &str = "0123456789abcdef0123456789abcdef";
/// The first number of [`Batch::of`].
const FIRST: u64 = 34_600_000_001;

/// A home with an input, and a gateway.
struct Batch {
    home: Home,
    gateway: Gateway,
    /// Flags that say where its journal is; none for a file beside the input.
    journal: Vec<String>,
}

impl Batch {
    /// An input of so many rows, numbered from [`FIRST`].
    fn of(rows: u64, script: impl Fn(u64, usize) -> Reply + Send + Sync + 'static) -> Self {
        let batch = Self::with(&numbers(FIRST..FIRST + rows), script);
        assert!(batch.gateway.numbers().is_empty());
        batch
    }

    fn with(input: &str, script: impl Fn(u64, usize) -> Reply + Send + Sync + 'static) -> Self {
        let batch = Self {
            home: Home::new(),
            gateway: Gateway::by_number(script),
            journal: engines::new_journal(),
        };
        batch.write(input);
        batch
    }

    fn file(&self, name: &str) -> PathBuf {
        self.home.file(name)
    }

    fn write(&self, input: &str) {
        std::fs::write(self.file("users.csv"), input).unwrap();
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.file(name)).unwrap()
    }

    /// The command, to be ended by whoever asks for it.
    fn command(&self, more: &[&str]) -> Run {
        let mut args = vec![
            "--json",
            "batch",
            "users.csv",
            "--base-url",
            &self.gateway.base_url,
        ];
        args.extend(more);
        args.extend(self.journal.iter().map(String::as_str));
        self.home.smspin(args).env("SMSPIN_API_KEY", KEY)
    }

    /// Run to its end, with its answer as JSON.
    fn run(&self, more: &[&str]) -> Ended {
        self.command(more).end()
    }

    /// Run with `--yes`; what it ends with is compared.
    #[track_caller]
    fn sends(&self, more: &[&str], status: i32, outcome: &str) -> Ended {
        let ended = self.run(&[&["--yes"], more].concat());
        assert_eq!(ended.status, Some(status), "{ended}");
        assert_eq!(ended.json()["outcome"], outcome, "{ended}");
        ended
    }

    /// Fails before anything is sent, and says all of this.
    #[track_caller]
    fn refuses(&self, more: &[&str], status: i32, says: &[&str]) -> Ended {
        let before = self.gateway.numbers().len();
        let ended = self.run(more);
        assert_eq!(ended.status, Some(status), "{ended}");
        for text in says {
            assert!(ended.stdout.contains(text), "lacks {text:?}: {ended}");
        }
        assert_eq!(
            self.gateway.numbers().len(),
            before,
            "something was sent: {ended}"
        );
        ended
    }

    /// Number and outcome of each row, in the order of the results.
    fn results(&self) -> Vec<(String, String)> {
        let mut reader = csv::Reader::from_path(self.file("users.results.csv")).unwrap();
        let header = reader.headers().unwrap().clone();
        let outcome = header.iter().position(|name| name == "smspin_outcome").unwrap();
        let rows = reader.records().map(|row| row.unwrap());
        rows.map(|row| (row[0].to_owned(), row[outcome].to_owned()))
            .collect()
    }

    fn outcomes(&self) -> Vec<String> {
        self.results().into_iter().map(|(_, outcome)| outcome).collect()
    }
}

/// The `rows` of a report: these outcomes have rows, and all others none.
fn counts(some: &[(&str, u64)]) -> serde_json::Value {
    let mut rows = serde_json::json!({
        "accepted": 0, "refused": 0, "unknown": 0, "unsent": 0, "pending": 0, "duplicate": 0, "invalid": 0, "excluded": 0
    });
    for (outcome, count) in some {
        rows[outcome] = (*count).into();
    }
    rows
}

fn numbers(range: std::ops::Range<u64>) -> String {
    let rows: Vec<_> = range.map(|number| number.to_string()).collect();
    format!("Tel\n{}\n", rows.join("\n"))
}

fn accepting(_: u64, _: usize) -> Reply {
    Reply::Ok
}
