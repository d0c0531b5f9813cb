//! A journal in a database: several runs at once, and every way in which the database can be unfit.

use super::{Batch, FIRST, accepting};
use crate::support::ended::Ended;
use crate::support::gateway::{Gateway, Reply};
use crate::support::pooler::Pooler;
use crate::support::postgres::{Cluster, free_port};

fn flags<'a>(url: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["--journal", url, "--campaign", "spring"], more].concat()
}

/// Each number of [`Batch::of`] got one SMS.
#[track_caller]
fn assert_each_once(gateway: &Gateway, rows: u64) {
    let mut all = gateway.numbers();
    all.sort_unstable();
    assert_eq!(all, (FIRST..FIRST + rows).collect::<Vec<_>>(), "each once");
}

/// The command that the hint says to paste for a list, answered with yes.
fn adopt_command(refused: &Ended) -> Vec<String> {
    let hint = refused.json()["hint"].as_str().unwrap().to_owned();
    let (_, command) = hint.split_once("`smspin ").expect("a command");
    let (command, _) = command.split_once('`').unwrap();
    let words = command.split(' ').map(|word| word.trim_matches('\'').to_owned());
    words.chain(["--yes", "--json"].map(str::to_owned)).collect()
}

/// `smspin journal …` at this database.
fn journal(batch: &Batch, url: &str, more: &[&str]) -> Ended {
    let args = [
        &["--json", "journal"],
        more,
        &["--journal", url, "--campaign", "spring"],
    ];
    let run = batch.home.smspin(args.concat());
    run.env("SMSPIN_BASE_URL", &batch.gateway.base_url).end()
}

#[test]
fn a_password_in_an_argument_is_refused_and_not_repeated() {
    let batch = Batch::of(1, accepting);
    for url in [
        "postgres://me:hunter2@db.example.com/sms",
        "postgres://me:hunter2@/nowhere:x",
        "postgres://me@db.example.com/sms?password=hunter2",
    ] {
        let ended = batch.refuses(&flags(url, &["--yes"]), 2, "list of processes … PGPASSWORD");
        let said = format!("{}{}", ended.stdout, ended.stderr);
        assert!(!said.contains("hunter2"), "{ended}");
    }
}

#[test]
fn a_url_that_names_no_database_says_what_is_missing() {
    let batch = Batch::of(1, accepting);
    let plain = "postgres://me@db.example.com/sms?sslmode=disable";
    batch.refuses(&flags(plain, &["--yes"]), 2, "sslmode=disable … verify-full");
    batch.refuses(&flags("postgres://db.example.com/sms", &["--yes"]), 2, "PGUSER");
    let ended = batch.refuses(&flags("mysql://me@db/sms", &["--yes"]), 2, "postgres://");
    assert!(!batch.file("mysql:").exists(), "{ended}");
}

#[test]
fn a_database_that_is_not_there_stops_before_anything_is_sent() {
    let batch = Batch::of(1, accepting);
    let url = format!("postgres://me@127.0.0.1:{}/sms", free_port());
    batch.refuses(&flags(&url, &["--yes"]), 7, "can't connect … Connection refused");
}

#[test]
#[ignore = "needs PostgreSQL"]
fn a_role_that_may_not_says_what_it_needs() {
    let cluster = Cluster::start();
    cluster.sql(
        "postgres",
        "CREATE ROLE \"table\" LOGIN; CREATE ROLE \"the reader\" LOGIN",
    );
    let batch = Batch::of(1, accepting);
    let refused = |role: &str, says: &[&str]| {
        let role_flags = cluster.url(role);
        batch.refuses(&flags(&role_flags, &["--yes"]), 2, says)
    };
    // As the owner, what the hint says to paste.
    let paste = |ended: &Ended| {
        let hint = ended.json()["hint"].as_str().unwrap().to_owned();
        let (_, statements) = hint.split_once("runs: ").expect("statements");
        cluster.sql("sms", statements);
    };
    let of_role = |role: &str| {
        let url = cluster.url(role);
        Batch::of(1, accepting)
            .run(&["--yes", "--journal", &url, "--campaign", "other"])
            .exits(0);
    };
    let stranger = refused("table", &["may not create them", "GRANT CREATE ON DATABASE"]);
    refused("nobody", &["does not exist"]);
    of_role("me");
    refused("table", &["42501", "GRANT USAGE ON SCHEMA smspin TO"]);
    cluster.sql(
        "sms",
        "GRANT USAGE ON SCHEMA smspin TO \"the reader\"; GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA smspin TO \"the reader\"",
    );
    let reader = refused("the%20reader", &["lacks DELETE on smspin.attempts"]);
    paste(&reader);
    of_role("the%20reader");
    cluster.sql("sms", "ALTER SCHEMA smspin RENAME TO the_owners");
    paste(&stranger);
    of_role("table");
    cluster.sql(
        "sms",
        "DROP SCHEMA smspin CASCADE; ALTER SCHEMA the_owners RENAME TO smspin",
    );
    cluster.sql("postgres", "ALTER ROLE me SET default_transaction_read_only = on");
    refused("me", &["25006", "read-only"]);
    cluster.sql("postgres", "ALTER ROLE me RESET default_transaction_read_only");
    cluster.sql("sms", "UPDATE smspin.meta SET format = 9");
    refused("me", &["format 9", "newer"]);
    cluster.sql("sms", "DELETE FROM smspin.meta");
    refused("me", &["smspin.meta has no row", "restore it from a copy"]);
}

