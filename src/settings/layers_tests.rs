//! Tests of what outranks what.

use super::*;
use crate::settings::Reader;
use crate::settings::testing::{KEY, environment, file};

const FILE: &str = "\
profile = \"dflt\"
sender = \"top\"
country = \"ES\"
[profiles.dflt]
sender = \"default\"
api_key = \"0123456789abcdef0123456789abcdef\"
[profiles.named]
sender = \"named\"
base_url = \"https://named.example\"
";

fn flags(values: &[(Key, &str)], profile: Option<&str>) -> Flags {
    Flags {
        values: values.iter().map(|&(key, text)| (key, text.to_owned())).collect(),
        profile: profile.map(str::to_owned),
        api_key_file: None,
    }
}

fn shown(layers: &Layers, key: Key) -> Vec<String> {
    layers
        .all(key)
        .map(|found| format!("{} {}", found.value.text(), found.origin))
        .collect()
}

#[test]
fn the_order_of_the_places() {
    let variable = [("SMSPIN_SENDER", "env")];
    let with_profile = [("SMSPIN_SENDER", "env"), ("SMSPIN_PROFILE", "named")];
    let flag = [(Key::Sender, "flag")];
    let (top, default) = ("top c.toml:2", "default c.toml:5 (profile dflt)");
    let (named, env) = ("named c.toml:8 (profile named)", "env $SMSPIN_SENDER");
    for (flags, variables, expected) in [
        (
            flags(&flag, Some("named")),
            &variable[..],
            &["flag --sender", named, env, top][..],
        ),
        (
            flags(&flag, None),
            &variable,
            &["flag --sender", env, default, top],
        ),
        (flags(&[], Some("named")), &[], &[named, top]),
        (flags(&[], None), &[], &[default, top]),
        // A default profile that the environment chooses ranks as the default one: below the variables.
        (flags(&[], None), &with_profile, &[env, named, top]),
        (flags(&[], Some("dflt")), &with_profile, &[default, env, top]),
    ] {
        let layers = Layers::new(&flags, &environment(variables), &file(FILE), false).unwrap();
        assert_eq!(shown(&layers, Key::Sender), expected);
    }
}

#[test]
fn built_in_values_come_last_and_the_gateways_own_are_not_ours() {
    let layers = Layers::new(&flags(&[], None), &environment(&[]), &file("timeout = 5"), false).unwrap();
    assert_eq!(shown(&layers, Key::Timeout), ["5 c.toml:1", "60s built in"]);
    assert_eq!(
        shown(&layers, Key::BaseUrl),
        ["https://api.gateway360.com/api built in"]
    );
    for key in [
        Key::HlrLookup,
        Key::PinType,
        Key::PinLength,
        Key::ExpiresIn,
        Key::MaxTries,
    ] {
        assert_eq!(layers.get(key), None, "{key}");
    }
}

#[test]
fn the_default_profiles_key_does_not_reach_the_named_profiles_gateway() {
    let layers = Layers::new(&flags(&[], Some("named")), &environment(&[]), &file(FILE), false).unwrap();
    assert_eq!(layers.key_sources().count(), 0);
}

#[test]
fn the_profile_in_force_is_known_with_its_origin() {
    for (flag, variables, expected) in [
        (
            Some("named"),
            &[("SMSPIN_PROFILE", "gone")][..],
            "named --profile",
        ),
        (None, &[("SMSPIN_PROFILE", "named")], "named $SMSPIN_PROFILE"),
        (None, &[], "dflt c.toml:1"),
    ] {
        let layers = Layers::new(&flags(&[], flag), &environment(variables), &file(FILE), false).unwrap();
        let profile = layers.profile().unwrap();
        assert_eq!(format!("{} {}", profile.value, profile.origin), expected);
    }
}

#[test]
fn a_profile_that_is_not_there_has_a_place_that_asks_for_it() {
    let gone = "profile = \"gone\"\n[profiles.prod]\n";
    for (flag, variables, text, expected) in [
        (
            Some("prdo"),
            &[][..],
            gone,
            "--profile: there is no profile “prdo” in c.toml; did you mean `prod`?",
        ),
        (
            None,
            &[("SMSPIN_PROFILE", "zzz")],
            gone,
            "$SMSPIN_PROFILE: there is no profile “zzz” in c.toml",
        ),
        (
            None,
            &[],
            gone,
            "c.toml:1: `profile`: there is no profile “gone” in c.toml",
        ),
        (Some("x"), &[], "", "--profile: there is no profile “x” in c.toml"),
    ] {
        let error = Layers::new(&flags(&[], flag), &environment(variables), &file(text), false).unwrap_err();
        assert_eq!(error.error.to_string(), expected);
        assert!(!error.hints.is_empty());
    }
}

