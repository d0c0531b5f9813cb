//! Which bytes stand for which characters. Recognised where that is certain (a byte order mark, the zero bytes of UTF-16),
//! else UTF-8; anything else only when it is named, since a wrong guess would change people's names in silence.

use crate::domain::invalid::Invalid;
use encoding_rs::{Encoding as Table, UTF_8, UTF_16BE, UTF_16LE};

/// How a file's bytes are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileEncoding {
    table: &'static Table,
    /// The length of the byte order mark that the file begins with, in bytes.
    mark: usize,
}

/// What `--encoding` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EncodingName {
    table: &'static Table,
    /// Plain `utf-16`: a byte order mark says which, little-endian without one.
    either_utf16: bool,
}

/// Openings of files that hold no text, whatever their name says.
const NOT_TEXT: &[(&[u8], &str, &str)] = &[
    (b"\x1f\x8b", "compressed (gzip)", UNPACK),
    (b"\x28\xb5\x2f\xfd", "compressed (zstd)", UNPACK),
    (b"\xfd7zXZ", "compressed (xz)", UNPACK),
    (b"\xff\xfe\0\0", "UTF-32", "save it as UTF-8"),
    (b"\0\0\xfe\xff", "UTF-32", "save it as UTF-8"),
    (b"%PDF-", "a PDF", SAVE_AS_LIST),
    (b"{\\rtf", "a text with formats (RTF)", SAVE_AS_LIST),
    (b"PAR1", "a Parquet file", SAVE_AS_LIST),
    (b"SQLite format 3\0", "an SQLite database", SAVE_AS_LIST),
];
const UNPACK: &str = "unpack it, or pipe its rows in with `-` as the file's name";
const SAVE_AS_LIST: &str = "save the list of numbers as CSV, .xlsx or .ods, whatever made it";

/// Openings of web pages and XML, which some programs save under names like `export.xls`; in any case of letters.
const MARKUP: &[&[u8]] = &[
    b"<?xml",
    b"<!doctype",
    b"<html",
    b"<head",
    b"<table",
    b"<workbook",
];

impl std::str::FromStr for EncodingName {
    type Err = Invalid;

    /// Any label of the WHATWG list, without regard to case. ISO-8859-1 is read as its superset windows-1252, as browsers do.
    fn from_str(name: &str) -> Result<Self, Invalid> {
        let name = name.trim();
        let table = Table::for_label_no_replacement(name.as_bytes())
            .ok_or_else(|| {
                Invalid::new("unknown encoding ").and_quote(name).and(
                    ": try utf-8, utf-16le, utf-16be, windows-1252, iso-8859-1 or another name of the WHATWG list",
                )
            })?;
        let either_utf16 = name.eq_ignore_ascii_case("utf-16") || name.eq_ignore_ascii_case("utf16");
        Ok(Self { table, either_utf16 })
    }
}

impl FileEncoding {
    /// Without a byte order mark.
    pub(super) const UTF_8: Self = Self {
        table: UTF_8,
        mark: 0,
    };

    /// What most programs without UTF-8 write. It has a character for every byte.
    pub(super) const LATIN: Self = Self {
        table: encoding_rs::WINDOWS_1252,
        mark: 0,
    };

    /// Decides from the first bytes of a file (some hundred are plenty) and from what the person said.
    pub(super) fn detect(head: &[u8], named: Option<EncodingName>) -> Result<Self, Invalid> {
        let markup = || is_markup(head).then_some(("a web page or XML", SAVE_AS_LIST));
        let known = NOT_TEXT.iter().find(|(opening, ..)| head.starts_with(opening));
        if let Some((what, advice)) = known.map(|(_, what, advice)| (*what, *advice)).or_else(markup) {
            return Err(Invalid::new(format_args!("the file is {what}: {advice}")));
        }
        let marked = Table::for_bom(head);
        match (marked, named) {
            (Some((table, mark)), Some(named)) => {
                let utf16 = named.either_utf16 && table != UTF_8;
                if table == named.table || utf16 {
                    return Ok(Self { table, mark });
                }
                Err(Invalid::new(format_args!(
                    "the file begins with the byte order mark of {}, but --encoding says {}: leave --encoding out",
                    table.name(),
                    named.table.name()
                )))
            }
            (Some((table, mark)), None) => Ok(Self { table, mark }),
            (None, Some(named)) => Ok(Self {
                table: named.table,
                mark: 0,
            }),
            (None, None) => Ok(Self {
                table: utf16_by_zeros(head).unwrap_or(UTF_8),
                mark: 0,
            }),
        }
    }

