//! Finds rows inside a quoted cell. Two marks that were left open can close each other, and the rows between them become one
//! long cell that is well formed; only what stands in it gives that away.

use super::cells::Cells;
use crate::domain::written_number::is_number_of;

/// How many digits make a cell look like a number. No number of the world has fewer with its country.
const DIGITS: usize = 7;

/// How many lines below the row's first stands the first line that looks like a row of its own: as many cells as the rows have
/// (`width`), and a number in the right one (`number`), or in any where no column is known to be the number's.
pub(super) fn line_of_row_in_quotes(
    cells: &Cells,
    text: &str,
    delimiter: u8,
    width: usize,
    number: Option<usize>,
) -> Option<u64> {
    let mut below = 0;
    for index in 0..cells.len() {
        let cell = cells.get(index, text).unwrap_or_default();
        let mut lines = lines(cell).skip(1).peekable();
        while let Some(line) = lines.next() {
            below += 1;
            let cells = line.split(char::from(delimiter)).count();
            // The last line of the cell is cut by the mark, so the row it came from may have had more cells.
            let wide = if lines.peek().is_none() {
                cells <= width
            } else {
                cells == width
            };
            let mut cells = line.split(char::from(delimiter));
            let has_number = match number {
                Some(number) => cells.nth(number).is_some_and(looks_like_a_number),
                None => cells.any(looks_like_a_number),
            };
            if wide && has_number {
                return Some(below);
            }
        }
    }
    None
}

fn lines(cell: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(cell);
    std::iter::from_fn(move || {
        let text = rest?;
        let Some(end) = text.find(['\n', '\r']) else {
            rest = None;
            return Some(text);
        };
        let after = if text[end..].starts_with("\r\n") {
            end + 2
        } else {
            end + 1
        };
        rest = Some(&text[after..]);
        Some(&text[..end])
    })
}

/// Whether a cell holds a number and nothing else, as people write them.
pub(super) fn looks_like_a_number(cell: &str) -> bool {
    cell.bytes().filter(u8::is_ascii_digit).count() >= DIGITS && is_number_of(cell, DIGITS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::splitter::{Delimited, Split};

    #[test]
    fn rows_inside_a_cell_are_found() {
        let cases = [
            // (text, width, column of the number, lines below)
            ("34666666111,\"Ann\n34666666222,Bob\"\n", 2, 0, Some(1)),
            ("1,\"Ann\r\n34666666222,Bob\r\n34666666333,\"\n", 2, 0, Some(1)),
            ("\"a\nb\",\"Ann\n34666666222,\"\n", 2, 0, Some(2)),
            ("\"Ann\n34666666222\"\n", 1, 0, Some(1)),
            ("1,\"Ann\n2,34666666222,x\n\"\n", 3, 1, Some(1)),
            // An address, a text with a comma, a number in another column, too many cells for a row.
            ("34666666111,\"Main Street 5\n28001 Madrid, Spain\"\n", 2, 0, None),
            ("34666666111,\"Hello,\nyour PIN is {PIN}\"\n", 2, 0, None),
            ("34666666111,\"Ann\nx,34666666222\"\n", 2, 0, None),
            ("34666666111,\"Ann\n34666666222,a,b\nc\"\n", 2, 0, None),
            ("34666666111,\"call me at\n34666666222\"\n", 2, 1, None),
        ];
        for (text, width, number, expected) in cases {
            let mut cells = Cells::default();
            let split = Delimited::new(b',').split(text, 0, true, &mut cells);
            assert!(
                matches!(split, Split::Row { fault: None, .. }),
                "{text:?}: {split:?}"
            );
            assert_eq!(
                line_of_row_in_quotes(&cells, text, b',', width, Some(number)),
                expected,
                "{text:?}"
            );
            let anywhere = line_of_row_in_quotes(&cells, text, b',', width, None);
            assert!(
                expected.is_none() || anywhere == expected,
                "{text:?}: {anywhere:?}"
            );
        }
    }

    #[test]
    fn numbers_as_people_write_them() {
        for (cell, expected) in [
            ("34666666111", true),
            (" +34 666-666.111 ", true),
            ("(666) 666 1", true),
            ("123456", false),
            ("12 34 56 a", false),
            ("", false),
        ] {
            assert_eq!(looks_like_a_number(cell), expected, "{cell:?}");
        }
    }
}
