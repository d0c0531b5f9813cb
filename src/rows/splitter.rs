//! Cuts delimited text into rows and cells. Stricter than readers usually are, for one reason: a quotation mark that is left
//! open makes the rows after it part of its cell, and those people would get nothing without anybody noticing. A quote that is broken
//! inside one line makes that row invalid; one that reaches over lines refuses the file.

use super::cells::{CellPlace, Cells};
use super::fault::{MAX_CELL, RowDefect};
use std::ops::Range;

/// What [`Delimited::split`] found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Split {
    /// The row ends beyond the text. `quoted` says how many lines below the row's first a quotation mark is open.
    More { quoted: Option<u64> },
    Row {
        /// Where the next row begins.
        next: usize,
        /// Line ends inside the row's cells.
        breaks: u64,
        /// Whether a line end closes the row, rather than the end of the file.
        closed: bool,
        fault: Option<RowDefect>,
    },
    /// A quotation mark reaches over lines and isn't closed properly. It opens so many lines below the row's first.
    OpenQuote { below: u64 },
}

/// The rules of one delimited file.
#[derive(Clone, Debug)]
pub(super) struct Delimited {
    delimiter: u8,
    /// Which bytes a cell without quotation marks must be looked at for: delimiter, line ends, NUL.
    stops: Box<[bool; 256]>,
}

impl Delimited {
    /// `delimiter` is an ASCII character other than a quotation mark or a line end.
    pub(super) fn new(delimiter: u8) -> Self {
        let mut stops = Box::new([false; 256]);
        for byte in [delimiter, b'\n', b'\r', 0] {
            stops[usize::from(byte)] = true;
        }
        Self { delimiter, stops }
    }

    pub(super) const fn delimiter(&self) -> u8 {
        self.delimiter
    }

    /// Cuts the row that begins at `from` into `cells`. `last` says that nothing follows the text.
    pub(super) fn split(&self, text: &str, from: usize, last: bool, cells: &mut Cells) -> Split {
        cells.clear();
        let bytes = text.as_bytes();
        let (mut at, mut breaks, mut fault) = (from, 0, None);
        loop {
            let opens = bytes.get(at) == Some(&b'"');
            let cell = if opens {
                self.quoted_cell(text, at, last, cells)
            } else {
                self.bare_cell(bytes, at, cells)
            };
            match cell {
                Cell::Whole {
                    end,
                    breaks: inside,
                    fault: found,
                } => {
                    (at, breaks, fault) = (end, breaks + inside, fault.or(found));
                }
                Cell::More => return Split::More { quoted: Some(breaks) },
                Cell::Open => return Split::OpenQuote { below: breaks },
                Cell::TextAfter { quote } => return self.broken(bytes, from..quote, last, breaks, cells),
            }
            match self.ending(bytes, at, last) {
                Ending::Cell => at += 1,
                Ending::Row { next, closed } => {
                    return Split::Row {
                        next,
                        breaks,
                        closed,
                        fault,
                    };
                }
                Ending::More => return Split::More { quoted: None },
            }
        }
    }

    fn bare_cell(&self, bytes: &[u8], from: usize, cells: &mut Cells) -> Cell {
        let (mut end, mut nul) = (from, false);
        while let Some(&byte) = bytes.get(end) {
            if self.stops[usize::from(byte)] {
                if byte != 0 {
                    break;
                }
                nul = true;
            }
            end += 1;
        }
        cells.push(CellPlace::Text(from..end));
        Cell::Whole {
            end,
            breaks: 0,
            fault: fault(end - from, nul),
        }
    }

