//! What every form of a report is drawn from: the answer of the command, and what that doesn't hold.

use crate::answers::batch::{BatchReport, PreflightPart, RunPart};
use crate::batch::results::{ExceptionReason, RowException};
use crate::failure::Exit;
use crate::outcome::OutcomeWord;
use crate::output::{FailureDocument, ReportJson};
use crate::text;
use crate::wire::ErrorId;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use std::cmp::Reverse;

/// Everything about one run of the command.
#[derive(Clone, Debug)]
pub(crate) struct ReportDocument {
    /// The batch, as its input was named.
    pub(crate) batch: String,
    /// The same by its full path.
    pub(crate) path: String,
    /// Whether the built-in gateway was asked.
    pub(crate) sandbox: bool,
    /// What the command prints, with the numbers as they may be shown.
    pub(crate) summary: Result<BatchReport, FailureDocument>,
    /// What the preflight found, where it was reached, with the numbers as they may be shown.
    pub(crate) preflight: Option<PreflightPart>,
    /// Of the run that it is about, as its two times are.
    pub(crate) exit: Exit,
    pub(crate) began: Timestamp,
    pub(crate) ended: Timestamp,
    /// The first rows that were not accepted, at most 1,000.
    pub(crate) exceptions: Vec<RowException>,
    /// Numbers in full.
    pub(crate) show_numbers: bool,
}

