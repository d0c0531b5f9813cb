//! Where the answer is the work, an answer that can't be written is a failure. A reader that has gone is none.

use crate::support::gateway::{Gateway, Reply};
use crate::support::home::Home;
use rustix::fs::{CWD, FileType, Mode, makedev, mknodat};
use std::fs::{File, OpenOptions};
use std::path::Path;
use std::process::{Command, Stdio};

/// A device of the same kind as `/dev/full`, which takes no byte.
fn full_device(dir: &Path) -> File {
    let path = dir.join("full");
    let (mode, device) = (Mode::from_raw_mode(0o600), makedev(1, 7));
    mknodat(CWD, &path, FileType::CharacterDevice, mode, device).unwrap();
    OpenOptions::new().write(true).open(path).unwrap()
}

fn status_and_stderr(mut command: Command, stdout: impl Into<Stdio>) -> (Option<i32>, String) {
    let output = command.stdout(stdout).output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
#[ignore = "needs root, to make a device"]
fn an_answer_that_cannot_be_written_is_exit_7() {
    let home = Home::new();
    for args in [
        vec!["--version"],
        vec!["-V"],
        vec!["--help"],
        vec!["help", "topics"],
        vec!["request", "--help"],
        vec!["schema", "balance"],
        vec!["completions", "bash"],
        vec!["man"],
        vec!["config", "list"],
        vec!["config", "path"],
        vec!["--sandbox", "balance"],
        vec!["--sandbox", "balance", "--json"],
        vec!["--sandbox", "lookup", "12025550100"],
        vec!["--sandbox", "request", "12025550100", "--dry-run"],
        vec!["sandbox", "inbox"],
    ] {
        let dir = tempfile::tempdir().unwrap();
        let command = home.smspin(&args).into_command();
        let (status, stderr) = status_and_stderr(command, full_device(dir.path()));
        assert_eq!(status, Some(7), "{args:?}: {stderr}");
        assert!(
            stderr.contains("cannot write the answer to standard output"),
            "{args:?}: {stderr}"
        );
    }
}

#[test]
#[ignore = "needs root, to make a device"]
fn the_code_of_what_was_sent_stands_and_rows_that_are_lost_are_exit_7() {
    let home = Home::new();
    let dir = tempfile::tempdir().unwrap();
    let command = home.typed("--sandbox request 12025550100").into_command();
    let (status, stderr) = status_and_stderr(command, full_device(dir.path()));
    assert_eq!(status, Some(0), "{stderr}");
    assert!(stderr.contains("accepted: "), "{stderr}");

    let gateway = Gateway::by_number(|_, _| Reply::Ok);
    std::fs::write(home.file("users.csv"), "Tel\n34600000001\n34600000002\n").unwrap();
    let dir = tempfile::tempdir().unwrap();
    let command = home
        .typed("batch users.csv --yes --output -")
        .at(&gateway.base_url)
        .into_command();
    let (status, stderr) = status_and_stderr(command, full_device(dir.path()));
    assert_eq!(status, Some(7), "{stderr}");
    assert_eq!(
        stderr.matches("cannot write rows to standard output").count(),
        1,
        "{stderr}"
    );
    assert_eq!(gateway.numbers().len(), 2, "every row was sent: {stderr}");
}

#[test]
fn a_reader_that_has_gone_is_no_failure() {
    let home = Home::new();
    for args in [
        vec!["--version"],
        vec!["--help"],
        vec!["--sandbox", "balance"],
        vec!["config", "list"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let (status, stderr) = status_and_stderr(home.smspin(&args).into_command(), writer);
        assert_eq!(status, Some(0), "{args:?}: {stderr}");
    }
}
