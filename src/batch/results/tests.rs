//! Whole results files, from input bytes to output bytes.

use super::*;
use crate::rows::sample::input;
use crate::rows::{InputFile, OpenedInput};

fn outcome(msg: &str) -> RowOutcome<'_> {
    RowOutcome {
        outcome: "refused",
        error_id: "INVALID_NUMBER",
        error_msg: msg,
        http: Some(400),
        attempts: 2,
        at: Some("2024-05-06T07:08:09.1234Z".parse().unwrap()),
        msisdn: "34666666111",
        detail: "",
        delivery: None,
        list: "",
    }
}

/// The results of `bytes` when every row was refused with `msg`.
fn results(bytes: impl AsRef<[u8]>, flags: &[&str], msg: &str) -> String {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out");
    let input = input(bytes, flags).unwrap();
    let mut results = Results::create(&path, &input).unwrap();
    let mut rows = input.rows().unwrap();
    while let Some(row) = rows.next().unwrap() {
        let invalid = row.fault().map(ToString::to_string).unwrap_or_default();
        let invalid = RowOutcome {
            outcome: "invalid",
            detail: &invalid,
            ..RowOutcome::default()
        };
        let outcome = if row.fault().is_some() {
            invalid
        } else {
            outcome(msg)
        };
        results.write(&row, &outcome).unwrap();
    }
    assert!(!path.exists(), "not before it is whole");
    results.finish().unwrap();
    std::fs::read_to_string(path).unwrap()
}

const HEADER: &str = "smspin_outcome,smspin_error_id,smspin_error_msg,smspin_http,smspin_attempts,smspin_at,\
    smspin_msisdn,smspin_line,smspin_detail,smspin_delivery,smspin_delivery_at,smspin_delivery_match,smspin_list";
const REFUSED: &str = "refused,INVALID_NUMBER,no,400,2,2024-05-06T07:08:09.123Z,34666666111";

