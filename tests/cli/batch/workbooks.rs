//! Lists that come as workbooks: what is read, what is refused, and what is said about the rest.

use super::{Batch, accepting};
use crate::support::ended::Ended;
use crate::support::home::Home;
use crate::support::workbook::{excel, rows};
use std::path::Path;

/// A workbook that another program has saved (`tests/fixtures/workbooks/make.py`).
fn fixture(name: &str) -> Vec<u8> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/workbooks");
    std::fs::read(directory.join(name)).unwrap()
}

/// The outcome, the row and the detail of each row of the results, by its first cell.
fn results(home: &Home, name: &str) -> Vec<[String; 4]> {
    let text = std::fs::read_to_string(home.file(name)).unwrap();
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let header = reader.headers().unwrap().clone();
    let column = |name: &str| header.iter().position(|found| found == name).unwrap();
    let columns = [
        0,
        column("smspin_outcome"),
        column("smspin_line"),
        column("smspin_detail"),
    ];
    let rows = reader.records().map(|row| row.unwrap());
    rows.map(|row| columns.map(|column| row[column].to_owned()))
        .collect()
}

pub(super) fn sandbox(home: &Home, args: &[&str]) -> Ended {
    home.smspin([&["--sandbox", "batch"], args].concat()).end()
}

/// Hidden rows and cells that hold numbers are taken for what they are.
const READ_AS_IT_IS: &[&str] = &["--yes", "--verbose", "--international", "--hidden-rows=send"];

#[test]
fn a_workbook_of_excel_is_read_row_by_row_and_what_it_hides_is_said() {
    let home = Home::new();
    std::fs::write(home.file("users.xlsx"), fixture("users.xlsx")).unwrap();
    let text = ["users.xlsx", "--sms-text", "Hi {name}, {PIN}"];
    let ended = sandbox(&home, &[READ_AS_IT_IS, &text].concat());
    ended.says(
        1,
        &["results: users.xlsx.sandbox.results.csv"],
        &[
            "read: Excel workbook, sheet “Users”, 10 rows",
            "warning: 2 other sheets are not read: “Other list”, “Nothing”",
            "warning: 1 hidden row is read like the others",
            "warning: 1 hidden column: “",
            "warning: 1 range of merged cells: only the first cell",
            "warning: 2 dates are read as texts like 2026-11-25 (the first is Users!D2)",
            "warning: 1 cell stands to the right of the last header, and is left out (Users!E11)",
            "Users row 4: “Users!B4” holds a number that is not whole",
        ],
    );
    let found = results(&home, "users.xlsx.sandbox.results.csv");
    let expected = [
        ("Ana", "accepted", "2", ""),
        ("Bo", "accepted", "3", ""),
        (
            "Cy",
            "invalid",
            "4",
            "“Users!B4” holds a number that is not whole",
        ),
        ("Di", "invalid", "5", "“Users!B5” holds a date"),
        (
            "Ed",
            "invalid",
            "7",
            "“Users!B7” holds a formula whose result is not in the file",
        ),
        ("Fay", "accepted", "8", ""),
        (
            "Gus",
            "invalid",
            "9",
            "“Users!B9” shows other digits than it holds",
        ),
        (
            "Hal",
            "invalid",
            "10",
            "“Users!B10” holds a number of more than 15 digits",
        ),
        ("Ida", "accepted", "11", ""),
        ("Jo", "accepted", "12", ""),
    ];
    assert_eq!(found.len(), expected.len());
    for ([name, outcome, row, detail], expected) in found.iter().zip(expected) {
        assert_eq!(
            (&**name, &**outcome, &**row),
            (expected.0, expected.1, expected.2)
        );
        assert!(detail.starts_with(expected.3), "{detail}");
    }
}

#[test]
fn a_report_names_the_rows_of_the_sheet_and_what_it_hides() {
    let home = Home::new();
    std::fs::write(home.file("users.xlsx"), fixture("users.xlsx")).unwrap();
    let args = [
        "users.xlsx",
        "--yes",
        "--international",
        "--hidden-rows",
        "send",
        "--report",
        "r.html",
        "--report",
        "r.md",
    ];
    sandbox(&home, &args).exits(1);
    for form in ["r.html", "r.md"] {
        let report = std::fs::read_to_string(home.file(form)).unwrap();
        for says in [
            "2 other sheets are not read",
            "1 hidden row is read",
            "Users row 4",
        ] {
            assert!(report.contains(says), "{form} lacks {says}: {report}");
        }
    }
}

/// Rows of texts in column A, the second of them hidden as `how` says.
fn with_hidden(how: &str) -> Vec<u8> {
    let row = |number: usize, how: &str, text: &str| {
        format!("<row r='{number}' {how}><c r='A{number}' t='inlineStr'><is><t>{text}</t></is></c></row>")
    };
    let rows = [
        row(1, "", "phone"),
        row(2, "", "+34600000001"),
        row(3, how, "+34600000002"),
        row(4, "", "+34600000003"),
        // A stray cell in the last row that Excel has.
        "<row r='1048576'><c r='C1048576' t='inlineStr'><is><t>x</t></is></c></row>".to_owned(),
    ];
    excel(&[("Sheet1", &rows.concat())])
}

