//! A journal in a database: several runs at once, and every way in which the database can be unfit.

use super::{Batch, FIRST, accepting, numbers};
use crate::support::gateway::Reply;
use crate::support::postgres::{Cluster, as_unprivileged, free_port, give_away};
use rustix::process::Signal;

fn flags<'a>(url: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["--journal", url, "--campaign", "spring"], more].concat()
}

#[test]
fn a_password_in_an_argument_is_refused_and_not_repeated() {
    let batch = Batch::of(1, accepting);
    for url in [
        "postgres://me:hunter2@db.example.com/sms",
        "postgres://me:hunter2@/nowhere:x",
        "postgres://me@db.example.com/sms?password=hunter2",
    ] {
        let ended = batch.refuses(&flags(url, &["--yes"]), 2, &["list of processes", "PGPASSWORD"]);
        let said = format!("{}{}", ended.stdout, ended.stderr);
        assert!(!said.contains("hunter2"), "{ended}");
    }
}

#[test]
fn what_names_no_journal_says_what_is_missing() {
    let batch = Batch::of(1, accepting);
    let url = "postgres://me@db.example.com/sms";
    batch.refuses(&["--yes", "--journal", url], 2, &["add --campaign NAME"]);
    batch.refuses(&["--yes", "--campaign", "spring"], 2, &["no database is given"]);
    let plain = "postgres://me@db.example.com/sms?sslmode=disable";
    batch.refuses(&flags(plain, &["--yes"]), 2, &["sslmode=disable", "verify-full"]);
    let ended = batch.refuses(&flags("mysql://me@db/sms", &["--yes"]), 2, &["postgres://"]);
    assert!(!batch.file("mysql:").exists(), "{ended}");
}

#[test]
fn a_database_that_is_not_there_stops_before_anything_is_sent() {
    let batch = Batch::of(1, accepting);
    let url = format!("postgres://me@127.0.0.1:{}/sms", free_port());
    batch.refuses(
        &flags(&url, &["--yes"]),
        7,
        &["can't connect", "Connection refused"],
    );
}

#[test]
#[ignore = "needs PostgreSQL"]
fn a_second_run_gets_what_the_first_has_not_taken() {
    let cluster = Cluster::start();
    let url = cluster.url("me");
    let first = Batch::of(40, |number, _| match number - FIRST {
        5 => Reply::Held,
        _ => Reply::Ok,
    });
    let running = first
        .command(&flags(&url, &["--yes", "--concurrency", "1"]))
        .start();
    first.gateway.wait_until(|numbers| numbers.contains(&(FIRST + 5)));
    let second = first.run(&flags(&url, &["--yes"]));
    assert_eq!(second.status, Some(0), "{second}");
    assert!(
        second.stderr.contains("another run is at work: process"),
        "{second}"
    );
    assert!(first.outcomes().contains(&"under_way".to_owned()), "{second}");
    let status = first.run(&["--status", "--journal", &url, "--campaign", "spring"]);
    assert!(status.json()["under_way"].as_u64() >= Some(1), "{status}");
    let at_work = status.json()["other_runs"][0].to_string();
    assert!(
        at_work.contains(&format!("process {}", running.pid().as_raw_nonzero())),
        "{status}"
    );
    // Another epoch would send to whom the first run is sending to.
    first.refuses(
        &flags(&url, &["--yes", "--again"]),
        2,
        &["another run is at work"],
    );
    running.signal(Signal::KILL);
    running.end();
    first.gateway.release();
    let last = first.run(&flags(&url, &["--yes"]));
    assert_eq!(last.status, Some(5), "{last}");
    let mut all = first.gateway.numbers();
    let sent = all.len();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), sent, "nobody twice");
    let unknown = first.outcomes().iter().filter(|word| *word == "unknown").count();
    assert!((1..=2).contains(&unknown), "one in flight, one ahead: {unknown}");
    assert!(sent + unknown > 40, "nobody lost");
    assert_eq!(first.outcomes()[5], "unknown");
}

#[test]
#[ignore = "needs PostgreSQL"]
fn shards_that_overlap_send_to_each_number_once_and_status_needs_no_file() {
    let cluster = Cluster::start();
    let url = cluster.url("me");
    let batch = Batch::of(30, accepting);
    assert_eq!(batch.run(&flags(&url, &["--yes"])).status, Some(0));
    batch.write(&numbers(FIRST + 20..FIRST + 50));
    let shard = batch.run(&flags(&url, &["--yes"]));
    assert_eq!(shard.json()["rows"]["accepted"], 30, "{shard}");
    let mut all = batch.gateway.numbers();
    all.sort_unstable();
    assert_eq!(all, (FIRST..FIRST + 50).collect::<Vec<_>>(), "each once");
    let run = batch.home.smspin([
        "--json",
        "batch",
        "--status",
        "--journal",
        &url,
        "--campaign",
        "spring",
    ]);
    let status = run.end();
    assert_eq!(status.json()["rows"]["accepted"], 50, "{status}");
}

