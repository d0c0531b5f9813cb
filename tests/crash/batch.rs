//! A batch as the drill runs it: an input, the same command again and again, and what can be read of it from outside.

use crate::dice::Dice;
use crate::support::home::{Home, Run, Running};
use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;

pub(crate) const KEY: &str = "0123456789abcdef0123456789abcdef";

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
#[expect(dead_code, reason = "some of it is for whoever reads why a round failed")]
pub(crate) struct Found {
    pub(crate) outcome: String,
    pub(crate) attempts: u32,
    pub(crate) name: String,
    pub(crate) detail: String,
}

pub(crate) struct Batch {
    home: Home,
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
            home: Home::new(),
            rows,
            base_url: base_url.to_owned(),
            concurrency,
            rate,
            flags: Vec::new(),
        };
        let mut text = String::from("name;Tel\n");
        for (row, meant) in batch.rows.iter().enumerate() {
            match meant {
                Meant::First(number) => text.push_str(&format!("row {row};{number}\n")),
                Meant::Again(number) => text.push_str(&format!("row {row};+{number}\n")),
                Meant::Invalid => text.push_str(&format!("row {row};12\n")),
            }
        }
        std::fs::write(batch.input(), text).unwrap();
        batch
    }

    /// With these flags in every command.
    pub(crate) fn with(self, flags: &[String]) -> Self {
        Self {
            flags: flags.to_vec(),
            ..self
        }
    }

    fn input(&self) -> PathBuf {
        self.home.file("users.csv")
    }

    fn command(&self, more: &[&str]) -> Run {
        let args = ["--json", "batch", "users.csv", "--base-url", &self.base_url];
        let flags: Vec<&str> = self.flags.iter().map(String::as_str).collect();
        let run = self.home.smspin([&args, flags.as_slice(), more].concat());
        run.env("SMSPIN_API_KEY", KEY)
    }

    /// Starts it, if so wished as `nohup` does: with SIGHUP ignored.
    pub(crate) fn start(&self, nohup: bool) -> Running {
        let concurrency = self.concurrency.to_string();
        let rate = self.rate.map(|rate| format!("{rate}/s"));
        let mut args = vec!["--yes", "--concurrency", &concurrency];
        if let Some(rate) = &rate {
            args.extend(["--rate", rate]);
        }
        let run = self.command(&args);
        if nohup {
            run.after("trap '' HUP").start()
        } else {
            run.start()
        }
    }

    /// How many numbers are unknown, by `--status`; 0 before the journal has begun.
    pub(crate) fn unknown(&self) -> u64 {
        let ended = self.command(&["--status"]).end();
        match ended.status {
            Some(0) => ended.json()["rows"]["unknown"].as_u64().unwrap_or_default(),
            Some(1) => 0,
            _ => panic!("--status failed: {ended}"),
        }
    }

    /// The results, row by row, as they stand.
    pub(crate) fn results(&self) -> Vec<Found> {
        let path = self.home.file("users.results.csv");
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(b';')
            .from_path(&path)
            .unwrap();
        let header = reader.headers().unwrap().clone();
        let column = |name: &str| header.iter().position(|found| found == name).unwrap();
        let (outcome, attempts) = (column("smspin_outcome"), column("smspin_attempts"));
        let (name, detail) = (column("name"), column("smspin_detail"));
        let rows = reader.records().map(|row| {
            let row = row.unwrap();
            Found {
                outcome: row[outcome].to_owned(),
                attempts: row[attempts].parse().unwrap(),
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

/// How many rows have each outcome.
pub(crate) fn counts(found: &[Found]) -> BTreeMap<&str, u64> {
    let mut counts = BTreeMap::new();
    for row in found {
        *counts.entry(row.outcome.as_str()).or_default() += 1;
    }
    counts
}
