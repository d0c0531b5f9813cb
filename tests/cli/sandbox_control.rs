//! What a test can ask of a sandbox while it runs: time, behaviour, the log of requests, accounts, readiness.

use crate::served::{KEY, Served};
use crate::support::home::Home;
use serde_json::{Value, json};

fn json_of(served: &Served, line: &str) -> Value {
    let answer = served.desk(line, "");
    assert_eq!(answer.code, 200, "{line}: {answer:?}");
    serde_json::from_str(&answer.body).unwrap()
}

fn verify(served: &Served, key: &str, msisdn: &str, pin: &str) -> Value {
    let body = json!({"api_key": key, "msisdn": msisdn, "pin": pin});
    let answer = served.call("2fa/verify", &body).unwrap();
    serde_json::from_str::<Value>(&answer.body).unwrap()["result"].clone()
}

fn error_id(served: &Served, path: &str, msisdn: &str) -> (u16, String) {
    let answer = served
        .call(path, &json!({"api_key": KEY, "msisdn": msisdn}))
        .unwrap();
    let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    let id = body.get("error_id").or(body.get("status"));
    (
        answer.code,
        id.and_then(Value::as_str).unwrap_or_default().to_owned(),
    )
}

#[test]
fn a_sandbox_says_when_it_is_ready() {
    let home = Home::new();
    let unready = home.typed("sandbox ready --url http://127.0.0.1:1").end();
    unready.fails(4, "127.0.0.1:1");
    home.typed("sandbox ready --url 127.0.0.1:1 --wait 20s")
        .fails(2, "--url");
    let served = Served::start(&home, &["--db", ":memory:"]);
    let ended = home
        .typed(format!("sandbox ready --url {} --wait 20s --json", served.url()))
        .end();
    let ready = ended.json();
    assert_eq!(
        (&ready["outcome"], &ready["sandbox"]),
        (&json!("ready"), &json!(true))
    );
    // A health check comes by whatever name its machine gives.
    let answer = served.desk("GET /readyz", "Host: sandbox.internal\r\n");
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(
        (answer.code, &body["ready"], &body["sandbox"]),
        (200, &json!(true), &json!(true))
    );
    // The revision is there for a shell.
    let revision = home
        .typed(format!("sandbox inbox --revision --url {}", served.url()))
        .end();
    assert_eq!(revision.stdout.trim(), body["revision"].to_string());
}

#[test]
fn the_clock_goes_on_and_pins_expire_without_a_wait() {
    let home = Home::new();
    let served = Served::start(&home, &["--clock", "2030-01-31T12:00:00Z"]);
    let url = served.url();
    let pin = |args: &[&str]| {
        let fixed = ["sandbox", "pin", "34666666111", "--url", &url];
        home.smspin(fixed.iter().chain(args)).end()
    };
    served.request("34666666111").unwrap();
    let first = pin(&[]).stdout.trim().to_owned();
    let at = json_of(&served, "GET /sandbox/messages")["messages"][0]["at"]
        .as_i64()
        .unwrap();
    assert_eq!(at / 3_600_000, 1_896_091_200_000 / 3_600_000);
    home.typed(format!("sandbox advance 2h --url {url}"))
        .says(0, &["2030-01-31 14:00"], &[]);
    assert_eq!(
        verify(&served, KEY, "34666666111", &first)["message"],
        "The PIN has expired."
    );
    pin(&["--wait", "1ms"]).fails(1, "no valid PIN");
    // The same from another process, on the file: both live by one clock.
    served.request("34666666222").unwrap();
    home.typed("sandbox advance 2h").says(0, &["16:00"], &[]);
    let second = home.typed("sandbox pin 34666666222").end().stdout;
    assert_eq!(
        verify(&served, KEY, "34666666222", second.trim())["verified"],
        false
    );
    home.typed(format!("sandbox reset --url {url}")).end();
    let now = json_of(&served, "GET /sandbox/info")["now"].as_i64().unwrap();
    assert_eq!(now / 3_600_000, 1_896_091_200_000 / 3_600_000);
    assert_eq!(served.desk("POST /sandbox/advance", "").code, 400);
    for by in ["advance 200000h", "advance 106751991167300d"] {
        let args = ["sandbox"]
            .into_iter()
            .chain(by.split(' '))
            .chain(["--url", &url]);
        home.smspin(args).fails(2, "ten years");
    }
    for clock in ["1999-01-01T00:00:00Z", "9999-01-01T00:00:00Z"] {
        home.typed(format!(
            "sandbox serve --bind 127.0.0.1:0 --db :memory: --clock {clock}"
        ))
        .fails(2, "--clock … ten years");
    }
    assert_eq!(served.desk("GET /sandbox/advance?by=1s", "").code, 405);
}

