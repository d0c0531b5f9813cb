//! What a kill leaves behind of a file that was being written, by kills at the system call that would have finished it.

use crate::support::home::{Home, KEY};
use std::path::PathBuf;
use std::process::Command;

/// Runs the program, and kills it when it makes one of these system calls for the n-th time.
fn killed_at(home: &Home, calls: &str, nth: u32, args: &[&str]) {
    let ended = Command::new("strace")
        .args(["-f", "-o", "/dev/stderr", "-e", &format!("trace={calls}"), "-e"])
        .arg(format!("inject={calls}:signal=KILL:when={nth}"))
        .arg(env!("CARGO_BIN_EXE_smspin"))
        .args(args)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", home.path())
        .current_dir(home.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(said.contains("killed by SIGKILL"), "{args:?}: {said}");
}

fn temporary_files(directory: PathBuf) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    names.filter(|name| name.contains(".tmp")).collect()
}

#[test]
#[ignore = "needs strace"]
fn a_key_that_a_killed_writer_left_goes_with_the_next_that_looks() {
    for (calls, next) in [
        // Another value, the value that is there, and one that isn't there to take out.
        ("fsync,fdatasync", &["config", "set", "timeout", "8s"][..]),
        ("fsync,fdatasync", &["config", "set", "sender", "SHOP"]),
        ("rename,renameat,renameat2", &["config", "unset", "country"]),
    ] {
        let home = Home::new();
        home.write_config(&format!("sender = \"SHOP\"\napi_key = \"{KEY}\"\n"));
        let directory = || home.config_file().parent().unwrap().to_owned();
        killed_at(&home, calls, 1, &["config", "set", "timeout", "7s"]);
        assert_eq!(temporary_files(directory()).len(), 1, "{calls}");
        let ended = home.smspin(next).end();
        assert_eq!(ended.status, Some(0), "{next:?}: {ended}");
        assert_eq!(temporary_files(directory()), Vec::<String>::new(), "{next:?}");
        let text = std::fs::read_to_string(home.config_file()).unwrap();
        assert!(text.contains(KEY) && text.contains("SHOP"), "{text}");
    }
}

#[test]
#[ignore = "needs strace"]
fn results_that_a_killed_run_left_half_written_go_with_the_next() {
    let home = Home::new();
    std::fs::write(home.file("users.csv"), "msisdn\n12025550100\n12025550101\n").unwrap();
    let batch = ["--sandbox", "batch", "users.csv", "--yes", "--json"];
    killed_at(&home, "rename,renameat,renameat2,linkat", 1, &batch);
    let ended = home.smspin(batch).exits(0);
    assert_eq!(
        temporary_files(home.path().to_owned()),
        Vec::<String>::new(),
        "{ended}"
    );
    assert_eq!(ended.json()["rows"]["accepted"], 2, "{ended}");
}