#[test]
#[ignore = "needs PostgreSQL"]
fn a_run_that_is_known_to_be_dead_is_ended_by_the_statement_of_the_help() {
    let cluster = Cluster::start();
    let url = cluster.url("me");
    let batch = Batch::of(3, |_, _| Reply::Held);
    let running = batch.command(&flags(&url, &["--yes"])).start();
    batch.gateway.wait_until(|numbers| numbers.len() == 1);
    let help = batch.home.typed("help database").end();
    let (_, statement) = help.stdout.split_once("SELECT pg_terminate").unwrap();
    let (statement, _) = statement.split_once(';').unwrap();
    let (host, process) = (rustix::system::uname(), running.pid().as_raw_nonzero());
    let host = host.nodename().to_string_lossy();
    let told = journal(&batch, &url, &[]);
    let named = format!("users.csv on {host} (process {process})");
    assert!(told.stdout.contains(&named), "{told}");
    let statement = statement
        .replace("spring-x7k2p", &host)
        .replace("pid = 7", &format!("pid = {process}"));
    assert_eq!(
        cluster.sql("sms", &format!("SELECT pg_terminate{statement}")),
        "t"
    );
    batch.gateway.release();
    running.exits(7);
}

#[test]
#[ignore = "needs PostgreSQL"]
fn tables_that_can_t_keep_the_promise_are_refused() {
    let cluster = Cluster::start();
    let url = cluster.url("me");
    let batch = Batch::of(2, accepting);
    batch.run(&flags(&url, &["--yes"])).exits(0);
    for (change, back) in [
        (
            "DROP CONSTRAINT attempts_pkey",
            "ADD PRIMARY KEY (campaign, msisdn, nth)",
        ),
        ("SET UNLOGGED", "SET LOGGED"),
        ("ENABLE ROW LEVEL SECURITY", "DISABLE ROW LEVEL SECURITY"),
    ] {
        cluster.sql("sms", &format!("ALTER TABLE smspin.attempts {change}"));
        batch.refuses(&flags(&url, &["--dry-run"]), 2, "unique key");
        cluster.sql("sms", &format!("ALTER TABLE smspin.attempts {back}"));
    }
    batch.run(&flags(&url, &["--yes"])).exits(0);
    cluster.sql(
        "postgres",
        "CREATE DATABASE old OWNER me ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0",
    );
    let old = url.replace("/sms?", "/old?");
    batch.refuses(&flags(&old, &["--yes"]), 2, "LATIN1 … ENCODING 'UTF8'");
}

#[test]
#[ignore = "needs PostgreSQL"]
fn a_wrong_password_is_said_and_never_shown() {
    let cluster = Cluster::start();
    cluster.sql("postgres", "ALTER ROLE me PASSWORD 'hunter2'");
    let rules = "local all postgres trust\nlocal all all scram-sha-256\nhost all all all scram-sha-256\n";
    cluster.replace("pg_hba.conf", rules);
    cluster.sql("postgres", "SELECT pg_reload_conf()");
    let batch = Batch::of(2, accepting);
    let url = cluster.tcp_url("me");
    let with = |password: &str| {
        batch
            .command(&flags(&url, &["--yes"]))
            .env("PGPASSWORD", password)
            .end()
    };
    let wrong = with("swordfish").exits(2);
    wrong.out("28P01 … .pgpass");
    assert!(!format!("{wrong}").contains("swordfish"), "{wrong}");
    batch.refuses(&flags(&url, &["--yes"]), 2, "password … .pgpass");
    assert!(batch.gateway.numbers().is_empty());
    let right = with("hunter2\n").exits(0);
    assert!(!format!("{right}").contains("hunter2"), "{right}");
    let dumped = cluster.sql(
        "sms",
        "SELECT * FROM smspin.meta, smspin.campaigns, smspin.runs, smspin.attempts",
    );
    assert!(!dumped.contains("hunter2"));
}