#[test]
fn hidden_rows_stop_the_batch_until_it_is_said_what_they_mean() {
    for how in ["hidden='1'", "ht='0' customHeight='1'"] {
        let batch = Batch::of(0, accepting);
        std::fs::write(batch.file("users.csv"), with_hidden(how)).unwrap();
        batch.refuses(
            "--yes",
            2,
            "the sheet “Sheet1” has 1 row that is hidden … the first is row 3 … --hidden-rows skip",
        );
        batch.sends("--hidden-rows skip", 0, "finished");
        assert_eq!(batch.gateway.numbers(), [34_600_000_001, 34_600_000_003], "{how}");
        let batch = Batch::of(0, accepting);
        std::fs::write(batch.file("users.csv"), with_hidden(how)).unwrap();
        batch.sends("--hidden-rows send", 0, "finished");
        assert_eq!(batch.gateway.numbers().len(), 3, "{how}");
    }
    let batch = Batch::of(1, accepting);
    batch.refuses("--yes --hidden-rows skip", 2, "the file is not a workbook");
}

#[test]
fn titles_above_the_header_of_a_sheet_are_passed_over_where_it_is_said() {
    let batch = Batch::of(0, accepting);
    let sheet = rows(&[
        &["Customers 2026"],
        &["Name", "Phone", "Note"],
        &["Ann", "+34600000001", "x", "outside"],
    ]);
    std::fs::write(batch.file("users.csv"), excel(&[("Users", &sheet)])).unwrap();
    let looks_like = "row 2 looks like the header: add --header-row 2";
    batch.refuses("--yes", 2, &[looks_like]);
    batch.sends("--header-row 2 --sms-text '{Note} {PIN}'", 0, "finished");
    assert_eq!(batch.gateway.numbers(), [34_600_000_001]);
}

/// A table that begins with a title excludes all its numbers, also those to the right of the title.
#[test]
fn numbers_to_the_right_of_the_first_row_are_excluded() {
    let batch = Batch::with("msisdn\n34600000001\n34600000002\n", accepting);
    let list = rows(&[&["Never"], &["Ann", "+34600000001"], &["Bob", "+34600000002"]]);
    std::fs::write(batch.file("never.xlsx"), excel(&[("Never", &list)])).unwrap();
    batch.sends("--exclude never.xlsx", 0, "finished");
    assert!(batch.gateway.numbers().is_empty());
}

/// The journal knows the number as it was meant, and so do all columns of the results.
#[test]
fn a_number_that_gets_its_zero_back_has_its_attempts_in_the_results() {
    let list =
        "<row r='1'><c r='A1' t='str'><v>phone</v></c></row><row r='2'><c r='A2'><v>61234567</v></c></row>";
    let batch = Batch::of(0, accepting);
    std::fs::write(batch.file("users.csv"), excel(&[("Sheet1", list)])).unwrap();
    batch.sends("--country CG", 0, "finished");
    assert_eq!(batch.gateway.numbers(), [242_061_234_567]);
    let text = batch.read("users.results.csv");
    let row: Vec<&str> = text.lines().nth(1).unwrap().split([',', ';']).collect();
    assert!(
        row.contains(&"242061234567") && row.contains(&"1") && row.contains(&"200"),
        "{text}"
    );
}

#[test]
fn numbers_held_as_numbers_need_a_country() {
    let cells = |kind: &str| {
        format!(
            "<row r='1'><c r='A1' t='str'><v>phone</v></c></row><row r='2'><c r='A2'{kind}><v>34600000001</v></c></row>"
        )
    };
    let batch = Batch::of(0, accepting);
    std::fs::write(batch.file("users.csv"), excel(&[("Sheet1", &cells(""))])).unwrap();
    batch.refuses("--yes", 2, "1 number has no country code, such as 34600000001");
    batch.sends("--country ES", 0, "finished");
    let batch = Batch::of(0, accepting);
    std::fs::write(batch.file("users.csv"), excel(&[("Sheet1", &cells(" t='str'"))])).unwrap();
    batch.sends("", 0, "finished");
}

#[test]
fn a_workbook_of_open_document_is_read_alike() {
    let home = Home::new();
    std::fs::write(home.file("users.ods"), fixture("users.ods")).unwrap();
    sandbox(
        &home,
        &[
            "users.ods",
            "--yes",
            "--verbose",
            "--international",
            "--hidden-rows",
            "send",
        ],
    )
    .says(
        1,
        &["results: users.ods.sandbox.results.csv"],
        &[
            "read: OpenDocument workbook, sheet “Users”, 8 rows",
            "warning: 1 other sheet is not read: “Draft”",
            "warning: 1 hidden row is read like the others",
            "warning: 1 hidden column: “",
            "warning: 1 range of merged cells: only the first cell",
            "warning: 1 formula is read as the result that was last saved (Users!B8)",
            "warning: 2 dates are read as texts like 2026-11-25 (the first is Users!D2)",
        ],
    );
    let found = results(&home, "users.ods.sandbox.results.csv");
    let found: Vec<_> = found.iter().map(|row| (&*row[0], &*row[1], &*row[2])).collect();
    assert_eq!(
        found,
        [
            ("Ana", "accepted", "2"),
            ("Bo", "accepted", "3"),
            ("Cy", "invalid", "4"),
            ("Di", "invalid", "5"),
            ("Ed", "accepted", "8"),
            ("Fay", "accepted", "9"),
            ("Gus", "accepted", "10"),
            ("Hal", "accepted", "11"),
        ]
    );
}

