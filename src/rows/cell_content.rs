//! What a sheet holds where it can't be known what a cell means, and how the copy of a sheet marks such cells.

/// What a cell of a sheet holds, beside its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CellContent {
    Plain,
    /// A whole number: it has lost the + and the zeros that stood in front of it.
    Number,
    Unknown(UnknownCell),
}

/// Why the value of a cell can't be taken for a phone number, or for another thing that a row says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UnknownCell {
    Date,
    /// A number that is not whole.
    Fraction,
    /// A number of more than 15 digits.
    Rounded,
    /// `#N/A` and its like.
    Error,
    /// A formula without a result.
    NotCalculated,
    /// A whole number that the sheet shows with other digits than it has, such as leading zeros.
    OtherDigits,
}

/// The letters by which the copy of a sheet marks such cells.
const MARKS: [(char, CellContent); 7] = [
    ('w', CellContent::Number),
    ('d', CellContent::Unknown(UnknownCell::Date)),
    ('f', CellContent::Unknown(UnknownCell::Fraction)),
    ('r', CellContent::Unknown(UnknownCell::Rounded)),
    ('e', CellContent::Unknown(UnknownCell::Error)),
    ('n', CellContent::Unknown(UnknownCell::NotCalculated)),
    ('o', CellContent::Unknown(UnknownCell::OtherDigits)),
];

impl CellContent {
    /// Adds the mark of a cell to those of its row. A digit can't end a mark, so they stand without a separator.
    pub(super) fn add_mark(self, marks: &mut String, column: usize) {
        if let Some((mark, _)) = MARKS.iter().find(|(_, content)| *content == self) {
            marks.push_str(&column.to_string());
            marks.push(*mark);
        }
    }

    /// What the cell of `column` is marked as, in the marks of its row: `2d4e`.
    pub(super) fn of(marks: &str, column: usize) -> Self {
        let mut at = 0;
        for mark in marks.chars() {
            match mark.to_digit(10) {
                Some(digit) => at = at * 10 + digit as usize,
                None if at == column => {
                    let found = MARKS.iter().find(|(letter, _)| *letter == mark);
                    return found.map_or(Self::Plain, |(_, content)| *content);
                }
                None => at = 0,
            }
        }
        Self::Plain
    }

    pub(super) const fn unknown(self) -> Option<UnknownCell> {
        match self {
            Self::Unknown(unknown) => Some(unknown),
            Self::Plain | Self::Number => None,
        }
    }

    /// Whether the cell is held as a whole number, whatever it shows.
    pub(super) const fn is_number(self) -> bool {
        matches!(self, Self::Number | Self::Unknown(UnknownCell::OtherDigits))
    }
}

impl UnknownCell {
    /// Whether it matters for a phone number alone.
    pub(super) fn is_about_numbers(self) -> bool {
        self == Self::OtherDigits
    }

    /// Whether its text says nothing that could stand in an SMS.
    pub(super) const fn spoils_texts(self) -> bool {
        matches!(self, Self::Error | Self::NotCalculated)
    }
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
        let error = CellContent::Unknown(UnknownCell::Error);
        let marked = [(2, CellContent::Number), (3, CellContent::Plain), (12, error)];
        for (column, content) in marked {
            content.add_mark(&mut marks, column);
        }
        for (column, content) in marked {
            assert_eq!(CellContent::of(&marks, column), content);
        }
        assert_eq!(CellContent::of(&marks, 1), CellContent::Plain);
        assert_eq!(CellContent::of("", 0), CellContent::Plain);
    }
}
