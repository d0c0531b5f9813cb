//! What the sandbox keeps: revisions, ids, accounts, time, and what it says when it can't keep anything.

use crate::served::{KEY, Served};
use crate::support::home::Home;
use serde_json::{Value, json};

fn messages(served: &Served, query: &str) -> Value {
    let answer = served.desk(&format!("GET /sandbox/messages?{query}"), "");
    assert_eq!(answer.code, 200, "{answer:?}");
    serde_json::from_str(&answer.body).unwrap()
}

#[test]
fn a_revision_moves_when_rows_did_and_not_before() {
    let home = Home::new();
    let file = home.path().join("state");
    let served = Served::start(&home, &["--db", &file.to_string_lossy()]);
    served.request("34666666111").unwrap();
    // A wait that ends by its time: nothing happens, so nothing moves and nothing is written.
    let before = messages(&served, "")["revision"].clone();
    let length = || std::fs::metadata(home.file("state-wal")).unwrap().len();
    let written = length();
    let waited = messages(&served, &format!("since={before}&wait=1"));
    assert_eq!((&waited["revision"], length()), (&before, written));
    for (path, body) in [
        ("account/get-balance", json!({"api_key": KEY})),
        (
            "2fa/verify",
            json!({"api_key": KEY, "msisdn": "34600000000", "pin": "1"}),
        ),
        (
            "2fa/request",
            json!({"api_key": KEY, "msisdn": "34666666111", "sender": "far too long a sender"}),
        ),
    ] {
        served.call(path, &body).unwrap();
        assert_eq!(messages(&served, "")["revision"], before, "{path}");
    }
    served.request("34666666111").unwrap();
    assert_ne!(messages(&served, "")["revision"], before);
}

#[test]
fn waiting_for_a_pin_never_gives_an_older_one() {
    let home = Home::new();
    let served = Served::start(&home, &["--db", ":memory:"]);
    let url = served.url();
    let pin = |args: &[&str]| {
        let fixed = ["sandbox", "pin", "34666666111", "--url", &url];
        home.smspin(fixed.iter().chain(args)).end()
    };
    served.request("34666666111").unwrap();
    let first = pin(&[]).stdout;
    let revision = messages(&served, "")["revision"].to_string();
    // Nothing newer has come: the time passes, and the old PIN is not given.
    pin(&["--wait", "1ms", "--after", &revision]).fails(1, "error: ");
    pin(&["--wait", "1ms", "--after", "now"]).fails(1, "error: ");
    served.request("34666666111").unwrap();
    let second = pin(&["--wait", "20s", "--after", &revision]).exits(0);
    assert_ne!(second.stdout, first);
    let over_http = served.desk(&format!("GET /sandbox/pin/34666666111?after={revision}"), "");
    assert_eq!(over_http.body, second.stdout);
    let later = messages(&served, "")["revision"].to_string();
    assert_eq!(
        served
            .desk(&format!("GET /sandbox/pin/34666666111?after={later}"), "")
            .code,
        404
    );
    // A PIN that was cleared away, used up or verified is not a fresh one, and a wait is for a fresh one.
    let verify = json!({"api_key": KEY, "msisdn": "34666666111", "pin": second.stdout.trim()});
    served.call("2fa/verify", &verify).unwrap();
    pin(&["--wait", "1ms"]).fails(1, "error: ");
    pin(&[]).is(0, &second.stdout, "");
    served.request("34666666111").unwrap();
    pin(&["--wait", "20s"]).exits(0);
    assert_eq!(served.desk("POST /sandbox/clear", "").code, 204);
    pin(&["--wait", "1ms"]).fails(1, "error: ");
}

#[test]
fn a_service_name_reaches_everything_once_it_is_allowed() {
    let home = Home::new();
    let served = Served::start(&home, &["--db", ":memory:", "--allow-host", "sandbox"]);
    for host in ["Host: sandbox:8465\r\n", "Host: SANDBOX\r\n"] {
        for path in ["/", "/sandbox/messages", "/openapi.json"] {
            assert_eq!(
                served.desk(&format!("GET {path}"), host).code,
                200,
                "{host} {path}"
            );
        }
    }
    let own_page = "Host: sandbox:8465\r\nOrigin: http://sandbox:8465\r\n";
    assert_eq!(served.desk("POST /sandbox/clear", own_page).code, 204);
    for host in ["Host: sandbox.evil.example\r\n", "Host: evil.example\r\n"] {
        assert_eq!(served.desk("GET /sandbox/messages", host).code, 403, "{host}");
    }
    home.typed("sandbox serve --allow-host http://x/")
        .fails(2, "--allow-host");
}