#[test]
fn a_value_of_the_wrong_shape_names_its_place() {
    for (values, variables, expected) in [
        (
            &[(Key::PinLength, "six")][..],
            &[][..],
            "--pin-length: expected a whole number, 0 or more, found “six”",
        ),
        (
            &[],
            &[("SMSPIN_HLR_LOOKUP", "maybe")],
            "$SMSPIN_HLR_LOOKUP: expected true or false, found “maybe”",
        ),
    ] {
        let layers = Layers::new(&flags(values, None), &environment(variables), &file(""), false).unwrap();
        let told: Vec<_> = layers
            .invalid()
            .iter()
            .map(|one| format!("{}: {}", one.what, one.message))
            .collect();
        assert_eq!(told, [expected]);
    }
}

#[test]
fn a_value_without_sense_names_its_place_and_keeps_its_cause() {
    let refuse = |text: &str| Err::<(), _>(format!("{text} is too long"));
    for (values, variables, expected) in [
        (&[(Key::Sender, "x")][..], &[][..], "--sender: x is too long"),
        (&[], &[("SMSPIN_SENDER", "y")], "$SMSPIN_SENDER: y is too long"),
        (&[], &[], "c.toml:5: `sender`: default is too long"),
    ] {
        let layers = Layers::new(&flags(values, None), &environment(variables), &file(FILE), false).unwrap();
        let mut reader = Reader::new(&layers);
        assert_eq!(reader.read_with(Key::Sender, refuse), None);
        let failure = reader.finish("nothing was sent", Some(())).unwrap_err();
        let fault = &failure.faults[0];
        assert_eq!(format!("{}: {}", fault.what, fault.message), expected);
    }
}

#[test]
fn nothing_from_outside_leads_a_sandbox_run_to_a_live_gateway() {
    let live = "https://live.example";
    let text = format!(
        "profile = \"p\"\nbase_url = \"{live}\"\nproxy = \"{live}\"\nca_file = \"/x\"\njournal = \"/live.db\"\napi_key = \"{KEY}\"\nsender = \"top\"\n\
         [profiles.p]\nbase_url = \"{live}\"\napi_key_command = [\"false\"]\nproxy = \"{live}\"\ncountry = \"ES\"\n"
    );
    let variables = [
        ("SMSPIN_BASE_URL", live),
        ("SMSPIN_API_KEY", KEY),
        ("SMSPIN_PROXY", live),
        ("SMSPIN_CA_FILE", "/x"),
        ("SMSPIN_JOURNAL", "/live.db"),
        ("SMSPIN_PIN_LENGTH", "8"),
    ];
    let flags = flags(&[(Key::SmsText, "{PIN}")], None);
    let layers = Layers::new(&flags, &environment(&variables), &file(&text), true).unwrap();
    assert!(layers.is_sandbox());
    for key in SANDBOX_OVERRIDES {
        assert_eq!(layers.all(key).count(), 0, "{key}");
    }
    assert_eq!(layers.key_sources().count(), 0);
    assert!(!format!("{layers:?}").contains("live"));
    assert_eq!(shown(&layers, Key::Sender), ["top c.toml:7"]);
    assert_eq!(shown(&layers, Key::Country), ["ES c.toml:12 (profile p)"]);
    assert_eq!(shown(&layers, Key::PinLength), ["8 $SMSPIN_PIN_LENGTH"]);
    assert_eq!(shown(&layers, Key::SmsText), ["{PIN} --sms-text"]);
}

#[test]
fn a_sandbox_run_does_not_even_read_the_live_key() {
    use std::os::unix::ffi::OsStringExt;
    let not_text = std::ffi::OsString::from_vec(vec![0xff]);
    let environment = Environment::from_pairs([("SMSPIN_API_KEY".into(), not_text)]);
    assert!(Layers::new(&Flags::default(), &environment, &file(""), true).is_ok());
    let error = Layers::new(&Flags::default(), &environment, &file(""), false).unwrap_err();
    assert_eq!(error.hints, ["unset SMSPIN_API_KEY"]);
}

#[test]
fn a_sandbox_takes_no_gateway_from_the_command_line() {
    let with = |profile: Option<&str>, url: &[(Key, &str)], key_file: Option<&str>| {
        let flags = Flags {
            api_key_file: key_file.map(PathBuf::from),
            ..flags(url, profile)
        };
        Layers::new(&flags, &environment(&[]), &file(FILE), true).map_err(|failure| failure.error.to_string())
    };
    let refusal =
        |flag: &str| format!("--sandbox has its own gateway and key, and can't be used together with {flag}");
    let url = [(Key::BaseUrl, "https://live.example")];
    assert_eq!(with(Some("named"), &[], None).unwrap_err(), refusal("--profile"));
    assert_eq!(with(None, &url, None).unwrap_err(), refusal("--base-url"));
    assert_eq!(with(None, &[], Some("k")).unwrap_err(), refusal("--api-key-file"));
    assert!(with(None, &[], None).is_ok());
}

#[test]
fn debug_shows_no_key() {
    let layers = Layers::new(
        &flags(&[], None),
        &environment(&[("SMSPIN_API_KEY", KEY)]),
        &file(FILE),
        false,
    )
    .unwrap();
    assert!(!format!("{layers:?}").contains(KEY));
}
