//! A process that may have few open files: every command says so before it does anything, or does all of its work.

use crate::support::gateway::Gateway;
use crate::support::home::Home;

#[test]
fn too_few_open_files_are_named_before_anything_is_done() {
    let home = Home::new();
    std::fs::write(home.file("users.csv"), "msisdn\n+34600000001\n").unwrap();
    let server = Gateway::in_turn([]);
    for command in [
        &["request", "34600000000"][..],
        &["balance"],
        &["batch", "users.csv", "--yes"],
        &["--sandbox", "request", "12025550100"],
        &["sandbox", "serve", "--bind", "127.0.0.1:0"],
        &["listen", "--bind", "127.0.0.1:0", "--out", "reports.jsonl"],
        &["doctor"],
    ] {
        for allowed in [6, 7, 8, 10, 14, 20, 24, 40, 63] {
            let ended = home
                .smspin(command)
                .at(&server.base_url)
                .after(&format!("ulimit -n {allowed}"))
                .end();
            assert_eq!(ended.status, Some(2), "{command:?} {allowed}: {ended}");
            assert!(
                ended
                    .stderr
                    .contains(&format!("may have {allowed} open files, and needs 64"))
                    && ended.stderr.contains("`ulimit -n 64`"),
                "{command:?} {allowed}: {ended}"
            );
        }
    }
    assert!(!home.file("users.csv.smspin").exists() && !home.file("reports.jsonl").exists());
}

#[test]
fn with_just_enough_open_files_a_batch_is_sent_with_fewer_requests_at_once() {
    for limit in ["ulimit -n 64", "ulimit -n 70", "ulimit -Sn 20"] {
        let home = Home::new();
        let rows: Vec<String> = (0..20).map(|row| format!("+346000000{row:02}")).collect();
        std::fs::write(home.file("users.csv"), format!("msisdn\n{}\n", rows.join("\n"))).unwrap();
        let ended = home
            .typed("--sandbox batch users.csv --yes --json")
            .after(limit)
            .end();
        assert_eq!(ended.status, Some(0), "{limit}: {ended}");
        assert_eq!(ended.json()["rows"]["accepted"], 20, "{limit}: {ended}");
    }
}
