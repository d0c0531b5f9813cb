//! A disk that fills up, at each stage of a batch: nothing is sent that isn't recorded, and the same command goes on when
//! there is room again. Needs the right to mount a small file system.

use crate::batch::smspin;
use crate::support::disk::SmallDisk;
use crate::support::ended::Ended;
use crate::support::gateway::{Gateway, Reply};
use crate::support::home::Home;
use crate::support::listener::{Listening, report};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

const ROWS: u64 = 3000;
const FIRST: u64 = 34_600_000_000;

/// A home on a disk that can be filled.
struct Disk {
    // Unmounted before its folder is removed.
    disk: SmallDisk,
    home: Home,
}

impl Disk {
    /// `None` where mounting isn't allowed, which is said.
    fn of(kibibytes: u64) -> Option<Self> {
        let home = Home::new();
        let Some(disk) = SmallDisk::mount(home.path(), kibibytes) else {
            skipped();
            return None;
        };
        Some(Self { disk, home })
    }

    fn file(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn run(&self, gateway: &Gateway, args: &[&str]) -> Ended {
        smspin(&self.home, &gateway.base_url, &[&["batch"], args].concat()).end()
    }
}

#[expect(clippy::print_stdout, reason = "a test that tests nothing says so")]
fn skipped() {
    println!("SKIPPED: this user can't mount a file system");
}

fn input() -> String {
    let rows: Vec<_> = (0..ROWS).map(|row| format!("{}\n", FIRST + row)).collect();
    format!("Tel\n{}", rows.concat())
}

/// An input that does not lie on the disk that fills up.
fn outside(dir: &Path) -> String {
    let path = dir.join("users.csv");
    std::fs::write(&path, input()).unwrap();
    path.to_str().unwrap().to_owned()
}

#[track_caller]
fn says_full(ended: &Ended) {
    assert_eq!(ended.status, Some(7), "{ended}");
    let full = ["disk is full", "disk full", "No space left", "disk I/O error"];
    assert!(
        full.iter()
            .any(|text| ended.stdout.contains(text) || ended.stderr.contains(text)),
        "{ended}"
    );
    assert!(ended.json()["hint"].is_string(), "{ended}");
}

/// After all, every number was taken once, and the results say so.
fn whole(gateway: &Gateway, results: &Path, unknown: u64) {
    let mut times: HashMap<u64, u32> = HashMap::new();
    for number in gateway.numbers() {
        *times.entry(number).or_default() += 1;
    }
    assert!(times.values().all(|times| *times == 1), "a number got two");
    let mut reader = csv::Reader::from_path(results).unwrap();
    let (mut rows, mut doubtful) = (0, 0);
    for row in reader.records().map(|row| row.unwrap()) {
        rows += 1;
        let taken = times.contains_key(&row[0].parse().unwrap());
        match &row[1] {
            "accepted" => assert!(taken, "{row:?}"),
            "unknown" => doubtful += 1,
            _ => panic!("{row:?}"),
        }
    }
    assert_eq!(rows, ROWS);
    assert!(doubtful <= unknown, "{doubtful} unknown");
}

#[test]
#[ignore = "needs mount"]
fn before_the_first_row_nothing_is_sent() {
    let gateway = Gateway::by_number(|_, _| Reply::Ok);
    // The journal begins with a few pages, a -wal and its index: the disk is full at one of them after the other.
    for leaving in (0..=120).step_by(4) {
        // The marker beside the list of a disk before would say that it was sent to.
        let elsewhere = tempfile::tempdir().unwrap();
        let csv = outside(elsewhere.path());
        let results = elsewhere.path().join("out.csv");
        let out = results.to_str().unwrap();
        let Some(disk) = Disk::of(4096) else { return };
        disk.disk.fill(leaving * 1024);
        let args = [csv.as_str(), "--yes", "--journal", "j", "-o", out, "--limit", "1"];
        let before = gateway.numbers().len();
        let ended = disk.run(&gateway, &args);
        if gateway.numbers().len() == before {
            says_full(&ended);
        }
        disk.disk.make_room();
        let ended = disk.run(&gateway, &args);
        assert!([4, 5].contains(&ended.status.unwrap()), "{leaving}: {ended}");
        let sent = gateway.numbers().len() - before;
        assert!(sent <= 2, "{leaving}: {ended}");
    }
}

#[test]
#[ignore = "needs mount"]
fn rows_from_a_pipe_that_do_not_fit_stop_it() {
    let Some(disk) = Disk::of(64) else { return };
    disk.disk.fill(8 * 1024);
    let gateway = Gateway::by_number(|_, _| Reply::Ok);
    let args = ["batch", "-", "--yes", "--journal", "j", "-o", "out.csv"];
    let run = smspin(&disk.home, &gateway.base_url, &args).env("TMPDIR", disk.home.path());
    let ended = run.stdin(input()).end();
    assert_eq!(ended.status, Some(7), "{ended}");
    assert!(ended.stdout.contains("the disk is full"), "{ended}");
    assert!(gateway.numbers().is_empty());
    let left = std::fs::read_dir(disk.home.path()).unwrap();
    let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["ballast"]);
}