#[test]
#[ignore = "needs PostgreSQL"]
fn a_server_that_forgets_commits_is_refused() {
    let batch = Batch::of(1, accepting);
    let risky = Cluster::create(&["fsync = off"]);
    risky.sql("postgres", "CREATE DATABASE sms");
    batch.refuses(&flags(&risky.url("postgres"), &["--yes"]), 2, "fsync is off");
    let primary = Cluster::create(&["synchronous_commit = off", "client_min_messages = error"]);
    primary.sql("postgres", "CREATE DATABASE sms");
    let url = primary.url("postgres");
    // These a session may set for itself.
    batch.run(&flags(&url, &["--yes"])).exits(0);
    let standby = Cluster::standby_of(&primary);
    let standby_url = standby.url("postgres");
    batch.refuses(
        &flags(&standby_url, &["--yes"]),
        2,
        "is a standby … name the primary",
    );
    standby.control("promote");
    let again = flags(&standby_url, &["--yes"]);
    batch.refuses(&again, 2, "another one was promoted … --nothing-lost");
    journal(&batch, &standby_url, &["adopt", "--nothing-lost", "--yes"]).exits(0);
    let accepted = batch.run(&again);
    assert_eq!(accepted.json()["outcome"], "finished", "{accepted}");
    assert_eq!(batch.gateway.numbers().len(), 1);
}

#[test]
#[ignore = "needs PostgreSQL"]
fn a_dump_that_was_restored_into_the_same_server_is_noticed() {
    let cluster = Cluster::start();
    let url = cluster.url("me");
    let batch = Batch::of(4, accepting);
    batch.sends(&flags(&url, &["--limit", "2"]), 4, "pending");
    let restore = "CREATE TABLE smspin.copy (LIKE smspin.attempts INCLUDING ALL); DROP TABLE smspin.attempts;
        ALTER TABLE smspin.copy RENAME TO attempts; ALTER TABLE smspin.attempts OWNER TO me";
    cluster.sql("sms", restore);
    let refused = batch.refuses(&flags(&url, &["--yes"]), 2, "a dump was restored");
    let adopted = batch.home.smspin(adopt_command(&refused)).end();
    assert_eq!(adopted.json()["numbers"], 4, "{adopted}");
    batch.sends(&flags(&url, &[]), 5, "finished");
    assert_eq!(
        batch.gateway.numbers().len(),
        2,
        "each of them may have got an SMS"
    );
}

#[test]
#[ignore = "needs PostgreSQL and PgBouncer"]
fn a_pooler_that_shares_sessions_is_refused() {
    let cluster = Cluster::start();
    let batch = Batch::of(2, accepting);
    for (mode, status) in [("transaction", 2), ("session", 0)] {
        let pooler = Pooler::start(&cluster, mode);
        let url = format!("postgres://me@127.0.0.1:{}/sms", pooler.port);
        let ended = batch.run(&flags(&url, &["--yes"]));
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
    let ended = running.exits(7);
    let sent = batch.gateway.numbers().len() as u64;
    let status = journal(&batch, &url, &["status", "users.csv"]);
    assert_eq!(
        status.json()["rows"]["accepted"].as_u64(),
        Some(sent),
        "{status}\n{ended}"
    );
    batch.run(&flags(&url, &["--yes"])).exits(0);
    assert_each_once(&batch.gateway, 50);
}

/// The role would not hear of it, and whatever else warns must not be taken for it.
#[test]
#[ignore = "needs PostgreSQL"]
fn a_commit_whose_wait_for_the_standby_is_cancelled_ends_the_run() {
    let cluster = Cluster::start();
    cluster.sql("postgres", "ALTER ROLE me SET client_min_messages = error");
    let url = cluster.url("me");
    let batch = Batch::of(30, |number, _| match number - FIRST {
        0..4 => Reply::Ok,
        _ => Reply::Held,
    });
    let running = batch
        .command(&flags(&url, &["--yes", "--concurrency", "2"]))
        .start();
    batch.gateway.wait_until(|numbers| numbers.len() == 6);
    let standby = |names: &str| {
        cluster.sql(
            "postgres",
            &format!("ALTER SYSTEM SET synchronous_standby_names = '{names}'"),
        );
        cluster.sql("postgres", "SELECT pg_reload_conf()");
    };
    standby("*");
    batch.gateway.release();
    let cancel =
        "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE usename = 'me' AND wait_event = 'SyncRep'";
    while cluster.sql("postgres", cancel).is_empty() {
        std::thread::yield_now();
    }
    let sent = batch.gateway.numbers().len();
    standby("");
    let ended = running.exits(7);
    assert!(
        format!("{ended}").contains("gave up waiting for its synchronous standby"),
        "{ended}"
    );
    assert_eq!(
        batch.gateway.numbers().len(),
        sent,
        "nothing more was launched: {ended}"
    );
    batch.sends(&flags(&url, &[]), 0, "finished");
    assert_each_once(&batch.gateway, 30);
}