#[test]
fn behaviour_is_set_while_the_sandbox_runs_and_ends_as_it_was_told() {
    let home = Home::new();
    let served = Served::start(
        &home,
        &["--db", ":memory:", "--pin", "777777", "--pin", "34666666333=4444"],
    );
    let url = served.url();
    let behave = |args: &[&str]| {
        home.smspin(["sandbox", "behave"].iter().chain(args).chain(&["--url", &url]))
            .end()
    };
    let pin_of = |msisdn: &str| {
        served.request(msisdn).unwrap();
        home.typed(format!("sandbox pin {msisdn} --url {url}"))
            .end()
            .stdout
            .trim()
            .to_owned()
    };
    assert_eq!(
        (pin_of("34666666111").as_str(), pin_of("34666666333").as_str()),
        ("777777", "4444")
    );
    behave(&[]).is(0, "the sandbox behaves as usual\n", "");
    behave(&["34666666111", "--pin", "123456"]).says(0, &["123456"], &[]);
    assert_eq!(pin_of("34666666111"), "123456");
    behave(&["--call", "request", "--fault", "429", "--times", "2"]).says(0, &["429"], &[]);
    for code in [429, 429, 200] {
        assert_eq!(error_id(&served, "2fa/request", "34666666111").0, code);
    }
    assert_eq!(error_id(&served, "hlr/request", "34666666111").0, 200);
    behave(&["--fault", "NEW_ERROR", "--http", "422", "--times", "1"]).says(0, &["422"], &[]);
    assert_eq!(
        error_id(&served, "2fa/request", "34666666111"),
        (422, "NEW_ERROR".to_owned())
    );
    behave(&["34666666111", "--hlr", "ported"]).says(0, &["ported"], &[]);
    let lookup = served
        .call("hlr/request", &json!({"api_key": KEY, "msisdn": "34666666111"}))
        .unwrap();
    assert!(
        lookup.body.contains("\"21408\"") && lookup.body.contains("Sandbox Mobile ES"),
        "{lookup:?}"
    );
    behave(&["--delivery", "REJECTD"]).says(0, &["REJECTD"], &[]);
    let text = json!({"api_key": KEY, "msisdn": "34666666444", "sms_text": "Código {PIN}"});
    served.call("2fa/request", &text).unwrap();
    let sms = json_of(&served, "GET /sandbox/messages?limit=1")["messages"][0].clone();
    assert_eq!(
        (&sms["text"], &sms["encoding"]),
        (&json!("Código 777777"), &json!("UCS-2"))
    );
    assert_eq!(sms["next_delivery"]["status"], "REJECTD");
    behave(&["--fault", "boom"]).fails(2, "fault");
    behave(&["--times", "3"]).fails(2, "changes nothing");
    assert_eq!(
        behave(&["--json"]).json()["behaviours"].as_array().unwrap().len(),
        3
    );
    behave(&["--clear"]).is(0, "the sandbox behaves as usual\n", "");
    assert_eq!(pin_of("34666666111"), "777777");
}

