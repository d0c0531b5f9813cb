//! What holds for every input, however broken.

use crate::rows::sample::input;
use crate::rows::{Input, ReadError, text};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::cell::Cell;
use std::ops::RangeInclusive;

/// Text that is likely to trip a reader of rows.
fn tricky() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        6 => prop::sample::select(vec!["\"", ",", "\n", "\r", "\r\n", ";", "\t", " ", "\"\"", "\0", "é", "{", "}"])
            .prop_map(|piece| piece.as_bytes().to_vec()),
        3 => prop::sample::select(vec!["34666666111", "a", "{\"phone\":1}", "\"a\nb\"", "\n\n", "=\"1\""])
            .prop_map(|piece| piece.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..3),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// Reads everything, and gives the lines of the file that each row takes up, counted from 1.
fn read(input: &Input) -> Result<Vec<RangeInclusive<u64>>, ReadError> {
    let mut rows = input.rows()?;
    let mut lines = Vec::new();
    while let Some(row) = rows.next()? {
        assert_eq!(row.msisdn().is_some(), row.fault().is_none());
        lines.push(row.line()..=row.line() + text::line_ends(row.raw()));
    }
    assert_eq!(rows.counts().rows, lines.len() as u64);
    assert!(rows.content_hash().is_some());
    Ok(lines)
}

/// Every line after the header belongs to one row, or has blank cells alone, whatever the file holds.
#[test]
fn no_line_is_lost() {
    let read_whole = Cell::new(0_u32);
    let mut runner = TestRunner::default();
    let played = runner.run(&tricky(), |body| {
        let bytes = [b"phone,name\n".as_slice(), &body].concat();
        let Ok(input) = input(&bytes, &[]) else {
            return Ok(());
        };
        let Ok(rows) = read(&input) else { return Ok(()) };
        read_whole.set(read_whole.get() + 1);
        let text = String::from_utf8(bytes).expect("what was read was UTF-8");
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        for (number, line) in (1..).zip(text.split('\n')).skip(1) {
            let owners = rows.iter().filter(|row| row.contains(&number)).count();
            let blank = line.chars().all(|c| c.is_whitespace() || matches!(c, ',' | '"'));
            prop_assert!(
                owners == 1 || (owners == 0 && blank),
                "line {} has {} rows",
                number,
                owners
            );
        }
        Ok(())
    });
    played.unwrap();
    let (read_whole, cases) = (read_whole.get(), runner.config().cases);
    assert!(
        read_whole > cases / 20,
        "only {read_whole} of {cases} files were read whole"
    );
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in tricky(), json in any::<bool>()) {
        let flags = if json { &["--format=jsonl"][..] } else { &["--no-header"] };
        if let Ok(input) = input(&bytes, flags) {
            let _ = read(&input);
        }
    }

    /// What a careful program writes is read back, cell by cell.
    #[test]
    fn cells_come_back(
        table in prop::collection::vec(("[1-9][0-9]{0,5}", "[ -~é\u{3000}]{0,9}", "[a\",;\t|]{0,6}"), 1..20),
        delimiter in prop::sample::select(vec![b',', b';', b'\t', b'|']),
        crlf in any::<bool>(),
    ) {
        let end = if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
        let mut writer = csv::WriterBuilder::new().delimiter(delimiter).terminator(end).from_writer(Vec::new());
        writer.write_record(["phone", "name", "x"]).unwrap();
        for (phone, name, x) in &table {
            writer.write_record([phone, name, x]).unwrap();
        }
        let said = format!("--delimiter={}", char::from(delimiter));
        let input = input(writer.into_inner().unwrap(), &[&said]).unwrap();
        let mut rows = input.rows().unwrap();
        for (phone, name, x) in &table {
            let row = rows.next().unwrap().unwrap();
            prop_assert_eq!(row.fault(), None);
            prop_assert_eq!([row.cell(0), row.cell(1), row.cell(2)], [Some(&**phone), Some(&**name), Some(&**x)]);
        }
        prop_assert!(rows.next().unwrap().is_none());
    }
}
