//! Results that are there already: whether a file is one of ours, and what it says of each row. It changes nothing.

use super::{COLUMNS, OUTCOMES};
use crate::files;
use crate::rows::Format;
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

/// The outcomes of rows that may have got an SMS.
const REACHED: [&str; 2] = ["accepted", "unknown"];
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// What is at the path of results.
#[derive(Debug)]
pub(crate) enum ExistingResults {
    /// Nothing, or an empty file.
    Nothing,
    /// A file that holds no results.
    Foreign,
    Past(PastResults),
}

/// The rows of results that an earlier run has written.
#[derive(Debug)]
pub(crate) struct PastResults {
    rows: PastRows,
}

#[derive(Debug)]
enum PastRows {
    /// With the columns of the outcome and of the number.
    Delimited {
        csv: Box<csv::Reader<BufReader<File>>>,
        outcome: usize,
        number: usize,
        first: Option<csv::ByteRecord>,
    },
    Json(BufReader<File>),
}

impl ExistingResults {
    /// Looks at the beginning of the file. `format` is that of the input.
    pub(crate) fn at(path: &Path, format: Format) -> io::Result<Self> {
        let delimiter = match format {
            Format::Delimited(delimiter) => Some(delimiter),
            Format::JsonLines => None,
        };
        let file = match files::open_without_waiting(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::Nothing),
            Err(error) => return Err(error),
        };
        if !file.metadata()?.is_file() {
            return Ok(Self::Foreign);
        }
        let mut reader = BufReader::new(file);
        let head = reader.fill_buf()?;
        if head.is_empty() {
            return Ok(Self::Nothing);
        }
        if head.starts_with(b"\xef\xbb\xbf") {
            reader.consume(3);
        }
        if reader.fill_buf()?.first() == Some(&b'{') {
            return json(path, reader);
        }
        if reader.fill_buf()?.starts_with(b"sep=") {
            reader.skip_until(b'\n')?;
        }
        delimited(reader, delimiter)
    }
}

fn json(path: &Path, reader: BufReader<File>) -> io::Result<ExistingResults> {
    let mut line = Vec::new();
    let mut first = BufReader::new(files::open_without_waiting(path)?);
    first.read_until(b'\n', &mut line)?;
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&line);
    Ok(match values(line) {
        Some((outcome, _)) if OUTCOMES.contains(&outcome.as_str()) => ExistingResults::Past(PastResults {
            rows: PastRows::Json(reader),
        }),
        _ => ExistingResults::Foreign,
    })
}

/// The outcome and the number of a row of JSON results.
fn values(line: &[u8]) -> Option<(String, String)> {
    let pairs: HashMap<String, serde_json::Value> = serde_json::from_slice(line).ok()?;
    let text = |name| Some(pairs.get(name)?.as_str().unwrap_or_default().to_owned());
    Some((text(COLUMNS[0])?, text(NUMBER).unwrap_or_default()))
}

/// The column of the number.
const NUMBER: &str = "smspin_msisdn";
/// How far it stands behind the column of the outcome.
const TO_NUMBER: usize = 6;

/// The delimiter is told by the header, which has our columns side by side; without a header, the row tells.
fn delimited(mut reader: BufReader<File>, delimiter: Option<u8>) -> io::Result<ExistingResults> {
    let head = reader.fill_buf()?;
    let header = memchr_line(head);
    let by_header = DELIMITERS.into_iter().chain(delimiter).find(|delimiter| {
        let side_by_side = [COLUMNS[0].as_bytes(), &[*delimiter], COLUMNS[1].as_bytes()].concat();
        header
            .windows(side_by_side.len())
            .any(|piece| piece == side_by_side)
    });
    let Some(used) = by_header.or(delimiter) else {
        return Ok(ExistingResults::Foreign);
    };
    let mut csv = csv::ReaderBuilder::new()
        .delimiter(used)
        .has_headers(false)
        .flexible(true)
        .from_reader(reader);
    let mut first = csv::ByteRecord::new();
    csv.read_byte_record(&mut first)?;
    let outcome = match by_header {
        Some(_) => first.iter().position(|cell| cell == COLUMNS[0].as_bytes()),
        None => place_of_outcome(&first),
    };
    Ok(outcome.map_or(ExistingResults::Foreign, |outcome| {
        ExistingResults::Past(PastResults {
            rows: PastRows::Delimited {
                csv: Box::new(csv),
                outcome,
                number: outcome + TO_NUMBER,
                first: by_header.is_none().then_some(first),
            },
        })
    }))
}

