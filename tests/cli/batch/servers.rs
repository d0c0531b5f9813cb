//! Servers that can't keep a journal any more, or that are not who they should be.

use super::{Batch, FIRST, accepting};
use crate::support::disk::SmallDisk;
use crate::support::gateway::{Reply, only};
use crate::support::pooler::Pooler;
use crate::support::postgres::{Cluster, give_away};
use crate::support::tls::certificate;
use rustix::process::Signal;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::time::Instant;

fn flags<'a>(url: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["--yes", "--journal", url, "--campaign", "spring"], more].concat()
}

#[test]
#[ignore = "needs PostgreSQL"]
fn a_server_by_another_name_is_not_trusted() {
    let cluster = Cluster::start();
    let batch = Batch::of(2, accepting);
    let root = certificate("authority").display().to_string();
    let url = |host: &str, more: &str| format!("postgres://me@{host}:{}/sms?{more}", cluster.port);
    let checked = format!("sslmode=verify-full&sslrootcert={root}");
    let plain = batch.refuses(&flags(&url("localhost", &checked), &[]), 2, "TLS");
    plain.out("can't connect");
    let serve = |name: &str| cluster.serve_tls(&certificate(name), &certificate("server-key"));
    for (name, says) in [("other-name", "certificate"), ("expired", "expired")] {
        serve(name);
        batch.refuses(
            &flags(&url("localhost", &checked), &[]),
            2,
            &["certificate", says],
        );
    }
    serve("valid");
    batch.refuses(
        &flags(&url("localhost", "sslmode=verify-full"), &[]),
        2,
        "certificate",
    );
    batch.run(&flags(&url("localhost", &checked), &[])).exits(0);
}

#[test]
#[ignore = "needs PostgreSQL"]
fn a_certificate_of_the_client_is_shown_and_its_key_is_for_the_user_alone() {
    let cluster = Cluster::start();
    cluster.serve_tls(&certificate("valid"), &certificate("server-key"));
    let root = certificate("authority").display().to_string();
    cluster.sql("postgres", &format!("ALTER SYSTEM SET ssl_ca_file = '{root}'"));
    let rules = "local all all trust\nhostssl all all 127.0.0.1/32 trust clientcert=verify-ca\n";
    cluster.replace("pg_hba.conf", rules);
    cluster.control("restart");
    let batch = Batch::of(2, accepting);
    let key = batch.file("client.key");
    std::fs::copy(certificate("server-key"), &key).unwrap();
    let checked = format!(
        "postgres://me@127.0.0.1:{}/sms?sslmode=verify-full&sslrootcert={root}",
        cluster.port
    );
    let shown = format!(
        "{checked}&sslcert={}&sslkey={}",
        certificate("valid").display(),
        key.display()
    );
    batch.refuses(&flags(&checked, &[]), 2, "certificate");
    for (mode, status) in [(0o644, 2), (0o640, 2), (0o600, 0)] {
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(mode)).unwrap();
        let ended = batch.run(&flags(&shown, &[]));
        assert_eq!(ended.status, Some(status), "{mode:o}: {ended}");
        let is_said = ended.stdout.contains("can be read by others") && ended.stdout.contains("chmod 600");
        assert_eq!(is_said, status == 2, "{ended}");
    }
    assert_eq!(batch.gateway.numbers().len(), 2);
}

