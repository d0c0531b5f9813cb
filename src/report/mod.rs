//! What a batch leaves for people and programs that were not there: one document, drawn as a page, as Markdown, for a CI server,
//! for a metrics collector, or as it is. Numbers are masked unless they are asked for. It decides nothing about a batch.

mod chart;
mod document;
mod html;
mod junit;
mod markdown;
mod openmetrics;

pub(crate) use document::ReportDocument;
pub(crate) use junit::{JunitCase, JunitEnd, suite};
pub(crate) use markdown::cell as markdown_cell;

use crate::files::{AtomicFile, AtomicFileError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// The form of a report, by the ending of its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ReportFormat {
    Html,
    Markdown,
    Junit,
    OpenMetrics,
    Json,
}

/// Where a report goes, and in which form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReportOutput {
    path: PathBuf,
    format: ReportFormat,
}

/// A file whose ending names no form of a report.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a report is written by its ending: .html, .md, .xml (JUnit), .prom (OpenMetrics) or .json")]
pub(crate) struct UnknownReportFormat;

impl ReportFormat {
    /// Whether a file with this text is a report of this form.
    fn made(self, text: &str) -> bool {
        match self {
            Self::Html => text.starts_with("<!doctype html>") && text.contains(html::GENERATOR),
            Self::Markdown => text.starts_with("### ") && text.contains("\nExit code "),
            Self::Junit => text.contains("<testsuites name=\"smspin "),
            Self::OpenMetrics => text.starts_with("# HELP smspin_batch_rows "),
            Self::Json => text.starts_with("{\n  \"batch\": \""),
        }
    }

    /// Refuses to put a report in the place of another file, such as the list of numbers. An empty file was made for it.
    fn refuse_to_replace(self, path: &Path) -> io::Result<()> {
        const BEGINNING: u64 = 64 * 1024;
        let mut beginning = Vec::new();
        match std::fs::metadata(path) {
            Ok(found) if found.is_file() && found.len() > 0 => {
                std::fs::File::open(path)?
                    .take(BEGINNING)
                    .read_to_end(&mut beginning)?;
            }
            _ => return Ok(()),
        }
        if self.made(&String::from_utf8_lossy(&beginning)) {
            return Ok(());
        }
        Err(io::Error::other(
            "it exists and is not a smspin report: choose another name, or move it away",
        ))
    }
}

/// Refuses to put a `JUnit` report in the place of another file.
pub(crate) fn refuse_to_replace_by_junit(path: &Path) -> io::Result<()> {
    ReportFormat::Junit.refuse_to_replace(path)
}

impl FromStr for ReportOutput {
    type Err = UnknownReportFormat;

    fn from_str(text: &str) -> Result<Self, UnknownReportFormat> {
        let path = PathBuf::from(text);
        let ending = path
            .extension()
            .and_then(|ending| ending.to_str())
            .unwrap_or_default();
        let format = match ending.to_ascii_lowercase().as_str() {
            "html" | "htm" => ReportFormat::Html,
            "md" => ReportFormat::Markdown,
            "xml" => ReportFormat::Junit,
            "prom" => ReportFormat::OpenMetrics,
            "json" => ReportFormat::Json,
            _ => return Err(UnknownReportFormat),
        };
        Ok(Self { path, format })
    }
}

impl ReportOutput {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it could be written now; nothing is left behind.
    pub(crate) fn check(&self) -> Result<(), AtomicFileError> {
        self.begin().map(drop)
    }

    fn begin(&self) -> Result<AtomicFile, AtomicFileError> {
        let file = AtomicFile::create(&self.path)?;
        self.format
            .refuse_to_replace(&self.path)
            .map_err(AtomicFileError::at(&self.path, "looking at what is there"))?;
        Ok(file)
    }

    /// Writes it whole: a reader sees the old one or the new one.
    pub(crate) fn write(&self, document: &ReportDocument) -> Result<(), AtomicFileError> {
        let text = match self.format {
            ReportFormat::Html => html::page(document),
            ReportFormat::Markdown => markdown::page(document),
            ReportFormat::Junit => junit::suites(document),
            ReportFormat::OpenMetrics => openmetrics::text(document),
            ReportFormat::Json => document.json(),
        };
        let mut file = self.begin()?;
        file.write_all(text.as_bytes())
            .map_err(|error| AtomicFileError::writing(&self.path, error))?;
        file.publish()
    }
}

/// The short form, for the summary of a CI job.
pub(crate) fn short(document: &ReportDocument) -> String {
    markdown::short(document)
}

/// Text as XML and HTML take it, in an attribute too. Control characters have no form in XML 1.0.
pub(crate) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in crate::text::line(text).chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => safe.push('\u{fffd}'),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests;
