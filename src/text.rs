//! Text that came from outside, made safe: quoted in an error message, shown on a terminal, written as a word for a
//! shell. One set of characters decides what is escaped, so that no answer and no file can move a cursor, hide a part of
//! a line or reorder it.
//!
//! Never for a secret: an error about an API key or a PIN doesn't quote at all.

use std::borrow::Cow;
use std::error::Error;
use std::fmt::Write;
use std::io;

/// How many characters a quote shows before it is cut.
const SHOWN: usize = 40;

/// `text` between quotation marks, cut after 40 characters, with everything that moves a cursor, hides or
/// reorders written as an escape: controls, bidi marks, zero-width and combining characters, odd spaces. What looks like an
/// API key is left out, since people put theirs into every place that there is.
pub(crate) fn quote(text: &str) -> String {
    let text = hide_keys(text);
    let mut quoted = String::from("“");
    let mut shown = 0;
    for c in text.chars() {
        let before = quoted.len();
        push_escaped(&mut quoted, c);
        shown += quoted[before..].chars().count();
        if shown > SHOWN {
            quoted.truncate(before);
            quoted.push('…');
            break;
        }
    }
    quoted.push('”');
    quoted
}

/// The same, and not cut.
pub(crate) fn quote_whole(text: &str) -> String {
    format!("“{}”", line(&hide_keys(text)))
}

/// The first few names, quoted.
pub(crate) fn quoted_list(names: &[String]) -> String {
    const SHOWN: usize = 8;
    let shown = names.iter().take(SHOWN).map(|name| quote(name.trim()));
    let rest = (names.len() > SHOWN).then(|| "…".to_owned());
    shown.chain(rest).collect::<Vec<_>>().join(", ")
}

/// The text with every run of digits masked that is long enough for a phone number; shorter ones are ports, codes and amounts.
pub(crate) fn without_numbers(text: &str) -> String {
    const SHORTEST: usize = 7;
    let runs = text.split_inclusive(|c: char| !c.is_numeric());
    let shown = runs.map(|run| {
        let mut run = run.to_owned();
        if run.chars().filter(|c| c.is_numeric()).count() >= SHORTEST {
            mask(&mut run);
        }
        run
    });
    shown.collect()
}

/// Masks the digits of a text that was typed, where they are enough for a phone number: all but the first two and the last
/// two.
pub(crate) fn mask(typed: &mut String) {
    const FEWEST: usize = 5;
    let digits = typed.chars().filter(|c| c.is_numeric()).count();
    if digits < FEWEST {
        return;
    }
    let mut place = 0;
    let shown = |c: char| {
        place += usize::from(c.is_numeric());
        if c.is_numeric() && (3..=digits - 2).contains(&place) {
            '*'
        } else {
            c
        }
    };
    *typed = typed.chars().map(shown).collect();
}

/// `text` without the words that look like an API key: 20 or more ASCII letters and digits, and some of both. No name of
/// ours is like that, no number and no word of a language.
pub(crate) fn hide_keys(text: &str) -> Cow<'_, str> {
    const SHORTEST: usize = 20;
    let is_key = |word: &str| {
        word.len() >= SHORTEST
            && word.bytes().any(|byte| byte.is_ascii_digit())
            && word.bytes().any(|byte| byte.is_ascii_alphabetic())
    };
    let parts = || text.split_inclusive(|c: char| !c.is_ascii_alphanumeric());
    let word = |part: &str| part.trim_end_matches(|c: char| !c.is_ascii_alphanumeric()).len();
    if !parts().any(|part| is_key(&part[..word(part)])) {
        return Cow::Borrowed(text);
    }
    let hidden = parts().map(|part| {
        let (word, end) = part.split_at(word(part));
        if is_key(word) {
            format!("(hidden){end}")
        } else {
            part.to_owned()
        }
    });
    Cow::Owned(hidden.collect())
}

/// What to call one character in a message: by name where it can't be seen, else quoted, with its code point
/// when it isn't ASCII.
pub(crate) fn name(c: char) -> String {
    let code = u32::from(c);
    let known = match c {
        '\0' => "a NUL character",
        '\t' => "a tab",
        '\n' => "a line break",
        '\r' => "a carriage return",
        '\u{1b}' => "an escape character",
        ' ' => "a space",
        '\u{a0}' => "a no-break space",
        '\u{200b}' => "a zero-width space",
        '\u{feff}' => "a byte order mark",
        _ if c.is_control() => "a control character",
        _ if is_blank(c) => "an invisible or combining character",
        _ if c.is_ascii() => return format!("“{c}”"),
        _ => return format!("“{c}” (U+{code:04X})"),
    };
    format!("{known} (U+{code:04X})")
}

/// Whether `c` can make a text look like another: it reorders, or takes no room. Joiners and tags, which scripts and
/// emoji need, are not meant.
pub(crate) fn is_deceptive(c: char) -> bool {
    is_invisible(c) && !matches!(c, '\u{200c}' | '\u{200d}' | '\u{e0020}'..='\u{e007f}')
}

