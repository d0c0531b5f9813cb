//! The rules of [`Msisdn::parse`], one row each.

use proptest::prelude::*;

use crate::domain::msisdn::Msisdn;
use crate::domain::numbering::{self, Finding, Possibility, Region};
use crate::domain::text_table;
use crate::domain::written_number::MsisdnError;

fn region(code: &str) -> Option<Region> {
    (!code.is_empty()).then(|| code.parse().unwrap())
}

/// The digits, or the name of the error.
fn read(input: &str, home: &str) -> String {
    match Msisdn::parse(input, region(home)) {
        Ok(msisdn) => msisdn.to_string(),
        Err(error) => format!("{error:?}")
            .split([' ', '{'])
            .next()
            .unwrap_or_default()
            .to_owned(),
    }
}

#[track_caller]
fn check(rows: &[(&str, &str, &str)]) {
    for (home, input, expected) in rows {
        assert_eq!(read(input, home), *expected, "{input:?} at {home:?}");
    }
}

#[test]
fn international_numbers_need_no_home() {
    check(&[
        ("", "+34 666 666 111", "34666666111"),
        ("", "(+34) 666-666-111", "34666666111"),
        ("", "0034 666.666.111", "34666666111"),
        ("", "+34\u{a0}666/666/111", "34666666111"),
        ("", "34666666111", "34666666111"),
        ("", "34 666 666 111", "34666666111"),
        ("", "12025550100", "12025550100"),
        ("", "+5", "5"),
        ("", "+999 123", "999123"),
        ("ES", "+1 (202) 555-0100", "12025550100"),
    ]);
}

#[test]
fn a_zero_behind_the_calling_code_is_kept() {
    check(&[
        ("", "+229 01 95 12 34 56", "2290195123456"),
        ("", "+242 06 123 4567", "242061234567"),
        ("", "+225 01 23 45 67 89", "2250123456789"),
        ("", "2250123456789", "2250123456789"),
        ("CI", "01 23 45 67 89", "2250123456789"),
        ("", "+241 06 03 12 34", "24106031234"),
        ("", "+39 06 698 12345", "390669812345"),
        ("", "+44 07911 123456", "4407911123456"),
    ]);
}

#[test]
fn a_national_prefix_alone_in_parentheses_is_dropped() {
    check(&[
        ("", "+44 (0)20 7946 0018", "442079460018"),
        ("", "0044 (0) 7911 123456", "447911123456"),
        ("", "44 (0) 7911 123456", "447911123456"),
        ("GB", "44 (0) 7911 123456", "447911123456"),
        ("GB", "(0) 7911 123456", "447911123456"),
        ("", "+36 (06) 20 123 4567", "36201234567"),
        // No national prefix there: the zero is the number's.
        ("", "+39 (0)6 698 12345", "390669812345"),
        ("", "+34 (0) 666 666 111", "340666666111"),
        // Not alone, not right behind the calling code, not a zero.
        ("", "+44 (020) 7946 0018", "4402079460018"),
        ("", "+44 20 (0) 7946 0018", "4420079460018"),
        ("", "+1 (1) 202 555 0100", "112025550100"),
    ]);
}

#[test]
fn a_national_number_needs_a_home() {
    check(&[
        ("", "666 666 111", "LooksNational"),
        ("", "612 345 678", "LooksNational"),
        ("", "0612345678", "LooksNational"),
        ("", "07911 123456", "LooksNational"),
        ("", "011 34 666 666 111", "LooksNational"),
        ("", "2025550100", "LooksNational"),
        ("", "5", "LooksNational"),
        ("ES", "666 666 111", "34666666111"),
        ("ES", "612 345 678", "34612345678"),
        ("FR", "06 12 34 56 78", "33612345678"),
        ("FR", "6 12 34 56 78", "33612345678"),
        ("GB", "07911 123456", "447911123456"),
        ("US", "(202) 555-0100", "12025550100"),
        ("US", "1 202 555 0100", "12025550100"),
        ("CA", "202 555 0100", "12025550100"),
        ("HU", "06 20 123 4567", "36201234567"),
        ("RU", "8 (912) 345-67-89", "79123456789"),
        ("LT", "8 612 34567", "37061234567"),
        ("LT", "0 612 34567", "37061234567"),
        ("IT", "06 698 12345", "390669812345"),
        ("DE", "0151 12345678", "4915112345678"),
        ("BR", "(11) 96123-4567", "5511961234567"),
    ]);
}

#[test]
fn home_numbers_may_carry_their_calling_code() {
    check(&[
        ("ES", "34666666111", "34666666111"),
        ("ES", "34 666 666 111", "34666666111"),
        ("GB", "447911123456", "447911123456"),
        ("DE", "4915112345678", "4915112345678"),
        ("IN", "918123456789", "918123456789"),
        ("IT", "393123456789", "393123456789"),
        // A mobile of Italy that begins like its calling code.
        ("IT", "391 234 5678", "393912345678"),
    ]);
}

