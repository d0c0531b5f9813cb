//! What holds for every input, however broken.

use crate::domain::hostile::{Reached, check};
use crate::rows::sample::input;
use crate::rows::{Input, ReadError, text};
use proptest::prelude::*;
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

/// Counts what became of an input.
fn count(read: &Result<Vec<RangeInclusive<u64>>, ReadError>, reached: &Reached) {
    reached.count(match read {
        Ok(rows) if rows.is_empty() => "no rows",
        Ok(_) => "rows",
        Err(_) => "refused at a row",
    });
}

/// Every line after the header belongs to one row, or has blank cells alone, whatever the file holds.
#[test]
fn no_line_is_lost() {
    check(
        &tricky(),
        &[("rows", 5), ("refused at a row", 2)],
        |body, reached| {
            let bytes = [b"phone,name\n".as_slice(), &body].concat();
            let Ok(input) = input(&bytes, &[]) else {
                reached.count("refused at once");
                return Ok(());
            };
            let read = read(&input);
            count(&read, reached);
            if let Ok(rows) = read {
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
            }
            Ok(())
        },
    );
}

/// JSON lines, most of them objects, some broken.
fn tricky_json() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        8 => prop::sample::select(vec![
            r#"{"phone":"34666666111","name":"a"}"#,
            r#"{"phone":34666666111}"#,
            r#" {"name":"é\n","phone":"+34 666"} "#,
            r#"{"phone":null,"PIN":"1"}"#,
            r#"{"phone":"1","phone":"2"}"#,
            r#"{"phone":{"a":[1]}}"#,
            "",
        ])
        .prop_map(|line| line.as_bytes().to_vec()),
        1 => tricky(),
    ];
    let end = prop::sample::select(vec!["\n", "\r\n", "\n\n"]);
    prop::collection::vec((line, end), 0..6).prop_map(|lines| {
        let lines = lines
            .into_iter()
            .map(|(line, end)| [line, end.as_bytes().to_vec()].concat());
        [b"{\"phone\":\"34666666112\"}\n".to_vec()]
            .into_iter()
            .chain(lines)
            .collect::<Vec<_>>()
            .concat()
    })
}

#[test]
fn no_bytes_panic() {
    let is_read = |flag: &str, bytes: Vec<u8>, reached: &Reached| {
        match input(&bytes, &[flag]) {
            Ok(input) => count(&read(&input), reached),
            Err(_) => reached.count("refused at once"),
        }
        Ok(())
    };
    let json = &[("rows", 50), ("refused at once", 5)];
    check(&tricky_json(), json, |bytes, reached| {
        is_read("--format=jsonl", bytes, reached)
    });
    check(&tricky(), &[("rows", 2)], |bytes, reached| {
        is_read("--no-header", bytes, reached)
    });
}

proptest! {
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
