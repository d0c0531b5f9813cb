//! Workbooks that are damaged in any way: an answer or an error, and never a row that isn't in them.

use super::super::sample;
use proptest::prelude::*;

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
