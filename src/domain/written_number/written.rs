//! From the characters that a person typed to digits, and nothing more: what the digits mean is for `readings`.

use super::MsisdnError;
use crate::domain::numbering::without_prefix;
use crate::text;

/// Room for the longest number behind the longest way to dial abroad.
const CAPACITY: usize = 32;

/// A number as it was written, without its separators.
pub(super) struct WrittenNumber<'a> {
    input: &'a str,
    /// It began with `+`.
    pub(super) plus: bool,
    values: [u8; CAPACITY],
    len: usize,
    /// The first digits in parentheses that begin with 0, as a range of `digits`: the `(0)` of `+44 (0)20`.
    zero_group: Option<(usize, usize)>,
}

impl<'a> WrittenNumber<'a> {
    /// Takes ASCII digits, a `+` before them, and the separators that people use. In time linear in the input.
    ///
    /// Digits of other scripts are refused and not converted: the user who wrote them should see what is sent. Letters are
    /// refused too, so neither a name for a number nor an extension can turn into another person's number.
    pub(super) fn read(input: &'a str) -> Result<Self, MsisdnError> {
        match Self::read_plain(input) {
            Some(written) => Ok(written),
            None => Self::read_grouped(input),
        }
    }

    /// Digits and nothing else, or behind one `+`. Most numbers of a long file are written so, and each is read twice.
    fn read_plain(input: &'a str) -> Option<Self> {
        let (plus, digits) = match input.as_bytes() {
            [b'+', digits @ ..] => (true, digits),
            digits => (false, digits),
        };
        let mut values = [0; CAPACITY];
        if digits.is_empty() {
            return None;
        }
        for (&byte, value) in digits.iter().zip(values.get_mut(..digits.len())?) {
            *value = Some(byte.wrapping_sub(b'0')).filter(|digit| *digit < 10)?;
        }
        Some(Self {
            input,
            plus,
            values,
            len: digits.len(),
            zero_group: None,
        })
    }

    fn read_grouped(input: &'a str) -> Result<Self, MsisdnError> {
        let mut written = Self {
            input,
            plus: false,
            values: [0; CAPACITY],
            len: 0,
            zero_group: None,
        };
        let (skipped, body) = body(input);
        let (mut opened, mut minus, mut mark) = (None, false, false);
        for (before, found) in body.chars().enumerate() {
            match found {
                '0'..='9' if minus => {
                    return Err(MsisdnError::Negative {
                        input: text::quote(input),
                    });
                }
                '0'..='9' => written.push(found)?,
                '+' | '\u{ff0b}' if written.len == 0 && !written.plus => written.plus = true,
                '(' => opened = Some(written.len),
                ')' => written.close(opened.take()),
                ',' if is_fraction(body) => mark = true,
                _ if is_separator(found) => {
                    mark |= found == '.';
                    minus |= is_hyphen(found) && written.len == 0 && !written.plus;
                }
                _ => {
                    return Err(MsisdnError::Character {
                        input: text::quote(input),
                        found,
                        column: skipped.chars().count() + before + 1,
                    });
                }
            }
        }
        if written.len == 0 {
            return Err(match input.chars().position(|c| !is_blank(c)) {
                None => MsisdnError::Empty,
                Some(before) => MsisdnError::Character {
                    input: text::quote(input),
                    found: input.chars().nth(before).unwrap_or('+'),
                    column: before + 1,
                },
            });
        }
        if mark && (is_fraction(body) || ends_in_a_fraction(body)) {
            return Err(MsisdnError::Spreadsheet {
                input: text::quote(input),
            });
        }
        Ok(written)
    }

    pub(super) fn digits(&self) -> &[u8] {
        &self.values[..self.len]
    }

    pub(super) fn quoted(&self) -> String {
        text::quote(self.input)
    }

    /// Whether the digits from `start` on begin with those of `prefix`, alone in parentheses.
    pub(super) fn has_group(&self, start: usize, prefix: &str) -> bool {
        self.zero_group.is_some_and(|(from, to)| {
            from == start && without_prefix(&self.digits()[from..to], prefix) == Some(&[])
        })
    }

    fn push(&mut self, digit: char) -> Result<(), MsisdnError> {
        let place = self
            .values
            .get_mut(self.len)
            .ok_or_else(|| MsisdnError::TooLong {
                input: text::quote(self.input),
            })?;
        *place = u8::try_from(digit).map_or(0, |ascii| ascii - b'0');
        self.len += 1;
        Ok(())
    }

    fn close(&mut self, opened: Option<usize>) {
        if let Some(from) = opened
            && self.zero_group.is_none()
            && self.digits().get(from) == Some(&0)
        {
            self.zero_group = Some((from, self.len));
        }
    }
}

