//! Tests of which column means what.

use super::*;
use crate::domain::text_table;

fn columns(header: &[&str], mappings: &[&str]) -> Result<Columns, Invalid> {
    let mappings = mappings
        .iter()
        .map(|mapping| mapping.parse())
        .collect::<Result<Vec<_>, _>>()?;
    Columns::named(header.iter().map(|&name| name.to_owned()).collect(), &mappings)
}

fn words(text: &str) -> Vec<&str> {
    text.split(", ").filter(|word| !word.is_empty()).collect()
}

#[test]
fn the_number_is_found_by_its_name() {
    let cases: [(&[&str], &[&str], usize); 18] = [
        (&["phone", "name", "phone"], &["msisdn=#3"], 2),
        (&["#2", "phone"], &["msisdn=#2"], 0),
        (&["Name", "Phone 1 - Type", "Phone 1 - Value"], &[], 2),
        (&["phone", "tel"], &["msisdn=#1"], 0),
        (&["phone", "tel"], &["phone=tel"], 1),
        (&["a", "b"], &["Number=b"], 1),
        (&["name", "phone"], &[], 1),
        (&["Phone Number"], &[], 0),
        (&[" MOBILE_NO. ", "name"], &[], 0),
        (&["nombre", "TELÉFONO"], &[], 1),
        (&["Handynummer"], &[], 0),
        (&["To", "Text"], &[], 0),
        (&["name", "Tel. privat"], &["msisdn=Tel. privat"], 1),
        (&["name", "Tel. privat"], &["MSISDN = tel. PRIVAT"], 1),
        (&["phone", "mobile"], &["msisdn=mobile"], 1),
        (&["Phone", "phone"], &["msisdn=phone"], 1),
        (&["a=b", "c"], &["msisdn=a=b"], 0),
        (&["phone", "phones"], &[], 0),
    ];
    for (header, mappings, expected) in cases {
        assert_eq!(
            columns(header, mappings).unwrap().role(Role::Msisdn),
            Some(expected),
            "{header:?}"
        );
    }
}

#[test]
fn overrides_have_exact_names() {
    let columns = columns(
        &["phone", "SENDER", "sms_text", "text", "brand"],
        &["sender=brand"],
    )
    .unwrap();
    assert_eq!(
        columns.role(Role::Sender),
        Some(4),
        "what was said outranks the header"
    );
    assert_eq!(columns.role(Role::SmsText), Some(2));
    assert_eq!(columns.role(Role::PinType), None);
}

const UNCERTAIN: &str = r"
phone, Mobile | | both “phone” and “Mobile” could hold the msisdn: add --column msisdn=phone
Phone 1 - Value, Phone 2 - Value | | both “Phone 1 - Value” and “Phone 2 - Value” could hold the msisdn
phone, name, Phone | | columns 1 and 3 are both called “phone”: add --column msisdn=#1 or --column msisdn=#3
phone, sender, Sender | | columns 2 and 3 are both called “sender”: add --column sender=#2 or
Phone, phone | msisdn=PHONE | columns 1 and 2 are both called “Phone”
name, amount | | no column is known to hold the phone numbers, among “name”, “amount”: name it with --column msisdn=
Ann, +34 666 666 111 | | the first row is not a header, it holds “+34 666 666 111”: add --no-header
phone | msisdn=phne | --column msisdn: the file has no column “phne” (did you mean “phone”?); its columns are “phone”
phone | msisdn | --column “msisdn” is not NAME=HEADER
phone, tel | msisdn=phone, msisdn=tel | --column msisdn is given twice
\u{1b}[2J | | no column is known to hold the phone numbers, among “\\u{1b}[2J”
";

#[test]
fn what_is_not_certain_is_an_error_with_a_way_out() {
    for [header, mappings, expected] in text_table::rows(UNCERTAIN) {
        let message = columns(&words(header), &words(mappings)).unwrap_err().to_string();
        assert!(message.starts_with(expected), "{message}");
    }
}

#[test]
fn without_a_header_columns_are_positions() {
    let numbered = |mappings: &[&str]| {
        let mappings: Vec<_> = mappings.iter().map(|mapping| mapping.parse().unwrap()).collect();
        Columns::numbered(3, &mappings)
    };
    assert_eq!(numbered(&[]).unwrap().role(Role::Msisdn), Some(0));
    let columns = numbered(&["msisdn=3", "sender=1"]).unwrap();
    assert_eq!(columns.role(Role::Msisdn), Some(2));
    assert_eq!(columns.role(Role::Sender), Some(0));
    assert_eq!(columns.names(), ["1", "2", "3"]);
    for wrong in ["msisdn=0", "msisdn=4", "msisdn=phone"] {
        let message = numbered(&[wrong]).unwrap_err().to_string();
        assert!(message.contains("a number from 1 to 3"), "{message}");
    }
}

const NO_MAPPING: &str = r"
phone | sendr=x | --column “sendr=x”: “sendr” is not the name of a parameter (did you mean “sender”?); the names are msisdn,\s
phone | phone=msisdn | --column “phone=msisdn”: the name of the parameter comes first: --column msisdn=phone
phone | zzz=x | --column “zzz=x”: “zzz” is not the name of a parameter; the names are
";

#[test]
fn a_mapping_that_is_none_says_what_one_is() {
    for [header, mappings, expected] in text_table::rows(NO_MAPPING) {
        let message = columns(&words(header), &words(mappings)).unwrap_err().to_string();
        assert!(message.starts_with(expected), "{message}");
    }
}