#[test]
fn rows_come_back_with_ours_behind_them() {
    let semicolons = |text: &str| text.replace(',', ";");
    let cases = [
        (
            "phone,name\n1,\"a,b\"\n'2,=1+1\n",
            format!("phone,name,{HEADER}\n1,\"a,b\",{REFUSED},2,,,,,\n'2,=1+1,{REFUSED},3,,,,,\n"),
        ),
        (
            "\u{feff}phone;name\r\n1;\"say \"\"x\"\"\"\r\n",
            format!(
                "\u{feff}phone;name;{}\r\n1;\"say \"\"x\"\"\";{};2;;;;;\r\n",
                semicolons(HEADER),
                semicolons(REFUSED)
            ),
        ),
        (
            "sep=;\nphone;x\n1;2\n",
            format!(
                "sep=;\nphone;x;{}\n1;2;{};3;;;;;\n",
                semicolons(HEADER),
                semicolons(REFUSED)
            ),
        ),
        // Blank lines are no rows, so none come back; a last line without an end is one.
        (
            "phone\n\n 1 \n\n2",
            format!("phone,{HEADER}\n 1 ,{REFUSED},3,,,,,\n2,{REFUSED},5,,,,,\n"),
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(results(text, &[], "no"), expected);
    }
    assert_eq!(
        results("1,a\n", &["--no-header"], "no"),
        format!("1,a,{REFUSED},1,,,,,\n")
    );
}

#[test]
fn ours_stand_under_their_header_whatever_the_row() {
    let text = "phone,name\n1\n2,a,b,=c\n3,\"a\" b\n4,x\n";
    let found = results(text, &[], "no");
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .has_headers(false)
        .from_reader(found.as_bytes());
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    let cells = |row: usize, cells: &[usize]| {
        cells
            .iter()
            .map(|&cell| rows[row][cell].to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        cells(0, &[0, 1, 2, 9]),
        ["phone", "name", "smspin_outcome", "smspin_line"]
    );
    assert_eq!(cells(1, &[0, 1, 2, 9]), ["1", "", "invalid", "2"]);
    assert_eq!(
        cells(2, &[0, 1, 2, 9, 15, 16]),
        ["2", "a", "invalid", "3", "b", "=c"],
        "what is too much stands last"
    );
    assert_eq!(cells(3, &[0, 1, 2, 9]), ["3,\"a\" b", "", "invalid", "4"]);
    assert_eq!(cells(4, &[0, 1, 2, 9]), ["4", "x", "refused", "5"]);
}

#[test]
fn the_gateways_words_never_run() {
    for (msg, expected) in [
        ("=HYPERLINK(\"x\")", "'=HYPERLINK(\"x\")"),
        ("\t@x", "' @x"),
        ("a,b\r\n=c", "a,b  =c"),
    ] {
        let found = results("phone\n1\n", &[], msg);
        let mut reader = csv::Reader::from_reader(found.as_bytes());
        assert_eq!(&reader.records().next().unwrap().unwrap()[3], expected);
    }
}

#[test]
fn results_of_results_have_ours_once() {
    let first = results("phone,name\n1,a\n", &[], "no");
    assert_eq!(results(&first, &[], "no"), first);
    let first = results("{\"phone\":1,\"name\":\"a\"}\n", &[], "no");
    assert_eq!(results(&first, &[], "no"), first);
}

#[test]
fn json_lines_keep_their_pairs() {
    let text = "{\"phone\": 34666666111.0, \"a\":[1, 2],\"\\u0061b\":\"\\u00f3\"}\n{\"pho\n{}\n";
    let found = results(text, &[], "=\"x\"");
    let lines: Vec<_> = found.lines().collect();
    let pairs = r#"{"phone":34666666111.0,"a":[1, 2],"ab":"\u00f3","smspin_outcome":"refused","#;
    assert!(lines[0].starts_with(pairs), "{}", lines[0]);
    assert!(
        lines[1]
            .starts_with(r#"{"smspin_input":"{\"pho","smspin_outcome":"invalid","smspin_error_id":null,"#)
    );
    let objects: Vec<serde_json::Value> = lines
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(objects[0]["smspin_error_msg"], "=\"x\"", "JSON runs nothing");
    for (object, line) in objects.iter().zip(1..) {
        assert_eq!(object["smspin_line"], line);
        let ours = COLUMNS
            .iter()
            .filter(|&&column| object.get(column).is_some())
            .count();
        assert_eq!(ours, COLUMNS.len());
    }
}

#[test]
fn a_streamed_line_has_our_keys_in_our_order() {
    let mut line = Vec::new();
    write_line(&mut line, 7, &outcome("no")).unwrap();
    let line = String::from_utf8(line).unwrap();
    let places: Vec<_> = COLUMNS
        .iter()
        .map(|column| line.find(&format!("\"{column}\":")).unwrap())
        .collect();
    assert!(places.is_sorted(), "{line}");
    assert!(line.ends_with("}\n"), "{line}");
}

#[test]
fn results_stand_beside_the_input() {
    let cases = [
        ("users.csv", Format::Delimited(b','), "users.results.csv"),
        (
            "/a/b/users.tsv",
            Format::Delimited(b'\t'),
            "/a/b/users.results.tsv",
        ),
        ("users", Format::Delimited(b','), "users.results.csv"),
        ("users", Format::JsonLines, "users.results.jsonl"),
        ("a.b.jsonl", Format::JsonLines, "a.b.results.jsonl"),
    ];
    for (path, format, expected) in cases {
        assert_eq!(default_path(Path::new(path), format, false), Path::new(expected));
        let rehearsed = expected.replace(".results.", ".sandbox.results.");
        assert_eq!(default_path(Path::new(path), format, true), Path::new(&rehearsed));
    }
}

#[test]
fn the_input_is_never_overwritten_and_nothing_half_is_left() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("users.csv");
    std::fs::write(&path, "phone\n1\n").unwrap();
    let OpenedInput::File(source) = InputFile::open(&path).unwrap() else {
        panic!("it is a file");
    };
    let input = Input::open(source, &crate::rows::InputOptions::default()).unwrap();
    assert!(matches!(
        Results::create(&path, &input),
        Err(ResultsError::IsInput(_))
    ));
    let target = dir.path().join("out.csv");
    std::fs::write(&target, "before").unwrap();
    assert!(matches!(
        Results::create(&target, &input),
        Err(ResultsError::NotResults(_))
    ));
    let before = format!("phone,{}\n", COLUMNS.join(","));
    std::fs::write(&target, &before).unwrap();
    let mut results = Results::create(&target, &input).unwrap();
    let mut rows = input.rows().unwrap();
    results
        .write(&rows.next().unwrap().unwrap(), &outcome("no"))
        .unwrap();
    drop(results);
    assert_eq!(std::fs::read_to_string(&target).unwrap(), before);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2);
    let missing = dir.path().join("missing").join("out.csv");
    let message = Results::create(&missing, &input).unwrap_err().to_string();
    assert!(message.contains("the directory does not exist"), "{message}");
}