    /// A cell whose opening quotation mark stands at `from`.
    fn quoted_cell(&self, text: &str, from: usize, last: bool, cells: &mut Cells) -> Cell {
        let bytes = text.as_bytes();
        let (mut at, mut breaks, mut doubled, mut nul) = (from + 1, 0, false, false);
        loop {
            match bytes.get(at) {
                Some(b'"') if bytes.get(at + 1) == Some(&b'"') => (doubled, at) = (true, at + 2),
                Some(b'"') => break,
                Some(b'\r') if bytes.get(at + 1) == Some(&b'\n') => at += 1,
                Some(b'\n' | b'\r') => (breaks, at) = (breaks + 1, at + 1),
                Some(&byte) => (nul, at) = (nul || byte == 0, at + 1),
                None if last => return Cell::Open,
                None => return Cell::More,
            }
        }
        match bytes.get(at + 1) {
            None if !last => return Cell::More,
            Some(&byte) if byte != self.delimiter && !matches!(byte, b'\n' | b'\r') => {
                return if breaks == 0 {
                    Cell::TextAfter { quote: at + 1 }
                } else {
                    Cell::Open
                };
            }
            _ => {}
        }
        let content = from + 1..at;
        if doubled {
            let place = cells.unescape(&text[content.clone()].replace("\"\"", "\""));
            cells.push(place);
        } else {
            cells.push(CellPlace::Text(content.clone()));
        }
        Cell::Whole {
            end: at + 1,
            breaks,
            fault: fault(content.len(), nul),
        }
    }

    /// What stands behind a cell that ends before `at`.
    fn ending(&self, bytes: &[u8], at: usize, last: bool) -> Ending {
        match bytes.get(at) {
            Some(&byte) if byte == self.delimiter => Ending::Cell,
            Some(b'\r') if at + 1 == bytes.len() && !last => Ending::More,
            Some(b'\r') if bytes.get(at + 1) == Some(&b'\n') => Ending::Row {
                next: at + 2,
                closed: true,
            },
            Some(_) => Ending::Row {
                next: at + 1,
                closed: true,
            },
            None if last => Ending::Row {
                next: at,
                closed: false,
            },
            None => Ending::More,
        }
    }

    /// A row whose quotation marks make no sense, as one cell that holds its text: `read.end` is where that showed. Only if
    /// the rest of its line leaves no quotation mark open is it certain that the next line is the next row.
    fn broken(&self, bytes: &[u8], read: Range<usize>, last: bool, breaks: u64, cells: &mut Cells) -> Split {
        let rest = &bytes[read.end..];
        let Some(length) = rest
            .iter()
            .position(|byte| matches!(byte, b'\n' | b'\r'))
            .or(last.then_some(rest.len()))
        else {
            return Split::More { quoted: None };
        };
        let rest = &rest[..length];
        let opening = rest.windows(2).rposition(|pair| pair == [self.delimiter, b'"']);
        if opening.is_some_and(|at| !rest[at + 2..].contains(&b'"')) {
            return Split::OpenQuote { below: breaks };
        }
        let end = read.end + length;
        match self.ending(bytes, end, last) {
            Ending::Row { next, closed } => {
                cells.clear();
                cells.push(CellPlace::Text(read.start..end));
                Split::Row {
                    next,
                    breaks,
                    closed,
                    fault: Some(RowDefect::TextAfterQuote),
                }
            }
            Ending::Cell | Ending::More => Split::More { quoted: None },
        }
    }
}

enum Cell {
    Whole {
        end: usize,
        breaks: u64,
        fault: Option<RowDefect>,
    },
    /// The text ends inside the quotation marks.
    More,
    /// So does the file, or the marks are closed on another line in a way that makes no sense.
    Open,
    /// Behind the closing mark at `quote` stands text, on the line where the marks open.
    TextAfter { quote: usize },
}

enum Ending {
    Cell,
    Row { next: usize, closed: bool },
    More,
}

