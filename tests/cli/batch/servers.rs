//! Servers that can't keep a journal any more, or that are not who they should be.

use super::{Batch, FIRST, accepting};
use crate::support::gateway::Reply;
use crate::support::postgres::{Cluster, give_away};
use crate::support::tls::certificate;
use std::path::Path;
use std::process::Command;

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
    let plain = batch.refuses(&flags(&url("localhost", &checked), &[]), 2, &["TLS"]);
    assert!(plain.stdout.contains("can't connect"), "{plain}");
    let serve = |name: &str| {
        for (from, to) in [(name, "server.crt"), ("server-key", "server.key")] {
            let path = cluster.socket().join("data").join(to);
            std::fs::copy(certificate(from), &path).unwrap();
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
            give_away(&path);
        }
        cluster.sql("postgres", "ALTER SYSTEM SET ssl = on");
        cluster.sql("postgres", "SELECT pg_reload_conf()");
        while cluster.sql("postgres", "SHOW ssl") != "on" {
            std::thread::yield_now();
        }
    };
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
        &["certificate"],
    );
    let run = batch.run(&flags(&url("localhost", &checked), &[]));
    assert_eq!(run.status, Some(0), "{run}");
}

/// A file system of its own for a tablespace, unmounted at the end.
struct SmallDisk<'a>(&'a Path);

impl SmallDisk<'_> {
    fn mount(&self, options: &str) -> bool {
        let mut command = Command::new("mount");
        let status = command
            .args(["-t", "tmpfs", "-o", options, "tmpfs"])
            .arg(self.0)
            .status();
        status.is_ok_and(|status| status.success())
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0).status();
    }
}

#[test]
#[ignore = "needs PostgreSQL and mount"]
fn a_full_tablespace_stops_the_run_and_with_room_it_goes_on() {
    let folder = tempfile::Builder::new()
        .prefix("smspin-disk-")
        .tempdir_in("/tmp")
        .unwrap();
    let disk = SmallDisk(folder.path());
    assert!(disk.mount("size=1m"), "this user can't mount a file system");
    give_away(folder.path());
    let cluster = Cluster::start();
    let path = folder.path().display();
    cluster.sql("postgres", &format!("CREATE TABLESPACE small LOCATION '{path}'"));
    cluster.sql("postgres", "GRANT CREATE ON TABLESPACE small TO me");
    cluster.sql("postgres", "ALTER ROLE me SET default_tablespace = small");
    let url = cluster.url("me");
    let batch = Batch::of(8000, |_, _| Reply::Ok);
    let full = batch.run(&flags(&url, &[]));
    assert_eq!(full.status, Some(7), "{full}");
    assert!(
        full.stdout.contains("53100") && full.stdout.contains("free some space"),
        "{full}"
    );
    let sent = batch.gateway.numbers().len();
    assert!((100..8000).contains(&sent), "{sent}");
    let again = batch.run(&flags(&url, &[]));
    assert_eq!(again.status, Some(7), "{again}");
    assert!(disk.mount("remount,size=64m"));
    let last = batch.run(&flags(&url, &[]));
    assert_eq!(last.json()["outcome"], "finished", "{last}");
    let mut all = batch.gateway.numbers();
    let requests = all.len();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), requests, "no number twice");
    let rows = &last.json()["rows"];
    let unknown = rows["unknown"].as_u64().unwrap();
    // The rows under way when the table was full: at most twice as many as requests.
    assert!(unknown <= 64, "{last}");
    assert_eq!(rows["accepted"].as_u64().unwrap() + unknown, 8000, "{last}");
    assert!(all.contains(&FIRST));
}
