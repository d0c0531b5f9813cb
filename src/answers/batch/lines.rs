//! The few lines that a person reads of a batch: before it sends, and once it has ended. The reports have the rest, and so has
//! standard error with `-v`.

use super::known::{KnownPart, to_the_minute};
use super::{BatchReport, PreflightPart};
use crate::batch::preflight::CountryRows;
use crate::domain::duration;
use crate::domain::numbering::Region;
use crate::outcome::OutcomeWord;
use crate::output::Style;
use crate::text::{self, count, grouped};
use crate::wire::ErrorId;
use std::time::Duration;

/// How many countries, kinds of faults, rows and lists are named.
const MOST: usize = 3;

/// The first ones, and how many more there are.
fn first<T: ToString>(all: &[T], most: usize) -> String {
    let mut shown: Vec<String> = all.iter().take(most).map(ToString::to_string).collect();
    if all.len() > most {
        shown.push(format!("{} more", grouped((all.len() - most) as u64)));
    }
    shown.join(", ")
}

/// Each number that is not 0, with its word.
fn counted<'a>(counts: impl IntoIterator<Item = (u64, &'a str)>) -> Vec<String> {
    let counts = counts.into_iter().filter(|(number, _)| *number > 0);
    counts
        .map(|(number, word)| format!("{} {word}", grouped(number)))
        .collect()
}

/// The numbers that would be sent to, those that would not, and the concerns that a user has to know before they agree. With
/// `detail`, everything that was found.
pub(crate) fn planned(
    part: &PreflightPart,
    detail: bool,
    paint: &dyn Fn(Style, &str) -> String,
) -> Vec<String> {
    let mut to_send = format!("{} to send", grouped(part.outlook.sends));
    if part.outlook.sends > 0 {
        let countries: Vec<String> = part.outlook.countries.iter().map(country).collect();
        to_send = format!("{to_send} ({})", first(&countries, MOST));
    }
    let others = counted([
        (part.invalid, "invalid"),
        (
            part.duplicates,
            if part.duplicates == 1 {
                "duplicate"
            } else {
                "duplicates"
            },
        ),
        (part.numbers.accepted + part.numbers.undelivered, "sent before"),
        (part.numbers.refused, "refused before"),
        (part.numbers.unknown, "unknown"),
        (part.numbers.excluded, "excluded"),
        (part.numbers.under_way, "under way in another run"),
    ]);
    let parts = std::iter::once(paint(Style::Strong, &to_send)).chain(others);
    let file = match part.file.as_str() {
        "-" => "standard input".into(),
        file => text::line(file),
    };
    let mut lines = vec![format!("{file}: {}", parts.collect::<Vec<_>>().join(", "))];
    if !detail {
        lines.extend(faults(part));
    }
    lines.extend(part.known.lines(part, detail));
    let concerns = counted([
        (
            part.outlook.second_sms,
            "of them may get a second SMS, which ends their first PIN",
        ),
        (part.doubtful, "in ranges that are not known to be mobile"),
    ]);
    lines.extend(concerns.into_iter().map(|concern| format!("  {concern}")));
    if let Some(characters) = part.outside_gsm7.as_ref().filter(|_| part.outlook.sends > 0) {
        lines.push(format!(
            "  outside GSM-7, so perhaps dearer: {}",
            text::line(characters)
        ));
    }
    if detail {
        lines.extend(details(part));
    }
    lines
}

fn country(part: &CountryRows) -> String {
    let region = Region::all().find(|region| region.code() == part.country);
    let name = region.map_or_else(|| part.country.to_owned(), |region| region.name().to_owned());
    format!("{name} {}", grouped(part.rows))
}

/// The first invalid rows, and the kinds of all faults, the most frequent first.
fn faults(part: &PreflightPart) -> Option<String> {
    if part.invalid == 0 {
        return None;
    }
    let mut rows: Vec<String> = part
        .faults
        .iter()
        .take(MOST)
        .map(|row| row.line.to_string())
        .collect();
    let more = part.invalid - rows.len() as u64;
    if more > 0 {
        rows.push(format!("{} more", grouped(more)));
    }
    let mut kinds: Vec<_> = part.reasons.iter().collect();
    kinds.sort_by_key(|(_, rows)| std::cmp::Reverse(**rows));
    // Most faults are the number's, which a reader takes for granted.
    let named = |kind: &'static str| kind.strip_prefix("number: ").unwrap_or(kind);
    let kinds: Vec<String> = match kinds.as_slice() {
        [(kind, _)] => vec![named(kind).to_owned()],
        kinds => kinds
            .iter()
            .map(|(kind, rows)| format!("{} ({})", named(kind), grouped(**rows)))
            .collect(),
    };
    let word = text::row_word(part.sheet.is_some(), part.invalid);
    Some(format!("  {word} {}: {}", rows.join(", "), first(&kinds, 2)))
}