    /// The encoding that XML says it is written in, by its byte order mark, its zeros or its declaration. Nothing for one that
    /// isn't known.
    pub(super) fn of_xml(head: &[u8]) -> Option<Self> {
        let told = Table::for_bom(head).map(|(table, _)| table);
        if let Some(table) = told.or_else(|| utf16_by_zeros(head)) {
            return Some(Self { table, mark: 0 });
        }
        let declaration = head.split(|byte| *byte == b'>').next()?;
        let declaration = String::from_utf8_lossy(declaration);
        let declares = declaration
            .strip_prefix("<?xml")
            .and_then(|rest| rest.split_once("encoding"));
        let Some((_, declared)) = declares else {
            return Some(Self::UTF_8);
        };
        let label = declared.trim_start_matches(|c: char| c == '=' || c.is_ascii_whitespace());
        let label = label
            .strip_prefix(['"', '\''])
            .and_then(|rest| rest.split(['"', '\'']).next());
        let table = Table::for_label_no_replacement(label?.as_bytes())?;
        Some(Self { table, mark: 0 })
    }

    /// As people write it: `UTF-8`, `UTF-16LE`, `windows-1252`.
    pub(crate) fn name(self) -> &'static str {
        self.table.name()
    }

    /// The length of the byte order mark, in bytes; 0 without one.
    pub(crate) const fn mark(self) -> usize {
        self.mark
    }

    /// UTF-8 without a byte order mark.
    pub(crate) fn is_plain_utf8(self) -> bool {
        self.table == UTF_8 && self.mark == 0
    }

    pub(super) fn decoder(self) -> encoding_rs::Decoder {
        self.table.new_decoder_without_bom_handling()
    }

    /// What to try when `bytes` turned out not to be in this encoding.
    pub(super) fn advice(self, bytes: &[u8]) -> String {
        if self.table != UTF_8 {
            return "name the encoding it was saved in with --encoding, or save it as UTF-8".to_owned();
        }
        let fitting = fitting(bytes);
        format!("add --encoding {fitting} if that is how it was saved, or save it as UTF-8")
    }
}

fn is_markup(head: &[u8]) -> bool {
    // In UTF-16 each of these characters is its byte and a zero.
    let text: Vec<u8> = head.iter().copied().filter(|byte| *byte != 0).collect();
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text);
    let text = text.strip_prefix(b"\xff\xfe").unwrap_or(text).trim_ascii_start();
    MARKUP.iter().any(|opening| {
        text.get(..opening.len())
            .is_some_and(|begins| begins.eq_ignore_ascii_case(opening))
    })
}

/// UTF-16 without a mark: every other byte of a header in Latin letters is zero, and no text in UTF-8 has one.
fn utf16_by_zeros(head: &[u8]) -> Option<&'static Table> {
    let pairs = head.chunks_exact(2).take(256);
    let count = pairs.len();
    let (first, second) = pairs.fold((0, 0), |(first, second), pair| {
        (
            first + usize::from(pair[0] == 0),
            second + usize::from(pair[1] == 0),
        )
    });
    match (first, second) {
        (0, second) if second > count / 2 => Some(UTF_16LE),
        (first, 0) if first > count / 2 => Some(UTF_16BE),
        _ => None,
    }
}

