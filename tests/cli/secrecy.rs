//! The key is nowhere: not in an argument list, an answer, an error, a trace.

use crate::support::gateway::{Gateway, Reply};
use crate::support::home::Home;

const KEY: &str = "c0ffee00c0ffee00c0ffee00c0ffee00";

#[test]
fn a_gateway_that_quotes_the_key_back_does_not_spread_it() {
    let quoting = format!(r#"{{"status":"error","error_id":"{KEY}","error_msg":"key {KEY} is not valid"}}"#);
    for more in [vec![], vec!["--json"], vec!["-v"], vec!["-v", "--json"]] {
        let server = Gateway::answering(401, &quoting);
        let home = Home::new();
        let mut args = vec!["request", "34600000000", "--base-url", &server.base_url];
        args.extend(more);
        let ended = home.smspin(args).env("SMSPIN_API_KEY", KEY).exits(3);
        ended.holds_nowhere(KEY);
    }
}

#[test]
fn traces_mask_key_and_pin() {
    let server = Gateway::answering(
        200,
        r#"{"status":"ok","result":{"verified":true,"pin":"987654"}}"#,
    );
    let ended = Home::new()
        .typed("verify 34600000000 987654 -v")
        .at(&server.base_url)
        .env("SMSPIN_API_KEY", KEY)
        .end();
    ended.says(
        0,
        &["verified"],
        &["> POST http", r#""pin":"********""#, "< HTTP 200"],
    );
    ended.holds_nowhere(KEY);
    ended.holds_nowhere("987654");
}

#[test]
fn a_key_that_is_no_key_is_not_repeated() {
    for bad in ["top secret key", "sécrét-kéy", "key\u{1b}[31m"] {
        let ended = Home::new().typed("balance").env("SMSPIN_API_KEY", bad).exits(2);
        for part in ["secret", "sécrét", "31m"] {
            ended.holds_nowhere(part);
        }
    }
}

#[test]
fn the_configuration_is_listed_without_it() {
    let home = Home::new();
    home.write_config(&format!("api_key = \"{KEY}\"\n"));
    for args in [["config", "list"], ["config", "list"]] {
        let ended = home.smspin(args).env("SMSPIN_API_KEY", "d".repeat(32)).end();
        ended.says(0, &["api_key"], &[]).holds_nowhere(KEY);
        ended.holds_nowhere(&"d".repeat(32));
    }
    home.typed("config get api_key --json")
        .says(0, &["api_key"], &[])
        .holds_nowhere(KEY);
}

/// What the shell has put in the place of a name may be the key.
#[test]
fn the_key_in_the_place_of_another_word_is_not_repeated() {
    let home = Home::new();
    for args in [
        &["balance", "--api-key-file", KEY][..],
        &["balance", "--config", KEY],
        &["balance", "--profile", KEY],
        &["balance", KEY],
        &["request", KEY],
        &["config", "set", "api_key", KEY],
    ] {
        let ended = home.smspin(args).exits(2);
        ended.holds_nowhere(KEY);
    }
}

#[test]
fn no_process_has_it_among_its_arguments() {
    let server = Gateway::in_turn([Reply::Silent]);
    let home = Home::new();
    home.write_config(
        "api_key_command = [\"sh\", \"-c\", \"printf %s c0ffee00c0ffee00; echo c0ffee00c0ffee00\"]\n",
    );
    let running = home
        .typed(format!("request 34600000000 --base-url {}", server.base_url))
        .env("PATH", "/usr/bin:/bin")
        .start();
    server.wait_until(|numbers| numbers.len() == 1);
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let arguments = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        assert!(
            !String::from_utf8_lossy(&arguments).contains(KEY),
            "{}",
            entry.path().display()
        );
    }
    server.release();
    running.exits(5);
    assert!(String::from_utf8_lossy(&server.requests()[0].bytes).contains(KEY));
}

/// A key with every character that JSON can write in several ways.
const ODD_KEY: &str = r#"c0ffee/00+c0"ff\ee/00+c0ffee"#;

/// Each character as its code.
fn in_codes(text: &str) -> String {
    let codes: Vec<_> = text.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect();
    codes.concat()
}

/// `secret` as JSON may write it: each character as a code, the slash escaped, and inside a quoted request.
fn spellings(secret: &str) -> [String; 4] {
    let usual = serde_json::to_string(secret).unwrap();
    let usual = usual[1..usual.len() - 1].to_owned();
    let codes = in_codes(secret).to_uppercase().replace("\\U", "\\u");
    let quoted = serde_json::to_string(&format!("{{\"api_key\":\"{usual}\"}}")).unwrap();
    let quoted = quoted[1..quoted.len() - 1].to_owned();
    [usual.replace('/', "\\/"), usual, codes, quoted]
}

#[test]
fn a_key_that_is_quoted_back_is_masked_in_every_spelling() {
    for spelling in spellings(ODD_KEY) {
        let quoting =
            format!(r#"{{"status":"error","error_id":"K {spelling}","error_msg":"key {spelling} is bad"}}"#);
        for more in [vec![], vec!["--json"], vec!["-v"], vec!["-v", "--json"]] {
            let server = Gateway::answering(401, &quoting);
            let mut args = vec!["request", "34600000000", "--base-url", &server.base_url];
            args.extend(more);
            let ended = Home::new().smspin(args).env("SMSPIN_API_KEY", ODD_KEY).exits(3);
            assert!(
                ended.stdout.contains("********") || ended.stderr.contains("********"),
                "{ended}"
            );
            // What is left of it in any of them.
            for part in ["c0ffee", "ff\\\\ee", "u0063\\u0030", "U0063\\U0030"] {
                ended.holds_nowhere(part);
            }
        }
    }
}

#[test]
fn no_file_of_a_batch_holds_a_key_that_is_quoted_back() {
    for spelling in spellings(ODD_KEY) {
        let quoting =
            format!(r#"{{"status":"error","error_id":"K{spelling}","error_msg":"key {spelling} is bad"}}"#);
        let server = Gateway::by_number(move |_, _| Reply::http(400, &quoting));
        let home = Home::new();
        std::fs::write(home.file("users.csv"), "Tel\n34600000001\n34600000002\n").unwrap();
        let ended = home
            .typed(format!("batch users.csv --yes -v --base-url {}", server.base_url))
            .env("SMSPIN_API_KEY", ODD_KEY)
            .exits(1);
        ended.holds_nowhere("c0ffee");
        let results = std::fs::read_to_string(home.file("users.results.csv")).unwrap();
        assert!(results.contains("key "), "{results}");
        for entry in std::fs::read_dir(home.path())
            .unwrap()
            .flatten()
            .filter(|entry| entry.path().is_file())
        {
            let bytes = std::fs::read(entry.path()).unwrap();
            let text = String::from_utf8_lossy(&bytes).to_ascii_lowercase();
            for part in ["c0ffee", "u0063\\u0030"] {
                assert!(!text.contains(part), "{part} is in {}", entry.path().display());
            }
        }
    }
}

#[test]
fn a_pin_that_is_quoted_back_is_masked_in_every_output() {
    let codes = in_codes("98ab76");
    for (typed, quoted) in [
        ("987654", "987654"),
        ("98ab76", "98AB76"),
        ("98ab76", codes.as_str()),
    ] {
        for (http, body, status) in [
            (
                200,
                r#"{"status":"ok","result":{"verified":false,"message":"PIN_ is wrong"}}"#,
                1,
            ),
            (
                200,
                r#"{"status":"ok","result":{"verified":true,"pin":"PIN_","message":"PIN_ is right"}}"#,
                0,
            ),
            (
                400,
                r#"{"status":"error","error_id":"PIN_","error_msg":"PIN_ is bad"}"#,
                3,
            ),
            (200, r#"{"status":"PIN_","error_msg":"PIN_ is bad"}"#, 5),
        ] {
            for more in [vec![], vec!["--json"], vec!["-v"]] {
                let server = Gateway::answering(http, &body.replace("PIN_", quoted));
                let mut args = vec!["verify", "34600000000", typed, "--base-url", &server.base_url];
                args.extend(more);
                let ended = Home::new().smspin(args).env("SMSPIN_API_KEY", KEY).exits(status);
                for part in [typed, quoted] {
                    ended.holds_nowhere(part);
                }
            }
        }
    }
    let body = r#"{"status":"ok","result":{"verified":false,"tries_remaining":987654}}"#;
    let server = Gateway::answering(200, body);
    let ended = Home::new()
        .typed("verify 34600000000 987654")
        .at(&server.base_url)
        .end();
    ended.says(1, &["not verified"], &[]).holds_nowhere("987654");
}

#[test]
fn a_key_that_is_a_word_of_the_contract_changes_no_outcome() {
    for key in ["ok", "status", "true", "EUR"] {
        let server = Gateway::answering(200, r#"{"status":"ok","result":{}}"#);
        let ended = Home::new()
            .typed(format!("request 34600000000 --base-url {}", server.base_url))
            .env("SMSPIN_API_KEY", key)
            .end();
        ended.says(0, &["accepted"], &["sending a PIN to +34600000000 (Spain)"]);
    }
}

/// What a configuration may hold by mistake: the key in every place of a line.
const MISPLACED: [&str; 24] = [
    "sender = \"x # KEY\n",
    "sender = KEY\n",
    "KEY = 1\n",
    "KEY\n",
    "KEY = \"\"\n",
    "[KEY]\na = 1\n",
    "[[KEY]]\na = 1\n",
    "[profiles.KEY\n",
    "[profiles.\"KEY\"]\nx = 1\n",
    "[profiles.\"KEY KEY\"]\n",
    "profile = \"KEY\"\n",
    "sender = \"x\" KEY\n",
    "sender = \"a\"\nsender = \"KEY\"\n",
    "KEY = 1\nKEY = 2\n",
    "sender = \"x\" \u{7} # api_key KEY\n",
    "timeout = \"KEY\"\n",
    "number_check = \"KEY\"\n",
    "country = \"KEY\"\n",
    "retries = \"KEY\"\n",
    "api_key = KEY\n",
    "api_key = \"KEY\n",
    "api_key_command = \"KEY\"\n",
    "api_key_command = [\"KEY\"]\n",
    "report_url = \"KEY\"\nbase_url = \"KEY\"\nproxy = \"KEY\"\n",
];

#[test]
fn a_key_in_the_wrong_place_of_the_configuration_is_not_repeated() {
    for text in MISPLACED {
        let home = Home::new();
        home.write_config(&text.replace("KEY", KEY));
        for args in [
            vec!["balance"],
            vec!["request", "34600000000", "--dry-run", "--json"],
            vec!["config", "get", "sender"],
            vec!["config", "set", "retries", "2"],
        ] {
            let ended = home.smspin(args).end();
            ended.holds_nowhere(&KEY[..16]);
        }
    }
}

#[test]
fn a_key_that_was_typed_is_not_repeated_and_called_exposed_where_it_is_one() {
    let home = Home::new();
    for (args, exposed) in [
        ("config set api_key=KEY", true),
        ("config set api_key KEY", true),
        ("config init --set api_key=KEY", true),
        ("request --api-key KEY 34600000000", true),
        ("request --api-key=KEY 34600000000", true),
        ("--api_key KEY balance", true),
        ("balance --token KEY", true),
        ("config set sender=KEY", false),
        ("config get KEY", false),
        ("config set KEY x", false),
        ("config unset KEY", false),
        ("config init --set KEY=x", false),
        ("config use KEY", false),
        ("--profile KEY balance", false),
        ("KEY", false),
        ("balance KEY", false),
        ("config KEY", false),
        ("verify 34600000000 123456 KEY", false),
        ("help KEY", false),
        ("schema KEY", false),
    ] {
        for json in [false, true] {
            let typed = args.replace("KEY", KEY);
            let json = json.then_some("--json");
            let ended = home.smspin(typed.split(' ').chain(json)).exits(2);
            assert!(
                !format!("{}{}", ended.stdout, ended.stderr).contains(&KEY[..16]),
                "{args}: {ended}"
            );
            let says = format!("{}{}", ended.stdout, ended.stderr);
            assert_eq!(says.contains("exposed now"), exposed, "{args}: {ended}");
        }
    }
    home.typed("config get api_key")
        .fails(2, "hint: smspin config set api_key\n");
}

#[test]
fn what_a_failing_key_command_says_goes_to_no_log() {
    let home = Home::new();
    for say in ["echo KEY", "echo KEY | fold -w 5", "echo KEY | cut -c 1-12"] {
        let script = format!("echo KEY; {say} >&2; echo locked >&2; exit 1").replace("KEY", KEY);
        home.write_config(&format!("api_key_command = [\"sh\", \"-c\", \"{script}\"]\n"));
        let ended = home.typed("balance").env("PATH", "/usr/bin:/bin").end();
        ended.fails(2, "failed (exit status: 1) … run the command by hand");
        ended.holds_nowhere("locked");
        for part in KEY.as_bytes().windows(5) {
            ended.holds_nowhere(std::str::from_utf8(part).unwrap());
        }
    }
}

#[test]
fn a_key_file_with_more_than_the_key_is_refused() {
    let home = Home::new();
    for (line, says) in [
        (format!("\"{KEY}\"\n"), "quotation marks"),
        (format!("'{KEY}'"), "quotation marks"),
        (format!("SMS_API_KEY={KEY}\n"), "NAME=KEY"),
    ] {
        std::fs::write(home.file("key"), line).unwrap();
        let ended = home.typed("balance --api-key-file key").exits(2);
        assert!(ended.stderr.contains(says), "{ended}");
        ended.holds_nowhere(&KEY[..8]);
    }
}

#[test]
fn a_proxy_of_the_environment_that_cannot_be_used_is_an_error_and_nothing_goes_directly() {
    const PASSWORD: &str = "hunter2hunter2";
    let faulty = [
        "not a url".to_owned(),
        format!("socks5://ada:{PASSWORD}@127.0.0.1:1"),
        format!("ftp://ada:{PASSWORD}@127.0.0.1:1"),
        format!("http://ada:{PASSWORD}@:99999"),
        format!("ada:{PASSWORD}@127.0.0.1:99999"),
        "//127.0.0.1:1".to_owned(),
    ];
    for name in ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        for value in &faulty {
            let ended = Home::new()
                .typed("balance --base-url https://gateway.invalid/")
                .env("SMSPIN_API_KEY", KEY)
                .env(name, value)
                .end();
            ended.says(2, &[], &[&format!("the environment variable {name}"), "unset"]);
            ended.holds_nowhere(KEY);
            ended.holds_nowhere(PASSWORD);
        }
    }
}

#[test]
fn a_proxy_of_the_environment_is_used_in_every_spelling_and_not_where_it_has_no_say() {
    for (variables, by_proxy) in [
        (vec![("https_proxy", "PROXY")], true),
        (vec![("HTTPS_PROXY", "http://PROXY")], true),
        (vec![("HTTPS_PROXY", ""), ("https_proxy", "http://PROXY")], true),
        (vec![("all_proxy", "http://PROXY")], true),
        (
            vec![("https_proxy", "http://PROXY"), ("REQUEST_METHOD", "GET")],
            true,
        ),
        (
            vec![("https_proxy", "http://PROXY"), ("no_proxy", "gateway.invalid")],
            false,
        ),
        (vec![("http_proxy", "not a url")], false),
    ] {
        let proxy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        proxy.set_nonblocking(true).unwrap();
        let address = proxy.local_addr().unwrap().to_string();
        let home = Home::new();
        let mut command =
            home.typed("balance --base-url https://gateway.invalid/ --timeout 1s --connect-timeout 500ms");
        for (name, value) in &variables {
            command = command.env(name, value.replace("PROXY", &address));
        }
        let ended = command.env("SMSPIN_API_KEY", KEY).end();
        assert_eq!(ended.status, Some(4), "{variables:?}: {ended}");
        assert_eq!(proxy.accept().is_ok(), by_proxy, "{variables:?}: {ended}");
    }
}

#[test]
fn a_proxys_password_is_in_no_curl_command() {
    let curl = |proxy: &str| {
        let home = Home::new();
        let run = home.typed("request 34600000000 --curl");
        run.env("SMSPIN_PROXY", proxy).exits(0)
    };
    let ended = curl("http://ada:hunter2hunter2@proxy.example:3128");
    ended.holds_nowhere("hunter2hunter2");
    assert!(
        ended.stdout.contains("| https_proxy=\"${SMSPIN_PROXY:?"),
        "{ended}"
    );
    let ended = curl("http://proxy.example:3128");
    ended.out("--proxy 'http://proxy.example:3128/'");
}