/// Facts that a user doesn't need to say yes or no.
fn details(part: &PreflightPart) -> Vec<String> {
    const MOST_FAULTS: usize = 20;
    let mut lines = vec![
        format!(
            "  read: {}, {}: {}",
            text::line(&part.format),
            count(part.rows.rows, "row", "rows"),
            text::line(&part.columns.join(", "))
        ),
        format!(
            "  {}, {}",
            count(part.outlook.segments, "segment", "segments"),
            count(part.outlook.hlr_queries, "HLR query", "HLR queries")
        ),
    ];
    let found = counted([
        (
            part.rows.empty,
            if part.rows.empty == 1 {
                "row of empty cells, left out"
            } else {
                "rows of empty cells, left out"
            },
        ),
        (
            part.rows.mended,
            if part.rows.mended == 1 {
                "number damaged by a spreadsheet, and repaired"
            } else {
                "numbers damaged by a spreadsheet, and repaired"
            },
        ),
    ]);
    lines.extend(found.into_iter().map(|line| format!("  {line}")));
    let faults = part.faults.iter().take(MOST_FAULTS).map(|row| {
        format!(
            "  {}: {}",
            part.row_name(row.line),
            text::line(&row.faults.to_string())
        )
    });
    lines.extend(faults);
    lines
}

/// The sender, one text and what they cost, so that the user doesn't have to guess. `balance` is what is left.
pub(crate) fn sample(part: &PreflightPart, balance: Option<&str>, currency: &str) -> Option<String> {
    let sample = part.sample.as_ref().filter(|_| part.outlook.sends > 0)?;
    let sender = sample
        .sender
        .as_deref()
        .map_or("the account's sender".into(), text::line);
    let written = sample.text.as_deref().map(text::quote_whole);
    let written = written.unwrap_or_else(|| "the gateway's own text".to_owned());
    let segments = if part.outlook.segments > part.outlook.sends {
        format!("{} segments, ", grouped(part.outlook.segments))
    } else {
        String::new()
    };
    let cost = match (&part.outlook.estimate, balance) {
        (Some(estimate), Some(balance)) => {
            format!(
                "about {} of {}{currency}",
                amount(&estimate.to_string()),
                amount(balance)
            )
        }
        (Some(estimate), None) => format!("about {}{currency}", amount(&estimate.to_string())),
        (None, Some(balance)) => format!("{}{currency} left, no price is set", amount(balance)),
        (None, None) => "no price is set".to_owned(),
    };
    Some(format!("  {sender}: {written}    {segments}{cost}"))
}

/// An amount without the zeros that say nothing.
fn amount(text: &str) -> String {
    let text = text::line(text);
    match text.split_once('.') {
        Some((whole, cents)) if cents.len() > 2 => {
            let (two, rest) = cents.split_at_checked(2).unwrap_or((cents, ""));
            format!("{whole}.{two}{}", rest.trim_end_matches('0'))
        }
        _ => text.into_owned(),
    }
}

impl KnownPart {
    /// The facts in the journal that decide which numbers are sent to.
    fn lines(&self, part: &PreflightPart, detail: bool) -> Vec<String> {
        let mut lines = Vec::new();
        match &self.journal_since {
            None => lines.push(format!("  new journal: {}", text::line(&self.journal))),
            Some(since) if detail => lines.push(format!(
                "  journal: {}, in use since {}, campaign {}",
                text::line(&self.journal),
                to_the_minute(*since),
                text::line(&self.campaign)
            )),
            Some(_) => {}
        }
        let by_others = self
            .reached_by
            .iter()
            .any(|reached| !part.file.ends_with(&reached.list));
        if by_others || detail {
            let lists: Vec<String> = self
                .reached_by
                .iter()
                .map(|reached| {
                    format!(
                        "{} by {} on {}",
                        grouped(reached.numbers),
                        text::line(&reached.list),
                        to_the_minute(reached.last)
                    )
                })
                .collect();
            if !lists.is_empty() {
                lines.push(format!("  reached before: {}", first(&lists, MOST)));
            }
        }
        let excluded: Vec<String> = self
            .excluded_by
            .iter()
            .map(|by| {
                format!(
                    "{} by {} on {}",
                    grouped(by.numbers),
                    text::line(&by.files),
                    to_the_minute(by.at)
                )
            })
            .collect();
        if !excluded.is_empty() {
            lines.push(format!("  excluded before: {}", first(&excluded, MOST)));
        }
        lines.extend(self.too_young.iter().map(|text| format!("  {text}")));
        lines.extend(self.still_valid.iter().map(|text| format!("  {text}")));
        let at_work = self
            .other_runs
            .iter()
            .map(|run| format!("  at work beside it, at its own rate: {}", text::line(run)));
        lines.extend(at_work);
        lines
    }
}

