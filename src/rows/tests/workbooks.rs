//! Workbooks that are damaged in any way: an answer or an error, and never a row that isn't in them.

use super::super::sample;
use proptest::prelude::*;
use std::io::{Cursor, Read, Write};

const EXCEL: &[u8] = include_bytes!("../../../tests/fixtures/workbooks/users.xlsx");
const OPEN_DOCUMENT: &[u8] = include_bytes!("../../../tests/fixtures/workbooks/users.ods");

/// The numbers that are read, or nothing.
fn numbers(bytes: &[u8]) -> Option<Vec<String>> {
    let input = sample::input(bytes, &["--hidden-rows=send"]).ok()?;
    let mut rows = input.rows().ok()?;
    let mut numbers = Vec::new();
    while let Some(row) = rows.next().ok()? {
        numbers.extend(row.msisdn().map(str::to_owned));
    }
    Some(numbers)
}

/// The workbook with another checksum of `part` in its list of parts.
fn with_wrong_checksum(workbook: &[u8], part: &str) -> Vec<u8> {
    const CHECKSUM: std::ops::Range<usize> = 16..20;
    const NAME: usize = 46;
    let mut bytes = workbook.to_vec();
    let is_entry = |at: &usize| {
        let entry = &workbook[*at..];
        entry.starts_with(b"PK\x01\x02") && entry[NAME..].starts_with(part.as_bytes())
    };
    let entry = (0..workbook.len()).find(is_entry).expect(part);
    for byte in &mut bytes[entry..][CHECKSUM] {
        *byte ^= 0xFF;
    }
    bytes
}

#[test]
fn every_part_that_says_something_is_read_to_its_checksum() {
    for (workbook, parts) in [
        (
            EXCEL,
            &[
                "xl/workbook.xml",
                "xl/_rels/workbook.xml.rels",
                "xl/styles.xml",
                "xl/worksheets/sheet1.xml",
            ][..],
        ),
        (OPEN_DOCUMENT, &["META-INF/manifest.xml", "content.xml"][..]),
    ] {
        assert!(numbers(workbook).is_some());
        for part in parts {
            assert_eq!(numbers(&with_wrong_checksum(workbook, part)), None, "{part}");
        }
    }
}

/// The workbook with its parts written otherwise, each with the name and the text that `change` makes of its own.
fn rewritten(workbook: &[u8], change: impl Fn(&str, String) -> (String, Vec<u8>)) -> Vec<u8> {
    let mut parts = zip::ZipArchive::new(Cursor::new(workbook)).unwrap();
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..parts.len() {
        let mut part = parts.by_index(index).unwrap();
        let (name, mut text) = (part.name().unwrap().into_owned(), String::new());
        part.read_to_string(&mut text).unwrap();
        let (name, bytes) = change(&name, text);
        zip.start_file(name, zip::write::SimpleFileOptions::default())
            .unwrap();
        zip.write_all(&bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// The text of a part without its declaration, and with this one.
fn declared(text: &str, declaration: &str) -> String {
    let body = text
        .trim_start()
        .strip_prefix("<?xml")
        .map_or(text, |rest| rest.split_once("?>").unwrap().1);
    format!("{declaration}{body}")
}

/// How a text becomes bytes.
type Encode<'a> = &'a dyn Fn(&str) -> Vec<u8>;

#[test]
fn parts_are_read_in_every_encoding_that_they_declare() {
    let utf16 =
        |text: &str, pair: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(pair).collect::<Vec<u8>>();
    let encodings: [(&str, Encode<'_>); 8] = [
        ("", &|text| text.as_bytes().to_vec()),
        ("<?xml version='1.0'?>", &|text| {
            format!("\u{feff}{text}").into_bytes()
        }),
        ("<?xml version='1.0' encoding = 'utf-8' ?>", &|text| {
            text.as_bytes().to_vec()
        }),
        ("<?xml version='1.0' encoding='UTF-16'?>", &|text| {
            utf16(&format!("\u{feff}{text}"), u16::to_le_bytes)
        }),
        ("<?xml version='1.0' encoding='UTF-16'?>", &|text| {
            utf16(&format!("\u{feff}{text}"), u16::to_be_bytes)
        }),
        ("<?xml version='1.0' encoding='UTF-16LE'?>", &|text| {
            utf16(text, u16::to_le_bytes)
        }),
        ("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>", &|text| {
            encoding_rs::WINDOWS_1252.encode(text).0.into_owned()
        }),
        ("<?xml version='1.0' encoding='Shift_JIS'?>", &|text| {
            encoding_rs::SHIFT_JIS.encode(text).0.into_owned()
        }),
    ];
    for workbook in [EXCEL, OPEN_DOCUMENT] {
        let plain = numbers(workbook).unwrap();
        for (declaration, encode) in encodings {
            let written = rewritten(workbook, |name, text| {
                (name.to_owned(), encode(&declared(&text, declaration)))
            });
            assert_eq!(numbers(&written).as_ref(), Some(&plain), "{declaration}");
        }
        for (declaration, wrong) in [
            ("<?xml version='1.0' encoding='EBCDIC-CP-XX'?>", &b""[..]),
            ("<?xml version='1.0'?>", b"\xe9"),
            ("<?xml version='1.0' encoding='Shift_JIS'?>", b"\xff"),
        ] {
            let written = rewritten(workbook, |name, text| {
                let text = declared(&text, declaration).into_bytes();
                (name.to_owned(), [&text, wrong].concat())
            });
            let refusal = sample::input(&written, &[]).unwrap_err().to_string();
            assert!(refusal.starts_with("the workbook is damaged: "), "{refusal}");
        }
    }
}

#[test]
fn parts_are_found_however_their_names_are_written() {
    for workbook in [EXCEL, OPEN_DOCUMENT] {
        let shouted = rewritten(workbook, |name, text| {
            (name.to_uppercase().replace('/', "\\"), text.into_bytes())
        });
        assert_eq!(numbers(&shouted), numbers(workbook));
    }
}

/// Which of two lists of parts another program would believe can't be known.
#[test]
fn an_archive_whose_two_lists_of_parts_differ_is_damaged() {
    const LOCAL: &[u8] = b"PK\x03\x04";
    for workbook in [EXCEL, OPEN_DOCUMENT] {
        let workbook = rewritten(workbook, |name, text| (name.to_owned(), text.into_bytes()));
        let headers = (0..workbook.len()).filter(|at| workbook[*at..].starts_with(LOCAL));
        for header in headers {
            // Its method, its checksum, its sizes, and the first letter of its name.
            for field in [8, 14, 18, 22, 30] {
                let mut bytes = workbook.clone();
                bytes[header + field] ^= 1;
                let refusal = sample::input(&bytes, &[]).unwrap_err().to_string();
                assert!(
                    refusal.starts_with("the workbook is damaged: the archive: "),
                    "{refusal}"
                );
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// Every part of the archive has a checksum, so what is read is what was written.
    #[test]
    fn a_damaged_workbook_is_refused_or_read_as_it_was(
        excel: bool,
        at in 0.0_f64..1.0,
        byte: u8,
        cut: bool,
    ) {
        let whole = if excel { EXCEL } else { OPEN_DOCUMENT };
        let mut bytes = whole.to_vec();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a place")]
        let at = (bytes.len() as f64 * at) as usize;
        if cut {
            bytes.truncate(at);
        } else {
            bytes[at] = byte;
        }
        if let Some(found) = numbers(&bytes) {
            prop_assert_eq!(Some(found), numbers(whole));
        }
    }
}