#[test]
#[ignore = "needs PostgreSQL"]
fn an_account_refusal_stops_the_other_runs() {
    let cluster = Cluster::start();
    let url = cluster.url("me");
    let batch = Batch::of(20, |number, _| match number - FIRST {
        2 => Reply::Held,
        _ => Reply::Ok,
    });
    let running = batch
        .command(&flags(&url, &["--yes", "--concurrency", "1"]))
        .start();
    batch.gateway.wait_until(|numbers| numbers.contains(&(FIRST + 2)));
    cluster.sql(
        "sms",
        "UPDATE smspin.campaign SET account_refusals = 1, account_error = 'NOT_ENOUGH_BALANCE'",
    );
    batch.gateway.release();
    let ended = running.end();
    assert_eq!(ended.status, Some(6), "{ended}");
    assert!(ended.stdout.contains("NOT_ENOUGH_BALANCE"), "{ended}");
    assert!(batch.gateway.numbers().len() < 20);
}

#[test]
#[ignore = "needs PostgreSQL"]
fn a_role_that_may_not_says_what_it_needs() {
    let cluster = Cluster::start();
    cluster.sql("postgres", "CREATE ROLE stranger LOGIN; CREATE ROLE reader LOGIN");
    let batch = Batch::of(1, accepting);
    let refused = |role: &str, says: &[&str]| {
        batch.refuses(&flags(&cluster.url(role), &["--yes"]), 2, says);
    };
    refused(
        "stranger",
        &[
            "may not create them",
            "CREATE TABLE smspin.attempt",
            "GRANT SELECT",
        ],
    );
    refused("nobody", &["does not exist"]);
    let url = cluster.url("me");
    let owners = Batch::of(1, accepting).run(&["--yes", "--journal", &url, "--campaign", "other"]);
    assert_eq!(owners.status, Some(0), "{owners}");
    refused("stranger", &["42501", "USAGE on the schema"]);
    cluster.sql(
        "sms",
        "GRANT USAGE ON SCHEMA smspin TO reader; GRANT SELECT ON ALL TABLES IN SCHEMA smspin TO reader",
    );
    refused("reader", &["42501", "USAGE on the schema"]);
    cluster.sql("postgres", "ALTER ROLE me SET default_transaction_read_only = on");
    refused("me", &["25006", "read-only"]);
    cluster.sql("postgres", "ALTER ROLE me RESET default_transaction_read_only");
    cluster.sql("sms", "UPDATE smspin.version SET version = 9");
    refused("me", &["version 9", "newer"]);
}

#[test]
#[ignore = "needs PostgreSQL"]
fn a_wrong_password_is_said_and_never_shown() {
    let cluster = Cluster::start();
    cluster.sql("postgres", "ALTER ROLE me PASSWORD 'hunter2'");
    let rules = "local all postgres trust\nlocal all all scram-sha-256\nhost all all all scram-sha-256\n";
    std::fs::write(cluster.socket().join("data/pg_hba.conf"), rules).unwrap();
    cluster.sql("postgres", "SELECT pg_reload_conf()");
    let batch = Batch::of(2, accepting);
    let url = cluster.tcp_url("me");
    let with = |password: &str| {
        batch
            .command(&flags(&url, &["--yes"]))
            .env("PGPASSWORD", password)
            .end()
    };
    let wrong = with("swordfish");
    assert_eq!(wrong.status, Some(2), "{wrong}");
    assert!(
        wrong.stdout.contains("28P01") && wrong.stdout.contains(".pgpass"),
        "{wrong}"
    );
    assert!(!format!("{wrong}").contains("swordfish"), "{wrong}");
    batch.refuses(&flags(&url, &["--yes"]), 2, &["password", ".pgpass"]);
    assert!(batch.gateway.numbers().is_empty());
    let right = with("hunter2");
    assert_eq!(right.status, Some(0), "{right}");
    assert!(!format!("{right}").contains("hunter2"), "{right}");
    let dumped = cluster.sql("sms", "SELECT * FROM smspin.campaign, smspin.run, smspin.attempt");
    assert!(!dumped.contains("hunter2"));
}

