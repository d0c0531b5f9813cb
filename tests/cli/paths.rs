//! Where the calls of a gateway are: every gateway that is documented or seen, every way to write its base URL, and each command
//! with the defaults alone. A request for a PIN reaches a gateway once, and one for a missing path is not sent again as it is.

use crate::support::ended::Ended;
use crate::support::gateway::{Gateway, OnlyPaths, Reply};
use crate::support::home::{Home, Run};
use crate::support::http::{self, Request};
use std::sync::Arc;

const NUMBER: &str = "34600000000";

/// The vendor's own pages and public clients.
const DOCUMENTED: &[&str] = &[
    "2fa/request",
    "2fa/verify",
    "hlr/request",
    "3.0/account/get-balance",
];
/// The specification's sample.
const SAMPLE: &[&str] = &[
    "3.0/2fa/request",
    "3.0/2fa/verify",
    "3.0/hlr/request",
    "3.0/account/get-balance",
];
const BOTH: &[&str] = &[
    "3.0/2fa/request",
    "3.0/2fa/verify",
    "3.0/hlr/request",
    "3.0/account/get-balance",
    "2fa/request",
    "2fa/verify",
    "hlr/request",
    "account/get-balance",
];

/// A running gateway, and what it has.
struct Scripted {
    gateway: Gateway,
    script: Arc<OnlyPaths>,
}

impl Scripted {
    fn start(script: OnlyPaths) -> Self {
        let script = Arc::new(script);
        let gateway = Gateway::start(Arc::clone(&script));
        Self { gateway, script }
    }

    fn run(&self, home: &Home, base_url: &str, args: &[&str]) -> Ended {
        self.command(home, base_url, args).end()
    }

    fn command(&self, home: &Home, base_url: &str, args: &[&str]) -> Run {
        home.smspin([&["--json"], args].concat()).at(base_url)
    }

    /// The requests that name a number, since the first `before` requests: all of them, and those for paths that are there.
    fn about_numbers(&self, before: usize) -> (Vec<Request>, Vec<Request>) {
        let requests = self.gateway.requests().split_off(before);
        let all: Vec<Request> = requests
            .into_iter()
            .filter(|request| request.number.is_some())
            .collect();
        let taken = all
            .iter()
            .filter(|request| self.script.has(request))
            .cloned()
            .collect();
        (all, taken)
    }
}

/// A call about one number reaches the gateway once.
fn asks_once(scripted: &Scripted, home: &Home, base_url: &str, args: &[&str]) {
    let start = scripted.gateway.requests().len();
    let ended = scripted.run(home, base_url, args).exits(0);
    let (all, taken) = scripted.about_numbers(start);
    assert_eq!(taken.len(), 1, "{base_url}: {ended}");
    // The one before it went to a path that is not there.
    assert!(
        all.len() <= 2 && all.last() == taken.last(),
        "{base_url}: {ended}"
    );
    assert_eq!(ended.json()["attempts"], 1, "{base_url}: {ended}");
}

/// The other commands on a fresh home, with this base URL.
fn walk(scripted: &Scripted, base_url: &str) {
    let home = Home::new();
    std::fs::write(
        home.file("users.csv"),
        "msisdn\n+34600000001\n+34600000002\n+34600000003\n",
    )
    .unwrap();
    let before = |scripted: &Scripted| scripted.gateway.requests().len();
    asks_once(scripted, &home, base_url, &["verify", NUMBER, "123456"]);
    asks_once(scripted, &home, base_url, &["lookup", NUMBER]);
    let ended = scripted.run(&home, base_url, &["balance"]);
    assert_eq!(
        (ended.status, &ended.json()["balance"]),
        (Some(0), &"10.0000".into()),
        "{base_url}: {ended}"
    );
    let start = before(scripted);
    let ended = scripted.run(&home, base_url, &["doctor"]);
    assert_eq!(ended.status, Some(0), "{base_url}: {ended}");
    assert!(scripted.about_numbers(start).0.is_empty(), "{base_url}: {ended}");
    let start = before(scripted);
    let ended = scripted.run(&home, base_url, &["batch", "users.csv", "--yes"]);
    assert_eq!(
        (ended.status, &ended.json()["rows"]["accepted"]),
        (Some(0), &3.into()),
        "{base_url}: {ended}"
    );
    let (all, taken) = scripted.about_numbers(start);
    let mut numbers: Vec<_> = all.iter().filter_map(|request| request.number).collect();
    numbers.sort_unstable();
    // The path was found before the first row.
    assert_eq!(
        numbers,
        [34_600_000_001, 34_600_000_002, 34_600_000_003],
        "{base_url}: {ended}"
    );
    assert_eq!(all, taken, "{base_url}: {ended}");
}