/// Whether `c` is escaped wherever it is shown: a control character, or one that a reader can't see.
pub(crate) fn is_unsafe(c: char) -> bool {
    c.is_control() || is_invisible(c)
}

/// Text for people, on one line.
pub(crate) fn line(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\n' => safe.push_str("\\n"),
            '\r' => safe.push_str("\\r"),
            '\t' => safe.push_str("\\t"),
            c if is_unsafe(c) => safe.extend(c.escape_unicode()),
            c => safe.push(c),
        }
    }
    Cow::Owned(safe)
}

/// JSON text, which holds unsafe characters only inside its strings, where an escape means the same.
pub(crate) fn json(text: &str) -> Cow<'_, str> {
    let needs_escape = |c: char| c != '\n' && is_unsafe(c);
    if !text.chars().any(needs_escape) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    let mut units = [0; 2];
    for c in text.chars() {
        if needs_escape(c) {
            for unit in c.encode_utf16(&mut units) {
                write!(safe, "\\u{unit:04x}").expect("a string takes all text");
            }
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

/// `text` as one word of a POSIX shell, always between apostrophes.
pub(crate) fn shell_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// `text` as one word of a POSIX shell, as a person would type it: between apostrophes only where it needs them.
pub(crate) fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        shell_quoted(text)
    }
}

/// The reason of the system in words a person can act on, without the temporary name that the user didn't choose.
pub(crate) fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::StorageFull => "the disk is full".to_owned(),
        io::ErrorKind::QuotaExceeded => "your disk quota is used up".to_owned(),
        io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only".to_owned(),
        io::ErrorKind::PermissionDenied => "you may not write in that directory".to_owned(),
        io::ErrorKind::NotFound => "the directory does not exist".to_owned(),
        io::ErrorKind::NotADirectory => "a part of the path is not a directory".to_owned(),
        _ => error.to_string(),
    }
}

/// What caused an error, the nearest first. A cause that the message above it repeats, or has said in plainer words, is left out.
pub(crate) fn causes(error: &(dyn Error + 'static)) -> Vec<String> {
    let mut said = error.to_string();
    let mut causes = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        let in_plain_words = cause.downcast_ref().map(reason);
        let is_said = in_plain_words.is_some_and(|words| said.contains(&words));
        if !is_said && !said.contains(&text) {
            causes.push(text.clone());
        }
        said = text;
        next = cause.source();
    }
    causes
}

/// An error and what caused it, in one line.
pub(crate) fn with_causes(error: &(dyn Error + 'static)) -> String {
    let mut parts = causes(error);
    parts.insert(0, error.to_string());
    parts.join(": ")
}

/// Two hexadecimal digits a byte, lower case.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        write!(text, "{byte:02x}").expect("a string takes all text");
    }
    text
}

fn push_escaped(out: &mut String, c: char) {
    match c {
        '"' | '\'' => out.push(c),
        '\n' | '\r' | '\t' | '\0' => out.extend(c.escape_debug()),
        _ if is_unsafe(c) => out.extend(c.escape_unicode()),
        _ => out.extend(c.escape_debug()),
    }
}

/// Whether a reader can't see `c` standing alone. In ASCII only controls and the space are like that.
fn is_blank(c: char) -> bool {
    is_invisible(c) || (!c.is_ascii() && c.escape_debug().len() > 1)
}

/// Characters that take no room, reorder the text around them, or are drawn as nothing by every font.
fn is_invisible(c: char) -> bool {
    // Nearly all characters of a text are ASCII, and every one of each row is asked about.
    !c.is_ascii()
        && matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        | '\u{115f}' | '\u{1160}' | '\u{2800}' | '\u{3164}' | '\u{ffa0}')
}

/// A count with its noun: `1 row`, `1,234 rows`.
pub(crate) fn count(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { many })
}

/// A row as it is named to people: by its line in a file, or by its row in a sheet.
pub(crate) fn row_name(sheet: Option<&str>, line: u64) -> String {
    match sheet {
        Some(sheet) => format!("{} row {line}", self::line(sheet)),
        None => format!("line {line}"),
    }
}

/// What so many rows of a file are called: those of a sheet are rows, and a text has lines.
pub(crate) const fn row_word(of_sheet: bool, rows: u64) -> &'static str {
    match (of_sheet, rows) {
        (true, 1) => "row",
        (true, _) => "rows",
        (false, 1) => "line",
        (false, _) => "lines",
    }
}

/// Text as XML and HTML take it, in an attribute too. Control characters have no form in XML 1.0.
pub(crate) fn xml(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in line(text).chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => safe.push('\u{fffd}'),
            c => safe.push(c),
        }
    }
    safe
}

/// `1234567` as `1,234,567`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests;