#[test]
#[ignore = "needs mount"]
fn in_the_middle_what_is_sent_is_recorded_and_the_rest_waits() {
    for leaving in [200, 300, 400, 700] {
        let elsewhere = tempfile::tempdir().unwrap();
        let csv = outside(elsewhere.path());
        let results = elsewhere.path().join("out.csv");
        let out = results.to_str().unwrap();
        let gateway = Gateway::by_number(|_, _| Reply::Ok);
        // The -wal takes up to 16 MiB before it is copied into the main file.
        let Some(disk) = Disk::of(65536) else { return };
        disk.disk.fill(leaving * 1024);
        let args = [
            csv.as_str(),
            "--yes",
            "--journal",
            "j",
            "-o",
            out,
            "--concurrency",
            "8",
        ];
        let ended = disk.run(&gateway, &args);
        says_full(&ended);
        let sent = gateway.numbers().len();
        assert!(sent > 0 && (sent as u64) < ROWS, "{leaving}: {sent}: {ended}");
        let unrecorded = ended
            .stderr
            .lines()
            .filter(|line| line.contains("smspin_outcome"));
        let unrecorded = unrecorded.count() as u64;
        assert!(unrecorded <= 16, "{ended}");
        disk.disk.make_room();
        let ended = disk.run(&gateway, &args);
        assert_eq!(ended.json()["outcome"], "finished", "{ended}");
        whole(&gateway, &results, 16);
    }
}

#[test]
#[ignore = "needs mount"]
fn results_that_do_not_fit_are_written_later() {
    let elsewhere = tempfile::tempdir().unwrap();
    let csv = outside(elsewhere.path());
    let journal = elsewhere.path().join("j");
    let gateway = Gateway::by_number(|_, _| Reply::Ok);
    let Some(disk) = Disk::of(1024) else { return };
    disk.disk.fill(32 * 1024);
    let args = [
        csv.as_str(),
        "--yes",
        "--journal",
        journal.to_str().unwrap(),
        "-o",
        "out.csv",
    ];
    let ended = disk.run(&gateway, &args);
    says_full(&ended);
    assert_eq!(ended.json()["rows"]["accepted"], ROWS, "{ended}");
    assert!(!disk.file("out.csv").exists());
    disk.disk.make_room();
    let ended = disk.run(&gateway, &args);
    assert_eq!(ended.status, Some(0), "{ended}");
    whole(&gateway, &disk.file("out.csv"), 0);
}

#[test]
#[ignore = "needs mount"]
fn a_listener_refuses_what_does_not_fit_and_goes_on_when_there_is_room() {
    let Some(disk) = Disk::of(1024) else { return };
    let post = |nth: u64| {
        let reports: Vec<_> = (0..100)
            .map(|id| report(nth * 100 + id, FIRST, "DELIVRD"))
            .collect();
        serde_json::to_vec(&reports).unwrap()
    };
    let listening = Listening::start(&disk.home, &[]);
    let mut sender = listening.sender();
    assert_eq!(sender.post("/", &post(0)).unwrap(), 200);
    disk.disk.fill(64 * 1024);
    let mut kept = 1;
    while sender.post("/", &post(kept)).unwrap() == 200 {
        kept += 1;
    }
    assert!(kept > 1, "the room was for more than one");
    for _ in 0..2 {
        assert_eq!(sender.post("/", &post(kept)).unwrap(), 503);
    }
    let lines = || std::fs::read_to_string(disk.file("reports.jsonl")).unwrap();
    assert_eq!(lines().lines().count() as u64, kept * 100);
    assert!(lines().ends_with('\n'), "nothing is half written");
    disk.disk.make_room();
    assert_eq!(sender.post("/", &post(kept)).unwrap(), 200);
    let heard = listening.terminate();
    assert_eq!(heard.status, Some(0));
    assert_eq!(
        heard.stderr.matches("the disk is full").count(),
        1,
        "{}",
        heard.stderr
    );
    assert!(
        heard.stderr.contains("reports are stored again"),
        "{}",
        heard.stderr
    );
    assert_eq!(heard.summary()["answers"]["503"], 3);
    let stored = lines();
    assert_eq!(stored.lines().count() as u64, (kept + 1) * 100);
    assert!(
        stored
            .lines()
            .all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok())
    );
}