impl ReportDocument {
    /// How it ended, in a word or two; from the journal alone, how it stands.
    pub(crate) fn outcome(&self) -> &'static str {
        match self.summary.as_ref().map(|report| report.outcome) {
            Err(_) => "failed",
            Ok(OutcomeWord::Status) if self.count("under_way") > 0 => "in progress",
            Ok(OutcomeWord::Status) if self.count("pending") + self.count("unsent") > 0 => "pending",
            Ok(OutcomeWord::Status) => "finished",
            Ok(outcome) => outcome.as_str(),
        }
    }

    /// The meaning of the exit code for a batch, whose command can be typed again.
    pub(crate) fn meaning(&self) -> &'static str {
        match self.exit {
            Exit::Unknown => "unknown: some rows may have got their SMS",
            exit => exit.doc(),
        }
    }

    /// False where the command sent nothing and was not about a run: a dry run, or one that was refused.
    pub(crate) fn is_of_run(&self) -> bool {
        let ended = self.summary.as_ref();
        ended.is_ok_and(|report| report.outcome != OutcomeWord::DryRun)
    }

    /// Rows by outcome, those that no row has included.
    pub(crate) fn all_rows(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let ended = self.summary.iter();
        ended.flat_map(|report| report.rows.iter().map(|(outcome, rows)| (*outcome, *rows)))
    }

    /// The counts of the preflight.
    pub(crate) fn plan(&self) -> Vec<(&'static str, String)> {
        let Some(found) = &self.preflight else {
            return Vec::new();
        };
        let estimate = found.outlook.estimate.as_ref().map(ToString::to_string);
        vec![
            ("Rows", text::grouped(found.rows.rows)),
            ("Invalid", text::grouped(found.invalid)),
            ("Duplicates", text::grouped(found.duplicates)),
            ("Segments", text::grouped(found.outlook.segments)),
            ("HLR queries", text::grouped(found.outlook.hlr_queries)),
            (
                "Estimate",
                estimate.unwrap_or_else(|| "no prices are set".to_owned()),
            ),
            ("Journal", found.known.journal.clone()),
        ]
    }

    /// Rows by outcome, the most frequent first.
    pub(crate) fn rows(&self) -> Vec<(String, u64)> {
        most_first(self.all_rows())
    }

    /// Rows by error id, with what helps.
    pub(crate) fn error_ids(&self) -> Vec<(String, u64, String)> {
        let ids = self.summary.iter().flat_map(|report| &report.error_ids);
        let counted = most_first(ids.map(|(id, rows)| (id.as_str(), *rows))).into_iter();
        counted
            .map(|(id, rows)| {
                let hint = ErrorId::from_text(&id).hint(self.sandbox).to_owned();
                (self.told(&id), rows, hint)
            })
            .collect()
    }

    pub(crate) fn countries(&self) -> Vec<(String, u64)> {
        let parts = self.preflight.iter().flat_map(|found| &found.outlook.countries);
        parts.map(|part| (part.country.to_owned(), part.rows)).collect()
    }

    pub(crate) fn count(&self, outcome: &str) -> u64 {
        let mut rows = self.all_rows();
        rows.find(|(word, _)| *word == outcome)
            .map_or(0, |(_, rows)| rows)
    }

    /// From rows to deliveries; deliveries are known only once delivery reports were read.
    pub(crate) fn funnel(&self) -> Vec<(&'static str, u64)> {
        if let Some(funnel) = self
            .summary
            .as_ref()
            .ok()
            .and_then(|report| report.funnel.as_ref())
        {
            return vec![
                ("rows", funnel.rows),
                ("sent", funnel.sent),
                ("accepted", funnel.accepted),
                ("delivered", funnel.delivered),
            ];
        }
        let tried = ["accepted", "refused", "unknown", "unsent"];
        vec![
            ("rows", self.all_rows().map(|(_, rows)| rows).sum()),
            ("sent", tried.iter().map(|outcome| self.count(outcome)).sum()),
            ("accepted", self.count("accepted")),
        ]
    }

    /// What the preflight warned of: what a workbook hides, and what is odd about the texts.
    pub(crate) fn warnings(&self) -> impl Iterator<Item = &str> {
        let found = self.preflight.iter();
        found.flat_map(|found| found.warnings.iter().map(String::as_str))
    }

    /// The run that sent, in figures.
    pub(crate) fn run(&self) -> Option<&RunPart> {
        self.summary.as_ref().ok()?.run.as_ref()
    }

    /// A number as it may be shown.
    pub(crate) fn number(&self, msisdn: &str) -> String {
        let mut number = msisdn.to_owned();
        if !self.show_numbers {
            text::mask(&mut number);
        }
        number
    }

    /// What a gateway said, as it may be shown: it may repeat the number.
    fn told(&self, text: &str) -> String {
        if self.show_numbers {
            text.to_owned()
        } else {
            text::without_numbers(text)
        }
    }

    /// Why a row was not accepted, as it may be shown.
    pub(crate) fn detail(&self, row: &RowException) -> String {
        match &row.why {
            ExceptionReason::Faults(faults) if self.show_numbers => faults.to_string(),
            ExceptionReason::Faults(faults) => faults.masked().to_string(),
            ExceptionReason::Told(told) => self.told(told),
        }
    }

    /// The id that the gateway gave, or else the words.
    pub(crate) fn why(&self, row: &RowException) -> String {
        if row.error_id.is_empty() {
            self.detail(row)
        } else {
            self.told(&row.error_id)
        }
    }

    /// How a row is named: by its line, or by its row in a sheet. Empty where the input was not read.
    pub(crate) fn row_name(&self, row: &RowException) -> String {
        let sheet = self.preflight.as_ref().and_then(|found| found.sheet.as_deref());
        row.line
            .map_or_else(String::new, |line| text::row_name(sheet, line))
    }

    /// Why the batch is not through, or failed.
    pub(crate) fn reason(&self) -> Option<&str> {
        match &self.summary {
            Ok(report) => report.stopped_by.as_deref(),
            Err(failure) => Some(&failure.error),
        }
    }

    /// What to do next, in words.
    pub(crate) fn hint(&self) -> Option<&str> {
        match &self.summary {
            Ok(report) => report.hint.as_deref(),
            Err(failure) => failure.hint.as_deref(),
        }
    }

    /// The command that does what is left.
    pub(crate) fn next(&self) -> Option<&str> {
        self.summary.as_ref().ok()?.next.as_deref()
    }

    pub(crate) fn json(&self) -> String {
        let exceptions = self.exceptions.iter().map(|row| {
            json!({
                "line": row.line, "msisdn": self.number(&row.msisdn), "outcome": row.outcome,
                "error_id": self.told(&row.error_id), "detail": self.detail(row),
            })
        });
        let document = json!({
            "batch": self.batch,
            "nothing_sent": !self.is_of_run(),
            "began": self.began.to_string(),
            "ended": self.ended.to_string(),
            "exit_code": self.exit.code(),
            "summary": match &self.summary {
                Ok(report) => {
                    let ids = report.error_ids.iter().map(|(id, rows)| (self.told(id), *rows));
                    let shown = BatchReport {
                        error_ids: ids.collect(),
                        ..report.clone()
                    };
                    value(&ReportJson::new(&shown, self.sandbox))
                }
                Err(failure) => value(&ReportJson::new(failure, self.sandbox)),
            },
            "preflight": self.preflight,
            "not_accepted": exceptions.collect::<Vec<_>>(),
        });
        format!("{}\n", text::json(&format!("{document:#}")))
    }
}

fn value(answer: &impl Serialize) -> Value {
    serde_json::to_value(answer).expect("reports hold strings, numbers and lists alone")
}

/// Those that are not 0, the most frequent first.
fn most_first<'a>(counts: impl Iterator<Item = (&'a str, u64)>) -> Vec<(String, u64)> {
    let counts = counts.filter(|(_, rows)| *rows > 0);
    let mut counts: Vec<_> = counts.map(|(name, rows)| (name.to_owned(), rows)).collect();
    counts.sort_by_key(|(_, rows)| Reverse(*rows));
    counts
}
