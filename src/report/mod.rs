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

/// The mode of a report without numbers, as far as the umask allows.
const MASKED: u32 = 0o666;

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

    /// Whether such a report is about a command that sent nothing.
    fn is_of_nothing_sent(self, text: &str) -> bool {
        let mark = match self {
            Self::Html => html::NOTHING_SENT,
            Self::Markdown => markdown::NOTHING_SENT,
            Self::Junit => junit::NOTHING_SENT,
            Self::Json => "\"nothing_sent\": true",
            // It is never written then.
            Self::OpenMetrics => return false,
        };
        text.contains(mark)
    }
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
    /// For a CI server, whatever the ending of its name.
    pub(crate) const fn junit(path: PathBuf) -> Self {
        let format = ReportFormat::Junit;
        Self { path, format }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it could be written now; nothing is left behind but its folder.
    pub(crate) fn check(&self) -> Result<(), AtomicFileError> {
        self.begin(MASKED).map(drop)
    }

    fn begin(&self, mode: u32) -> Result<AtomicFile, AtomicFileError> {
        let file = AtomicFile::for_others(&self.path, mode)?;
        self.refuse_to_replace()?;
        Ok(file)
    }

    /// The beginning of the file that is there; nothing where there is none.
    fn present(&self) -> Result<String, AtomicFileError> {
        const BEGINNING: u64 = 64 * 1024;
        let mut beginning = Vec::new();
        let is_file = std::fs::metadata(&self.path).is_ok_and(|found| found.is_file());
        if is_file {
            let file = std::fs::File::open(&self.path);
            file.and_then(|file| file.take(BEGINNING).read_to_end(&mut beginning))
                .map_err(AtomicFileError::at(&self.path, "looking at what is there"))?;
        }
        Ok(String::from_utf8_lossy(&beginning).into_owned())
    }

    /// Refuses to put a report in the place of another file, such as the list of numbers. An empty file was made for it.
    fn refuse_to_replace(&self) -> Result<(), AtomicFileError> {
        let present = self.present()?;
        if present.is_empty() || self.format.made(&present) {
            return Ok(());
        }
        let error =
            io::Error::other("it exists and is not a smspin report: choose another name, or move it away");
        Err(AtomicFileError::at(&self.path, "looking at what is there")(error))
    }

    /// Writes it whole: a reader sees the old one or the new one. False where nothing was sent and the report of a run stays.
    pub(crate) fn write(&self, document: &ReportDocument) -> Result<bool, AtomicFileError> {
        if !document.is_of_run() {
            let present = self.present()?;
            let is_free = present.is_empty() || self.format.is_of_nothing_sent(&present);
            if !is_free || self.format == ReportFormat::OpenMetrics {
                return Ok(false);
            }
        }
        let text = match self.format {
            ReportFormat::Html => html::page(document),
            ReportFormat::Markdown => markdown::page(document),
            ReportFormat::Junit => junit::suites(document),
            ReportFormat::OpenMetrics => openmetrics::text(document),
            ReportFormat::Json => document.json(),
        };
        let mode = if document.show_numbers { 0o600 } else { MASKED };
        self.publish(&text, mode).map(|()| true)
    }

    /// Writes a text without numbers that was made elsewhere.
    pub(crate) fn write_text(&self, text: &str) -> Result<(), AtomicFileError> {
        self.publish(text, MASKED)
    }

    fn publish(&self, text: &str, mode: u32) -> Result<(), AtomicFileError> {
        let mut file = self.begin(mode)?;
        file.write_all(text.as_bytes())
            .map_err(|error| AtomicFileError::writing(&self.path, error))?;
        file.publish()
    }
}

/// The short form, for the summary of a CI job.
pub(crate) fn short(document: &ReportDocument) -> String {
    markdown::short(document)
}

/// All that is known of a batch, for a person who asks for more words.
pub(crate) fn long(document: &ReportDocument) -> String {
    markdown::page(document)
}

#[cfg(test)]
mod tests;
