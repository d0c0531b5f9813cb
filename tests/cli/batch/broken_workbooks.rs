//! Files that look like workbooks and can't be read as lists, and flags that don't fit them.

use super::workbooks::sandbox;
use crate::support::home::Home;
use crate::support::workbook::{archive, excel, open_document, rows};

/// Nothing is sent, nothing is written, and the message says what is wrong.
#[track_caller]
fn refused(bytes: &[u8], flags: &[&str], says: &str) {
    let home = Home::new();
    std::fs::write(home.file("users.xlsx"), bytes).unwrap();
    let ended = sandbox(&home, &[&["users.xlsx", "--yes"], flags].concat());
    ended.says(2, &[], &["cannot read users.xlsx", says]);
    assert!(
        !ended.files.iter().any(|file| file.contains("results")),
        "{ended}"
    );
}

#[test]
fn files_that_are_no_workbook_and_flags_that_do_not_fit_are_refused() {
    let full = rows(&[&["msisdn"], &["12025550100"]]);
    let good = excel(&[("Users", &full), ("More", &full), ("Blank", "<row/>")]);
    let damaged = &good[..good.len() / 2];
    let old = [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".as_slice(), &[0; 600]].concat();
    let encrypted = archive(&[
        (
            "META-INF/manifest.xml",
            "<m:manifest><m:file-entry><m:encryption-data/></m:file-entry></m:manifest>",
        ),
        ("content.xml", "\u{1}garbage"),
    ]);
    let cases: [(&[u8], &[&str], &str); 10] = [
        (
            &good,
            &["--sheet", "users"],
            "the workbook has no sheet “users”; it has “Users”, “More”, “Blank”",
        ),
        (&good, &["--sheet", "Blank"], "the sheet “Blank” is empty"),
        (
            &good,
            &["--format", "csv"],
            "--format has no meaning for a workbook",
        ),
        (
            &good,
            &["--delimiter", ";"],
            "--delimiter has no meaning for a workbook",
        ),
        (
            &good,
            &["--encoding", "utf-8"],
            "--encoding has no meaning for a workbook",
        ),
        (
            b"msisdn\n12025550100\n",
            &["--sheet", "Users"],
            "--sheet has no meaning here: the file is not a workbook",
        ),
        (damaged, &[], "the workbook is damaged"),
        (
            &old,
            &[],
            "a workbook of Excel 97 to 2003 (.xls), or one with a password",
        ),
        (&encrypted, &[], "the workbook has a password"),
        (b"PK\x03\x04garbage", &[], "the workbook is damaged"),
    ];
    for (bytes, flags, says) in cases {
        refused(bytes, flags, says);
    }
}

#[test]
fn a_workbook_of_an_older_program_is_refused_with_the_command_that_saves_it_anew() {
    let home = Home::new();
    let old = [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".as_slice(), &[0; 600]].concat();
    std::fs::write(home.file("my users.xls"), old).unwrap();
    std::fs::write(home.file("never.xlsb"), archive(&[("xl/workbook.bin", "")])).unwrap();
    std::fs::write(home.file("users.csv"), "msisdn\n12025550100\n").unwrap();
    let command = "hint: soffice --headless --convert-to xlsx";
    sandbox(&home, &["my users.xls", "--yes"]).says(
        2,
        &[],
        &[
            "a workbook of Excel 97 to 2003 (.xls)",
            &format!("{command} 'my users.xls'"),
        ],
    );
    sandbox(&home, &["users.csv", "--yes", "--exclude", "never.xlsb"]).says(
        2,
        &[],
        &["a binary workbook (.xlsb)", &format!("{command} never.xlsb")],
    );
}

/// A sheet that is cut between two rows: those who stood below would be left out without a word.
fn archive_without_end() -> Vec<u8> {
    let relation = |kind: &str, target: &str| {
        format!("<Relationships><Relationship Id='r' Type='x/{kind}' Target='{target}'/></Relationships>")
    };
    archive(&[
        ("[Content_Types].xml", "<Types/>"),
        ("_rels/.rels", &relation("officeDocument", "workbook.xml")),
        ("_rels/workbook.xml.rels", &relation("worksheet", "sheet.xml")),
        ("workbook.xml", "<workbook><sheet name='S' r:id='r'/></workbook>"),
        (
            "sheet.xml",
            &format!("<worksheet><sheetData>{}", rows(&[&["msisdn"], &["34600000001"]])),
        ),
    ])
}

#[test]
fn workbooks_that_make_no_sense_are_refused() {
    let long = "x".repeat(1024 * 1024);
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (
            archive(&[("users.csv", "msisdn\n1\n")]),
            "a zip archive, but not a workbook",
        ),
        (archive(&[("xl/workbook.bin", "")]), "a binary workbook (.xlsb)"),
        (archive_without_end(), "it ends below row 2"),
        (
            open_document(
                "<table:table-row><table:table-cell><table:table><table:table-row><table:table-cell><text:p>34600000001</text:p></table:table-cell></table:table-row></table:table></table:table-cell></table:table-row>",
            ),
            "a cell holds a table of its own",
        ),
        (excel(&[]), "the workbook has no sheet with rows"),
        (
            excel(&[("S", "<row><c t='s'><v>7</v></c></row>")]),
            "a cell of row 1 has a text that is not there",
        ),
        (
            excel(&[("S", "<row r='2'><c r='A3'><v>7</v></c></row>")]),
            "a cell of row 2 is named as a cell elsewhere",
        ),
        (
            excel(&[(
                "S",
                "<row r='2'><c><v>7</v></c></row><row r='1'><c><v>7</v></c></row>",
            )]),
            "row 1 stands below a later one",
        ),
        (
            excel(&[("S", "<row><c t='inlineStr'><is><t>&unknown;</t></is></c></row>")]),
            "refers to something that is not defined",
        ),
        (excel(&[("S", "<row><c>")]), "is damaged: xl/sheets/0.xml"),
        (
            excel(&[("S", &rows(&[&["msisdn"], &[&long, "1"]]))]),
            "S row 2 is longer than 1 MiB",
        ),
        (
            excel(&[(
                "S",
                &format!(
                    "{}<row r='99999999999'><c><v>1</v></c></row>",
                    rows(&[&["msisdn"]])
                ),
            )]),
            "row 99999999999",
        ),
        (
            open_document(
                "<table:table-row><table:table-cell table:number-columns-repeated='99999999999' office:value-type='float' office:value='1'/></table:table-row>",
            ),
            "more cells than any program has",
        ),
    ];
    for (bytes, says) in cases {
        refused(&bytes, &[], says);
    }
}

#[test]
fn an_archive_that_unpacks_without_end_is_refused() {
    // 64 MiB of one text, which take 64 KiB in the archive.
    let text = "0".repeat(64 * 1024 * 1024);
    let bomb = excel(&[(
        "S",
        &format!("<row><c t='inlineStr'><is><t>{text}</t></is></c></row>"),
    )]);
    assert!(bomb.len() < 200_000);
    let repeated = "<table:table-row><table:table-cell office:value-type='string'><text:p>msisdn</text:p></table:table-cell></table:table-row>\
        <table:table-row table:number-rows-repeated='4000000000'><table:table-cell office:value-type='float' office:value='12025550100'/></table:table-row>";
    // What stands to the right of the header is not read, and costs nothing either.
    let wide = "<table:table-row><table:table-cell><text:p>msisdn</text:p></table:table-cell></table:table-row>\
        <table:table-row table:number-rows-repeated='4000000000'><table:table-cell table:number-columns-repeated='16384' \
        office:value-type='float' office:value='12025550100'/></table:table-row>";
    for (bytes, says) in [
        (bomb, "has more than 16 MiB between two tags"),
        (
            open_document(wide),
            "the sheet “Sheet1” has more than 1,000,000 rows",
        ),
        (
            open_document(repeated),
            "the sheet “Sheet1” has more than 1,000,000 rows",
        ),
    ] {
        let home = Home::new();
        std::fs::write(home.file("users.ods"), bytes).unwrap();
        sandbox(&home, &["users.ods", "--dry-run"]).says(2, &[], &[says]);
    }
}
