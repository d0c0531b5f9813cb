//! Clocks that are set to a year that no date is written in: nothing panics, and nothing is done.

use crate::support::home::Home;

#[test]
#[ignore = "needs faketime"]
fn without_a_clock_that_is_set_nothing_is_done() {
    for (time, is_set) in [
        ("1960-01-01 00:00:00", false),
        ("1969-12-31 23:59:59", false),
        ("1970-01-01 00:00:00", true),
        ("9998-12-31 00:00:00", true),
        ("9999-12-31 23:59:50", false),
    ] {
        let home = Home::new();
        std::fs::write(home.file("users.csv"), "msisdn\n12025550100\n12025550101\n").unwrap();
        for args in [
            &["--sandbox", "request", "12025550100"][..],
            &["--sandbox", "request", "12025550101", "--once-per", "10m"],
            &[
                "--sandbox",
                "batch",
                "users.csv",
                "--yes",
                "--report",
                "report.html",
            ],
            &["--sandbox", "batch", "users.csv", "--yes", "--resend", "unknown"],
            &["--sandbox", "journal", "status", "users.csv"],
            &["--sandbox", "doctor"],
        ] {
            let output = std::process::Command::new("faketime")
                // As on a machine: the clock that waits are measured by is never set.
                .args(["--exclude-monotonic", "-f", &format!("@{time}")])
                .arg(env!("CARGO_BIN_EXE_smspin"))
                .args(args)
                .env_clear()
                .env("PATH", "/usr/bin:/bin")
                .env("HOME", home.path())
                .current_dir(home.path())
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            let expected = if is_set { 0 } else { 2 };
            assert_eq!(output.status.code(), Some(expected), "{time}: {args:?}: {said}");
            assert_eq!(
                said.contains("this machine's clock"),
                !is_set,
                "{time}: {args:?}: {said}"
            );
        }
        assert_eq!(home.file("users.sandbox.results.csv").exists(), is_set, "{time}");
    }
}
