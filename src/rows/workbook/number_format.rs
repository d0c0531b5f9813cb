//! How a sheet of Excel shows numbers, as far as that changes what they mean: as dates, or with characters that the number doesn't have.

/// What a format shows of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NumberFormat {
    Plain,
    Date,
    /// With zeros in front up to so many digits.
    Padded(usize),
    /// With digits of its own, or without some of the number's.
    OtherDigits,
}

impl NumberFormat {
    /// Whether a whole number looks like another one.
    pub(super) fn shows_another(self, digits: &str) -> bool {
        match self {
            Self::Plain | Self::Date => false,
            Self::Padded(length) => length > digits.len(),
            Self::OtherDigits => true,
        }
    }
}

/// What a number is shown as, by the id of its format. `code` is the format's own, for those that a workbook defines.
pub(super) fn shown_as(id: u32, code: Option<&str>) -> NumberFormat {
    match (code, id) {
        (Some(code), _) => of_code(code),
        // ECMA-376 part 1, 18.8.30: dates and times, also those of East Asian versions.
        (None, 14..=22 | 27..=36 | 45..=47 | 50..=58) => NumberFormat::Date,
        (None, _) => NumberFormat::Plain,
    }
}

fn of_code(code: &str) -> NumberFormat {
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
        return NumberFormat::Plain;
    }
    if bare.chars().any(|c| "dmyhsDMYHS".contains(c)) {
        return NumberFormat::Date;
    }
    let whole = bare.split('.').next().unwrap_or_default();
    let zeros = whole.chars().filter(|&c| c == '0').count();
    let scaled = bare.contains('%') || whole.ends_with(',');
    if scaled || literal.contains(|c: char| c.is_ascii_digit()) {
        NumberFormat::OtherDigits
    } else if zeros > 1 {
        NumberFormat::Padded(zeros)
    } else {
        NumberFormat::Plain
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_decorations_are_told_from_plain_numbers() {
        let cases = [
            ("General", NumberFormat::Plain),
            ("@", NumberFormat::Plain),
            ("0", NumberFormat::Plain),
            ("#,##0.00", NumberFormat::Plain),
            ("0.00E+00", NumberFormat::Plain),
            ("#,##0\\ \"SMS\"", NumberFormat::Plain),
            ("[Red]#,##0", NumberFormat::Plain),
            ("_-* #,##0_-;-* #,##0_-", NumberFormat::Plain),
            ("yyyy-mm-dd", NumberFormat::Date),
            ("DD/MM/YYYY", NumberFormat::Date),
            ("[$-C0A]d\\ mmm", NumberFormat::Date),
            ("[h]:mm", NumberFormat::Date),
            ("[mm]", NumberFormat::Date),
            ("0000000000", NumberFormat::Padded(10)),
            ("00 00 00 00 00", NumberFormat::Padded(10)),
            ("\"+34 \"0", NumberFormat::OtherDigits),
            ("+0", NumberFormat::Plain),
            ("\\+0", NumberFormat::Plain),
            ("0%", NumberFormat::OtherDigits),
            ("0,", NumberFormat::OtherDigits),
        ];
        for (code, expected) in cases {
            assert_eq!(shown_as(164, Some(code)), expected, "{code:?}");
        }
        assert_eq!(shown_as(14, None), NumberFormat::Date);
        assert_eq!(shown_as(2, None), NumberFormat::Plain);
    }
}