/// What is under way is answered within a second; what the database keeps from being recorded is waited for, for a minute from
/// its first silence and not longer.
#[test]
#[ignore = "needs PostgreSQL"]
fn a_run_that_is_told_to_stop_waits_a_minute_for_a_silent_database() {
    let cluster = Cluster::start();
    let batch = Batch::of(20, |number, _| match number - FIRST {
        0..4 => Reply::Ok,
        _ => Reply::Held,
    });
    let running = batch
        .command(&flags(&cluster.tcp_url("me"), &["--concurrency", "4"]))
        .start();
    batch.gateway.wait_until(|numbers| numbers.len() == 8);
    let frozen = cluster.freeze();
    let since = Instant::now();
    running.signal(Signal::TERM);
    batch.gateway.release();
    let ended = running.end();
    let waited = since.elapsed().as_secs();
    drop(frozen);
    assert_eq!(ended.status, Some(143), "{ended}");
    assert!((55..72).contains(&waited), "{waited} s: {ended}");
    let lines = ended.stderr.lines().filter(|line| line.starts_with('{')).count();
    assert!(lines >= 4, "each outcome is said: {ended}");
    let last = batch.run(&flags(&cluster.url("me"), &[]));
    assert_eq!(last.json()["outcome"], "finished", "{last}");
    // The server may have gone on with what it was doing.
    let rows = &last.json()["rows"];
    let unknown = rows["unknown"].as_u64().unwrap();
    assert!(unknown <= 8, "in flight, and as many ahead: {last}");
    assert_eq!(rows["accepted"].as_u64().unwrap() + unknown, 20, "{last}");
    batch.gateway.asked_each_once();
}

/// A pool may take a connection and have no session to give; a server says that it has none.
#[test]
#[ignore = "needs PostgreSQL and PgBouncer"]
fn where_no_session_is_left_nothing_is_sent_and_it_is_said_how_many_a_run_needs() {
    let cluster = Cluster::start();
    let batch = Batch::of(2, accepting);
    let first = batch.run(&["--yes", "--journal", &cluster.url("me"), "--campaign", "first"]);
    assert_eq!(first.status, Some(0), "it makes the tables: {first}");
    for sessions in [1, 2] {
        let pooler = Pooler::with_sessions(&cluster, "session", sessions);
        let url = format!("postgres://me@127.0.0.1:{}/sms", pooler.port);
        let says = ["gave no session within 10 s", "default_pool_size of PgBouncer"];
        batch.refuses(&flags(&url, &[]), 7, &says);
        let role = format!("ALTER ROLE me CONNECTION LIMIT {sessions}");
        cluster.sql("postgres", &role);
        batch.refuses(&flags(&cluster.url("me"), &[]), 7, "53300 … CONNECTION LIMIT");
        cluster.sql("postgres", "ALTER ROLE me CONNECTION LIMIT -1");
    }
    let pooler = Pooler::with_sessions(&cluster, "session", 3);
    let url = format!("postgres://me@127.0.0.1:{}/sms", pooler.port);
    let ended = batch.run(&flags(&url, &[]));
    assert_eq!(ended.status, Some(0), "three are enough: {ended}");
}

/// A network of its own for a server, which can be lost as a machine is: without a word.
struct Network {
    name: String,
    /// The server's address in it.
    address: String,
}

impl Network {
    /// `None` where this user can't make one, which is said.
    #[expect(clippy::print_stdout, reason = "a test that tests nothing says so")]
    fn new() -> Option<Self> {
        let id = std::process::id();
        let (third, name) = (id % 250, format!("sp{id}"));
        let network = Self {
            address: format!("10.213.{third}.2"),
            name,
        };
        let Self { name, address } = &network;
        let steps = [
            format!("netns add {name}"),
            format!("link add {name}h type veth peer name {name}s"),
            format!("link set {name}s netns {name}"),
            format!("addr add 10.213.{third}.1/30 dev {name}h"),
            format!("link set {name}h up"),
            format!("-n {name} addr add {address}/30 dev {name}s"),
            format!("-n {name} link set {name}s up"),
            format!("-n {name} link set lo up"),
        ];
        let made = steps.iter().all(|step| ip(step));
        if !made {
            println!("SKIPPED: this user can't make a network");
        }
        made.then_some(network)
    }

    fn cut(&self) {
        assert!(ip(&format!("link set {}h down", self.name)));
    }
}

fn ip(words: &str) -> bool {
    let status = Command::new("ip").args(words.split(' ')).status();
    status.is_ok_and(|status| status.success())
}

impl Drop for Network {
    fn drop(&mut self) {
        ip(&format!("netns delete {}", self.name));
    }
}

