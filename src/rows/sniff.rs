//! Recognises the format of a file from its beginning. It proposes; `--format` and `--delimiter` outrank it.

use super::cells::Cells;
use super::role::names_a_number;
use super::splitter::{Delimited, Split};

/// In the order in which they win when nothing else decides.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// How many rows a guess looks at.
const ROWS: usize = 50;

/// What the first character that isn't blank gives away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opening {
    Rows,
    JsonLines,
    /// One big JSON array, which can't be read a line at a time.
    JsonArray,
    Nothing,
}

pub(super) fn opening(sample: &str) -> Opening {
    match sample.trim_start().as_bytes() {
        [] => Opening::Nothing,
        [b'{', ..] => Opening::JsonLines,
        [b'[', rest @ ..] if rest.trim_ascii_start().starts_with(b"{") => Opening::JsonArray,
        _ => Opening::Rows,
    }
}

/// The `sep=;` line by which Excel is told the delimiter, and the length of that line with its end.
pub(super) fn separator_line(sample: &str) -> Option<(u8, usize)> {
    let line = sample.lines().next()?;
    let ends_in = sample[line.len()..]
        .bytes()
        .take_while(|byte| matches!(byte, b'\r' | b'\n'));
    let end = if sample[line.len()..].starts_with("\r\n") {
        2
    } else {
        ends_in.count().min(1)
    };
    match line.as_bytes() {
        [s, e, p, b'=', delimiter]
            if [*s, *e, *p].eq_ignore_ascii_case(b"sep") && is_delimiter(*delimiter) =>
        {
            Some((*delimiter, line.len() + end))
        }
        _ => None,
    }
}

/// Whether a byte can stand between cells: one that no number, name or line end needs.
pub(super) const fn is_delimiter(byte: u8) -> bool {
    byte == b'\t'
        || (byte.is_ascii_punctuation() && !matches!(byte, b'"' | b'\'' | b'+' | b'-' | b'.' | b'_'))
}

/// The delimiter under which the first row names a number, the rows have one width, and that width is greatest: in this
/// order. `whole` says that the sample is the whole file.
pub(super) fn delimiter(sample: &str, whole: bool) -> u8 {
    let mut best = (DELIMITERS[0], Score::default());
    for candidate in DELIMITERS {
        let score = Score::of(sample, whole, candidate);
        if score > best.1 {
            best = (candidate, score);
        }
    }
    best.0
}

#[derive(Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Score {
    separates: bool,
    names_a_number: bool,
    /// In thousandths.
    same_width: usize,
    width: usize,
}

impl Score {
    fn of(sample: &str, whole: bool, delimiter: u8) -> Self {
        let (rules, mut cells) = (Delimited::new(delimiter), Cells::default());
        let mut score = Self::default();
        let (mut at, mut rows, mut same, mut separated) = (0, 0, 0, 0);
        while at < sample.len() && rows < ROWS {
            let Split::Row { next, fault, .. } = rules.split(sample, at, whole, &mut cells) else {
                // A row that the sample cuts says nothing, unless it is the first.
                rows += usize::from(whole || rows == 0);
                break;
            };
            let blank = sample[at..next].trim_matches([' ', '\r', '\n']).is_empty();
            at = next;
            if blank {
                continue;
            }
            if rows == 0 {
                // A comma before nothing but zeros is a decimal mark.
                let decimal = delimiter == b',' && cells.len() == 2 && is_zeros(cells.get(1, sample));
                score.width = if decimal { 1 } else { cells.len() };
                let mut headers = (0..cells.len()).filter_map(|index| cells.get(index, sample));
                score.names_a_number = headers.any(names_a_number);
            }
            rows += 1;
            separated += usize::from(cells.len() > 1);
            same += usize::from(fault.is_none() && cells.len() == score.width);
        }
        // What stands in the header alone is part of a name.
        score.separates = score.width > 1 && (separated > 1 || rows == 1);
        score.names_a_number &= score.separates || score.width == 1;
        score.same_width = same * 1000 / rows.max(1);
        score
    }
}

fn is_zeros(cell: Option<&str>) -> bool {
    cell.is_some_and(|cell| !cell.is_empty() && cell.bytes().all(|byte| byte == b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delimiters_are_recognised() {
        let cases = [
            ("phone,name\n1,a\n", b','),
            ("phone;name\n1;a\n", b';'),
            ("phone\tname\n1\ta\n", b'\t'),
            ("phone|name\n1|a\n", b'|'),
            ("phone\n1\n", b','),
            ("Phone (office; home)\n34666666111\n34666666112\n", b','),
            ("phone|mobile\n34666666111\n", b','),
            ("phone;\n34666666111;\n", b';'),
            ("", b','),
            // Commas in the cells, even as many in every row as there are semicolons.
            ("phone;sms_text\n1;Hello, you\n2;Hi, you\n", b';'),
            ("Phone;Name, full\n1;a, b\n2;c, d\n", b';'),
            ("phone;\"a;b\";price\n1;x;1,5\n2;y;2,5\n", b';'),
            ("amount,x;phone\n1,5;346\n2,5;347\n", b';'),
            // Quoted cells hold the other delimiter, and line ends.
            ("phone,text\n1,\"a;b;c\nd;e\"\n2,\"f;g;h\"\n", b','),
            ("\nphone\tname,first\n1\ta\n", b'\t'),
            // No header.
            ("34666666111;Ann;x\n34666666112;Bob;y\n", b';'),
            ("34666666111,Ann; x\n34666666112,Bob\n", b','),
        ];
        for (sample, expected) in cases {
            assert_eq!(
                char::from(delimiter(sample, true)),
                char::from(expected),
                "{sample:?}"
            );
        }
    }

    #[test]
    fn a_row_that_the_sample_cuts_is_left_out() {
        assert_eq!(delimiter("phone;name\n1;a\n2;b\n3;\"c,d,e\nf", false), b';');
    }

    #[test]
    fn openings_are_told_apart() {
        let cases = [
            ("", Opening::Nothing),
            (" \r\n\n", Opening::Nothing),
            ("\n {\"phone\":1}", Opening::JsonLines),
            ("[\n {\"phone\":1}]", Opening::JsonArray),
            ("[phone],x", Opening::Rows),
            ("phone", Opening::Rows),
        ];
        for (sample, expected) in cases {
            assert_eq!(opening(sample), expected, "{sample:?}");
        }
    }

    #[test]
    fn the_line_for_excel_is_known() {
        let cases = [
            ("sep=;\nphone", Some((b';', 6))),
            ("SEP=\t\r\nphone", Some((b'\t', 7))),
            ("sep=|", Some((b'|', 5))),
            ("sep=;;\nphone", None),
            ("sep=a\nphone", None),
            ("phone", None),
            ("", None),
        ];
        for (sample, expected) in cases {
            assert_eq!(separator_line(sample), expected, "{sample:?}");
        }
    }
}
