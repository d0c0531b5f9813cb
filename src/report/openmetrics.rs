//! A textfile for the node exporter, in what the formats of Prometheus and OpenMetrics have in common.

use super::document::ReportDocument;
use std::fmt::Write;

pub(super) fn text(document: &ReportDocument) -> String {
    let batch = format!(
        "batch=\"{}\",path=\"{}\",sandbox=\"{}\"",
        escape(&document.batch),
        escape(&document.path),
        document.sandbox
    );
    let mut text = String::new();
    family(&mut text, "rows", "gauge", "Rows of the batch by outcome.");
    for (outcome, rows) in document.all_rows() {
        line(
            &mut text,
            "rows",
            &format!("{batch},outcome=\"{}\"", escape(outcome)),
            rows,
        );
    }
    family(&mut text, "error_rows", "gauge", "Rows of the batch by error id.");
    for (id, rows, _) in document.error_ids() {
        line(
            &mut text,
            "error_rows",
            &format!("{batch},error_id=\"{}\"", escape(&id)),
            rows,
        );
    }
    latency(&mut text, document, &batch);
    for (name, help, at) in [
        (
            "last_start_timestamp_seconds",
            "When the last run began.",
            document.began,
        ),
        (
            "last_end_timestamp_seconds",
            "When the last run ended, or was last heard of.",
            document.ended,
        ),
    ] {
        family(&mut text, name, "gauge", help);
        line(&mut text, name, &batch, at.as_second());
    }
    family(&mut text, "exit_code", "gauge", "The exit code of the last run.");
    line(&mut text, "exit_code", &batch, document.exit.code());
    text.push_str("# EOF\n");
    text
}

fn latency(text: &mut String, document: &ReportDocument, batch: &str) {
    let Some(run) = document.run().filter(|run| run.latency_ms.is_some()) else {
        return;
    };
    let name = "latency_seconds";
    family(
        text,
        name,
        "histogram",
        "From sending a request to the end of its answer, in the last run.",
    );
    let mut total = 0;
    for bucket in &run.latency_histogram {
        total += bucket.requests;
        let bucket = format!("{batch},le=\"{:?}\"", bucket.up_to_ms / 1000.0);
        line(text, "latency_seconds_bucket", &bucket, total);
    }
    line(
        text,
        "latency_seconds_bucket",
        &format!("{batch},le=\"+Inf\""),
        total,
    );
    line(text, "latency_seconds_count", batch, total);
    let sum = run.latency_sum_ms / 1000.0;
    line(text, "latency_seconds_sum", batch, format!("{sum:?}"));
}

fn family(text: &mut String, name: &str, kind: &str, help: &str) {
    let _ = write!(
        text,
        "# HELP smspin_batch_{name} {help}\n# TYPE smspin_batch_{name} {kind}\n"
    );
}

fn line(text: &mut String, name: &str, labels: &str, value: impl std::fmt::Display) {
    let _ = writeln!(text, "smspin_batch_{name}{{{labels}}} {value}");
}

fn escape(text: &str) -> String {
    crate::text::line(text).replace('\\', "\\\\").replace('"', "\\\"")
}
