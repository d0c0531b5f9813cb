//! Tests of changing one value in a text.

use super::*;

fn set_to(text: &str, profile: Option<&str>, key: Key, value: &str) -> String {
    set(text, profile, key, value.parse().unwrap()).unwrap()
}

#[test]
fn a_value_is_replaced_where_it_stands() {
    for (before, profile, after) in [
        (
            "# a\nsender = 'A' # why\n\n# end\n",
            None,
            "# a\nsender = \"B\" # why\n\n# end\n",
        ),
        ("sender='A'", None, "sender=\"B\"\n"),
        (
            "sender = \"\"\"\nA\"\"\" # x\r\nretries = 1\r\n",
            None,
            "sender = \"B\" # x\r\nretries = 1\r\n",
        ),
        (
            "[profiles.p]\nsender = 'A'\n",
            Some("p"),
            "[profiles.p]\nsender = \"B\"\n",
        ),
        (
            "profiles.p.sender = 'A' # x\n",
            Some("p"),
            "profiles.p.sender = \"B\" # x\n",
        ),
        (
            "profiles = { p = { sender = 'A', retries = 1 } } # x\n",
            Some("p"),
            "profiles = { p = { sender = \"B\", retries = 1 } } # x\n",
        ),
    ] {
        assert_eq!(set_to(before, profile, Key::Sender, "\"B\""), after);
    }
}

#[test]
fn a_new_value_goes_to_the_end_of_its_table() {
    for (before, profile, after) in [
        ("", None, "sender = \"B\"\n"),
        ("# only a comment", None, "# only a comment\nsender = \"B\"\n"),
        ("retries = 1", None, "retries = 1\nsender = \"B\"\n"),
        (
            "retries = 1 # x\r\n\r\n# end\r\n",
            None,
            "retries = 1 # x\r\nsender = \"B\"\r\n\r\n# end\r\n",
        ),
        (
            "retries = 1\n[profiles.p]\n",
            None,
            "retries = 1\nsender = \"B\"\n[profiles.p]\n",
        ),
        (
            "# head\n\n# the p\n[profiles.p]\n",
            None,
            "# head\n\nsender = \"B\"\n\n# the p\n[profiles.p]\n",
        ),
        ("[profiles.p]\n", None, "sender = \"B\"\n\n[profiles.p]\n"),
        (
            "[profiles.p] # x\n# y\n[profiles.q]\n",
            Some("p"),
            "[profiles.p] # x\nsender = \"B\"\n# y\n[profiles.q]\n",
        ),
        (
            "[profiles.p]\n  retries = 1\n\n# q\n[profiles.q]\n",
            Some("p"),
            "[profiles.p]\n  retries = 1\n  sender = \"B\"\n\n# q\n[profiles.q]\n",
        ),
        ("[profiles.p]", Some("p"), "[profiles.p]\nsender = \"B\"\n"),
        (
            "retries = 1\n\n",
            Some("p"),
            "retries = 1\n\n[profiles.p]\nsender = \"B\"\n",
        ),
        ("", Some("p"), "[profiles.p]\nsender = \"B\"\n"),
        (
            "[profiles.q]\nretries = 1 # x",
            Some("p.é"),
            "[profiles.q]\nretries = 1 # x\n\n[profiles.\"p.é\"]\nsender = \"B\"\n",
        ),
        (
            "profiles.p.retries = 1 # x\n",
            Some("p"),
            "profiles.p.retries = 1 # x\nprofiles.p.sender = \"B\"\n",
        ),
        (
            "profiles = { p = { retries = 1 } } # x\n",
            Some("p"),
            "profiles = { p = { retries = 1 , sender = \"B\" } } # x\n",
        ),
    ] {
        assert_eq!(set_to(before, profile, Key::Sender, "\"B\""), after, "{before:?}");
    }
}

#[test]
fn only_its_own_line_goes() {
    for (before, profile, after) in [
        ("# a\nsender = 'A' # why\n# b\n", None, Some("# a\n# b\n")),
        ("sender = 'A'", None, Some("")),
        (
            "retries = 1 # x\n\n# a\nsender = 'A'\n[profiles.p]\n",
            None,
            Some("retries = 1 # x\n\n# a\n[profiles.p]\n"),
        ),
        (
            "[profiles.p] # x\n  # a\n  sender = 'A'\n  retries = 1\n",
            Some("p"),
            Some("[profiles.p] # x\n  # a\n  retries = 1\n"),
        ),
        (
            "retries = 1\r\n  sender = \"\"\"\r\nA\"\"\"\r\n# b\r\n",
            None,
            Some("retries = 1\r\n# b\r\n"),
        ),
        ("[profiles.p]\nsender = 'A'\n", Some("p"), Some("[profiles.p]\n")),
        ("[profiles.p]\nsender = 'A'\n", None, None),
        ("sender = 'A'\n[profiles.p]\n", Some("p"), None),
        ("sender = 'A'\n", Some("p"), None),
        (
            "profiles.p.sender = 'A'\nretries = 1\n",
            Some("p"),
            Some("retries = 1\n"),
        ),
        (
            "profiles = { p = { retries = 1, sender = 'A' } }\n",
            Some("p"),
            Some("profiles = { p = { retries = 1} }\n"),
        ),
        ("profiles = { p = { retries = 1 } }\n", Some("p"), None),
    ] {
        assert_eq!(
            unset(before, profile, Key::Sender).unwrap(),
            after.unwrap_or(before),
            "{before:?}"
        );
    }
}