#[test]
fn behaviour_on_the_state_file_reaches_a_command_with_a_sandbox_of_its_own() {
    let home = Home::new();
    home.typed("sandbox behave 12025550100 --pin 123456")
        .says(0, &["123456"], &[]);
    home.typed("--sandbox request 12025550100")
        .says(0, &["accepted"], &["123456"]);
    home.typed("sandbox behave --fault INVALID_SENDER")
        .says(0, &["INVALID_SENDER"], &[]);
    home.typed("--sandbox request 12025550100")
        .fails(3, "INVALID_SENDER … hint");
    home.typed("sandbox reset").end();
    home.typed("--sandbox request 12025550100")
        .says(0, &["accepted"], &["sandbox:"]);
}

#[test]
#[expect(clippy::too_many_lines, reason = "one story, with a table in it")]
fn the_log_says_why_a_request_was_refused_and_shows_no_secret() {
    let home = Home::new();
    let served = Served::start(&home, &["--db", ":memory:"]);
    let wrong_key = "ffffffffffffffffffffffffffffffff";
    served.request("34666666111").unwrap();
    let pin = home
        .typed(format!("sandbox pin 34666666111 --url {}", served.url()))
        .end()
        .stdout;
    let pin = pin.trim();
    verify(&served, KEY, "34666666111", pin);
    served
        .call(
            "2fa/request",
            &json!({"api_key": wrong_key, "msisdn": [KEY, wrong_key]}),
        )
        .unwrap();
    served.desk(&format!("POST /{KEY}"), "");
    for body in [
        json!({"api_key": KEY, "msisdn": "+34666666111"}),
        json!({"api_key": KEY, "msisdn": "34666666111", "sender": "twelve chars"}),
        json!({"api_key": wrong_key, "msisdn": "34666666111"}),
        json!({"msisdn": "34666666111"}),
    ] {
        served.call("2fa/request", &body).unwrap();
    }
    served.desk(&format!("POST /api/3.0/2fa/resend?api_key={KEY}"), "");
    served.desk("POST /api/3.0/2fa/request", "Content-Type: text/plain\r\n");
    let log = json_of(&served, "GET /sandbox/requests");
    let requests = log["requests"].as_array().unwrap();
    assert_eq!(requests.len(), 10, "{log:#}");
    for secret in [KEY, wrong_key, pin] {
        assert!(!log.to_string().contains(secret), "{secret}: {log:#}");
    }
    let statuses: Vec<_> = requests
        .iter()
        .map(|request| request["status"].as_str().unwrap_or("-"))
        .collect();
    assert_eq!(
        statuses,
        [
            "INVALID_CONTENT_TYPE",
            "-",
            "MISSING_PARAMS",
            "UNAUTHORIZED",
            "INVALID_SENDER",
            "INVALID_NUMBER",
            "-",
            "UNAUTHORIZED",
            "ok",
            "ok"
        ]
    );
    for (index, reason, rule) in [
        (0, "Content-Type", "application/json"),
        (1, "no such path", ""),
        (2, "api_key", "api_key"),
        (3, "key", "--accept-key"),
        (4, "12 characters", "11 letters"),
        (5, "other characters than digits", "7 to 15 digits"),
    ] {
        let request = &requests[index];
        assert!(
            request["reason"].as_str().unwrap().contains(reason),
            "{request:#}"
        );
        assert!(
            request["rule"].as_str().unwrap_or_default().contains(rule),
            "{request:#}"
        );
    }
    let last = log["last"].as_u64().unwrap();
    let refused = home
        .typed(format!("sandbox requests --refused --url {}", served.url()))
        .end();
    refused.says(0, &["INVALID_SENDER", "rule: "], &[]);
    assert_eq!(refused.stdout.lines().count(), 8, "{refused}");
    // A wait ends with the next request, and a filter leaves out the rest.
    std::thread::scope(|scope| {
        let waited = scope.spawn(|| {
            let path = format!("GET /sandbox/requests?after={last}&msisdn=34666666222&wait=30");
            json_of(&served, &path)
        });
        served.request("34666666111").unwrap();
        served.request("34666666222").unwrap();
        let found = waited.join().unwrap();
        assert_eq!(found["requests"].as_array().unwrap().len(), 1, "{found}");
        assert_eq!(found["requests"][0]["msisdn"], "34666666222");
    });
}

