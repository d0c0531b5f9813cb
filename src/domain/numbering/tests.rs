//! The table against the example numbers of the metadata, whose answers were found without it.

use super::*;

const EXAMPLES: &str = include_str!("../../../tests/fixtures/example-numbers.tsv");

struct Example {
    region: &'static str,
    kind: &'static str,
    calling_code: u16,
    msisdn: Msisdn,
    found_region: &'static str,
    found_kind: &'static str,
}

fn examples() -> Vec<Example> {
    let rows = EXAMPLES.lines().filter(|line| !line.starts_with('#')).skip(1);
    rows.map(|row| {
        let [region, kind, calling_code, msisdn, found_region, found_kind] =
            row.split('\t').collect::<Vec<_>>().try_into().unwrap();
        let (calling_code, msisdn) = (
            calling_code.parse().unwrap(),
            Msisdn::from_digits(msisdn).unwrap(),
        );
        Example {
            region,
            kind,
            calling_code,
            msisdn,
            found_region,
            found_kind,
        }
    })
    .collect()
}

/// The metadata's name for a type.
fn kind_of(number_type: NumberType) -> &'static str {
    match number_type {
        NumberType::Unknown => "unknown",
        NumberType::Mobile => "mobile",
        NumberType::FixedLineOrMobile => "fixedLineOrMobile",
        NumberType::FixedLine => "fixedLine",
        NumberType::TollFree => "tollFree",
        NumberType::PremiumRate => "premiumRate",
        NumberType::SharedCost => "sharedCost",
        NumberType::Voip => "voip",
        NumberType::PersonalNumber => "personalNumber",
        NumberType::Pager => "pager",
        NumberType::Uan => "uan",
        NumberType::Voicemail => "voicemail",
    }
}

fn find(msisdn: &str) -> Finding {
    inspect(Msisdn::from_digits(msisdn).unwrap())
}

#[test]
fn every_example_number_is_what_libphonenumber_says() {
    let examples = examples();
    assert_eq!(examples.len(), 1144);
    for example in examples {
        let found = inspect(example.msisdn);
        let what = format!("{} of {} {}", example.msisdn, example.region, example.kind);
        assert_eq!(found.calling_code, Some(example.calling_code), "{what}");
        assert_eq!(
            found.region.map(Region::code),
            Some(example.found_region),
            "{what}"
        );
        assert_eq!(region_of(example.msisdn), found.region, "{what}");
        assert_eq!(kind_of(found.number_type), example.found_kind, "{what}");
        assert_eq!(found.possibility, Possibility::Valid, "{what}");
    }
}

/// Where the answer is not what the number is an example of, it is one of these and nothing else: a number that is
/// fixed-line and mobile alike, and a number that a region shares with one that is asked before it.
#[test]
fn example_numbers_differ_from_their_type_and_region_only_where_they_must() {
    for example in examples() {
        match (example.kind, example.found_kind) {
            (kind, found) if kind == found => {}
            ("mobile" | "fixedLine", "fixedLineOrMobile") => {}
            (kind, found) => panic!("{}: {kind} is found as {found}", example.msisdn),
        }
        let code = example.calling_code;
        match (example.region, example.found_region) {
            (region, found) if region == found => {}
            (_, "US") if code == 1 => {}
            (_, "GB") if code == 44 => {}
            (_, "AU") if code == 61 => {}
            ("KZ", "RU")
            | ("VA", "IT")
            | ("SJ", "NO")
            | ("AX", "FI")
            | ("EH", "MA")
            | ("YT", "RE")
            | ("BL" | "MF", "GP")
            | ("MF", "BL") => {}
            (region, found) => panic!("{}: {region} is found as {found}", example.msisdn),
        }
    }
}

#[test]
fn test_numbers_are_of_the_united_states() {
    for last in 100..200 {
        let found = find(&format!("12025550{last}"));
        assert_eq!(found.region.map(Region::code), Some("US"));
        assert_eq!(found.number_type, NumberType::FixedLineOrMobile);
    }
}

#[test]
fn lengths_and_codes_tell_what_is_wrong() {
    let takes = "ES".parse::<Region>().unwrap().lengths();
    assert_eq!(
        find("3466666611").possibility,
        Possibility::TooShort { has: 8, takes }
    );
    assert_eq!(find("34").possibility, Possibility::TooShort { has: 0, takes });
    assert_eq!(
        find("346666661111").possibility,
        Possibility::TooLong { has: 10, takes }
    );
    assert_eq!(find("34066666611").possibility, Possibility::Possible);
    assert_eq!(find("34666666111").possibility, Possibility::Valid);
    assert!(matches!(
        find("4412345678").possibility,
        Possibility::ImpossibleLength { has: 8, .. }
    ));
    for unused in ["9", "99", "999123456", "3", "35", "210123456", "8011234567"] {
        assert_eq!(
            find(unused).possibility,
            Possibility::NoSuchCountryCode,
            "{unused}"
        );
    }
}

#[test]
fn the_region_is_known_from_leading_digits_alone() {
    let region = |msisdn| find(msisdn).region.map(Region::code);
    assert_eq!(region("18760000000"), Some("JM"));
    assert_eq!(region("3466"), Some("ES"));
    assert_eq!(region("19990000000"), None);
    assert_eq!(find("18760000000").number_type, NumberType::Unknown);
}

#[test]
fn a_national_prefix_left_in_is_recognised() {
    let meant = |msisdn| without_national_prefix(&find(msisdn)).map(|m| m.to_string());
    assert_eq!(meant("4407911123456").as_deref(), Some("447911123456"));
    assert_eq!(meant("3606201234567").as_deref(), Some("36201234567"));
    assert_eq!(meant("447911123456"), None);
    assert_eq!(meant("2250123456789"), None);
    assert_eq!(meant("340666666111"), None);
}
