//! What a sheet holds where it can't be known what a cell means, and how the copy of a sheet marks such cells.

/// Why the value of a cell can't be taken for a phone number, or for another thing that a row says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UnknownCell {
    Date,
    Fraction,
    Rounded,
    Error,
    NotCalculated,
    OtherDigits,
}

impl UnknownCell {
    const ALL: [Self; 6] = [
        Self::Date,
        Self::Fraction,
        Self::Rounded,
        Self::Error,
        Self::NotCalculated,
        Self::OtherDigits,
    ];

    /// The letter that marks it in the copy of a sheet.
    const fn mark(self) -> char {
        match self {
            Self::Date => 'd',
            Self::Fraction => 'f',
            Self::Rounded => 'r',
            Self::Error => 'e',
            Self::NotCalculated => 'n',
            Self::OtherDigits => 'o',
        }
    }

    /// Adds the mark of a cell to those of its row. A digit can't end a mark, so they stand without a separator.
    pub(super) fn add_mark(self, marks: &mut String, column: usize) {
        marks.push_str(&column.to_string());
        marks.push(self.mark());
    }

    /// What the cell of `column` is marked as, in the marks of its row: `2d4e`.
    pub(super) fn of(marks: &str, column: usize) -> Option<Self> {
        let mut at = 0;
        for mark in marks.chars() {
            match mark.to_digit(10) {
                Some(digit) => at = at * 10 + digit as usize,
                None if at == column => return Self::ALL.into_iter().find(|unknown| unknown.mark() == mark),
                None => at = 0,
            }
        }
        None
    }

    /// Whether it matters for a phone number alone.
    pub(super) fn is_about_numbers(self) -> bool {
        self == Self::OtherDigits
    }

    /// Whether its text says nothing that could stand in an SMS.
    pub(super) const fn spoils_texts(self) -> bool {
        matches!(self, Self::Error | Self::NotCalculated)
    }
}

/// The letter that marks a whole number: it has lost the + and the zeros that stood in front of it.
const WHOLE_NUMBER: char = 'w';

/// Marks a cell that is held as a whole number, among the marks of its row.
pub(super) fn add_number_mark(marks: &mut String, column: usize) {
    marks.push_str(&column.to_string());
    marks.push(WHOLE_NUMBER);
}

/// Whether the cell of `column` is held as a number, by the marks of its row.
pub(super) fn is_number(marks: &str, column: usize) -> bool {
    marks.split_inclusive(|c: char| !c.is_ascii_digit()).any(|mark| {
        let marked = mark.strip_suffix([WHOLE_NUMBER, UnknownCell::OtherDigits.mark()]);
        marked.and_then(|at| at.parse().ok()) == Some(column)
    })
}

/// After the name of the cell.
impl std::fmt::Display for UnknownCell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Date => "holds a date: format the column as text, and type the value again",
            Self::Fraction => "holds a number that is not whole",
            Self::Rounded => {
                "holds a number of more than 15 digits, which a spreadsheet rounds: format the column as text, and type the number again"
            }
            Self::OtherDigits => "shows other digits than it holds: format the column as text, and type the number again",
            Self::Error => "holds an error of the spreadsheet",
            Self::NotCalculated => {
                "holds a formula whose result is not in the file: open it in the spreadsheet program, and save it there"
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_found_by_their_column() {
        let mut marks = String::new();
        for (column, unknown) in [(2, UnknownCell::Date), (12, UnknownCell::Error)] {
            unknown.add_mark(&mut marks, column);
        }
        assert_eq!(UnknownCell::of(&marks, 2), Some(UnknownCell::Date));
        assert_eq!(UnknownCell::of(&marks, 12), Some(UnknownCell::Error));
        assert_eq!(UnknownCell::of(&marks, 1), None);
        assert_eq!(UnknownCell::of("", 0), None);
        add_number_mark(&mut marks, 14);
        assert!(is_number(&marks, 14) && !is_number(&marks, 12) && !is_number(&marks, 4));
        assert_eq!(UnknownCell::of(&marks, 14), None);
    }
}