#[test]
fn two_accounts_test_side_by_side_and_do_not_meet() {
    let home = Home::new();
    let (one, two) = ("aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb");
    let served = Served::start(
        &home,
        &["--db", ":memory:", "--accept-key", one, "--accept-key", two],
    );
    let url = served.url();
    let names: Vec<String> = json_of(&served, "GET /sandbox/info")["accounts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|account| account["account"].as_str().unwrap().to_owned())
        .collect();
    // The beginning of `printf %s aaaaaaaaaaaaaaaa | sha256sum`.
    assert_eq!(names[0], "0c0beacef887");
    for key in [one, two] {
        served
            .call("2fa/request", &json!({"api_key": key, "msisdn": "34666666111"}))
            .unwrap();
    }
    let of = |name: &str, path: &str| json_of(&served, &format!("GET {path}?account={name}"));
    for name in &names {
        let messages = of(name, "/sandbox/messages");
        assert_eq!(
            (&messages["total"], &messages["messages"][0]["account_name"]),
            (&json!(1), &json!(name))
        );
        assert_eq!(
            of(name, "/sandbox/requests")["requests"]
                .as_array()
                .unwrap()
                .len(),
            1
        );
    }
    let pin = |name: &str| {
        home.typed(format!("sandbox pin 34666666111 --account {name} --url {url}"))
            .end()
            .stdout
    };
    assert_ne!(pin(&names[0]), pin(&names[1]));
    home.typed(format!(
        "sandbox behave --account {} --pin 111111 --url {url}",
        names[0]
    ))
    .end();
    served
        .call("2fa/request", &json!({"api_key": one, "msisdn": "34666666111"}))
        .unwrap();
    served
        .call("2fa/request", &json!({"api_key": two, "msisdn": "34666666111"}))
        .unwrap();
    assert_eq!(pin(&names[0]), "111111\n");
    assert_ne!(pin(&names[1]), "111111\n");
    home.typed(format!("sandbox reset --account {} --url {url}", names[0]))
        .end();
    assert_eq!(of(&names[0], "/sandbox/messages")["total"], 0);
    assert_eq!(of(&names[1], "/sandbox/messages")["total"], 2);
    home.typed(format!("sandbox inbox --account xyz --url {url}"))
        .fails(2, "--account … hexadecimal");
}

#[test]
fn a_plain_http_host_is_taken_where_a_setting_says_that_it_is_a_sandbox() {
    let home = Home::new();
    // A name that resolves to this machine without being loopback by itself.
    let Some(name) = name_of_this_machine() else {
        return;
    };
    let served = Served::start(&home, &["--db", ":memory:", "--allow-host", &name]);
    let port = served.address.rsplit(':').next().unwrap().to_owned();
    let base_url = format!("http://{name}:{port}/api/3.0");
    let request = |sandbox_host: Option<&str>| {
        let mut run = home
            .typed("request 12025550100")
            .at(&base_url)
            .env("SMSPIN_API_KEY", KEY);
        if let Some(host) = sandbox_host {
            run = run.env("SMSPIN_SANDBOX_HOST", host);
        }
        run.end()
    };
    request(None).fails(2, "plain http … sandbox_host");
    request(Some("other")).fails(2, "plain http");
    request(Some(&name)).says(0, &["accepted"], &["(United States)"]);
    // Nothing there says that it is a sandbox: it gets no test number.
    drop(served);
    request(Some(&name)).fails(2, "test number");
}

/// The name that `/etc/hosts` gives a loopback address besides `localhost`, if there is one.
fn name_of_this_machine() -> Option<String> {
    let hosts = std::fs::read_to_string("/etc/hosts").ok()?;
    let names = hosts
        .lines()
        .filter(|line| line.starts_with("127.") || line.starts_with("::1"))
        .flat_map(|line| line.split_whitespace().skip(1));
    let mut others = names.filter(|name| *name != "localhost" && !name.contains(".localdomain"));
    others.next().map(str::to_owned)
}
