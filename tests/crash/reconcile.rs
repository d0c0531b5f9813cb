//! Replies that are lost and a batch that is killed, and then the delivery reports: a number that got an SMS is `accepted`,
//! and one that is still `unknown` got none.

use crate::batch::smspin;
use crate::support::ended::Ended;
use crate::support::home::{Home, KEY};
use crate::support::listener::Listening;
use rustix::process::Signal;
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

/// No more than the inbox lists.
const ROWS: u64 = 100;
const FIRST: u64 = 34_600_000_000;
/// Reports that come before the batch is killed.
const BEFORE_THE_KILL: usize = 20;

/// A sandbox, which ends with this.
struct Sandbox {
    child: Child,
    base_url: String,
    url: String,
}

impl Sandbox {
    fn start(home: &Home) -> Self {
        let args = [
            "sandbox",
            "serve",
            "--bind",
            "127.0.0.1:0",
            "--db",
            ":memory:",
            "--accept-key",
            KEY,
            "--dlr-delay",
            "1ms",
            "--json",
        ];
        let mut child = home
            .smspin(args)
            .into_command()
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        Self {
            child,
            base_url: ready["base_url"].as_str().unwrap().to_owned(),
            url: ready["inbox"].as_str().unwrap().trim_end_matches('/').to_owned(),
        }
    }

    /// Loses the replies of some requests, and cuts off others before their work.
    fn misbehave(&self, home: &Home) {
        for row in 1..ROWS {
            let fault = match row % 10 {
                1 | 2 => "lost-reply",
                3 => "lost-inside",
                4 => "cut",
                _ => continue,
            };
            let number = (FIRST + row).to_string();
            let args = [
                "sandbox", "behave", &number, "--fault", fault, "--call", "request", "--url", &self.url,
            ];
            let ended = home.smspin(args).end();
            assert_eq!(ended.status, Some(0), "{ended}");
        }
    }

    /// The numbers that got an SMS.
    fn reached(&self, home: &Home) -> BTreeSet<String> {
        let inbox = home
            .smspin(["sandbox", "inbox", "--json", "--url", &self.url])
            .end();
        let messages = inbox.json()["messages"].as_array().unwrap().clone();
        let numbers: Vec<_> = messages
            .iter()
            .map(|sms| sms["to"].as_str().unwrap().to_owned())
            .collect();
        let different: BTreeSet<_> = numbers.iter().cloned().collect();
        assert_eq!(numbers.len(), different.len(), "a number got two");
        different
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn after_its_reports_no_row_is_unknown_whose_sms_was_sent() {
    let home = Home::new();
    let rows: Vec<_> = (0..ROWS).map(|row| (FIRST + row).to_string()).collect();
    std::fs::write(home.file("users.csv"), format!("Tel\n{}\n", rows.join("\n"))).unwrap();
    let sandbox = Sandbox::start(&home);
    sandbox.misbehave(&home);
    let mut listening = Listening::start(&home, &[]);
    let url = listening.ready["report_url"].as_str().unwrap().to_owned();
    let of_home = |args: &[&str]| smspin(&home, &sandbox.base_url, args);
    let batch = || {
        let list = ["batch", "users.csv", "--yes", "--report-url", &url];
        let run = ["--concurrency", "8", "--max-failures", "100000"];
        of_home(&[&list[..], &run].concat())
    };
    let running = batch().start();
    let mut delivered = BTreeSet::new();
    let mut note = |report: Value| {
        if report["final"] == true {
            delivered.insert(report["msisdn"].as_str().unwrap().to_owned());
        }
        delivered.clone()
    };
    for _ in 0..BEFORE_THE_KILL {
        note(listening.received());
    }
    running.signal(Signal::KILL);
    running.end();
    let ended: Ended = batch().end();
    assert_eq!(ended.status, Some(5), "{ended}");

    let reached = sandbox.reached(&home);
    while !reached.is_subset(&note(listening.received())) {}
    listening.terminate();
    let reconciled = of_home(&["journal", "reconcile", "reports.jsonl"]).end();
    assert!(reconciled.json()["settled"].as_u64() > Some(10), "{reconciled}");
    assert_eq!(reconciled.json()["unmatched"], 0, "{reconciled}");
    let results = of_home(&["journal", "results", "users.csv"]).end();
    assert_eq!(results.status, Some(5), "{results}");
    let mut reader = csv::Reader::from_path(home.file("users.results.csv")).unwrap();
    let mut unknown = 0;
    for row in reader.records().map(|row| row.unwrap()) {
        let was_sent = reached.contains(&row[0]);
        match &row[1] {
            "accepted" => assert!(was_sent, "{row:?}"),
            "unknown" => {
                unknown += 1;
                assert!(!was_sent, "{row:?}");
            }
            _ => panic!("{row:?}"),
        }
    }
    assert!(unknown >= 10, "the cut connections: {unknown}");
}