/// Every mobile that the metadata gives as an example, in every way of writing it in its own country.
#[test]
fn mobiles_of_every_region_are_read_at_home() {
    let examples = include_str!("../../../../tests/fixtures/example-numbers.tsv");
    let mut seen = 0;
    for row in examples.lines() {
        let [code, "mobile", calling_code, digits, ..] = row.split('\t').collect::<Vec<_>>()[..] else {
            continue;
        };
        let Some(home) = Region::all().find(|region| region.code() == code) else {
            continue;
        };
        let national = &digits[calling_code.len()..];
        let prefixed = home
            .national_prefixes()
            .iter()
            .map(|prefix| format!("{prefix}{national}"));
        let others = [
            national.to_owned(),
            digits.to_owned(),
            format!("+{digits}"),
            format!("00{digits}"),
        ];
        for text in prefixed.chain(others) {
            let read = Msisdn::parse(&text, Some(home)).map(|msisdn| msisdn.to_string());
            assert_eq!(read.as_deref(), Ok(digits), "{text} at {home}");
        }
        assert_eq!(read(digits, ""), digits);
        seen += 1;
    }
    assert_eq!(seen, 244);
}

#[test]
fn numbers_of_other_countries_without_plus_must_not_fit_home() {
    check(&[
        ("ES", "33612345678", "33612345678"),
        ("ES", "12025550100", "12025550100"),
        // Andorra's, but as long as a Spanish one.
        ("ES", "376 312 345", "Ambiguous"),
        // The Emirates' mobile, but also a fixed line of Germany.
        ("DE", "971 50 123 4567", "Ambiguous"),
        // Possible in Italy by its length, but too long for a mobile there.
        ("IT", "971 50 123 4567", "971501234567"),
        // The same length as a mobile of Germany: only a number for tests is taken.
        ("DE", "12015550123", "Ambiguous"),
        ("DE", "12025550123", "12025550123"),
        ("ES", "+376 312 345", "376312345"),
        // New Caledonia's, but also a mobile of Spain.
        ("ES", "687 123 456", "34687123456"),
        ("ES", "666 66", "NotInRegion"),
        ("US", "555 0100", "NotInRegion"),
    ]);
}

#[test]
fn what_is_copied_along_goes_away() {
    check(&[
        ("", "\u{202a}+34 666 666 111\u{202c}", "34666666111"),
        ("", "\u{feff}34666666111", "34666666111"),
        ("", "34666666111\u{200b}\u{ad}", "34666666111"),
        ("", " +34666666111 ", "34666666111"),
        ("", "tel:+34-666-666-111", "34666666111"),
        ("", "TEL: \u{2066}+34 666 666 111\u{2069}", "34666666111"),
        ("ES", "tel:666666111", "34666666111"),
        ("", "\u{ff0b}34 666 666 111", "34666666111"),
        ("", "tel:", "Character"),
        ("", "tel:+34666666111;ext=5", "Character"),
        ("", "tel:tel:+34666666111", "Character"),
        // Inside, and digits of another width, could be another number.
        ("", "34\u{200b}666666111", "Character"),
        ("", "\u{ff0b}\u{ff13}\u{ff14}666666111", "Character"),
        ("", "+34 666 666 111 ::: +34 666 666 112", "Character"),
    ]);
}

#[test]
fn a_spreadsheets_number_is_no_phone_number() {
    check(&[
        ("", "436641234567.5", "Spreadsheet"),
        ("", "436641234567.000", "Spreadsheet"),
        ("", "436641234567,25", "Spreadsheet"),
        ("", "+436641234567.5", "Spreadsheet"),
        ("", "+436641234567,5", "Spreadsheet"),
        ("", "+43 664 1234567.5", "Spreadsheet"),
        ("", "00436641234567.25", "Spreadsheet"),
        ("", "+436641234567.000", "Spreadsheet"),
        ("AT", "06641234567.5", "Spreadsheet"),
        ("AT", "6641234567.5", "Spreadsheet"),
        ("ES", "666.666111", "Spreadsheet"),
        ("", "-34600000014", "Negative"),
        ("ES", "-600000014", "Negative"),
        ("", " \u{2212}34600000014", "Negative"),
        ("", "(-34)600000014", "Negative"),
        // Points and hyphens of people.
        ("ES", "666.666.111", "34666666111"),
        ("", "+34.600000014", "34600000014"),
        ("AT", "0664.1234567", "436641234567"),
        ("", "+-34 600 000 014", "34600000014"),
    ]);
}

#[test]
fn argentine_mobiles_are_read_as_at_home() {
    check(&[
        ("AR", "011 15-2345-6789", "5491123456789"),
        ("AR", "11 15 2345 6789", "5491123456789"),
        ("AR", "02966 15-438765", "5492966438765"),
        ("AR", "0341 15 512-3456", "5493415123456"),
        ("AR", "+54 9 11 2345-6789", "5491123456789"),
        ("AR", "5491123456789", "5491123456789"),
    ]);
}

