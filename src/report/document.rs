//! What every form of a report is drawn from: the JSON that the command prints, and what that doesn't hold.

use crate::batch::results::{ExceptionReason, RowException};
use crate::failure::Exit;
use crate::text;
use crate::wire::ErrorId;
use jiff::Timestamp;
use serde_json::{Value, json};

/// Everything about one run of the command.
#[derive(Clone, Debug)]
pub(crate) struct ReportDocument {
    /// The batch, as its input was named.
    pub(crate) batch: String,
    /// The same by its full path.
    pub(crate) path: String,
    /// What the command prints with `--json`, a summary or a failure, with the numbers as they may be shown.
    pub(crate) summary: Value,
    /// What the preflight found, where it was reached, with the numbers as they may be shown.
    pub(crate) preflight: Value,
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
    pub(crate) fn outcome(&self) -> &str {
        match self.summary["outcome"].as_str() {
            None => "failed",
            Some("status") if self.count("under_way") > 0 => "in progress",
            Some("status") if self.count("pending") + self.count("unsent") > 0 => "pending",
            Some("status") => "finished",
            Some(outcome) => outcome,
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
        !matches!(self.outcome(), "failed" | "dry_run")
    }

    pub(crate) fn in_sandbox(&self) -> bool {
        self.summary["sandbox"].as_bool().unwrap_or_default()
    }

    /// A text of the summary, if it is there.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.summary[name].as_str()
    }

    /// Rows by outcome, those that no row has included.
    pub(crate) fn all_rows(&self) -> impl Iterator<Item = (&str, u64)> {
        let rows = self.summary["rows"].as_object().into_iter().flatten();
        rows.map(|(outcome, rows)| (outcome.as_str(), rows.as_u64().unwrap_or_default()))
    }

    /// The counts of the preflight.
    pub(crate) fn plan(&self) -> Vec<(&'static str, String)> {
        if self.preflight.is_null() {
            return Vec::new();
        }
        let count = |name: &str| text::grouped(self.preflight[name].as_u64().unwrap_or_default());
        let estimate = self.preflight["estimate"].as_str();
        vec![
            ("Rows", count("rows")),
            ("Invalid", count("invalid")),
            ("Duplicates", count("duplicates")),
            ("Segments", count("segments")),
            ("HLR queries", count("hlr_queries")),
            ("Estimate", estimate.unwrap_or("no prices are set").to_owned()),
            (
                "Journal",
                self.preflight["journal"].as_str().unwrap_or_default().to_owned(),
            ),
        ]
    }

    /// Rows by outcome, the most frequent first.
    pub(crate) fn rows(&self) -> Vec<(String, u64)> {
        counts(&self.summary["rows"])
    }

    /// Rows by error id, with what helps.
    pub(crate) fn error_ids(&self) -> Vec<(String, u64, String)> {
        let counted = counts(&self.summary["error_ids"]).into_iter();
        counted
            .map(|(id, rows)| {
                let hint = ErrorId::from_text(&id).hint().to_owned();
                (id, rows, hint)
            })
            .collect()
    }

    pub(crate) fn countries(&self) -> Vec<(String, u64)> {
        let parts = self.preflight["countries"].as_array().into_iter().flatten();
        parts
            .filter_map(|part| Some((part["country"].as_str()?.to_owned(), part["rows"].as_u64()?)))
            .collect()
    }

    pub(crate) fn count(&self, outcome: &str) -> u64 {
        self.summary["rows"][outcome].as_u64().unwrap_or_default()
    }

    /// From rows to deliveries; deliveries are known only once delivery reports were read.
    pub(crate) fn funnel(&self) -> Vec<(&'static str, u64)> {
        let funnel = &self.summary["funnel"];
        let rows: u64 = self.rows().iter().map(|(_, rows)| rows).sum();
        let accepted = self.count("accepted");
        let tried = accepted + self.count("refused") + self.count("unknown") + self.count("unsent");
        let of = |name: &str, known: u64| funnel[name].as_u64().unwrap_or(known);
        let mut steps = vec![
            ("rows", of("rows", rows)),
            ("sent", of("sent", tried)),
            ("accepted", of("accepted", accepted)),
        ];
        if let Some(delivered) = funnel["delivered"].as_u64() {
            steps.push(("delivered", delivered));
        }
        steps
    }

