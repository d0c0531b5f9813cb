//! A batch as the drill runs it: an input, the same command again and again, and what can be read of it from outside.

use crate::dice::Dice;
use crate::support::home::{Home, Run, Running};
use serde_json::Value;
use std::collections::HashSet;
use std::sync::Arc;

pub(crate) const JOURNAL: &str = "journal.db";

/// The program with its answer as JSON, a gateway, and a journal in its home.
pub(crate) fn smspin(home: &Home, base_url: &str, args: &[&str]) -> Run {
    home.smspin([&["--json"], args].concat())
        .at(base_url)
        // A file that is named may be on any file system, such as that of a container.
        .env("SMSPIN_JOURNAL", home.file(JOURNAL))
}

/// What a row of the input is meant to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meant {
    First(u64),
    /// Its number stands in an earlier row.
    Again(u64),
    Invalid,
}

/// A row of the results.
#[derive(Debug)]
#[expect(dead_code, reason = "some of it says why a round failed")]
pub(crate) struct Found {
    pub(crate) outcome: String,
    pub(crate) name: String,
    pub(crate) detail: String,
}

pub(crate) struct Batch {
    home: Arc<Home>,
    /// The list's file, without its extension.
    name: &'static str,
    pub(crate) rows: Vec<Meant>,
    base_url: String,
    concurrency: u64,
    /// Requests a second; no limit if not set.
    rate: Option<u64>,
    /// Given to every command.
    flags: Vec<String>,
}

impl Batch {
    /// A batch of rows by a seed.
    pub(crate) fn new(seed: u64, rows: u64, base_url: &str, concurrency: u64, rate: Option<u64>) -> Self {
        Self::of(make_rows(seed, rows), base_url, concurrency, rate)
    }

    /// A batch of these rows, on a machine of its own.
    pub(crate) fn of(rows: Vec<Meant>, base_url: &str, concurrency: u64, rate: Option<u64>) -> Self {
        let batch = Self {
            home: Arc::new(Home::new()),
            name: "users",
            rows,
            base_url: base_url.to_owned(),
            concurrency,
            rate,
            flags: Vec::new(),
        };
        batch.write();
        batch
    }

    /// Another list with these rows, on the same machine and at the same pace.
    pub(crate) fn beside(&self, name: &'static str, rows: Vec<Meant>) -> Self {
        let batch = Self {
            home: Arc::clone(&self.home),
            name,
            rows,
            base_url: self.base_url.clone(),
            concurrency: self.concurrency,
            rate: self.rate,
            flags: Vec::new(),
        };
        batch.write();
        batch
    }

    /// With these flags in every command.
    pub(crate) fn with(self, flags: &[String]) -> Self {
        Self {
            flags: flags.to_vec(),
            ..self
        }
    }

    fn write(&self) {
        let mut text = String::from("name;Tel\n");
        for (row, meant) in self.rows.iter().enumerate() {
            match meant {
                Meant::First(number) => text.push_str(&format!("row {row};{number}\n")),
                Meant::Again(number) => text.push_str(&format!("row {row};+{number}\n")),
                Meant::Invalid => text.push_str(&format!("row {row};12\n")),
            }
        }
        std::fs::write(self.home.file(&self.list()), text).unwrap();
    }

    fn list(&self) -> String {
        format!("{}.csv", self.name)
    }

    /// Starts it, if so wished as `nohup` does: with SIGHUP ignored.
    pub(crate) fn start(&self, nohup: bool) -> Running {
        let concurrency = self.concurrency.to_string();
        let rate = self.rate.map(|rate| format!("{rate}/s"));
        let list = self.list();
        let mut args = vec!["batch", &list, "--yes", "--concurrency", &concurrency];
        if let Some(rate) = &rate {
            args.extend(["--rate", rate]);
        }
        args.extend(self.flags.iter().map(String::as_str));
        let run = smspin(&self.home, &self.base_url, &args);
        if nohup {
            run.after("trap '' HUP").start()
        } else {
            run.start()
        }
    }

    /// How many numbers are unknown, whichever list they are in; 0 before the journal has begun.
    pub(crate) fn unknown(&self) -> u64 {
        let status = smspin(&self.home, &self.base_url, &["journal", "status", &self.list()]).end();
        if status.status == Some(1) && status.json()["kind"] == "not_found" {
            return 0;
        }
        let rows = status.json()["rows"].clone();
        let sum: u64 = rows.as_object().unwrap().values().filter_map(Value::as_u64).sum();
        assert_eq!(sum, self.rows.len() as u64, "it doesn't add up: {status}");
        let journal = smspin(&self.home, &self.base_url, &["journal"]).end();
        let campaigns = journal.json()["campaigns"].clone();
        let unknown = |campaign: &Value| campaign["unknown"].as_u64();
        campaigns.as_array().unwrap().iter().filter_map(unknown).sum()
    }

    /// The results, row by row, as they stand.
    pub(crate) fn results(&self) -> Vec<Found> {
        let path = self.home.file(&format!("{}.results.csv", self.name));
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(b';')
            .from_path(&path)
            .unwrap();
        let header = reader.headers().unwrap().clone();
        let column = |name: &str| header.iter().position(|found| found == name).unwrap();
        let (outcome, name, detail) = (column("smspin_outcome"), column("name"), column("smspin_detail"));
        let rows = reader.records().map(|row| {
            let row = row.unwrap();
            Found {
                outcome: row[outcome].to_owned(),
                name: row[name].to_owned(),
                detail: row[detail].to_owned(),
            }
        });
        rows.collect()
    }
}

/// Rows by a seed: one in a hundred is invalid, one in fifty has the number of an earlier one.
pub(crate) fn make_rows(seed: u64, rows: u64) -> Vec<Meant> {
    let mut dice = Dice::of(seed, 0, 0xF11E);
    let rows = (0..rows).map(|row| match dice.roll(100) {
        0 => Meant::Invalid,
        1 | 2 if row > 0 => Meant::Again(dice.roll(row)),
        _ => Meant::First(34_600_000_000 + row),
    });
    settle_duplicates(rows.collect())
}

/// The same rows in a file of their own, where other rows may be the first of a number.
pub(crate) fn first_rows(rows: &[Meant]) -> Vec<Meant> {
    let mut met = HashSet::new();
    let row = |row: &Meant| match row {
        Meant::First(number) | Meant::Again(number) if met.insert(*number) => Meant::First(*number),
        Meant::First(number) | Meant::Again(number) => Meant::Again(*number),
        Meant::Invalid => Meant::Invalid,
    };
    rows.iter().map(row).collect()
}

/// Says of each duplicate which number it repeats; one of an invalid row becomes invalid itself.
fn settle_duplicates(mut rows: Vec<Meant>) -> Vec<Meant> {
    for row in 0..rows.len() {
        if let Meant::Again(earlier) = rows[row] {
            let earlier = usize::try_from(earlier).unwrap();
            rows[row] = match rows[earlier] {
                Meant::First(number) | Meant::Again(number) => Meant::Again(number),
                Meant::Invalid => Meant::Invalid,
            };
        }
    }
    rows
}
