//! One page without scripts and without anything from elsewhere: light and dark, on a phone and on paper.

use super::chart;
use super::document::ReportDocument;
use crate::answers::batch::{LatencyPart, PreflightPart};
use crate::text::{grouped, xml as escaped};

const STYLE: &str = include_str!("page.css");

/// What tells the page from those of other programs.
pub(super) const GENERATOR: &str = "<meta name=\"generator\" content=\"smspin\">";

/// How many rows that were not accepted the page lists.
const MOST_ROWS: usize = 200;

/// The mark of a command that sent nothing.
pub(super) const NOTHING_SENT: &str = "<meta name=\"smspin\" content=\"nothing was sent\">";

pub(super) fn page(document: &ReportDocument) -> String {
    let title = format!("{}: {}", document.batch, document.outcome());
    let sections = [
        head(document),
        funnel(document),
        outcomes(document),
        speed(document),
        planned(document),
        warnings(document),
        rows(document),
        next(document),
    ];
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n{GENERATOR}\n{}<title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n\
         <body>\n<main>\n{}</main>\n</body>\n</html>\n",
        if document.is_of_run() { "" } else { NOTHING_SENT },
        escaped(&title),
        sections.concat()
    )
}

fn head(document: &ReportDocument) -> String {
    let sandbox = if document.sandbox {
        "<p class=\"note\">In the sandbox: no SMS was sent.</p>\n"
    } else {
        ""
    };
    let reason = document
        .reason()
        .map(|reason| format!("<p class=\"note\">{}</p>\n", with_code(reason)));
    let of_plan = |fact: fn(&PreflightPart) -> Option<&String>| {
        let found = document.preflight.as_ref().and_then(fact);
        found.cloned().unwrap_or_default()
    };
    let facts = [
        ("Ended as", document.outcome().to_owned()),
        (
            "Exit code",
            format!("{} ({})", document.exit.code(), document.meaning()),
        ),
        (
            "Began",
            document.began.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
        ),
        (
            "Ended",
            document.ended.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
        ),
        ("Gateway", of_plan(|found| Some(&found.gateway))),
        ("Profile", of_plan(|found| found.profile.as_ref())),
        ("Sender", of_plan(|found| found.sample.as_ref()?.sender.as_ref())),
        ("Text", of_plan(|found| found.sample.as_ref()?.text.as_ref())),
    ];
    let facts = facts.iter().filter(|(_, value)| !value.is_empty());
    let facts = facts.map(|(name, value)| format!("<dt>{name}</dt><dd>{}</dd>\n", escaped(value)));
    format!(
        "<h1>{}</h1>\n{sandbox}{}<dl>\n{}</dl>\n",
        escaped(&document.batch),
        reason.unwrap_or_default(),
        facts.collect::<String>()
    )
}

fn funnel(document: &ReportDocument) -> String {
    let steps: Vec<_> = document
        .funnel()
        .into_iter()
        .map(|(name, rows)| (name.to_owned(), rows))
        .collect();
    if steps.iter().all(|(_, rows)| *rows == 0) {
        return String::new();
    }
    figure(
        "From rows to deliveries",
        &chart::bars("From rows to deliveries", &steps),
        "Step",
        "Rows",
        &steps,
    )
}

fn outcomes(document: &ReportDocument) -> String {
    let rows = document.rows();
    let mut section = String::new();
    if !rows.is_empty() {
        section.push_str(&figure(
            "Outcomes",
            &chart::bars("Rows by outcome", &rows),
            "Outcome",
            "Rows",
            &rows,
        ));
    }
    let ids = document.error_ids();
    if !ids.is_empty() {
        let lines = ids.iter().map(|(id, rows, hint)| {
            format!(
                "<tr><th scope=\"row\"><code>{}</code></th><td>{}</td><td class=\"words\">{}</td></tr>\n",
                escaped(id),
                grouped(*rows),
                with_code(hint)
            )
        });
        section.push_str(&format!(
            "<section>\n<h2>Error ids</h2>\n<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Error ids\"><table>\n\
             <thead><tr><th scope=\"col\">Error id</th><th scope=\"col\">Rows</th><th scope=\"col\">What helps</th></tr></thead>\n\
             <tbody>\n{}</tbody>\n</table></div>\n</section>\n",
            lines.collect::<String>()
        ));
    }
    section
}