#[test]
fn with_a_calling_code_nothing_is_guessed() {
    let read = |input: &str| {
        Finding::read_with_calling_code(input)
            .map_or_else(|error| error.to_string(), |found| found.msisdn.to_string())
    };
    assert_eq!(read("687 123 456"), "687123456");
    assert_eq!(read("+34 666 666 111"), "34666666111");
    assert_eq!(read("0034 666 666 111"), "34666666111");
    assert_eq!(
        read("0666 666 111"),
        "“0666 666 111” is not an international number: no calling code begins with 0"
    );
}

#[test]
fn dialling_abroad_as_at_home() {
    check(&[
        ("US", "011 34 666 666 111", "34666666111"),
        ("US", "0034 666 666 111", "34666666111"),
        ("AU", "0011 34 666 666 111", "34666666111"),
        ("AU", "0034 666 666 111", "34666666111"),
        ("JP", "010 34 666 666 111", "34666666111"),
        ("BR", "0021 34 666 666 111", "34666666111"),
        ("BR", "00 34 666 666 111", "34666666111"),
        // 00 and 34, not 003 and Sweden's 46.
        ("SG", "0034 666 666 111", "34666666111"),
        ("SG", "001 34 666 666 111", "34666666111"),
        ("", "0000 34 666", "LeadingZero"),
        ("", "00", "LeadingZero"),
        ("", "+0034 666", "LeadingZero"),
    ]);
}

const NO_NUMBER: &str = r"
| the phone number is empty
\s-\s | the phone number is empty
+ | “+” is not a phone number: a character `+` at character 1 (usual)
34+666 | “34+666” is not a phone number: a character `+` at character 3 (usual)
34 6a6 | “34 6a6” is not a phone number: a letter `a` at character 5 (usual)
٣٤ | “٣٤” is not a phone number: an Arabic-Indic digit `٣` (U+0663) at character 1 (usual)
\u{ff13}4 | “\u{ff13}4” is not a phone number: a full-width digit `\u{ff13}` (U+FF13) at character 1 (usual)
3\u{0}4 | “3\\04” is not a phone number: a control character (U+0000) at character 2 (usual)
3\u{202a}4 | “3\\u{202a}4” is not a phone number: an invisible character (U+202A) at character 2 (usual)
666 666 111 | “666 666 111” looks like a national number: write it with + and its calling code, such as +34 666 666 111
34666666111.0 | “34666666111.0” is a number as a spreadsheet writes it, not a phone number: format that column as text
";

#[test]
fn what_is_no_number_is_named() {
    let message = |input: &str| Msisdn::parse(input, None).unwrap_err().to_string();
    let usual = "; use the digits 0-9, spaces and `-./()`";
    for [input, expected] in text_table::rows(NO_NUMBER) {
        assert_eq!(message(input), expected.replace(" (usual)", usual));
    }
}

#[test]
fn what_is_no_number_at_home_is_explained() {
    assert_eq!(
        Msisdn::parse("666 66", region("ES")).unwrap_err().to_string(),
        "“666 66” is not a number of Spain (ES): it has 5 digits, and 9 are used there; write a number of another \
         country with + and its calling code"
    );
    assert_eq!(
        Msisdn::parse("376312345", region("ES")).unwrap_err().to_string(),
        "“376312345” can be read as +34376312345 and as +376312345: write the right one, with the +"
    );
}

#[test]
fn long_input_is_refused_shortly() {
    for unit in ["9", "+", " ", "(", "a", "\u{202e}", "0", "()", "٣"] {
        let input = unit.repeat(100_000 / unit.len());
        for home in ["", "ES", "AU"] {
            let error = Msisdn::parse(&input, region(home)).unwrap_err();
            assert!(error.to_string().len() < 300, "{error}");
        }
    }
    assert!(matches!(
        Msisdn::parse("+1234567890123456", None),
        Err(MsisdnError::TooLong { .. })
    ));
}

fn homes() -> impl Strategy<Value = Option<Region>> {
    prop::option::of(prop::sample::select(Region::all().collect::<Vec<_>>()))
}

proptest! {
    #[test]
    fn any_text_is_a_number_or_a_printable_refusal(input in any::<String>(), home in homes()) {
        if let Err(error) = Msisdn::parse(&input, home) {
            prop_assert!(!error.to_string().chars().any(char::is_control));
        }
    }

    #[test]
    fn anything_like_a_number_is_one_or_is_refused(input in "[+0-9 ()./\u{a0}-]{0,24}", home in homes()) {
        if let Ok(msisdn) = Msisdn::parse(&input, home) {
            prop_assert!((1..=15).contains(&msisdn.to_string().len()));
        }
    }

    #[test]
    fn with_a_plus_the_digits_stay(value in 1..10_u64.pow(15), home in homes()) {
        let msisdn = Msisdn::from_u64(value).unwrap();
        prop_assert_eq!(Msisdn::parse(&format!("+{msisdn}"), home), Ok(msisdn));
    }

    #[test]
    fn known_numbers_read_back_from_their_digits(value in 1..10_u64.pow(13)) {
        let msisdn = Msisdn::from_u64(value).unwrap();
        if numbering::inspect(msisdn).possibility == Possibility::Valid {
            prop_assert_eq!(Msisdn::parse(&msisdn.to_string(), None), Ok(msisdn));
        }
    }
}
