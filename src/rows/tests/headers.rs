//! Where the header stands, and which columns there are.

use super::input;

#[test]
fn titles_above_the_header_are_passed_over_where_it_is_said() {
    let text = "Customers 2026\n\nName;Phone;Note\nAnn;34600000001;a, b\nBob;34600000002;c, d\n";
    let message = input(text, &[]).unwrap_err().to_string();
    assert!(
        message.contains("row 3 looks like the header: add --header-row 3"),
        "{message}"
    );
    let input = input(text, &["--header-row=3"]).unwrap();
    assert_eq!(input.columns().names(), ["Name", "Phone", "Note"]);
    let mut rows = input.rows().unwrap();
    let mut read = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        read.push((row.line(), row.msisdn().map(str::to_owned)));
    }
    assert_eq!(
        read,
        [
            (4, Some("34600000001".to_owned())),
            (5, Some("34600000002".to_owned()))
        ]
    );
    let message = super::input(text, &["--header-row=9"]).unwrap_err().to_string();
    assert!(message.contains("there is no row 9"), "{message}");
}

#[test]
fn another_column_of_numbers_is_said() {
    let notes = |text: &str| input(text, &[]).unwrap().notes().to_vec();
    let two = "Phone,Other,Born\n+34600000001,+34600000009,1990-01-02\n+34600000002,600000008,1991-01-02\n";
    assert_eq!(
        notes(two),
        ["the column “Other” seems to hold phone numbers too: only “Phone” is read"]
    );
    assert_eq!(notes("Phone,Id\n+34600000001,1001\n+34600000002,1002\n"), [""; 0]);
}

#[test]
fn a_decimal_comma_makes_no_second_column() {
    for (text, flags) in [
        ("phone\n34600000045,0\n34600000046,0\n", &[][..]),
        ("34600000045,0\n34600000046,0\n", &["--no-header"]),
    ] {
        let input = input(text, flags).unwrap();
        assert_eq!(input.columns().names().len(), 1, "{text:?}");
        let mut rows = input.rows().unwrap();
        let row = rows.next().unwrap().unwrap();
        assert_eq!(
            (row.msisdn(), row.cell(0)),
            (Some("34600000045"), Some("34600000045,0"))
        );
    }
}