fn speed(document: &ReportDocument) -> String {
    let Some(run) = document.run() else {
        return String::new();
    };
    let mut section = String::new();
    let over_time = run.over_time.iter();
    let over_time: Vec<_> = over_time
        .map(|span| (format!("{:.1} s", span.seconds), span.requests))
        .collect();
    if !over_time.is_empty() {
        let title = format!("Requests over time: {:.0} a second", run.per_second);
        let drawn = chart::columns("Requests over time", &over_time);
        section.push_str(&figure(&title, &drawn, "Until", "Requests", &over_time));
    }
    let latencies: Vec<_> = run
        .latencies()
        .map(|bucket| (format!("{:.1} ms", bucket.up_to_ms), bucket.requests))
        .collect();
    if let Some(LatencyPart { p50, p95, p99, .. }) = run.latency_ms {
        let title = format!("Latency: p50 {p50:.1} ms, p95 {p95:.1} ms, p99 {p99:.1} ms");
        let drawn = chart::columns("Requests by latency", &latencies);
        section.push_str(&figure(&title, &drawn, "Up to", "Requests", &latencies));
    }
    section
}

fn planned(document: &ReportDocument) -> String {
    let countries = document.countries();
    let mut section = String::new();
    if !countries.is_empty() {
        section.push_str(&figure(
            "Countries",
            &chart::bars("Numbers by country", &countries),
            "Country",
            "Numbers",
            &countries,
        ));
    }
    let facts = document.plan();
    if !facts.is_empty() {
        let facts = facts
            .iter()
            .map(|(name, value)| format!("<dt>{name}</dt><dd>{}</dd>\n", escaped(value)));
        section.push_str(&format!(
            "<section>\n<h2>What was planned</h2>\n<dl>\n{}</dl>\n</section>\n",
            facts.collect::<String>()
        ));
    }
    section
}

fn warnings(document: &ReportDocument) -> String {
    let lines: Vec<String> = document
        .warnings()
        .map(|warning| format!("<li>{}</li>\n", with_code(warning)))
        .collect();
    if lines.is_empty() {
        return String::new();
    }
    format!(
        "<section>\n<h2>Warnings</h2>\n<ul>\n{}</ul>\n</section>\n",
        lines.concat()
    )
}

fn rows(document: &ReportDocument) -> String {
    if document.exceptions.is_empty() {
        return String::new();
    }
    // Without the input, it is not known which rows they are.
    let named = document.exceptions.iter().any(|row| row.line.is_some());
    let lines = document.exceptions.iter().take(MOST_ROWS).map(|row| {
        let number = escaped(&document.number(&row.msisdn));
        let first = if named {
            format!(
                "<th scope=\"row\">{}</th><td>{number}</td>",
                escaped(&document.row_name(row))
            )
        } else {
            format!("<th scope=\"row\">{number}</th>")
        };
        format!(
            "<tr>{first}<td>{}</td><td class=\"words\">{}</td></tr>\n",
            escaped(&row.outcome),
            escaped(&document.why(row))
        )
    });
    let row = if named { "<th scope=\"col\">Row</th>" } else { "" };
    format!(
        "<section>\n<h2>Rows that were not accepted</h2>\n\
         <div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Rows that were not accepted\"><table>\n\
         <thead><tr>{row}<th scope=\"col\">Number</th><th scope=\"col\">Outcome</th>\
         <th scope=\"col\">Why</th></tr></thead>\n<tbody>\n{}</tbody>\n</table></div>\n</section>\n",
        lines.collect::<String>()
    )
}

fn next(document: &ReportDocument) -> String {
    let hint = document
        .hint()
        .map(|hint| format!("<p>{}</p>\n", with_code(hint)));
    let command = document
        .next()
        .map(|command| format!("<pre tabindex=\"0\"><code>{}</code></pre>\n", escaped(command)));
    if hint.is_none() && command.is_none() {
        return String::new();
    }
    format!(
        "<section>\n<h2>What to do next</h2>\n{}{}</section>\n",
        hint.unwrap_or_default(),
        command.unwrap_or_default()
    )
}

/// Text whose commands stand in backquotes.
fn with_code(text: &str) -> String {
    let parts = text.split('`').enumerate().map(|(at, part)| match at % 2 {
        0 => escaped(part),
        _ => format!("<code>{}</code>", escaped(part)),
    });
    parts.collect()
}

/// A chart, and the table with the same figures beside it.
fn figure(title: &str, svg: &str, label: &str, value: &str, rows: &[(String, u64)]) -> String {
    const MOST: usize = 60;
    let lines = rows.iter().take(MOST).map(|(name, rows)| {
        format!(
            "<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n",
            escaped(name),
            grouped(*rows)
        )
    });
    format!(
        "<section>\n<h2>{}</h2>\n<figure>{svg}</figure>\n<details><summary>{}</summary>\n<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"{}\"><table>\n\
         <thead><tr><th scope=\"col\">{label}</th><th scope=\"col\">{value}</th></tr></thead>\n<tbody>\n{}</tbody>\n</table></div></details>\n\
         </section>\n",
        escaped(title),
        "The same figures as a table",
        escaped(title),
        lines.collect::<String>()
    )
}
