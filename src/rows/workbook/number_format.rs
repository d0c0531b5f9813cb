//! How a sheet of Excel shows numbers, as far as that changes what they mean: as dates, or with characters that the number doesn't have.

use super::cell::CellContent;

/// What a number is shown as, by the id of its format. `code` is the format's own, for those that a workbook defines.
pub(super) fn shown_as(id: u32, code: Option<&str>) -> CellContent {
    match (code, id) {
        (Some(code), _) => of_code(code),
        // ECMA-376 part 1, 18.8.30: dates and times, also those of East Asian versions.
        (None, 14..=22 | 27..=36 | 45..=47 | 50..=58) => CellContent::Date,
        (None, _) => CellContent::Plain,
    }
}

fn of_code(code: &str) -> CellContent {
    // The first section is the one for positive numbers.
    let (mut bare, mut literal) = (String::new(), String::new());
    let mut chars = code.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => literal.extend(chars.by_ref().take_while(|&c| c != '"')),
            '\\' => literal.extend(chars.next()),
            // A blank as wide as a character, and a character that fills the cell.
            '_' | '*' => drop(chars.next()),
            '[' => {
                let inner: String = chars.by_ref().take_while(|&c| c != ']').collect();
                let elapsed = !inner.is_empty() && inner.chars().all(|c| "hmsHMS".contains(c));
                bare.push_str(if elapsed { "h" } else { "" });
            }
            ';' => break,
            _ => bare.push(c),
        }
    }
    if bare.eq_ignore_ascii_case("general") || bare.contains('@') {
        return CellContent::Plain;
    }
    if bare.chars().any(|c| "dmyhsDMYHS".contains(c)) {
        return CellContent::Date;
    }
    let whole = bare.split('.').next().unwrap_or_default();
    let zeros = whole.chars().filter(|&c| c == '0').count();
    let digits = literal.contains(|c: char| c.is_ascii_digit() || c == '+') || bare.starts_with('+');
    if zeros > 1 || digits {
        CellContent::Decorated
    } else {
        CellContent::Plain
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_decorations_are_told_from_plain_numbers() {
        let cases = [
            ("General", CellContent::Plain),
            ("@", CellContent::Plain),
            ("0", CellContent::Plain),
            ("#,##0.00", CellContent::Plain),
            ("0.00E+00", CellContent::Plain),
            ("#,##0\\ \"SMS\"", CellContent::Plain),
            ("[Red]#,##0", CellContent::Plain),
            ("_-* #,##0_-;-* #,##0_-", CellContent::Plain),
            ("yyyy-mm-dd", CellContent::Date),
            ("DD/MM/YYYY", CellContent::Date),
            ("[$-C0A]d\\ mmm", CellContent::Date),
            ("[h]:mm", CellContent::Date),
            ("[mm]", CellContent::Date),
            ("0000000000", CellContent::Decorated),
            ("00 00 00 00 00", CellContent::Decorated),
            ("\"+34 \"0", CellContent::Decorated),
            ("+0", CellContent::Decorated),
            ("\\+0", CellContent::Decorated),
        ];
        for (code, expected) in cases {
            assert_eq!(shown_as(164, Some(code)), expected, "{code:?}");
        }
        assert_eq!(shown_as(14, None), CellContent::Date);
        assert_eq!(shown_as(2, None), CellContent::Plain);
    }
}