#[test]
fn a_sheet_is_named_and_programs_are_told_which() {
    let home = Home::new();
    std::fs::write(home.file("users.xlsx"), fixture("users.xlsx")).unwrap();
    let ended = home
        .typed("--sandbox --json batch users.xlsx --dry-run --sheet 'Other list'")
        .end();
    let preflight = &ended.json()["preflight"];
    assert_eq!(preflight["sheet"], "Other list", "{ended}");
    assert_eq!(preflight["rows"], 1, "{ended}");
    assert_eq!(preflight["to_send"], 1, "{ended}");
}

#[test]
fn unknown_rows_of_a_sheet_are_called_rows() {
    let home = Home::new();
    let users = rows(&[&["msisdn"], &["12025550100"], &["12025550140"]]);
    std::fs::write(home.file("users.xlsx"), excel(&[("Users", &users)])).unwrap();
    sandbox(&home, &["users.xlsx", "--yes"]).says(5, &["   (row 3)"], &["users.xlsx: 2 to send"]);
}

#[test]
fn the_people_of_a_workbook_are_known_again_when_it_is_edited() {
    let batch = Batch::with("", accepting);
    let first = excel(&[("Users", &rows(&[&["msisdn"], &["34600000001"], &["34600000002"]]))]);
    let send = || batch.run_file("users.xlsx", "--yes");
    std::fs::write(batch.file("users.xlsx"), &first).unwrap();
    assert_eq!(send().json()["outcome"], "finished");
    assert_eq!(batch.gateway.numbers(), [34_600_000_001, 34_600_000_002]);
    std::fs::remove_file(batch.file("users.xlsx.results.csv")).unwrap();
    let again = send().exits(0);
    assert!(batch.file("users.xlsx.results.csv").exists(), "{again}");
    let edited = excel(&[("Users", &rows(&[&["msisdn"], &["34600000001"], &["34600000003"]]))]);
    std::fs::write(batch.file("users.xlsx"), edited).unwrap();
    send().exits(0);
    assert_eq!(batch.gateway.numbers()[2..], [34_600_000_003]);
}

#[test]
fn a_formula_in_a_cell_runs_nothing_in_the_results() {
    let batch = Batch::with("", accepting);
    let sheet = rows(&[
        &["msisdn", "name"],
        &["34600000001", "=HYPERLINK(&quot;http://x&quot;)"],
    ]);
    std::fs::write(batch.file("users.xlsx"), excel(&[("Users", &sheet)])).unwrap();
    batch.run_file("users.xlsx", "--yes").exits(0);
    let results = batch.read("users.xlsx.results.csv");
    assert!(results.contains("34600000001,\"'=HYPERLINK("), "{results}");
}

#[test]
fn a_workbook_comes_through_a_pipe_and_an_error_of_the_spreadsheet_is_sent_to_nobody() {
    let home = Home::new();
    let cells = "<row r='1'><c t='inlineStr'><is><t>msisdn</t></is></c><c t='inlineStr'><is><t>name</t></is></c></row>\
        <row r='2'><c><v>12025550100</v></c><c t='e'><f>VLOOKUP(1,A1:A2,2)</f><v>#N/A</v></c></row>\
        <row r='4'><c><v>1.2025550101E10</v></c><c t='inlineStr'><is><r><t>An</t></r><r><t xml:space='preserve'>n </t></r></is></c></row>";
    let ended = home
        .typed("--sandbox batch - -o users.results.csv --yes --verbose --sms-text 'Hi {name}: {PIN}'")
        .stdin(excel(&[("Users", cells)]))
        .end();
    ended.says(
        1,
        &["results: users.results.csv"],
        &["Users row 2: sms_text: “Users!B2” holds an error of the spreadsheet"],
    );
    let found = results(&home, "users.results.csv");
    let found: Vec<_> = found.iter().map(|row| (&*row[0], &*row[1], &*row[2])).collect();
    assert_eq!(
        found,
        [("12025550100", "invalid", "2"), ("12025550101", "accepted", "4")]
    );
}

#[test]
fn people_in_a_workbook_can_be_excluded() {
    let batch = Batch::with("msisdn\n34600000001\n34600000002\n", accepting);
    let list = excel(&[("Never", &rows(&[&["phone"], &["34600000002"]]))]);
    std::fs::write(batch.file("never.xlsx"), list).unwrap();
    batch.sends("--exclude never.xlsx", 0, "finished");
    assert_eq!(batch.gateway.numbers(), [34_600_000_001]);
}