/// The one-byte encoding that text with these bytes was probably written in. In windows-1252 accented letters are C0 to FF,
/// in the old Macintosh one 80 to 9F.
fn fitting(bytes: &[u8]) -> &'static str {
    let high = |range: std::ops::RangeInclusive<u8>| bytes.iter().filter(|byte| range.contains(byte)).count();
    if high(0xc0..=0xff) == 0 && high(0x80..=0x9f) > high(0xa0..=0xbf) {
        "macintosh"
    } else {
        "windows-1252"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, big: bool) -> Vec<u8> {
        text.encode_utf16()
            .flat_map(|unit| {
                if big {
                    unit.to_be_bytes()
                } else {
                    unit.to_le_bytes()
                }
            })
            .collect()
    }

    #[test]
    fn what_is_certain_is_recognised() {
        let cases: [(&[u8], &str, usize); 9] = [
            (b"", "UTF-8", 0),
            (b"phone\n", "UTF-8", 0),
            (b"\xef\xbb\xbfphone\n", "UTF-8", 3),
            (b"\xff\xfep\0", "UTF-16LE", 2),
            (b"\xfe\xff\0p", "UTF-16BE", 2),
            (&utf16("phone;número\n34666", false), "UTF-16LE", 0),
            (&utf16("phone;número\n34666", true), "UTF-16BE", 0),
            (b"tel\xe9fono\n", "UTF-8", 0),
            (b"phone\n346\0\n", "UTF-8", 0),
        ];
        for (head, name, mark) in cases {
            let found = FileEncoding::detect(head, None).unwrap();
            assert_eq!((found.name(), found.mark()), (name, mark), "{head:?}");
        }
    }

    #[test]
    fn names_are_taken_and_checked_against_the_mark() {
        type Found = Option<(&'static str, usize)>;
        let cases: [(&str, &[u8], Found); 9] = [
            ("windows-1252", b"tel\xe9fono", Some(("windows-1252", 0))),
            ("ISO-8859-1", b"tel\xe9fono", Some(("windows-1252", 0))),
            ("UTF8", b"\xef\xbb\xbfphone", Some(("UTF-8", 3))),
            ("utf-16", b"\xfe\xff\0p", Some(("UTF-16BE", 2))),
            ("utf-16", b"p\0", Some(("UTF-16LE", 0))),
            ("utf-16le", b"\xfe\xff\0p", None),
            ("utf-16", b"\xef\xbb\xbfphone", None),
            ("windows-1252", b"\xff\xfep\0", None),
            ("shift_jis", b"phone", Some(("Shift_JIS", 0))),
        ];
        for (name, head, expected) in cases {
            let found = FileEncoding::detect(head, Some(name.parse().unwrap()));
            assert_eq!(
                found.ok().map(|found| (found.name(), found.mark())),
                expected,
                "{name}"
            );
        }
        assert!("utf-9".parse::<EncodingName>().is_err());
        assert!("replacement".parse::<EncodingName>().is_err());
    }

    #[test]
    fn what_is_no_text_is_named() {
        let cases: [(&[u8], &str); 11] = [
            (b"\x1f\x8b\x08", "gzip"),
            (b"\x28\xb5\x2f\xfd", "zstd"),
            (b"\xff\xfe\0\0p\0\0\0", "UTF-32"),
            (b"%PDF-1.7\n%\xe2\xe3", "a PDF"),
            (b"{\\rtf1\\ansi", "RTF"),
            (b"PAR1\x15\x04", "Parquet"),
            (b"SQLite format 3\0\x10\0", "SQLite"),
            (b"<?xml version=\"1.0\"?>\n<Workbook>", "XML"),
            (b"\r\n <HTML><body>", "web page"),
            (b"\xef\xbb\xbf<!DOCTYPE html>", "web page"),
            (b"\xff\xfe<\0t\0a\0b\0l\0e\0>\0", "web page"),
        ];
        for (head, word) in cases {
            let message = FileEncoding::detect(head, None).unwrap_err().to_string();
            assert!(message.contains(word), "{message}");
        }
        for head in [
            &b"<phone>,name\n"[..],
            b"PARTNER,phone\n",
            b"{\"rtf\":1}\n",
            b"%,phone",
        ] {
            assert!(FileEncoding::detect(head, None).is_ok(), "{head:?}");
        }
    }

    #[test]
    fn the_encoding_that_fits_is_advised() {
        let utf8 = FileEncoding::detect(b"", None).unwrap();
        assert!(
            utf8.advice(b"tel\xe9fono M\xf3vil")
                .contains("--encoding windows-1252")
        );
        assert!(
            utf8.advice(b"tel\x8efono M\x97vil")
                .contains("--encoding macintosh")
        );
    }
}
