//! The texts that the cells of an Excel workbook share, held once each.

use super::WorkbookError;
use super::part::{Part, add_text};
use quick_xml::events::Event;

/// The most that they may take together, in bytes.
const MOST: usize = 256 * 1024 * 1024;

#[derive(Debug, Default)]
pub(super) struct SharedTexts {
    all: String,
    /// Where each ends.
    ends: Vec<u32>,
}

impl SharedTexts {
    pub(super) fn read(mut part: Part<'_>) -> Result<Self, WorkbookError> {
        let mut texts = Self::default();
        loop {
            let event = part.next()?;
            match &event {
                Event::Start(start) if start.local_name().as_ref() == "si" => {
                    read_text(&mut part, "si", &mut texts.all)?;
                    // Within 2^32: the bound is below that.
                    texts
                        .ends
                        .push(u32::try_from(texts.all.len()).unwrap_or(u32::MAX));
                    if texts.all.len() + texts.ends.len() * size_of::<u32>() > MOST {
                        return Err(WorkbookError::too_large("the table of texts", "256 MiB"));
                    }
                }
                Event::Eof => return Ok(texts),
                _ => {}
            }
        }
    }

    pub(super) fn get(&self, index: usize) -> Option<&str> {
        let end = *self.ends.get(index)? as usize;
        let start = index
            .checked_sub(1)
            .map_or(0, |before| self.ends[before] as usize);
        Some(&self.all[start..end])
    }
}

/// Adds what stands in the `t` elements up to the end of `element`: a text may be in several pieces, each with its own font.
/// How its characters are pronounced is left out.
pub(super) fn read_text(part: &mut Part<'_>, element: &str, text: &mut String) -> Result<(), WorkbookError> {
    let (mut inside, mut aside, from) = (false, false, text.len());
    loop {
        let event = part.next()?;
        match &event {
            Event::Start(start) => match start.local_name().as_ref() {
                "t" => inside = !aside,
                "rPh" => aside = true,
                _ => {}
            },
            Event::End(end) => match end.local_name().as_ref() {
                "t" => inside = false,
                "rPh" => aside = false,
                name if name == element => break,
                _ => {}
            },
            Event::Eof => return Err(part.damaged("it ends within a text")),
            piece if inside && !add_text(piece, text) => {
                return Err(part.damaged("a text refers to something that is not defined"));
            }
            _ => {}
        }
    }
    unescape(text, from);
    Ok(())
}

/// A text in which nothing is escaped any more.
pub(super) fn unescaped(text: &str) -> String {
    let mut plain = text.to_owned();
    unescape(&mut plain, 0);
    plain
}

/// Excel writes a character that XML can't hold as `_x000D_`.
fn unescape(text: &mut String, from: usize) {
    if !text[from..].contains("_x") {
        return;
    }
    let escaped = text.split_off(from);
    let mut rest = escaped.as_str();
    while let Some(at) = rest.find("_x") {
        let code = rest.get(at + 2..at + 6).filter(|digits| {
            digits.bytes().all(|byte| byte.is_ascii_hexdigit()) && rest[at + 6..].starts_with('_')
        });
        let c = code.and_then(|digits| char::from_u32(u32::from_str_radix(digits, 16).ok()?));
        text.push_str(&rest[..at]);
        match c {
            Some(c) => text.push(c),
            None => text.push_str("_x"),
        }
        rest = &rest[at + if c.is_some() { 7 } else { 2 }..];
    }
    text.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::unescape;

    #[test]
    fn escaped_characters_are_read() {
        for (escaped, expected) in [
            ("a_x000D_b", "a\rb"),
            ("_x005F_x000D_", "_x000D_"),
            ("_x00é_", "_x00é_"),
            ("_xD800_", "_xD800_"),
            ("file_x1", "file_x1"),
            ("_x", "_x"),
        ] {
            let mut text = "before_x0041_".to_owned();
            let from = text.len();
            text.push_str(escaped);
            unescape(&mut text, from);
            assert_eq!(text, format!("before_x0041_{expected}"));
        }
    }
}