fn memchr_line(head: &[u8]) -> &[u8] {
    let end = head.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
    &head[..end.unwrap_or(head.len())]
}

/// The column of the outcome in a row without a header: a word of ours, and behind it cells that only results have.
pub(crate) fn place_of_outcome<'a>(row: impl IntoIterator<Item = &'a [u8]>) -> Option<usize> {
    let cells: Vec<&[u8]> = row.into_iter().collect();
    let is_number = |cell: &[u8]| !cell.is_empty() && cell.iter().all(u8::is_ascii_digit);
    (0..cells.len().saturating_sub(COLUMNS.len() - 1))
        .rev()
        .find(|at| {
            let word = |word: &&str| word.as_bytes() == cells[*at];
            // How many times it was tried, and its line.
            OUTCOMES.iter().any(word) && is_number(cells[at + 4]) && is_number(cells[at + 7])
        })
}

impl PastResults {
    /// Every row that may have got an SMS: whether it was accepted (else it is unknown), and its number as it is written.
    pub(crate) fn for_each_reached(mut self, mut each: impl FnMut(bool, &str)) -> io::Result<()> {
        let mut one = |outcome: &str, number: &str| {
            if REACHED.contains(&outcome) {
                each(outcome == REACHED[0], number);
            }
        };
        match &mut self.rows {
            PastRows::Json(reader) => {
                let mut line = Vec::new();
                while reader.read_until(b'\n', &mut line)? > 0 {
                    if let Some((outcome, number)) = values(&line) {
                        one(&outcome, &number);
                    }
                    line.clear();
                }
            }
            PastRows::Delimited {
                csv,
                outcome,
                number,
                first,
            } => {
                let mut row = first.take().unwrap_or_default();
                loop {
                    let text = |at| String::from_utf8_lossy(row.get(at).unwrap_or_default());
                    one(&text(*outcome), &text(*number));
                    if !csv.read_byte_record(&mut row)? {
                        break;
                    }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reached(content: &str, format: Format) -> Option<Vec<(bool, String)>> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out");
        std::fs::write(&path, content).unwrap();
        match ExistingResults::at(&path, format).unwrap() {
            ExistingResults::Past(past) => {
                let mut rows = Vec::new();
                past.for_each_reached(|accepted, number| rows.push((accepted, number.to_owned())))
                    .unwrap();
                Some(rows)
            }
            ExistingResults::Foreign => None,
            ExistingResults::Nothing => panic!("there is a file"),
        }
    }

    #[test]
    fn results_are_told_from_other_files() {
        let header = COLUMNS.join(",");
        let rows = "a,accepted,,,200,1,T,34600000001,2,,,,\nb,invalid,,,,0,,,3,no,,,\nc,unknown,,,,1,T,34600000002,4,,,,\n";
        let expected = Some(vec![
            (true, "34600000001".to_owned()),
            (false, "34600000002".to_owned()),
        ]);
        let with_header = format!("\u{feff}Tel,{header}\n{rows}");
        assert_eq!(reached(&with_header, Format::Delimited(b',')), expected);
        assert_eq!(reached(&with_header, Format::JsonLines), expected);
        let semicolons = format!("sep=;\n{}", with_header[3..].replace(',', ";"));
        assert_eq!(reached(&semicolons, Format::Delimited(b',')), expected);
        assert_eq!(
            reached(rows, Format::Delimited(b',')),
            expected,
            "without a header"
        );
        let json = r#"{"tel":"1","smspin_outcome":"unknown","smspin_msisdn":"34600000002"}"#;
        assert_eq!(
            reached(json, Format::JsonLines),
            Some(vec![(false, "34600000002".to_owned())])
        );
        for foreign in [
            "Tel\n34600000001\n",
            "Tel,outcome\n34600000001,accepted\n",
            "{\"tel\":\"1\"}\n",
            "{",
            "accepted,accepted,accepted,accepted,accepted,accepted,accepted,accepted,accepted,accepted\n",
            "\u{0}\u{1}",
        ] {
            assert_eq!(reached(foreign, Format::Delimited(b',')), None, "{foreign:?}");
        }
    }
}