fn fault(length: usize, nul: bool) -> Option<RowDefect> {
    if nul {
        Some(RowDefect::Nul)
    } else if length > MAX_CELL {
        Some(RowDefect::CellTooLong)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The cells of the first row, and what was found.
    fn split(text: &str, last: bool) -> (Vec<String>, Split) {
        let mut cells = Cells::default();
        let found = Delimited::new(b',').split(text, 0, last, &mut cells);
        let texts = (0..cells.len())
            .map(|index| cells.get(index, text).unwrap().to_owned())
            .collect();
        (texts, found)
    }

    fn row(next: usize, breaks: u64, closed: bool, fault: Option<RowDefect>) -> Split {
        Split::Row {
            next,
            breaks,
            closed,
            fault,
        }
    }

    #[test]
    fn rows_are_cut() {
        let cases: [(&str, &[&str], Split); 17] = [
            ("a,b\nc", &["a", "b"], row(4, 0, true, None)),
            ("a,b\r\nc", &["a", "b"], row(5, 0, true, None)),
            ("a,b\rc", &["a", "b"], row(4, 0, true, None)),
            ("a,b\r", &["a", "b"], row(4, 0, true, None)),
            ("a,b", &["a", "b"], row(3, 0, false, None)),
            ("a,", &["a", ""], row(2, 0, false, None)),
            (",\n", &["", ""], row(2, 0, true, None)),
            ("\"a,b\",c\n", &["a,b", "c"], row(8, 0, true, None)),
            (
                "\"a\nb\r\nc\rd\",e\n",
                &["a\nb\r\nc\rd", "e"],
                row(13, 3, true, None),
            ),
            (
                "\"say \"\"hi\"\"\",\"\"\"\"\"\",\"\"\n",
                &["say \"hi\"", "\"\"", ""],
                row(23, 0, true, None),
            ),
            ("5\" pipe,a\"b\n", &["5\" pipe", "a\"b"], row(12, 0, true, None)),
            ("=\"346\",b\n", &["=\"346\"", "b"], row(9, 0, true, None)),
            (
                "a\0b,\"c\0\"\n",
                &["a\0b", "c\0"],
                row(9, 0, true, Some(RowDefect::Nul)),
            ),
            (
                "\"a\"b,c\nd",
                &["\"a\"b,c"],
                row(7, 0, true, Some(RowDefect::TextAfterQuote)),
            ),
            (
                "x,\"a\" ,c\r\nd",
                &["x,\"a\" ,c"],
                row(10, 0, true, Some(RowDefect::TextAfterQuote)),
            ),
            (
                "\"6\" pipe\",1\n",
                &["\"6\" pipe\",1"],
                row(12, 0, true, Some(RowDefect::TextAfterQuote)),
            ),
            (
                "\"a\"b",
                &["\"a\"b"],
                row(4, 0, false, Some(RowDefect::TextAfterQuote)),
            ),
        ];
        for (text, cells, expected) in cases {
            let (found, split) = split(text, true);
            assert_eq!(found, cells, "{text:?}");
            assert_eq!(split, expected, "{text:?}");
        }
    }

    #[test]
    fn a_quotation_mark_over_lines_must_make_sense() {
        let cases = [
            ("a,\"b\n", 0),
            ("a,\"b\nc,\"d\"\n", 0),
            ("\"x\ny\",\"b\nc,\"d\n", 1),
            ("\"a\"b,\"c\nd\",e\n", 0),
            ("\"", 0),
        ];
        for (text, below) in cases {
            assert_eq!(split(text, true).1, Split::OpenQuote { below }, "{text:?}");
        }
    }

    #[test]
    fn what_may_go_on_is_never_cut_early() {
        let cases = [
            ("", None),
            ("a,b", None),
            ("a,b\r", None),
            ("\"a", Some(0)),
            ("\"a\"", Some(0)),
            ("\"a\nb\",\"c", Some(1)),
            ("\"a\"\r", None),
            ("\"a\"b", None),
            ("\"a\"b\r", None),
        ];
        for (text, quoted) in cases {
            assert_eq!(split(text, false).1, Split::More { quoted }, "{text:?}");
        }
    }

    #[test]
    fn long_cells_are_at_fault() {
        let at_limit = "x".repeat(MAX_CELL);
        for (text, fault) in [
            (at_limit.clone(), None),
            (format!("{at_limit}x"), Some(RowDefect::CellTooLong)),
            (format!("a,\"{at_limit}\""), None),
            (format!("a,\"{at_limit}x\""), Some(RowDefect::CellTooLong)),
        ] {
            assert_eq!(split(&text, true).1, row(text.len(), 0, false, fault));
        }
    }
}