#[test]
#[ignore = "needs PostgreSQL and ip"]
fn the_run_of_a_lost_machine_is_dead_within_two_minutes_and_nothing_is_finished_before() {
    let Some(network) = Network::new() else { return };
    let cluster = Cluster::start();
    cluster.control("stop");
    cluster.configure("postgresql.auto.conf", "listen_addresses = '*'\n");
    cluster.configure("pg_hba.conf", "host all all 10.213.0.0/16 trust\n");
    cluster.start_in_network(&network.name);
    let batch = Batch::of(40, only(FIRST + 5, Reply::Held));
    // Loopback by its name, so that it needs no TLS.
    let hosts = batch.file("hosts");
    std::fs::write(&hosts, format!("{} localhost\n", network.address)).unwrap();
    let within = format!(
        "exec unshare -m sh -c 'mount --bind {} /etc/hosts && exec \"$0\" \"$@\"' \"$0\" \"$@\"",
        hosts.display()
    );
    let url = format!("postgres://me@localhost:{}/sms?sslmode=disable", cluster.port);
    let running = batch
        .command(&flags(&url, &["--concurrency", "1", "--timeout", "300"]))
        .after(&within)
        .start();
    batch.gateway.wait_until(|numbers| numbers.contains(&(FIRST + 5)));
    network.cut();
    let cut = Instant::now();
    running.signal(Signal::KILL);
    running.end();
    batch.gateway.release();
    // Over a socket, which the network is no part of.
    let url = cluster.url("me");
    let second = batch.run(&flags(&url, &["--timeout", "1"])).exits(4);
    assert_eq!(second.json()["outcome"], "pending", "{second}");
    second.out("`smspin help database`");
    let at_work = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 1936552817";
    while cluster.sql("sms", at_work) != "0" {
        cluster.sql("sms", "SELECT pg_sleep(1)");
        assert!(
            cut.elapsed().as_secs() < 120,
            "the lost run still counts as at work"
        );
    }
    let last = batch.run(&flags(&url, &[]));
    assert_eq!(last.json()["outcome"], "finished", "{last}");
    let rows = last.json()["rows"].clone();
    let unknown = rows["unknown"].as_u64().unwrap();
    assert!((1..=2).contains(&unknown), "{last}");
    assert_eq!(rows["accepted"].as_u64().unwrap() + unknown, 40, "{last}");
    batch.gateway.asked_each_once();
}

#[test]
#[ignore = "needs PostgreSQL and mount"]
fn a_full_tablespace_stops_the_run_and_with_room_it_goes_on() {
    let folder = tempfile::Builder::new()
        .prefix("smspin-disk-")
        .tempdir_in("/tmp")
        .unwrap();
    let disk = SmallDisk::mount(folder.path(), 1024).expect("the right to mount a file system");
    give_away(folder.path());
    let cluster = Cluster::start();
    let path = folder.path().display();
    cluster.sql("postgres", &format!("CREATE TABLESPACE small LOCATION '{path}'"));
    cluster.sql("postgres", "GRANT CREATE ON TABLESPACE small TO me");
    cluster.sql("postgres", "ALTER ROLE me SET default_tablespace = small");
    let url = cluster.url("me");
    let batch = Batch::of(8000, |_, _| Reply::Ok);
    let full = batch.run(&flags(&url, &[])).exits(7);
    full.out("53100 … free some space");
    let sent = batch.gateway.numbers().len();
    assert!((100..8000).contains(&sent), "{sent}");
    batch.run(&flags(&url, &[])).exits(7);
    disk.resize(64 * 1024);
    let last = batch.run(&flags(&url, &[]));
    assert_eq!(last.json()["outcome"], "finished", "{last}");
    batch.gateway.asked_each_once();
    let rows = &last.json()["rows"];
    let unknown = rows["unknown"].as_u64().unwrap();
    // The rows under way when the table was full: at most twice as many as requests.
    assert!(unknown <= 64, "{last}");
    assert_eq!(rows["accepted"].as_u64().unwrap() + unknown, 8000, "{last}");
    assert!(batch.gateway.numbers().contains(&FIRST));
}
