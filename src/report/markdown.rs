//! Markdown: the whole in short, and a few lines for the summary of a CI job.

use super::document::ReportDocument;
use crate::answers::batch::{LatencyPart, RunPart};
use crate::text::{count, grouped, line};

/// The mark of a command that sent nothing.
pub(super) const NOTHING_SENT: &str = "Nothing was sent.\n\n";

pub(super) fn page(document: &ReportDocument) -> String {
    let mut page = short(document);
    let funnel = document.funnel();
    page.push_str("\n| step | rows |\n|---|---:|\n");
    for (name, rows) in funnel {
        page.push_str(&format!("| {name} | {} |\n", grouped(rows)));
    }
    let countries = document.countries();
    if !countries.is_empty() {
        page.push_str("\n| country | numbers |\n|---|---:|\n");
        for (country, rows) in countries {
            page.push_str(&format!("| {} | {} |\n", cell(&country), grouped(rows)));
        }
    }
    let latencies = document.run().into_iter().flat_map(RunPart::latencies);
    for (at, bucket) in latencies.enumerate() {
        if at == 0 {
            page.push_str("\n| answered within | requests |\n|---:|---:|\n");
        }
        page.push_str(&format!(
            "| {:.1} ms | {} |\n",
            bucket.up_to_ms,
            grouped(bucket.requests)
        ));
    }
    for (at, (name, value)) in document.plan().iter().enumerate() {
        if at == 0 {
            page.push_str("\n| planned | |\n|---|---:|\n");
        }
        page.push_str(&format!("| {name} | {} |\n", cell(value)));
    }
    for (at, warning) in document.warnings().enumerate() {
        if at == 0 {
            page.push_str("\nWarnings:\n\n");
        }
        page.push_str(&format!("- {}\n", cell(warning)));
    }
    if !document.exceptions.is_empty() {
        const MOST: usize = 20;
        page.push_str("\n| row | number | outcome | why |\n|---|---|---|---|\n");
        for row in document.exceptions.iter().take(MOST) {
            page.push_str(&format!(
                "| {} | {} | {} | {} |\n",
                cell(&document.row_name(row)),
                cell(&document.number(&row.msisdn)),
                row.outcome,
                cell(&document.why(row))
            ));
        }
    }
    page
}

pub(super) fn short(document: &ReportDocument) -> String {
    let mut text = format!("### {}: {}\n\n", cell(&document.batch), cell(document.outcome()));
    if !document.is_of_run() {
        text.push_str(NOTHING_SENT);
    }
    if document.sandbox {
        text.push_str("In the sandbox: no SMS was sent.\n\n");
    }
    if let Some(reason) = document.reason() {
        text.push_str(&format!("{}\n\n", cell(reason)));
    }
    let rows = document.rows();
    if !rows.is_empty() {
        text.push_str("| outcome | rows |\n|---|---:|\n");
        for (outcome, rows) in rows {
            text.push_str(&format!("| {outcome} | {} |\n", grouped(rows)));
        }
    }
    for (id, rows, hint) in document.error_ids() {
        text.push_str(&format!(
            "\n- `{}`: {}; {}\n",
            line(&id).replace('`', "").replace('<', "&lt;"),
            grouped(rows),
            cell(&hint)
        ));
    }
    if let Some(run) = document.run() {
        text.push_str(&format!(
            "\n{} in {:.1} s",
            count(run.sent, "request", "requests"),
            run.seconds
        ));
        if let Some(LatencyPart { p50, p99, .. }) = run.latency_ms {
            text.push_str(&format!(", latency p50 {p50:.1} ms, p99 {p99:.1} ms"));
        }
        text.push('\n');
    }
    text.push_str(&format!(
        "\nExit code {}: {}\n",
        document.exit.code(),
        document.meaning()
    ));
    if let Some(next) = document.next() {
        text.push_str(&format!("\n```\n{}\n```\n", line(next)));
    }
    text
}

/// Text that can't leave its cell, nor begin a link, an image or HTML. An address alone would be made a link too.
pub(crate) fn cell(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in line(text).chars() {
        match c {
            '<' => safe.push_str("&lt;"),
            '&' => safe.push_str("&amp;"),
            '|' | '`' | '*' | '_' | '[' | ']' | '\\' => {
                safe.push('\\');
                safe.push(c);
            }
            c => safe.push(c),
        }
    }
    safe.replace("://", ":\\//").replace("www.", "www\\.")
}
