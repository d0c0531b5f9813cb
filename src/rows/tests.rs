//! Whole inputs, from bytes to rows.

use super::sample::input;
use super::*;
use crate::domain::text_table;

mod headers;
mod passes;
mod properties;
mod workbooks;

/// Every row as `line number` or `line ! fault`.
fn rows(bytes: impl AsRef<[u8]>, flags: &[&str]) -> Vec<String> {
    let input = input(bytes, flags).unwrap();
    let mut rows = input.rows().unwrap();
    let mut shown = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        shown.push(match row.fault() {
            Some(fault) => format!("{} ! {fault}", row.line()),
            None => format!("{} {}", row.line(), row.msisdn().unwrap()),
        });
    }
    shown
}

/// What keeps a file from being read, at its beginning or later.
fn refusal(bytes: &[u8], flags: &[&str]) -> String {
    let input = match input(bytes, flags) {
        Ok(input) => input,
        Err(error) => return error.to_string(),
    };
    let mut rows = input.rows().unwrap();
    loop {
        match rows.next() {
            Ok(Some(_)) => {}
            Ok(None) => panic!(
                "the file was read: {}",
                bytes.escape_ascii().to_string().split_at(60).0
            ),
            Err(error) => {
                assert!(
                    matches!(rows.next(), Err(ReadError::Ended)),
                    "no end after an error"
                );
                assert_eq!(rows.content_hash(), None);
                return error.to_string();
            }
        }
    }
}

#[test]
fn rows_of_empty_cells_and_delimiters_at_the_end() {
    for (text, expected, empty) in [
        (
            "phone,name\n1,Ann\n,\n , \n\"\",\n2,Bob\n",
            &["2 1", "6 2"][..],
            3,
        ),
        ("phone,name\n1,Ann,\n2,Bob, \n3,Eve\n", &["2 1", "3 2", "4 3"], 0),
        ("phone;name\n1;Ann;\n;;\n", &["2 1"], 1),
        (
            "phone,name\n1,Ann,x\n1,Ann,,\n,Ann\n",
            &[
                "2 ! it has 3 cells, the first row has 2: quote a cell that holds the delimiter",
                "3 ! it has 4 cells, the first row has 2: quote a cell that holds the delimiter",
                "4 ! it has no phone number",
            ],
            0,
        ),
    ] {
        assert_eq!(rows(text, &[]), expected, "{text:?}");
        let input = input(text, &[]).unwrap();
        let mut pass = input.rows().unwrap();
        while pass.next().unwrap().is_some() {}
        let counts = pass.counts();
        assert_eq!(
            (counts.rows, counts.empty),
            (expected.len() as u64, empty),
            "{text:?}"
        );
    }
}