/// What stands between groups of digits: spaces (no-break ones too), hyphens as keyboards and word processors make
/// them, dots and slashes.
fn is_separator(character: char) -> bool {
    is_hyphen(character)
        || matches!(
            character,
            ' ' | '.' | '/' | '(' | ')' | '\u{a0}' | '\u{2007}' | '\u{2009}' | '\u{202f}'
        )
}

fn is_hyphen(character: char) -> bool {
    matches!(
        character,
        '-' | '\u{2010}' | '\u{2011}' | '\u{2012}' | '\u{2013}' | '\u{2212}'
    )
}

/// Whether nothing of a character is part of a number, wherever it stands.
fn is_blank(character: char) -> bool {
    is_separator(character) || is_mark(character)
}

/// What comes along when a number is copied from a page or an address book, and can't be seen: marks of direction and width, and
/// soft hyphens.
fn is_mark(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}'
            | '\u{2066}'..='\u{2069}' | '\u{feff}'
    )
}

/// `text` without the invisible marks and blanks around it.
pub(crate) fn without_marks(text: &str) -> &str {
    text.trim_matches(|c: char| is_mark(c) || c.is_whitespace())
}

/// What stands before the number itself, such as `tel:`, and the number, without invisible marks at either end.
fn body(input: &str) -> (&str, &str) {
    let plain = |byte: u8| byte.is_ascii_digit() || byte == b'+';
    if let [first, .., last] = input.as_bytes()
        && plain(*first)
        && plain(*last)
    {
        return ("", input);
    }
    let around = |text: &str| text.trim_end_matches(|c| is_mark(c) || c == ' ').len();
    let inner = &input[..around(input)];
    let start = |text: &str| text.len() - text.trim_start_matches(|c| is_mark(c) || c == ' ').len();
    let mut from = start(inner);
    if inner[from..]
        .get(..4)
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case("tel:"))
    {
        from += 4;
        from += start(&inner[from..]);
    }
    (&input[..from], &inner[from..])
}

/// Digits, a decimal mark, digits, and nothing else: a spreadsheet's number. What begins with 0 or `+` was hardly a number to a
/// spreadsheet, so there the mark separates groups, unless a whole number stands before it.
fn is_fraction(body: &str) -> bool {
    const WHOLE: usize = 7;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let marked = ["+", "\u{ff0b}", "00"]
        .into_iter()
        .find_map(|mark| body.strip_prefix(mark));
    let shortest = if marked.is_some() { WHOLE } else { 1 };
    marked
        .unwrap_or(body)
        .split_once(['.', ','])
        .is_some_and(|(whole, decimals)| {
            digits(whole) && digits(decimals) && !whole.starts_with('0') && whole.len() >= shortest
        })
}

/// `+34 666 666 111.0`: people who write dots write more than one digit after the last.
fn ends_in_a_fraction(body: &str) -> bool {
    body.trim_end_matches(is_separator)
        .rsplit_once('.')
        .is_some_and(|(whole, decimals)| {
            let one_digit = decimals.len() == 1 && decimals.bytes().all(|byte| byte.is_ascii_digit());
            one_digit || (decimals == "00" && whole.bytes().all(|byte| byte.is_ascii_digit()))
        })
}

/// Names a character that doesn't belong into a number, without repeating it raw.
pub(super) fn describe(character: char) -> String {
    let code = u32::from(character);
    let script = match code {
        0xFF10..=0xFF19 => "a full-width digit",
        0x0660..=0x0669 => "an Arabic-Indic digit",
        0x06F0..=0x06F9 => "a Persian digit",
        0x0966..=0x096F => "a Devanagari digit",
        0x09E6..=0x09EF => "a Bengali digit",
        0x0E50..=0x0E59 => "a Thai digit",
        _ if character.is_control() => "a control character",
        _ if text::is_unsafe(character) => "an invisible character",
        _ if character.is_numeric() => "a digit of another script",
        _ if character.is_alphabetic() => "a letter",
        _ => "a character",
    };
    match script {
        "a control character" | "an invisible character" => format!("{script} (U+{code:04X})"),
        _ if character.is_ascii() => format!("{script} `{character}`"),
        _ => format!("{script} `{}` (U+{code:04X})", character.escape_debug()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_short_way_reads_what_the_long_one_does(text in "\\+?\\+?[0-9]{0,34}[ .+]?") {
            let parts = |written: &WrittenNumber<'_>| (written.plus, written.digits().to_vec(), written.zero_group);
            if let Some(short) = WrittenNumber::read_plain(&text) {
                let long = WrittenNumber::read_grouped(&text).unwrap();
                prop_assert_eq!(parts(&short), parts(&long));
            }
        }
    }
}