#[test]
#[ignore = "needs PostgreSQL"]
fn a_server_that_forgets_commits_is_refused() {
    let batch = Batch::of(1, accepting);
    let risky = Cluster::create(&["fsync = off"]);
    risky.sql("postgres", "CREATE DATABASE sms");
    batch.refuses(&flags(&risky.url("postgres"), &["--yes"]), 2, &["fsync is off"]);
    let primary = Cluster::create(&["synchronous_commit = off"]);
    primary.sql("postgres", "CREATE DATABASE sms");
    let url = primary.url("postgres");
    // This one a session may set for itself.
    assert_eq!(batch.run(&flags(&url, &["--yes"])).status, Some(0));
    let standby = Cluster::standby_of(&primary);
    let standby_url = standby.url("postgres");
    batch.refuses(
        &flags(&standby_url, &["--yes"]),
        2,
        &["is a standby", "name the primary"],
    );
    standby.control("promote");
    let promoted = batch.refuses(&flags(&standby_url, &["--yes"]), 2, &["another one was promoted"]);
    assert!(promoted.stdout.contains("--accept-failover"), "{promoted}");
    let accepted = batch.run(&flags(&standby_url, &["--yes", "--accept-failover"]));
    assert_eq!(accepted.json()["outcome"], "finished", "{accepted}");
    assert_eq!(batch.gateway.numbers().len(), 1);
}

#[test]
#[ignore = "needs PostgreSQL and PgBouncer"]
fn a_pooler_that_shares_sessions_is_refused() {
    let cluster = Cluster::start();
    let batch = Batch::of(2, accepting);
    let folder = tempfile::Builder::new()
        .prefix("smspin-pool-")
        .tempdir_in("/tmp")
        .unwrap();
    for (mode, status) in [("transaction", 2), ("session", 0)] {
        let port = free_port();
        let file = folder.path().join(format!("{mode}.ini"));
        let users = folder.path().join("users.txt");
        std::fs::write(&users, "\"me\" \"\"\n").unwrap();
        let text = format!(
            "[databases]\nsms = host={} port={} dbname=sms\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = trust\nauth_file = {}\npool_mode = {mode}\nlogfile = {}\n",
            cluster.socket().display(),
            cluster.port,
            users.display(),
            folder.path().join("log").display(),
        );
        std::fs::write(&file, text).unwrap();
        for path in [folder.path(), &file, &users] {
            give_away(path);
        }
        let program = if std::path::Path::new("/usr/sbin/pgbouncer").exists() {
            "/usr/sbin/pgbouncer"
        } else {
            "pgbouncer"
        };
        let mut pooler = as_unprivileged(program.as_ref()).arg(&file).spawn().unwrap();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            std::thread::yield_now();
        }
        let url = format!("postgres://me@127.0.0.1:{port}/sms");
        let ended = batch.run(&flags(&url, &["--yes"]));
        pooler.kill().unwrap();
        pooler.wait().unwrap();
        assert_eq!(ended.status, Some(status), "{mode}: {ended}");
        assert!(
            mode == "session" || ended.stdout.contains("pool_mode = session"),
            "{ended}"
        );
    }
}

#[test]
#[ignore = "needs PostgreSQL"]
fn a_lost_server_stops_the_launching_and_what_was_in_flight_is_recorded_once_it_is_back() {
    let cluster = Cluster::start();
    let url = cluster.url("me");
    let batch = Batch::of(50, |number, _| match number - FIRST {
        0..4 => Reply::Ok,
        _ => Reply::Held,
    });
    let running = batch
        .command(&flags(&url, &["--yes", "--concurrency", "4"]))
        .start();
    batch.gateway.wait_until(|numbers| numbers.len() == 8);
    cluster.kill();
    batch.gateway.release();
    cluster.start_again();
    let ended = running.end();
    assert_eq!(ended.status, Some(7), "{ended}");
    assert!(ended.stdout.contains("connection"), "{ended}");
    let sent = batch.gateway.numbers().len() as u64;
    let status = batch.run(&flags(&url, &["--status"]));
    assert_eq!(
        status.json()["rows"]["accepted"].as_u64(),
        Some(sent),
        "{status}\n{ended}"
    );
    let last = batch.run(&flags(&url, &["--yes"]));
    assert_eq!(last.status, Some(0), "{last}");
    let mut all = batch.gateway.numbers();
    all.sort_unstable();
    assert_eq!(all, (FIRST..FIRST + 50).collect::<Vec<_>>(), "each once");
}

