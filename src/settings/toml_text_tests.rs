//! Tests of changing one value in a text.

use super::*;
use crate::domain::text_table;

fn named(profile: &str) -> Option<&str> {
    (!profile.is_empty()).then_some(profile)
}

fn set_to(text: &str, profile: Option<&str>, key: Key, value: &str) -> String {
    set(text, profile, key, value.parse().unwrap()).unwrap()
}

const REPLACED: &str = r#"
# a\nsender = 'A' # why\n\n# end\n | | # a\nsender = "B" # why\n\n# end\n
sender='A' | | sender="B"\n
sender = """\nA""" # x\r\nretries = 1\r\n | | sender = "B" # x\r\nretries = 1\r\n
[profiles.p]\nsender = 'A'\n | p | [profiles.p]\nsender = "B"\n
profiles.p.sender = 'A' # x\n | p | profiles.p.sender = "B" # x\n
profiles = { p = { sender = 'A', retries = 1 } } # x\n | p | profiles = { p = { sender = "B", retries = 1 } } # x\n
"#;

#[test]
fn a_value_is_replaced_where_it_stands() {
    for [before, profile, after] in text_table::rows(REPLACED) {
        assert_eq!(set_to(before, named(profile), Key::Sender, "\"B\""), after);
    }
}

const ADDED: &str = r#"
|  | sender = "B"\n
# only a comment | | # only a comment\nsender = "B"\n
retries = 1 | | retries = 1\nsender = "B"\n
retries = 1 # x\r\n\r\n# end\r\n | | retries = 1 # x\r\nsender = "B"\r\n\r\n# end\r\n
retries = 1\n[profiles.p]\n | | retries = 1\nsender = "B"\n[profiles.p]\n
# head\n\n# the p\n[profiles.p]\n | | # head\n\nsender = "B"\n\n# the p\n[profiles.p]\n
[profiles.p]\n | | sender = "B"\n\n[profiles.p]\n
[profiles.p] # x\n# y\n[profiles.q]\n | p | [profiles.p] # x\nsender = "B"\n# y\n[profiles.q]\n
[profiles.p]\n  retries = 1\n\n# q\n[profiles.q]\n | p | [profiles.p]\n  retries = 1\n  sender = "B"\n\n# q\n[profiles.q]\n
[profiles.p] | p | [profiles.p]\nsender = "B"\n
retries = 1\n\n | p | retries = 1\n\n[profiles.p]\nsender = "B"\n
| p | [profiles.p]\nsender = "B"\n
[profiles.q]\nretries = 1 # x | p.é | [profiles.q]\nretries = 1 # x\n\n[profiles."p.é"]\nsender = "B"\n
profiles.p.retries = 1 # x\n | p | profiles.p.retries = 1 # x\nprofiles.p.sender = "B"\n
profiles = { p = { retries = 1 } } # x\n | p | profiles = { p = { retries = 1 , sender = "B" } } # x\n
"#;

#[test]
fn a_new_value_goes_to_the_end_of_its_table() {
    for [before, profile, after] in text_table::rows(ADDED) {
        assert_eq!(
            set_to(before, named(profile), Key::Sender, "\"B\""),
            after,
            "{before:?}"
        );
    }
}

const UNSET: &str = r#"
# a\nsender = 'A' # why\n# b\n | | # a\n# b\n
sender = 'A' | |
retries = 1 # x\n\n# a\nsender = 'A'\n[profiles.p]\n | | retries = 1 # x\n\n# a\n[profiles.p]\n
[profiles.p] # x\n  # a\n  sender = 'A'\n  retries = 1\n | p | [profiles.p] # x\n  # a\n  retries = 1\n
retries = 1\r\n  sender = """\r\nA"""\r\n# b\r\n | | retries = 1\r\n# b\r\n
[profiles.p]\nsender = 'A'\n | p | [profiles.p]\n
[profiles.p]\nsender = 'A'\n | | the same
sender = 'A'\n[profiles.p]\n | p | the same
sender = 'A'\n | p | the same
profiles.p.sender = 'A'\nretries = 1\n | p | retries = 1\n
profiles = { p = { retries = 1, sender = 'A' } }\n | p | profiles = { p = { retries = 1} }\n
profiles = { p = { retries = 1 } }\n | p | the same
"#;

#[test]
fn only_its_own_line_goes() {
    for [before, profile, after] in text_table::rows(UNSET) {
        assert_eq!(
            unset(before, named(profile), Key::Sender).unwrap(),
            if after == "the same" { before } else { after },
            "{before:?}"
        );
    }
}
