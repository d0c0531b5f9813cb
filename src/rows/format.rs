//! What a file looks like: its format, its delimiter, its encoding, whether it has a header. What is not said is recognised.

use super::encoding::FileEncoding;
use super::sniff;
use crate::domain::invalid::Invalid;
use std::fmt;

/// Said of a file in which nothing stands.
pub(super) const NO_ROWS: &str = "the file holds no rows";

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// CSV and its relatives: this ASCII character stands between cells.
    Delimited(u8),
    /// One JSON object a line.
    JsonLines,
}

/// What `--format` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FormatName {
    Csv,
    Tsv,
    JsonLines,
}

/// What `--delimiter` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Delimiter(u8);

impl std::str::FromStr for FormatName {
    type Err = Invalid;

    fn from_str(name: &str) -> Result<Self, Invalid> {
        match name.to_ascii_lowercase().as_str() {
            "csv" => Ok(Self::Csv),
            "tsv" => Ok(Self::Tsv),
            "jsonl" | "ndjson" | "json" => Ok(Self::JsonLines),
            _ => Err(Invalid::new("unknown format ")
                .and_quote(name)
                .and(": use csv, tsv or jsonl")),
        }
    }
}

impl std::str::FromStr for Delimiter {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        match (text.to_ascii_lowercase().as_str(), text.as_bytes()) {
            ("tab" | "\\t", _) => Ok(Self(b'\t')),
            ("comma", _) => Ok(Self(b',')),
            ("semicolon", _) => Ok(Self(b';')),
            ("pipe", _) => Ok(Self(b'|')),
            (_, &[byte]) if sniff::is_delimiter(byte) => Ok(Self(byte)),
            _ => Err(Invalid::quoting(text)
                .and(" is not a delimiter: give one character such as , ; | or the word tab")),
        }
    }
}

/// What the first row is that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FirstRow {
    /// It names the columns, as the keys of JSON lines do.
    Header,
    /// The same, below titles: it is this row, counted from 1.
    HeaderAt(u64),
    Data,
}

/// Everything that must be known to read the rows, and to write others like them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) format: Format,
    pub(crate) encoding: FileEncoding,
    pub(crate) first_row: FirstRow,
    /// Whether a `sep=;` line stands before everything.
    pub(crate) separator_line: bool,
    /// Whether lines end in CR LF.
    pub(crate) crlf: bool,
}

impl Shape {
    /// That of the copy of a sheet.
    pub(super) const fn of_sheet(first_row: FirstRow) -> Self {
        Self {
            format: Format::Delimited(b','),
            encoding: FileEncoding::UTF_8,
            first_row,
            separator_line: false,
            crlf: false,
        }
    }

    /// Decides from a sample of the text, which is `whole` if nothing follows it, and from what was said.
    pub(super) fn recognise(
        sample: &str,
        whole: bool,
        encoding: FileEncoding,
        format: Option<FormatName>,
        delimiter: Option<Delimiter>,
        first_row: FirstRow,
    ) -> Result<Self, Invalid> {
        let opening = sniff::opening(sample);
        let json = match (opening, format) {
            (sniff::Opening::Nothing, _) if whole => return Err(Invalid::new(NO_ROWS)),
            (sniff::Opening::JsonArray, None | Some(FormatName::JsonLines)) => {
                return Err(Invalid::new(
                    "the file is one JSON array: write one object a line, as `jq -c '.[]' FILE` does",
                ));
            }
            (_, Some(name)) => name == FormatName::JsonLines,
            (sniff::Opening::JsonLines, None) => delimiter.is_none(),
            _ => false,
        };
        let shape = Self {
            format: Format::JsonLines,
            encoding,
            first_row: FirstRow::Header,
            separator_line: false,
            crlf: sample.contains("\r\n"),
        };
        if json {
            return if delimiter.is_some() {
                Err(Invalid::new("a delimiter has no meaning for JSON lines"))
            } else {
                Ok(shape)
            };
        }
        let separator_line = sniff::separator_line(sample);
        let rest = &sample[separator_line.map_or(0, |(_, length)| length)..];
        let said = match (format, delimiter) {
            (Some(FormatName::Tsv), Some(Delimiter(other))) if other != b'\t' => {
                return Err(Invalid::new("--format tsv and --delimiter ")
                    .and_quote(&char::from(other).to_string())
                    .and(" contradict each other: leave one out"));
            }
            (Some(FormatName::Tsv), _) => Some(b'\t'),
            (_, delimiter) => delimiter.map(|Delimiter(byte)| byte),
        };
        let delimiter = said
            .or(separator_line.map(|(delimiter, _)| delimiter))
            .unwrap_or_else(|| sniff::delimiter(below_titles(rest, first_row), whole));
        let separator_line = separator_line.is_some();
        Ok(Self {
            format: Format::Delimited(delimiter),
            first_row,
            separator_line,
            ..shape
        })
    }
}