/// The end of a batch or its standing, and the commands for the rows that are left.
pub(super) fn ended(report: &BatchReport, paint: &dyn Fn(Style, &str) -> String) -> Vec<String> {
    let mut lines = Vec::new();
    if !report.rows.is_empty() || report.stopped_by.is_some() {
        lines.push(verdict(report, paint));
    }
    let taken = report.run.as_ref().map_or(0, |run| run.taken_by_others);
    if taken > 0 {
        lines.push(format!(
            "{}: another run took the number",
            count(taken, "row left out", "rows left out")
        ));
    }
    lines.extend(
        report
            .other_runs
            .iter()
            .map(|run| format!("at work: {}", text::line(run))),
    );
    lines.extend(report.funnel.as_ref().map(super::FunnelPart::line));
    lines.extend(
        report
            .results
            .iter()
            .map(|path| format!("results: {}", text::line(path))),
    );
    lines.extend(
        report
            .next
            .iter()
            .map(|next| format!("next: {}", text::line(next))),
    );
    let resend = report.resend.iter();
    lines.extend(resend.flat_map(|way| way.lines(report.next.as_deref())));
    if report.needs_report_url && (report.next.is_some() || report.resend.is_some()) {
        lines.push("add its --report-url, which is not repeated here".to_owned());
    }
    lines
}

/// The whole in one line: the end, its reason, the time, and the rows by outcome.
fn verdict(report: &BatchReport, paint: &dyn Fn(Style, &str) -> String) -> String {
    let style = match report.outcome {
        OutcomeWord::Finished => Style::Good,
        OutcomeWord::Stopped => Style::Bad,
        _ => Style::Doubt,
    };
    let word = if report.outcome == OutcomeWord::Status {
        "so far"
    } else {
        report.outcome.as_str()
    };
    let mut head = paint(style, word);
    if let Some(reason) = &report.stopped_by {
        head.push_str(&format!(" ({})", text::line(reason)));
    }
    if let Some(run) = report.run.as_ref().filter(|run| run.sent > 0) {
        head.push_str(&format!(" in {}", time(run.seconds)));
    }
    if report.sandbox {
        head.push_str(" (sandbox)");
    }
    let rows = OutcomeWord::OF_ROWS.iter().filter_map(|outcome| {
        let number = *report.rows.get(outcome.as_str()).filter(|number| **number > 0)?;
        let word = match outcome {
            OutcomeWord::UnderWay => "under way in another run",
            outcome => outcome.as_str(),
        };
        Some(format!(
            "{} {word}{}",
            grouped(number),
            ids(report, *outcome, number)
        ))
    });
    let rows: Vec<String> = rows.collect();
    match rows.as_slice() {
        [] => head,
        rows => format!("{head}: {}", rows.join(", ")),
    }
}

/// The ids that the gateway gave in this run for rows with this outcome.
fn ids(report: &BatchReport, outcome: OutcomeWord, number: u64) -> String {
    let belongs = |id: &str| match ErrorId::from_text(id) {
        ErrorId::UnknownError => outcome == OutcomeWord::Unknown,
        _ => outcome == OutcomeWord::Refused,
    };
    let found: Vec<_> = report.error_ids.iter().filter(|(id, _)| belongs(id)).collect();
    match found.as_slice() {
        [] => String::new(),
        [(id, rows)] if **rows == number => format!(" ({})", text::line(id)),
        found => {
            let found: Vec<String> = found
                .iter()
                .map(|(id, rows)| format!("{} {}", grouped(**rows), text::line(id)))
                .collect();
            format!(" ({})", first(&found, 2))
        }
    }
}

fn time(seconds: f64) -> String {
    if seconds < 10.0 {
        return format!("{seconds:.1} s");
    }
    duration::human(Duration::from_secs(Duration::from_secs_f64(seconds).as_secs()))
}