#[test]
fn a_broken_state_names_its_file_and_the_cause() {
    let home = Home::new();
    let garbage = home.file("garbage");
    std::fs::write(
        &garbage,
        "this is not a database, but long enough to be looked at as one".repeat(40),
    )
    .unwrap();
    let garbage = garbage.to_string_lossy();
    for args in [
        &["sandbox", "serve", "--bind", "127.0.0.1:0", "--db", &garbage][..],
        &["sandbox", "inbox", "--db", &garbage],
        &["sandbox", "pin", "34666666111", "--db", &garbage],
        &["sandbox", "reset", "--db", &garbage],
    ] {
        let ended = home.smspin(args).end();
        ended.fails(7, "garbage … not a database");
        assert!(!ended.stderr.contains("has ended"), "{ended}");
    }
    // One that breaks under a running sandbox, too.
    let file = home.path().join("state");
    let served = Served::start(&home, &["--db", &file.to_string_lossy()]);
    rusqlite::Connection::open(&file)
        .unwrap()
        .execute_batch("DROP TABLE message")
        .unwrap();
    let answer = served.request("34666666111").unwrap();
    assert_eq!(answer.code, 500, "{answer:?}");
    assert!(
        answer.body.contains("no such table") && answer.body.contains("state"),
        "{answer:?}"
    );
    let answer = served.desk("GET /sandbox/messages", "");
    assert!(
        answer.code == 500 && answer.body.contains("no such table"),
        "{answer:?}"
    );
}

#[test]
fn a_file_of_the_users_that_sqlite_would_delete_is_left_alone() {
    let home = Home::new();
    let list = "Tel\n34666666111\n34666666222\n";
    let state = home.file("x").to_string_lossy().into_owned();
    Served::start(&home, &["--db", &state]).kill();
    for suffix in ["-wal", "-shm", "-journal"] {
        let side = home.file(&format!("x{suffix}"));
        let _ = std::fs::remove_file(&side);
        for args in [
            &["sandbox", "serve", "--bind", "127.0.0.1:0", "--db", &state][..],
            &["sandbox", "inbox", "--db", &state],
            &["sandbox", "reset", "--db", &state],
        ] {
            std::fs::write(&side, list).unwrap();
            let named = format!("x{suffix} is in the way");
            home.smspin(args).says(2, &[], &[&named, "--db FILE"]);
            assert_eq!(std::fs::read_to_string(&side).unwrap(), list);
            std::fs::remove_file(&side).unwrap();
            rustix::fs::mknodat(
                rustix::fs::CWD,
                &side,
                rustix::fs::FileType::Fifo,
                0o600.into(),
                0,
            )
            .unwrap();
            home.smspin(args).fails(2, "not a regular file");
            std::fs::remove_file(&side).unwrap();
        }
    }
}

#[test]
fn looking_makes_no_state_file() {
    let home = Home::new();
    let state = home.file("none");
    let shown = state.to_string_lossy();
    for (args, status) in [
        (&["sandbox", "inbox", "--db", &shown][..], 0),
        (&["sandbox", "inbox", "--revision", "--db", &shown], 0),
        (&["sandbox", "pin", "34666666111", "--db", &shown], 1),
        (&["sandbox", "behave", "--db", &shown], 0),
        (&["sandbox", "behave", "--clear", "--db", &shown], 0),
        (&["sandbox", "reset", "--db", &shown], 0),
    ] {
        let ended = home.smspin(args).end();
        assert_eq!(ended.status, Some(status), "{args:?}: {ended}");
        assert!(!state.exists(), "{args:?}");
    }
    home.typed(format!("sandbox advance 1h --db {shown}"))
        .says(0, &["clock"], &[]);
    assert!(state.exists());
}

#[test]
fn a_rehearsal_runs_out_of_funds_as_a_batch_does() {
    let home = Home::new();
    let rows: Vec<String> = (0..40).map(|n| format!("346000001{n:02}\n")).collect();
    std::fs::write(home.file("users.csv"), format!("Tel\n{}", rows.concat())).unwrap();
    let served = Served::start(&home, &["--balance", "1.00"]);
    served.terminate();
    home.typed("--sandbox batch users.csv --yes").exits(6);
    let inbox = home.typed("sandbox inbox --json").end().json();
    assert!(inbox["total"].as_u64().unwrap() <= 20, "{inbox}");
    home.typed("--sandbox request 34600000199")
        .fails(6, "NOT_ENOUGH_BALANCE … smspin sandbox reset");
}

#[test]
fn an_address_to_listen_on_is_written_as_people_write_it() {
    let home = Home::new();
    for bind in ["localhost:0", "127.0.0.1:0", "[::1]:0"] {
        let mut ended = None;
        let served = Served::start_bound(&home, bind, &["--db", ":memory:"]);
        ended.replace(served.terminate());
        assert_eq!(ended, Some(Some(0)), "{bind}");
    }
    for wrong in [
        "",
        "not a host",
        "127.0.0.1:99999",
        "localhost:port",
        "http://127.0.0.1:1",
    ] {
        let ended = home.typed(format!("sandbox serve --bind '{wrong}'")).end();
        ended.fails(2, "--bind … 127.0.0.1:8465");
        assert!(!ended.stderr.contains("socket address syntax"), "{ended}");
    }
    // What can't start is a sandbox all the same.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ended = home.typed(format!("sandbox serve --json --bind {address}")).end();
    assert_eq!(ended.json()["sandbox"], true, "{ended}");
}