/// The ways in which people write the base URL of a gateway whose root is `root`.
fn spellings(scripted: &Scripted, root: &str) -> Vec<String> {
    let origin = scripted.gateway.origin();
    let loud = origin.replace("http://127.0.0.1", "HTTP://LOCALHOST");
    ["", "/", "/3.0", "/3.0/", "//", "/3.0//"]
        .iter()
        .map(|end| format!("{origin}{root}{end}"))
        .chain([format!("{loud}{root}/3.0"), format!("{loud}{root}")])
        .collect()
}

/// Each command at one spelling of the base URL, and a request at each other.
#[test]
fn every_gateway_works_with_every_base_url() {
    for (root, paths) in [
        ("/api", DOCUMENTED),
        ("/api", SAMPLE),
        ("/api", BOTH),
        ("/sms-3.0/v1/api", DOCUMENTED),
        ("", SAMPLE),
    ] {
        let scripted = Scripted::start(OnlyPaths::new(root, paths));
        for (nth, base_url) in spellings(&scripted, root).iter().enumerate() {
            asks_once(&scripted, &Home::new(), base_url, &["request", NUMBER]);
            if nth == 0 {
                walk(&scripted, base_url);
            }
        }
    }
}

#[test]
fn a_gateway_with_both_paths_is_asked_once() {
    let scripted = Scripted::start(OnlyPaths::new("/api", BOTH));
    let base_url = format!("{}/api", scripted.gateway.origin());
    let ended = scripted.run(&Home::new(), &base_url, &["request", NUMBER]);
    let paths: Vec<String> = scripted.gateway.requests().iter().map(Request::path).collect();
    assert_eq!(paths, ["/api/3.0/2fa/request"], "{ended}");
}

#[test]
fn a_missing_path_is_unsent_and_each_path_is_tried_once() {
    for code in [404, 405] {
        let script = OnlyPaths::new("/api", &[]).with_elsewhere(Reply::Http(code, "<html>no</html>"));
        let scripted = Scripted::start(script);
        let base_url = format!("{}/api", scripted.gateway.origin());
        for args in [
            &["request", NUMBER][..],
            &["verify", NUMBER, "123456"],
            &["lookup", NUMBER],
            &["balance"],
        ] {
            let start = scripted.gateway.requests().len();
            let ended = scripted.run(&Home::new(), &base_url, args);
            assert_eq!(
                (ended.status, &ended.json()["outcome"]),
                (Some(4), &"unsent".into()),
                "{ended}"
            );
            let detail = ended.json()["detail"].as_str().unwrap().to_owned();
            let says = [
                format!("{base_url}/3.0/"),
                format!(" and {base_url}/"),
                format!("(HTTP {code})"),
            ];
            assert!(says.iter().all(|part| detail.contains(part)), "{ended}");
            assert!(
                ended.json()["hint"].as_str().unwrap().contains("base_url"),
                "{ended}"
            );
            let (all, _) = scripted.about_numbers(start);
            let about = if args[0] == "balance" { 0 } else { 2 };
            assert_eq!(all.len(), about, "{ended}");
            assert!(about == 0 || all[0].path() != all[1].path(), "{ended}");
        }
        let home = Home::new();
        std::fs::write(home.file("users.csv"), "msisdn\n+34600000001\n").unwrap();
        let start = scripted.gateway.requests().len();
        let ended = scripted
            .run(&home, &base_url, &["batch", "users.csv", "--yes"])
            .exits(4);
        assert!(scripted.about_numbers(start).0.is_empty(), "{ended}");
        scripted.run(&home, &base_url, &["doctor"]).exits(4);
    }
}

#[test]
fn a_page_in_place_of_an_answer_is_unknown_where_the_path_is_there() {
    // A proxy on the way, or a gateway that has taken the request: nothing tells.
    let home = Home::new();
    let gateway = Gateway::by_number(|_, _| Reply::Http(404, "<html>not found</html>"));
    let ended = home
        .typed(format!("--json request {NUMBER}"))
        .at(&gateway.base_url)
        .end();
    assert_eq!(
        (ended.status, &ended.json()["outcome"]),
        (Some(5), &"unknown".into()),
        "{ended}"
    );
    assert_eq!(gateway.numbers().len(), 1, "{ended}");
    let paths: Vec<String> = gateway.requests().iter().map(Request::path).collect();
    assert_eq!(paths, ["/api/3.0/2fa/request", "/api/3.0/2fa/request"], "{ended}");
}

