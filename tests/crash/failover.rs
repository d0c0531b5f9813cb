//! The database's server is killed in the middle of a batch, and its standby promoted: with a synchronous standby no number gets a
//! second SMS, and with any other the run stops and says why.

use crate::proxy::CuttingProxy;
use crate::support::ended::Ended;
use crate::support::gateway::{Gateway, Reply};
use crate::support::home::{Home, KEY, Run};
use crate::support::postgres::Cluster;
use std::collections::HashSet;

const FIRST: u64 = 34_600_000_000;
const ROWS: u64 = 400;
const CONCURRENCY: usize = 8;

/// A batch whose journal is in a primary with a standby; it reaches whichever of them the proxy leads to.
struct Failover {
    home: Home,
    gateway: Gateway,
    primary: Cluster,
    standby: Cluster,
    proxy: CuttingProxy,
}

impl Failover {
    fn start() -> Self {
        let primary = Cluster::start();
        let standby = Cluster::standby_of(&primary);
        let proxy = CuttingProxy::start(0, primary.port);
        proxy.make_peace();
        let home = Home::new();
        let rows: Vec<_> = (FIRST..FIRST + ROWS).map(|number| number.to_string()).collect();
        std::fs::write(home.file("users.csv"), format!("Tel\n{}\n", rows.join("\n"))).unwrap();
        Self {
            home,
            gateway: Gateway::by_number(|_, _| Reply::Ok),
            primary,
            standby,
            proxy,
        }
    }

    fn command(&self, more: &[&str]) -> Run {
        let url = format!("postgres://me@127.0.0.1:{}/sms", self.proxy.port);
        let concurrency = CONCURRENCY.to_string();
        let args = [
            "--json",
            "batch",
            "users.csv",
            "--base-url",
            &self.gateway.base_url,
            "--journal",
            &url,
            "--campaign",
            "spring",
            "--yes",
            "--concurrency",
            &concurrency,
        ];
        let run = self.home.smspin([&args, more].concat());
        run.env("SMSPIN_API_KEY", KEY)
    }

    /// Runs until so many were sent; then `before` happens, so many more are sent, and the standby takes over.
    fn fail_over(&self, before: impl FnOnce(&Self)) -> Ended {
        let running = self.command(&["--rate", "100/s"]).start();
        self.gateway.wait_until(|numbers| numbers.len() > 50);
        before(self);
        self.gateway.wait_until(|numbers| numbers.len() > 100);
        self.primary.kill();
        self.standby.control("promote");
        self.proxy.lead_to(self.standby.port);
        let ended = running.end();
        assert_eq!(ended.status, Some(7), "{ended}");
        assert!(format!("{ended}").contains("another one was promoted"), "{ended}");
        let sent = self.gateway.numbers().len();
        let next = self.command(&[]).end();
        assert_eq!(next.status, Some(2), "{next}");
        assert!(
            next.stdout.contains("another one was promoted") && next.stdout.contains("--nothing-lost"),
            "{next}"
        );
        assert_eq!(self.gateway.numbers().len(), sent, "{next}");
        next
    }

    /// The standby hears no more of what the primary commits.
    fn stop_replication(&self) {
        let standby = &self.standby;
        standby.sql("postgres", "ALTER SYSTEM SET primary_conninfo = ''");
        standby.sql("postgres", "SELECT pg_reload_conf()");
        while standby.sql("postgres", "SELECT count(*) FROM pg_stat_wal_receiver") != "0" {
            std::thread::yield_now();
        }
    }

    /// Runs the first command that the hint says to paste, and then the batch, which has nothing left to send.
    fn adopt_as_told(&self, refused: &Ended) -> Ended {
        let sent = self.gateway.numbers().len();
        let hint = refused.json()["hint"].as_str().unwrap().to_owned();
        let (_, command) = hint.split_once("`smspin ").expect("a command");
        let (command, _) = command.split_once('`').unwrap();
        let words = command.split(' ').map(|word| word.trim_matches('\''));
        let adopt: Vec<_> = words.chain(["--yes"]).collect();
        self.home.smspin(adopt).end().says(0, &["adopted"], &[]);
        let last = self.command(&[]).end();
        assert_eq!(last.json()["outcome"], "finished", "{last}");
        assert_eq!(last.status, Some(5), "{last}");
        assert_eq!(self.gateway.numbers().len(), sent, "{last}");
        self.assert_once();
        last
    }

    fn assert_once(&self) {
        let numbers = self.gateway.numbers();
        let different: HashSet<_> = numbers.iter().collect();
        assert_eq!(numbers.len(), different.len(), "a number got a second SMS");
    }
}

#[test]
#[ignore = "needs PostgreSQL"]
fn a_synchronous_standby_takes_over_and_no_number_gets_a_second_sms() {
    let failover = Failover::start();
    let primary = &failover.primary;
    primary.sql("postgres", "ALTER SYSTEM SET synchronous_standby_names = '*'");
    primary.sql("postgres", "SELECT pg_reload_conf()");
    failover.fail_over(|_| {});
    let url = format!("postgres://me@127.0.0.1:{}/sms", failover.proxy.port);
    let adopt = ["journal", "adopt", "--nothing-lost", "--yes", "--journal", &url];
    failover.home.smspin(adopt).end().says(0, &["adopted"], &[]);
    let last = failover.command(&[]).end();
    assert_eq!(last.json()["outcome"], "finished", "{last}");
    failover.assert_once();
    let unknown = last.json()["rows"]["unknown"].as_u64().unwrap();
    assert!(unknown <= 2 * CONCURRENCY as u64, "{last}");
    let accepted = last.json()["rows"]["accepted"].as_u64().unwrap();
    assert_eq!(accepted + unknown, ROWS, "{last}");
    assert!(failover.gateway.numbers().len() as u64 >= accepted, "{last}");
}

#[test]
#[ignore = "needs PostgreSQL"]
fn a_standby_that_lacks_commits_is_noticed_and_nothing_more_is_sent() {
    let failover = Failover::start();
    let refused = failover.fail_over(Failover::stop_replication);
    let known = failover
        .standby
        .sql("sms", "SELECT count(*) FROM smspin.attempts");
    let known: usize = known.parse().unwrap();
    assert!(
        known < failover.gateway.numbers().len(),
        "the standby lacks some of them"
    );
    let last = failover.adopt_as_told(&refused);
    let rows = &last.json()["rows"];
    let reached = rows["accepted"].as_u64().unwrap() + rows["unknown"].as_u64().unwrap();
    assert_eq!(reached, ROWS, "{last}");
}

#[test]
#[ignore = "needs PostgreSQL"]
fn a_standby_that_lacks_the_run_is_noticed_and_nothing_more_is_sent() {
    let failover = Failover::start();
    let first = failover.command(&["--limit", "1"]).end();
    assert_eq!(first.status, Some(4), "{first}");
    failover.stop_replication();
    let second = failover.command(&["--limit", "50"]).end();
    assert_eq!(second.status, Some(4), "{second}");
    failover.primary.kill();
    failover.standby.control("promote");
    failover.proxy.lead_to(failover.standby.port);
    let refused = failover.command(&[]).end();
    assert_eq!(refused.status, Some(2), "{refused}");
    let last = failover.adopt_as_told(&refused);
    // The first of them was reached before that run, and perhaps once more by it.
    assert_eq!(last.json()["rows"]["unknown"], ROWS, "{last}");
    assert_eq!(failover.gateway.numbers().len(), 51);
}