    /// What the preflight warned of: what a workbook hides, and what is odd about the texts.
    pub(crate) fn warnings(&self) -> Vec<&str> {
        let warnings = self.preflight["warnings"].as_array().into_iter().flatten();
        warnings.filter_map(Value::as_str).collect()
    }

    /// Requests by latency: the upper end in milliseconds, and how many were not slower than it and slower than the one before.
    pub(crate) fn latencies(&self) -> Vec<(f64, u64)> {
        pairs(&self.summary["run"]["latency_histogram"], "up_to_ms", "requests")
    }

    /// Requests over time: the seconds since the start, and how many ended until then since the one before.
    pub(crate) fn over_time(&self) -> Vec<(f64, u64)> {
        pairs(&self.summary["run"]["over_time"], "seconds", "requests")
    }

    /// A figure of the run.
    pub(crate) fn run(&self, name: &str) -> Option<f64> {
        self.summary["run"][name].as_f64()
    }

    /// How many requests the run made.
    pub(crate) fn requests(&self) -> Option<u64> {
        self.summary["run"]["sent"].as_u64()
    }

    /// A percentile of the latency, in milliseconds.
    pub(crate) fn latency(&self, name: &str) -> Option<f64> {
        self.summary["run"]["latency_ms"][name].as_f64()
    }

    /// A number as it may be shown.
    pub(crate) fn number(&self, msisdn: &str) -> String {
        let mut number = msisdn.to_owned();
        if !self.show_numbers {
            text::mask(&mut number);
        }
        number
    }

    /// Why a row was not accepted, as it may be shown.
    pub(crate) fn detail(&self, row: &RowException) -> String {
        match &row.why {
            ExceptionReason::Faults(faults) if self.show_numbers => faults.to_string(),
            ExceptionReason::Faults(faults) => faults.masked().to_string(),
            // What a gateway said may repeat the number.
            ExceptionReason::Told(told) if !row.msisdn.is_empty() => {
                told.replace(&row.msisdn, &self.number(&row.msisdn))
            }
            ExceptionReason::Told(told) => told.clone(),
        }
    }

    /// The id that the gateway gave, or else the words.
    pub(crate) fn why(&self, row: &RowException) -> String {
        if row.error_id.is_empty() {
            self.detail(row)
        } else {
            row.error_id.clone()
        }
    }

    /// How a row is named: by its line, or by its row in a sheet. Empty where the input was not read.
    pub(crate) fn row_name(&self, row: &RowException) -> String {
        let sheet = self.preflight["sheet"].as_str();
        row.line
            .map_or_else(String::new, |line| text::row_name(sheet, line))
    }

    /// Why the batch is not through, or failed.
    pub(crate) fn reason(&self) -> Option<&str> {
        self.text("stopped_by").or_else(|| self.text("error"))
    }

    pub(crate) fn json(&self) -> String {
        let exceptions = self.exceptions.iter().map(|row| {
            json!({
                "line": row.line, "msisdn": self.number(&row.msisdn), "outcome": row.outcome,
                "error_id": row.error_id, "detail": self.detail(row),
            })
        });
        let document = json!({
            "batch": self.batch,
            "nothing_sent": !self.is_of_run(),
            "began": self.began.to_string(),
            "ended": self.ended.to_string(),
            "exit_code": self.exit.code(),
            "summary": self.summary,
            "preflight": self.preflight,
            "not_accepted": exceptions.collect::<Vec<_>>(),
        });
        format!("{}\n", text::json(&format!("{document:#}")))
    }
}

fn counts(value: &Value) -> Vec<(String, u64)> {
    let object = value.as_object().into_iter().flatten();
    let mut counts: Vec<_> = object
        .filter_map(|(name, rows)| Some((name.clone(), rows.as_u64().filter(|rows| *rows > 0)?)))
        .collect();
    counts.sort_by_key(|(_, rows)| std::cmp::Reverse(*rows));
    counts
}

fn pairs(value: &Value, at: &str, count: &str) -> Vec<(f64, u64)> {
    let parts = value.as_array().into_iter().flatten();
    parts
        .filter_map(|part| Some((part[at].as_f64()?, part[count].as_u64()?)))
        .collect()
}