#[test]
fn a_refusal_of_the_gateway_is_one_whatever_its_code() {
    let home = Home::new();
    let gateway =
        Gateway::by_number(|_, _| Reply::Http(404, r#"{"status":"error","error_id":"BAD_PARAMS"}"#));
    let ended = home
        .typed(format!("--json request {NUMBER}"))
        .at(&gateway.base_url)
        .exits(3);
    assert_eq!(gateway.requests().len(), 1, "{ended}");
}

#[test]
fn a_path_that_is_set_is_the_only_one() {
    let scripted = Scripted::start(OnlyPaths::new("/api", DOCUMENTED));
    let base_url = format!("{}/api/3.0", scripted.gateway.origin());
    let home = Home::new();
    let run = |path: &str| {
        let start = scripted.gateway.requests().len();
        let command = scripted.command(&home, &base_url, &["request", NUMBER]);
        let ended = command.env("SMSPIN_REQUEST_PATH", path).end();
        let requests = scripted.gateway.requests().split_off(start);
        let paths: Vec<String> = requests.iter().map(Request::path).collect();
        (ended, paths)
    };
    let (ended, paths) = run("2fa/request");
    assert_eq!(ended.status, Some(0), "{ended}");
    assert_eq!(paths, ["/api/2fa/request"], "{ended}");
    let (ended, paths) = run("3.0/2fa/request");
    assert_eq!(ended.status, Some(4), "{ended}");
    assert_eq!(paths, ["/api/3.0/2fa/request", "/api/3.0/2fa/request"], "{ended}");
    let (ended, paths) = run("https://other.example/2fa/request");
    assert_eq!((ended.status, paths.len()), (Some(2), 0), "{ended}");
}

#[test]
fn the_doctor_names_the_settings_of_the_paths_that_it_found() {
    let scripted = Scripted::start(OnlyPaths::new("/api", DOCUMENTED));
    let home = Home::new();
    let base_url = format!("{}/api", scripted.gateway.origin());
    let ended = scripted.run(&home, &base_url, &["doctor"]);
    let steps = ended.json()["steps"].as_array().unwrap().clone();
    let step = steps.iter().find(|step| step["step"] == "paths").unwrap();
    let hint = step["hint"].as_str().unwrap().to_owned();
    let commands: Vec<&str> = hint
        .split('`')
        .filter(|part| part.starts_with("smspin "))
        .collect();
    assert_eq!(
        commands,
        [
            "smspin config set request_path 2fa/request",
            "smspin config set verify_path 2fa/verify",
            "smspin config set lookup_path hlr/request"
        ],
        "{ended}"
    );
    for command in commands {
        let args = command.split(' ').skip(1);
        assert_eq!(home.smspin(args).end().status, Some(0), "{command}");
    }
    let start = scripted.gateway.requests().len();
    let ended = scripted.run(&home, &base_url, &["doctor"]);
    assert!(!ended.stdout.contains("config set"), "{ended}");
    let requests = scripted.gateway.requests().split_off(start);
    assert!(
        requests.iter().all(|request| scripted.script.has(request)),
        "{ended}"
    );
}

#[test]
fn a_batch_without_a_balance_goes_on_unless_a_price_or_a_limit_needs_it() {
    let scripted = Scripted::start(OnlyPaths::new("/api", &["3.0/2fa/request"]));
    let base_url = format!("{}/api", scripted.gateway.origin());
    let home = Home::new();
    std::fs::write(home.file("users.csv"), "msisdn\n+34600000001\n").unwrap();
    for variable in ["SMSPIN_PRICE_SMS", "SMSPIN_PRICE_HLR"] {
        let command = scripted.command(&home, &base_url, &["batch", "users.csv", "--yes"]);
        let ended = command.env(variable, "0.01").exits(4);
        ended.out("balance call");
    }
    let ended = scripted
        .run(&home, &base_url, &["batch", "users.csv", "--yes"])
        .exits(0);
    ended.err("the balance is not known");
    assert_eq!(scripted.gateway.numbers(), [34_600_000_001]);
}

#[test]
fn a_path_that_goes_away_under_a_batch_ends_it_with_nothing_unknown() {
    // It is there when the batch looks, and gone when the second row comes.
    let home = Home::new();
    std::fs::write(
        home.file("users.csv"),
        "msisdn\n+34600000001\n+34600000002\n+34600000003\n",
    )
    .unwrap();
    let gone = std::sync::atomic::AtomicBool::new(false);
    let gateway = Gateway::start(Vanishing(gone));
    let ended = home
        .typed("--json batch users.csv --yes --concurrency 1")
        .at(&gateway.base_url)
        .env("SMSPIN_REQUEST_PATH", "3.0/2fa/request")
        .exits(4);
    assert_eq!(ended.json()["rows"]["accepted"], 1, "{ended}");
    assert_eq!(ended.json()["rows"]["unknown"], 0, "{ended}");
    assert_eq!(gateway.numbers(), [34_600_000_001, 34_600_000_002], "{ended}");
}

/// A gateway whose path goes away with the first PIN.
struct Vanishing(std::sync::atomic::AtomicBool);

impl crate::support::gateway::Script for Vanishing {
    fn reply(&self, request: &Request) -> Reply {
        use std::sync::atomic::Ordering::SeqCst;
        match request.number {
            _ if request.is_balance() => Reply::Http(200, http::BALANCE),
            _ if self.0.load(SeqCst) => Reply::Http(404, "<html>gone</html>"),
            None => Reply::Http(400, http::MISSING_PARAMS),
            Some(_) => {
                self.0.store(true, SeqCst);
                Reply::Ok
            }
        }
    }
}