/// The sample from the row on that names the columns.
fn below_titles(sample: &str, first_row: FirstRow) -> &str {
    let FirstRow::HeaderAt(line) = first_row else {
        return sample;
    };
    let titles = usize::try_from(line.saturating_sub(1)).unwrap_or(usize::MAX);
    let above: usize = sample.split_inclusive('\n').take(titles).map(str::len).sum();
    &sample[above..]
}

impl Shape {
    /// Whether the columns have names of their own.
    pub(crate) fn has_header(self) -> bool {
        self.first_row != FirstRow::Data
    }
}

/// For people: `CSV with “;”, UTF-16LE, without a header`.
impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.format {
            Format::Delimited(b',') => f.write_str("CSV")?,
            Format::Delimited(b'\t') => f.write_str("TSV")?,
            Format::Delimited(byte) => write!(f, "CSV with “{}”", char::from(byte))?,
            Format::JsonLines => f.write_str("JSON lines")?,
        }
        write!(f, ", {}", self.encoding.name())?;
        if self.has_header() {
            Ok(())
        } else {
            f.write_str(", without a header")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recognise(sample: &str, format: Option<&str>, delimiter: Option<&str>) -> Result<String, String> {
        let encoding = FileEncoding::detect(sample.as_bytes(), None).unwrap();
        let said = |error: Invalid| error.to_string();
        let format = format.map(str::parse).transpose().map_err(said)?;
        let delimiter = delimiter.map(str::parse).transpose().map_err(said)?;
        Shape::recognise(sample, true, encoding, format, delimiter, FirstRow::Header)
            .map(|shape| shape.to_string())
            .map_err(said)
    }

    #[test]
    fn formats_are_recognised_or_said() {
        let cases = [
            ("phone,name\n", None, None, Ok("CSV, UTF-8")),
            ("phone;name\n", None, None, Ok("CSV with “;”, UTF-8")),
            ("phone\tname\n", None, None, Ok("TSV, UTF-8")),
            ("sep=|\nphone|a,b\n", None, None, Ok("CSV with “|”, UTF-8")),
            ("sep=|\nphone;a|b\n", None, Some(";"), Ok("CSV with “;”, UTF-8")),
            ("{\"phone\":1}\n", None, None, Ok("JSON lines, UTF-8")),
            ("{\"phone\":1}\n", Some("csv"), None, Ok("CSV, UTF-8")),
            ("phone,x\n", Some("TSV"), None, Ok("TSV, UTF-8")),
            ("phone,x\n", Some("tsv"), Some("tab"), Ok("TSV, UTF-8")),
            ("phone:x\n", None, Some(":"), Ok("CSV with “:”, UTF-8")),
            ("x", Some("jsonl"), None, Ok("JSON lines, UTF-8")),
            ("x", Some("xml"), None, Err("unknown format “xml”")),
            ("x", None, Some("ab"), Err("“ab” is not a delimiter")),
            ("x", None, Some("\""), Err("“\"” is not a delimiter")),
            ("x", None, Some("€"), Err("“€” is not a delimiter")),
            ("x", None, Some("\n"), Err("“\\n” is not a delimiter")),
            (
                "x",
                Some("jsonl"),
                Some(","),
                Err("a delimiter has no meaning for JSON lines"),
            ),
            (
                "x",
                Some("tsv"),
                Some(";"),
                Err("--format tsv and --delimiter “;” contradict each other"),
            ),
            ("[{}]", None, None, Err("the file is one JSON array")),
            (" \n", None, None, Err(NO_ROWS)),
        ];
        for (sample, format, delimiter, expected) in cases {
            let found = recognise(sample, format, delimiter);
            match (&found, expected) {
                (Err(error), Err(says)) => assert!(error.starts_with(says), "{sample:?}: {error}"),
                (found, expected) => {
                    assert_eq!(found.as_deref().ok(), expected.ok(), "{sample:?} {format:?}");
                }
            }
        }
    }
}