#[test]
fn files_as_people_save_them() {
    let utf16 = |text: &str| -> Vec<u8> {
        [0xfeff]
            .into_iter()
            .chain(text.encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect()
    };
    let cases: [(&[u8], &[&str]); 17] = [
        (b"phone,name\n1,Ann\n2,Bob\n", &[]),
        (b"name;Tel\xc3\xa9fono\r\nAnn;1\r\nBob;2\r\n", &[]),
        (b"\xef\xbb\xbfphone\tname\n1\tAnn\n2\tBob", &[]),
        (b"MSISDN|name\n1|Ann\n2|Bob\n", &[]),
        (b"sep=;\r\nphone;name\r\n1;Ann\r\n2;Bob", &[]),
        (b"phone\r1\r2\r", &[]),
        (b"\n\nphone\n\n1\n \t\n2\n\n", &[]),
        (&utf16("phone;name\r\n1;Ann\r\n2;Bob\r\n"), &[]),
        (&utf16("phone;name\r\n1;Ann\r\n2;Bob\r\n")[2..], &[]),
        (b"tel\xe9fono,n\n1,\xc1\n2,\xd1\n", &["--encoding=latin1"]),
        (b"1,Ann\n2,Bob\n", &["--no-header"]),
        (b"Ann,1\nBob,2\n", &["--no-header", "--column=msisdn=2"]),
        (
            b"x:Tel:Mobile\n0:1:0\n0:2:0\n",
            &["--delimiter=:", "--column=msisdn=tel"],
        ),
        (b"1;x\n2;y", &["--no-header"]),
        (b"phone,note\n1,\"a\nb\"\n\"2\",\"say \"\"x\"\"\"\n", &[]),
        (
            b"{\"phone\":\"1\",\"name\":\"Ann\"}\r\n\n{\"name\":\"Bob\",\"phone\":2}",
            &[],
        ),
        (
            b"{\"Tel\":\"1\",\"gsm\":\"0\"}\n{\"Tel\":\"2\"}\n",
            &["--column=msisdn=Tel"],
        ),
    ];
    for (bytes, flags) in cases {
        let rows = rows(bytes, flags);
        let numbers: Vec<_> = rows.iter().map(|row| row.split_once(' ').unwrap().1).collect();
        assert_eq!(numbers, ["1", "2"], "{}", bytes.escape_ascii());
    }
}

#[test]
fn rows_at_fault_have_their_line_and_the_others_go_on() {
    let text = "phone,name\n\
        1,Ann\n\
        2\n\
        3,Bob,x\n\
        \n\
        ,\n\
        \"multi\nline\",x\n\
        4,\"Ann\" Lee\n\
        5,\0\n\
        3.46667E+10,x\n\
        34666666111.0,x\n\
        6,Eve\n";
    let expected = [
        "2 1",
        "3 ! it has 1 cell, the first row has 2: add the",
        "4 ! it has 3 cells, the first row has 2: quote a cell",
        "7 multi\nline",
        "9 ! text follows a closing quotation mark",
        "10 ! it holds a NUL character",
        "11 ! a spreadsheet has rounded the number to “3.46667E+10”",
        "12 34666666111",
        "13 6",
    ];
    let rows = rows(text, &[]);
    assert_eq!(rows.len(), expected.len(), "{rows:?}");
    for (row, expected) in rows.iter().zip(expected) {
        assert!(row.starts_with(expected), "{row}");
    }
}

#[test]
fn json_lines_at_fault_have_their_line() {
    let text = "{\"phone\":\"1\"}\n{\"phone\":\n[1]\n{\"name\":\"x\"}\n{\"phone\":[1]}\n{\"phone\":3.4e10}\n\
        {\"phone\":34666666111.0}\n{\"phone\":\"1\",\"sender\":{}}\n{\"phone\":2}\n{\"pho";
    let expected = [
        "1 1",
        "2 ! it is not a complete JSON object",
        "3 ! it is JSON, but not an object",
        "4 ! it has no phone number",
        "5 ! the value of “phone” is a list or an object",
        "6 ! a spreadsheet has rounded",
        "7 34666666111",
        "8 ! the value of “sender” is a list or an object",
        "9 2",
        "10 ! it is not a complete JSON object",
    ];
    for (row, expected) in rows(text, &[]).iter().zip(expected) {
        assert!(row.starts_with(expected), "{row}");
    }
}

/// A file, a flag, and how it is refused.
const REFUSED: &str = r#"
| | the file holds no rows
\u{feff}\n | | the file holds no rows
[{"phone":1}] | | the file is one JSON array
PK\u{3}\u{4} | | the workbook is damaged
34666666111\n34666666112\n | | the first row is not a header, it holds “34666666111”: add --no-header
name,amount\nx,1\n | | no column is known to hold the phone numbers
phone,cell\n1,2\n | | both “phone” and “cell” could hold the msisdn
"phone"x,name\n1,2\n | | line 1: the header can't be read: text follows
{"phone":1}\n | --no-header | --no-header has no meaning for JSON lines
"#;

#[test]
fn files_that_cannot_be_trusted_are_refused() {
    for [text, flag, expected] in text_table::rows(REFUSED) {
        let flags: Vec<&str> = flag.split_whitespace().collect();
        let message = refusal(text.as_bytes(), &flags);
        assert!(message.starts_with(expected), "{message}");
    }
    let half = "phone\n1\nx".encode_utf16().flat_map(u16::to_le_bytes);
    let half: Vec<u8> = half.chain([b'y']).collect();
    let middle = "line 3: the file ends in the middle";
    let latin = "line 2 holds bytes that are not UTF-8: add --encoding windows-1252";
    for (bytes, expected) in [
        (&b"phone\ntel\xe9fono\n"[..], latin),
        (&half, middle),
        (b"phone\n1\n\xe2\x82", &format!("{middle} of a character")),
    ] {
        let message = refusal(bytes, &[]);
        assert!(message.starts_with(expected), "{message}");
    }
}

#[test]
fn quotation_marks_that_swallow_rows_refuse_the_file() {
    let far = "34666666111,Ann\n".repeat(20_000);
    let cases: [(String, &str); 6] = [
        (
            format!("phone,name\n{far}1,\"x\n2,y\n{far}"),
            "line 20002: a quotation mark opens here",
        ),
        (
            format!("phone,name\n1,\"x\n{far}2,\"y\"\n"),
            "line 2: a quotation mark opens here",
        ),
        (
            format!("phone,name\n1,\"x\n{far}2,y\"\n"),
            "line 3 looks like a row, but stands inside the quotation marks that open on line 2",
        ),
        (
            format!("phone,name\n1,\"{}", "x\n".repeat(1 << 20)),
            "line 2: a quotation mark opens here",
        ),
        (
            format!(
                "phone,name\n1,\"x\n2,{}\n34666666111,Ann\n\"\n",
                "y".repeat(70_000)
            ),
            "line 4 looks like a row",
        ),
        (
            "phone,name\n1,\"x\n34666666111,Ann\n\"\n".to_owned(),
            "line 3 looks like a row",
        ),
    ];
    for (text, expected) in cases {
        let message = refusal(text.as_bytes(), &[]);
        assert!(message.starts_with(expected), "{message}");
    }
}

/// A file, and how its rows begin.
const CUT: &str = r"
phone\n34666666111\n34666666\n | 2 34666666111; 3 34666666
phone\n34666666111\n34666666 | 2 34666666111; 3 ! the file ends here
phone\n34666666\n34666666111 | 2 34666666; 3 34666666111
phone\n34666666 | 2 34666666
phone,name\n34666666111,a\n34666666 | 2 34666666111; 3 ! it has 1 cell,
name,phone\na,34666666111\na,3466 | 2 34666666111; 3 ! the file ends here
";

#[test]
fn a_number_cut_by_the_end_of_the_file_is_not_sent_to() {
    for [text, expected] in text_table::rows(CUT) {
        for (row, expected) in rows(text, &[]).iter().zip(expected.split("; ")) {
            assert!(row.starts_with(expected), "{row}");
        }
    }
}

#[test]
fn long_rows_are_at_fault_and_no_more_than_that() {
    let long = "x".repeat(3 << 20);
    for (text, flags) in [
        (format!("phone,name\n1,a\n2,{long}\n3,b\n"), &[][..]),
        (
            format!("phone,name\r\n1,a\r\n2,{}\r\n3,b\r\n", &long[..1 << 20]),
            &[],
        ),
        (
            format!("{{\"phone\":1}}\n{{\"phone\":\"{long}\"}}\n{{\"phone\":3}}\n"),
            &[],
        ),
    ] {
        let rows = rows(&text, flags);
        let numbers: Vec<_> = rows.iter().map(|row| &row[2..]).collect();
        assert_eq!(numbers, ["1", "! the row is longer than 1 MiB", "3"]);
    }
    assert_eq!(
        rows(format!("phone\n1\n{}\n2\n", " ".repeat(3 << 20)), &[])[1],
        "3 ! the row is longer than 1 MiB"
    );
    let cell = "x".repeat(70_000);
    assert_eq!(
        rows(format!("phone,name\n1,{cell}\n2,b"), &[]),
        ["2 ! a cell is longer than 64 KiB", "3 2"]
    );
}

#[test]
fn rows_say_what_they_override() {
    let text = "phone,Sender,sms_text,pin_length,name\n1, SHOP , {PIN} ,,x\n2,  ,,6,\n";
    let input = input(text, &["--column=pin_type=name"]).unwrap();
    let mut rows = input.rows().unwrap();
    let row = rows.next().unwrap().unwrap();
    let said = [
        Role::Msisdn,
        Role::Sender,
        Role::SmsText,
        Role::PinLength,
        Role::PinType,
        Role::MaxTries,
    ];
    assert_eq!(
        said.map(|role| row.role(role)),
        [Some("1"), Some("SHOP"), Some(" {PIN} "), None, Some("x"), None]
    );
    assert_eq!((row.line(), row.cell(1)), (2, Some(" SHOP ")));
    let row = rows.next().unwrap().unwrap();
    assert_eq!(
        said.map(|role| row.role(role)),
        [Some("2"), None, None, Some("6"), None, None]
    );
    assert_eq!((row.line(), row.raw()), (3, "2,  ,,6,"));
    assert!(rows.next().unwrap().is_none());
    assert_eq!(
        rows.counts(),
        Counts {
            rows: 2,
            mended: 0,
            empty: 0
        }
    );
}

#[test]
fn a_key_that_comes_late_has_its_meaning() {
    let text = format!(
        "{}{{\"phone\":2,\"SENDER\":\"x\",\"mobile\":3}}\n",
        "{\"phone\":1}\n".repeat(20_000)
    );
    let input = input(text, &[]).unwrap();
    assert_eq!(input.columns().names(), ["phone"]);
    let mut rows = input.rows().unwrap();
    for _ in 0..20_000 {
        assert_eq!(rows.next().unwrap().unwrap().role(Role::Sender), None);
    }
    let row = rows.next().unwrap().unwrap();
    assert_eq!((row.msisdn(), row.role(Role::Sender)), (Some("2"), Some("x")));
}
