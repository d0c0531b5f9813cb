//! What is there already where results are to go: whether a file is one of ours. It changes nothing.

use super::COLUMNS;
use crate::files;
use crate::outcome::OutcomeWord;
use crate::rows::Format;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// What is at the path of results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExistingResults {
    /// Nothing, or an empty file.
    Nothing,
    /// A file that holds no results.
    Foreign,
    Ours,
}

impl ExistingResults {
    /// Whether there are results, whatever the format of their input is.
    pub(crate) fn are_at(path: &Path) -> io::Result<bool> {
        for delimiter in DELIMITERS {
            if Self::at(path, Format::Delimited(delimiter))? == Self::Ours {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Looks at the beginning of the file. `format` is that of the input.
    pub(crate) fn at(path: &Path, format: Format) -> io::Result<Self> {
        let file = match files::open_without_waiting(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::Nothing),
            Err(error) => return Err(error),
        };
        if !file.metadata()?.is_file() {
            return Ok(Self::Foreign);
        }
        let mut reader = BufReader::new(file);
        if reader.fill_buf()?.is_empty() {
            return Ok(Self::Nothing);
        }
        if reader.fill_buf()?.starts_with(b"\xef\xbb\xbf") {
            reader.consume(3);
        }
        if reader.fill_buf()?.starts_with(b"sep=") {
            reader.skip_until(b'\n')?;
        }
        let is_ours = if reader.fill_buf()?.first() == Some(&b'{') {
            is_ours_by_json(reader)?
        } else {
            is_ours_by_cells(reader, format)?
        };
        Ok(if is_ours { Self::Ours } else { Self::Foreign })
    }
}

fn is_ours_by_json(mut reader: impl BufRead) -> io::Result<bool> {
    let mut line = Vec::new();
    reader.read_until(b'\n', &mut line)?;
    let object: Option<serde_json::Map<String, serde_json::Value>> = serde_json::from_slice(&line).ok();
    let outcome = object
        .as_ref()
        .and_then(|object| object.get(COLUMNS[0])?.as_str());
    Ok(outcome.is_some_and(|outcome| OutcomeWord::OF_ROWS.iter().any(|word| word.as_str() == outcome)))
}

/// By the header, which has our columns side by side; without a header, by the cells of the first row.
fn is_ours_by_cells(mut reader: impl BufRead, format: Format) -> io::Result<bool> {
    let head = reader.fill_buf()?;
    let end = head.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
    let header = &head[..end.unwrap_or(head.len())];
    let is_header = DELIMITERS.into_iter().any(|delimiter| {
        let side_by_side = [COLUMNS[0].as_bytes(), &[delimiter], COLUMNS[1].as_bytes()].concat();
        header
            .windows(side_by_side.len())
            .any(|piece| piece == side_by_side)
    });
    let Format::Delimited(delimiter) = format else {
        return Ok(is_header);
    };
    let mut csv = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(reader);
    let mut first = csv::ByteRecord::new();
    csv.read_byte_record(&mut first)?;
    Ok(is_header || place_of_outcome(&first).is_some())
}

/// The column of the outcome in a row without a header: a word of ours, and behind it cells that only results have.
pub(crate) fn place_of_outcome<'a>(row: impl IntoIterator<Item = &'a [u8]>) -> Option<usize> {
    let cells: Vec<&[u8]> = row.into_iter().collect();
    let is_number = |cell: &[u8]| !cell.is_empty() && cell.iter().all(u8::is_ascii_digit);
    (0..cells.len().saturating_sub(COLUMNS.len() - 1))
        .rev()
        .find(|at| {
            let word = |word: &OutcomeWord| word.as_str().as_bytes() == cells[*at];
            // How many times it was tried, and its line.
            OutcomeWord::OF_ROWS.iter().any(word) && is_number(cells[at + 4]) && is_number(cells[at + 7])
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_told_from_other_files() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out");
        let found = |content: &str, format| {
            std::fs::write(&path, content).unwrap();
            ExistingResults::at(&path, format).unwrap()
        };
        let comma = Format::Delimited(b',');
        let header = COLUMNS.join(",");
        let rows = "a,accepted,,,200,1,T,34600000001,2,,,,,\nb,invalid,,,,0,,,3,no,,,,\n";
        let with_header = format!("\u{feff}Tel,{header}\n{rows}");
        let semicolons = format!("sep=;\n{}", with_header[3..].replace(',', ";"));
        let json = r#"{"tel":"1","smspin_outcome":"unknown","smspin_msisdn":"34600000002"}"#;
        for (ours, format) in [
            (&with_header[..], comma),
            (&with_header, Format::JsonLines),
            (&semicolons, comma),
            (rows, comma),
            (json, Format::JsonLines),
        ] {
            assert_eq!(found(ours, format), ExistingResults::Ours, "{ours:?}");
        }
        for foreign in [
            "Tel\n34600000001\n",
            "Tel,outcome\n34600000001,accepted\n",
            "{\"tel\":\"1\"}\n",
            "{",
            "accepted,accepted,accepted,accepted,accepted,accepted,accepted,accepted,accepted,accepted\n",
            "\u{0}\u{1}",
        ] {
            assert_eq!(found(foreign, comma), ExistingResults::Foreign, "{foreign:?}");
        }
        assert_eq!(found("", comma), ExistingResults::Nothing);
        let missing = ExistingResults::at(&dir.path().join("missing"), comma).unwrap();
        assert_eq!(missing, ExistingResults::Nothing);
    }
}
