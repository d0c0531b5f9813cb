//! The embedded sandbox: the gateway on a machine that has nothing else.

use crate::support::ended::Ended;
use crate::support::home::Home;
use std::net::TcpListener;

const NUMBER: &str = "12025550100";

/// The PIN in the SMS that stderr shows.
#[track_caller]
fn pin_in(ended: &Ended) -> String {
    let text = ended
        .stderr
        .lines()
        .find_map(|line| line.strip_prefix("  text  "))
        .unwrap_or_else(|| panic!("{ended}"));
    let pin: String = text.chars().filter(char::is_ascii_digit).collect();
    assert_eq!(pin.len(), 6, "{ended}");
    pin
}

fn wrong(pin: &str) -> String {
    let first = if pin.starts_with('0') { '1' } else { '0' };
    format!("{first}{}", &pin[1..])
}

#[test]
fn a_pin_is_requested_in_one_process_and_verified_in_the_next() {
    let home = Home::new();
    let requested = home.typed(format!("--sandbox request {NUMBER}")).end();
    requested.says(
        0,
        &["accepted: ", "no SMS was sent"],
        &["sandbox: no SMS was sent", "  text  "],
    );
    let pin = pin_in(&requested);
    home.smspin(["--sandbox", "verify", NUMBER, &wrong(&pin)]).says(
        1,
        &["not verified: ", "2 tries left"],
        &[],
    );
    home.typed(format!("--sandbox verify {NUMBER} {pin}"))
        .says(0, &["verified: "], &[]);
    // The same PIN again is another person, who read it too.
    home.typed(format!("--sandbox verify {NUMBER} {pin}")).says(
        1,
        &["already used: "],
        &["a PIN is accepted once", "--accept-used"],
    );
    let document = home
        .typed(format!("--sandbox --json verify {NUMBER} {pin}"))
        .exits(1);
    let fields = document.json();
    assert_eq!(
        (
            &fields["outcome"],
            &fields["verified"],
            &fields["previously_verified"]
        ),
        (&"already_used".into(), &false.into(), &true.into()),
        "{document}"
    );
    home.typed(format!("--sandbox verify {NUMBER} {pin} --accept-used"))
        .says(0, &["verified: ", "was verified before"], &[]);
    home.smspin(["--sandbox", "verify", NUMBER, &wrong(&pin), "--accept-used"])
        .says(1, &["not verified: "], &[]);
}

#[test]
fn after_the_tries_the_right_pin_is_wrong_too() {
    let home = Home::new();
    let pin = pin_in(&home.typed(format!("--sandbox request {NUMBER}")).end());
    for left in ["2 tries left", "1 try left", "no tries left"] {
        home.smspin(["--sandbox", "verify", NUMBER, &wrong(&pin)])
            .says(1, &[left], &[]);
    }
    home.typed(format!("--sandbox verify {NUMBER} {pin}"))
        .says(1, &["not verified", "no tries left"], &[]);
}

#[test]
fn the_last_pin_can_be_read_alone_and_verified_from_standard_input() {
    let home = Home::new();
    home.typed(format!("--sandbox request {NUMBER} --quiet"))
        .says(0, &["accepted"], &[]);
    let shown = home.typed(format!("sandbox pin {NUMBER}")).end();
    assert_eq!(
        (shown.status, shown.stdout.len(), shown.stderr.as_str()),
        (Some(0), 7, ""),
        "{shown}"
    );
    let verified = home
        .typed(format!("--sandbox verify {NUMBER} -"))
        .stdin(&shown.stdout)
        .end();
    verified.says(0, &["verified"], &[]);
    home.typed("sandbox pin 12025550199").fails(1, "error: ");
}

#[test]
fn json_is_one_document_and_shows_no_pin() {
    let home = Home::new();
    let requested = home.typed(format!("--sandbox request {NUMBER} --json")).end();
    assert_eq!(
        (requested.status, requested.stderr.as_str()),
        (Some(0), ""),
        "{requested}"
    );
    let document = requested.json();
    assert_eq!(
        (&document["outcome"], &document["sandbox"]),
        (&"accepted".into(), &true.into())
    );
    let pin = home.typed(format!("sandbox pin {NUMBER}")).end().stdout;
    requested.holds_nowhere(pin.trim());
    let verified = home
        .typed(format!("--sandbox verify {NUMBER} {} --json", pin.trim()))
        .end();
    assert_eq!(verified.json()["outcome"], "verified");
    assert_eq!(verified.json()["verified"], true);
}

#[test]
fn lookup_and_balance() {
    let home = Home::new();
    let looked_up = home.typed("--sandbox lookup 34600000000 --json").end();
    assert_eq!(
        (looked_up.status, &looked_up.json()["success"]),
        (Some(0), &true.into()),
        "{looked_up}"
    );
    let balance = home.typed("--sandbox balance --json").end();
    let amount = balance.json()["balance"].as_str().unwrap().to_owned();
    assert_eq!(
        amount.split_once('.').map(|(_, decimals)| decimals.len()),
        Some(4),
        "{balance}"
    );
    home.typed("--sandbox balance")
        .is(0, &format!("{amount} EUR\n"), "");
}

#[test]
fn a_live_gateway_in_the_environment_is_never_reached() {
    let live = TcpListener::bind("127.0.0.1:0").unwrap();
    live.set_nonblocking(true).unwrap();
    let url = format!("http://{}", live.local_addr().unwrap());
    let home = Home::new();
    home.write_config(&format!(
        "base_url = \"{url}\"\napi_key = \"{}\"\n",
        "f".repeat(32)
    ));
    for args in [
        ["--sandbox", "request", NUMBER],
        ["request", "--sandbox", NUMBER],
        ["request", NUMBER, "--sandbox"],
        ["lookup", NUMBER, "--sandbox"],
    ] {
        home.smspin(args)
            .env("SMSPIN_BASE_URL", &url)
            .env("SMSPIN_API_KEY", "e".repeat(32))
            .env("HTTP_PROXY", &url)
            .env("http_proxy", &url)
            .env("ALL_PROXY", &url)
            .exits(0);
    }
    assert!(live.accept().is_err(), "a sandbox run reached the live gateway");
}

#[test]
fn the_state_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    home.typed(format!("--sandbox request {NUMBER} -q"))
        .says(0, &["accepted"], &[]);
    let state = home.path().join(".local/state/smspin");
    for entry in std::fs::read_dir(state).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", entry.path());
        let bytes = std::fs::read(entry.path()).unwrap();
        let key = crate::served::KEY.as_bytes();
        assert!(
            !bytes.windows(key.len()).any(|part| part == key),
            "{:?}",
            entry.path()
        );
    }
}
