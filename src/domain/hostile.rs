//! Strings that break careless parsers, for property tests; and what an error message must never hold.

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Characters that are ordinary in one place and trouble in another.
const TROUBLE: &[char] = &[
    '\0',
    '\t',
    '\n',
    '\r',
    '\u{c}',
    '\u{1b}',
    '\u{7f}',
    '\u{85}',
    '\u{9b}',
    '\u{a0}',
    '\u{ad}',
    '\u{301}',
    '\u{660}',
    '\u{6f5}',
    '\u{966}',
    '\u{200b}',
    '\u{200d}',
    '\u{200e}',
    '\u{202e}',
    '\u{2028}',
    '\u{2066}',
    '\u{2069}',
    '\u{3164}',
    '\u{fe0f}',
    '\u{feff}',
    '\u{ff11}',
    '\u{1d7d8}',
    '\u{1f600}',
    '\u{10ffff}',
    ' ',
    '"',
    '\'',
    '\\',
    '{',
    '}',
    '%',
    '@',
    '/',
    ':',
    '.',
    ',',
    '-',
    '+',
    '#',
    '?',
    '€',
    '[',
    '^',
    'á',
    'ñ',
    'ß',
];

/// Fragments that are almost right somewhere.
const NEARLY: &[&str] = &[
    "{PIN}",
    "{pin}",
    "{{PIN}}",
    "{ PIN }",
    "https://",
    "http://",
    "127.0.0.1",
    "user:pw@",
    "localhost",
    "1h",
    "30m",
    "0.6",
    "12345",
    "34666666111",
    "PIN",
    "0000",
    "ABCdef",
    "::1",
    "99999999999999999999",
];

/// Any text, and text made of the worst characters and nearly right fragments, from empty to some 100 kB.
pub(crate) fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => prop::sample::select(TROUBLE).prop_map(String::from),
        3 => prop::sample::select(NEARLY).prop_map(str::to_owned),
        2 => any::<char>().prop_map(String::from),
        2 => prop::char::range(' ', '~').prop_map(String::from),
    ];
    let pieces = prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat());
    prop_oneof![
        40 => pieces.clone(),
        10 => prop::collection::vec(prop::char::range(' ', '~'), 0..200).prop_map(String::from_iter),
        1 => pieces.prop_map(|piece| piece.repeat(100_000 / piece.len().max(1))),
    ]
}

/// What random values have reached: a property that only refused values have been held against says little.
#[derive(Debug, Default)]
pub(crate) struct Reached(RefCell<BTreeMap<&'static str, u32>>);

impl Reached {
    pub(crate) fn count(&self, what: &'static str) {
        *self.0.borrow_mut().entry(what).or_default() += 1;
    }
}

/// Tests a property with random values, and that so many in a hundred of them at least reached each of these.
#[track_caller]
pub(crate) fn check<S: Strategy>(
    values: &S,
    reaches: &[(&str, u32)],
    property: impl Fn(S::Value, &Reached) -> Result<(), TestCaseError>,
) {
    let reached = Reached::default();
    let config = ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let cases = config.cases;
    let tested = TestRunner::new(config).run(values, |value| property(value, &reached));
    tested.unwrap_or_else(|error| panic!("{error}"));
    let counts = reached.0.into_inner();
    for (what, least) in reaches {
        let count = counts.get(what).copied().unwrap_or_default();
        assert!(
            count * 100 >= cases * least,
            "{what}: {count} of {cases} values, beside {counts:?}"
        );
    }
}

/// Fails the test when printing `message` could do more than show text.
#[track_caller]
pub(crate) fn assert_printable(message: &str) {
    for c in message.chars() {
        let reorders = matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
        assert!(!c.is_control() && !reorders, "{c:?} in the message {message:?}");
    }
}
