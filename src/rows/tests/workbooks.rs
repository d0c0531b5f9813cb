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