#[test]
#[ignore = "needs PostgreSQL"]
fn a_campaign_is_forgotten_alone_from_anywhere_and_while_nobody_is_at_work_on_it() {
    let cluster = Cluster::start();
    let url = cluster.url("me");
    let batch = Batch::of(20, |number, times| match (number - FIRST, times) {
        (19, 1) => Reply::Held,
        _ => Reply::Ok,
    });
    let numbers_of = |campaign: &str| {
        let of_campaign = format!("SELECT id FROM smspin.campaign WHERE name = '{campaign}'");
        cluster.sql(
            "sms",
            &format!("SELECT count(*) FROM smspin.attempt WHERE campaign = ({of_campaign})"),
        )
    };
    let forget = |campaign: &str| {
        let home = crate::support::home::Home::new();
        let args = ["--json", "batch", "--forget=all", "--yes", "--campaign", campaign];
        home.smspin(args).env("SMSPIN_JOURNAL", &url).end()
    };
    let running = batch.command(&flags(&url, &["--yes"])).start();
    batch
        .gateway
        .wait_until(|numbers| numbers.contains(&(FIRST + 19)));
    let refused = forget("spring");
    assert_eq!(refused.status, Some(2), "{refused}");
    assert!(refused.stdout.contains("another run is at work"), "{refused}");
    batch.gateway.release();
    assert_eq!(running.end().status, Some(0));
    // They say who was reached, also for another campaign.
    std::fs::remove_file(batch.file("users.results.csv")).unwrap();
    let other = batch.run(&["--yes", "--journal", &url, "--campaign", "summer"]);
    assert_eq!(other.status, Some(0), "{other}");
    assert_eq!(
        (numbers_of("spring"), numbers_of("summer")),
        ("20".to_owned(), "20".to_owned())
    );
    let forgotten = forget("spring");
    assert_eq!(forgotten.json()["rows"]["forgotten"], 20, "{forgotten}");
    assert_eq!(
        (numbers_of("spring"), numbers_of("summer")),
        ("0".to_owned(), "20".to_owned())
    );
    let everything = cluster.sql("sms", "SELECT * FROM smspin.run r, smspin.epoch e, smspin.fingerprint f WHERE r.campaign = 1 AND e.campaign = 1 AND f.campaign = 1");
    assert!(!everything.contains(&FIRST.to_string()), "{everything}");
    assert_eq!(forget("autumn").status, Some(1));
}

#[test]
#[ignore = "needs PostgreSQL"]
fn the_campaigns_of_a_database_are_listed_where_none_is_named() {
    let cluster = Cluster::start();
    let url = cluster.url("me");
    let list = |more: &[&str]| {
        let home = crate::support::home::Home::new();
        let args = [more, &["batch", "--status", "--journal", &url]].concat();
        home.smspin(args).end()
    };
    list(&[]).is(0, "there is no campaign in this database\n", "");
    let batch = Batch::of(2, |number, _| match number - FIRST {
        1 => Reply::Http(429, ""),
        _ => Reply::Ok,
    });
    assert_eq!(
        batch.run(&flags(&url, &["--yes", "--retries", "0"])).status,
        Some(4)
    );
    std::fs::remove_file(batch.file("users.results.csv")).unwrap();
    batch.write(&numbers(FIRST..FIRST + 1));
    let summer = ["--yes", "--journal", url.as_str(), "--campaign", "summer"];
    assert_eq!(batch.run(&summer).status, Some(0));
    let listed = list(&["--json"]).json();
    let campaigns = listed["campaigns"].as_array().unwrap();
    let told: Vec<_> = campaigns
        .iter()
        .map(|campaign| {
            let word = |key: &str| campaign[key].as_str().unwrap();
            (word("name"), word("state"), campaign["numbers"].as_u64().unwrap())
        })
        .collect();
    assert_eq!(told, [("summer", "finished", 1), ("spring", "open", 2)]);
    let people = list(&[]);
    people.says(0, &["spring  open, 2 numbers, last run 2"], &[]);
    list(&["--sandbox"]).is(0, "there is no campaign in this database\n", "");
}

#[test]
#[ignore = "needs PostgreSQL"]
fn a_kill_after_a_campaign_was_set_aside_keeps_no_other_from_beginning() {
    let cluster = Cluster::start();
    let url = cluster.url("me");
    let batch = Batch::of(3, accepting);
    let first = batch.read("users.csv");
    batch.sends(&flags(&url, &[]), 0, "finished");
    cluster.sql(
        "sms",
        "UPDATE smspin.campaign SET name = 'spring 2026-01-31T23:59:58Z', formerly = name",
    );
    let says = &["were set aside", "3 people in this one would get a second SMS"];
    batch.refuses(&flags(&url, &["--yes"]), 2, says);
    batch.write(&numbers(FIRST + 100..FIRST + 102));
    batch.sends(&flags(&url, &[]), 0, "finished");
    batch.write(&first);
    batch.sends(&flags(&url, &[]), 0, "finished");
    assert_eq!(batch.gateway.numbers().len(), 5);
}
