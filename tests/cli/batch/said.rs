//! What a batch says: few lines, that fit, with counts that add up and commands that can be pasted.

use super::{Batch, FIRST, accepting, numbers};
use crate::support::gateway::{Reply, only};
use crate::support::terminal::Terminal;
use serde_json::Value;

/// Runs a batch at a terminal of so many columns, and gives the lines that a person sees. The last of them holds `last`.
fn shown(batch: &Batch, columns: u16, more: &[&str], last: &str) -> Vec<String> {
    let mut terminal = Terminal::new();
    terminal.resize(columns);
    let args = ["batch", "users.csv", "--yes", "--journal", "j"];
    let run = batch
        .home
        .smspin([&args[..], more].concat())
        .at(&batch.gateway.base_url);
    // Both streams are the terminal.
    let running = terminal.start(run.after("exec 1>&2"));
    terminal.wait_for(last);
    running.end();
    let lines = terminal.drawn().into_iter();
    lines.filter(|line| !line.is_empty()).collect()
}

#[test]
fn a_clean_batch_takes_six_lines_of_80_columns_and_one_with_faults_ten() {
    let text = ["--sms-text", "Hi {name}, {PIN} is your code", "--sender", "SHOP"];
    let list = |rows: std::ops::Range<u64>| {
        let rows = rows.map(|at| format!("{},Ana\n", FIRST + at));
        format!("Tel,name\n{}", rows.collect::<String>())
    };
    let clean = Batch::with(&list(0..300), accepting);
    let lines = shown(&clean, 80, &text, "results: users.results.csv");
    assert!(lines.len() <= 6, "{lines:#?}");
    assert!(lines.iter().all(|line| line.chars().count() <= 80), "{lines:#?}");
    let faulty = list(0..300) + "hello,Bo\n12,Cy\n34600000001,Di\n,Ed\n";
    let faulty = Batch::with(&faulty, |number, _| match number - FIRST {
        7 | 19 => Reply::Lost,
        20 => Reply::Error("INVALID_NUMBER"),
        _ => Reply::Ok,
    });
    let lines = shown(&faulty, 80, &text, "(lines 9, 21)");
    assert!(lines.len() <= 10, "{lines:#?}");
    assert!(lines.iter().all(|line| line.chars().count() <= 80), "{lines:#?}");
    let all = lines.join("\n");
    for said in [
        "users.csv: 300 to send (Spain 300), 3 invalid, 1 duplicate",
        "SHOP: “Hi Ana, {PIN} is your code”",
        "297 accepted, 1 refused (INVALID_NUMBER)",
        "results: users.results.csv",
        "--resend unknown",
    ] {
        assert!(all.contains(said), "{said}: {all}");
    }
}

#[test]
fn at_40_columns_no_word_is_cut_and_a_command_can_still_be_pasted() {
    let batch = Batch::of(30, only(FIRST + 7, Reply::Lost));
    let text = ["--sms-text", "Your code is {PIN}", "--limit", "20"];
    let lines = shown(&batch, 40, &text, "(line 9)");
    assert!(lines.iter().all(|line| line.chars().count() <= 40), "{lines:#?}");
    let all = lines.join("\n");
    let (_, next) = all.split_once("next: ").unwrap();
    let command = next.split_once("\nfrom ").unwrap().0.replace(" \\\n", " ");
    let words: Vec<_> = command.split_whitespace().collect();
    assert_eq!(words[..3], ["smspin", "batch", "users.csv"], "{all}");
    assert!(command.contains("'Your code is {PIN}'"), "{all}");
    assert!(!command.contains("--yes"), "{all}");
}

/// The numbers in a text such as `4 accepted, 1 refused (INVALID_NUMBER)`.
fn sum_of(counts: &str) -> u64 {
    let of_part = |part: &str| {
        part.trim()
            .split(' ')
            .next()?
            .replace(',', "")
            .parse::<u64>()
            .ok()
    };
    counts.split(", ").filter_map(of_part).sum()
}

fn sum(rows: &Value) -> u64 {
    rows.as_object().unwrap().values().filter_map(Value::as_u64).sum()
}

/// All that is said of a list after a run of it adds up to its rows.
fn adds_up(batch: &Batch, rows: u64, run: &[&str]) {
    let reports = ["--report", "r.json", "--report", "r.prom", "--report", "r.xml"];
    let ended = batch.run(&[&["--yes"], run, &reports].concat());
    let told = || format!("{run:?}: {ended}");
    assert_eq!(sum(&ended.json()["rows"]), rows, "{}", told());
    let report: Value = serde_json::from_str(&batch.read("r.json")).unwrap();
    assert_eq!(sum(&report["summary"]["rows"]), rows, "{}", told());
    let planned = |part: &Value| -> u64 {
        let counts = [
            "to_send",
            "invalid",
            "duplicates",
            "accepted",
            "undelivered",
            "refused",
            "unknown",
            "excluded",
            "under_way",
        ];
        counts.iter().filter_map(|name| part[name].as_u64()).sum()
    };
    assert_eq!(planned(&report["preflight"]), rows, "{}", told());
    let metrics = batch.read("r.prom");
    let outcomes = metrics
        .lines()
        .filter(|line| line.starts_with("smspin_batch_rows{"));
    let values: Vec<u64> = outcomes
        .map(|line| line.rsplit(' ').next().unwrap().parse().unwrap())
        .collect();
    assert_eq!((values.len(), values.iter().sum()), (9, rows), "{metrics}");
    let suites = batch.read("r.xml");
    let cases = suites.matches("<testcase classname=\"smspin.batch.row\"").count() as u64;
    assert_eq!(cases, rows, "{suites}");
    let accepted = suites.matches("time=\"0.001\">\n    </testcase>").count() as u64;
    assert_eq!(
        Some(accepted),
        ended.json()["rows"]["accepted"].as_u64(),
        "{suites}"
    );
    let status = batch.journal("status users.csv");
    assert_eq!(sum(&status.json()["rows"]), rows, "{status}");
    let args = ["journal", "status", "users.csv"];
    let text = batch.in_home(&args).end();
    let counts = text.stdout.lines().next().unwrap().rsplit(": ").next().unwrap();
    assert_eq!(sum_of(counts), rows, "{text}");
    let again = batch.in_home(&["batch", "users.csv", "--dry-run"]).end();
    let (_, counts) = again
        .stdout
        .split_once(": nothing was sent\nusers.csv: ")
        .unwrap();
    assert_eq!(
        sum_of(&counts.lines().next().unwrap().replace(')', "")),
        rows,
        "{again}"
    );
    assert_eq!(batch.results().len() as u64, rows);
}

#[test]
fn the_outcomes_add_up_to_the_rows_wherever_they_are_said() {
    let list = numbers(FIRST..FIRST + 30) + &format!("{FIRST}\nhello\n+34 600 00 00 05\n12\n");
    let of = |stops: bool| {
        Batch::with(&list, move |number, times| match (number - FIRST, times) {
            (3 | 4, 1) => Reply::Lost,
            (5, _) => Reply::Error("INVALID_NUMBER"),
            (6, 1..3) => Reply::Busy,
            (9, 1) if stops => Reply::Error("NOT_ENOUGH_BALANCE"),
            _ => Reply::Ok,
        })
    };
    for stops in [false, true] {
        let batch = of(stops);
        std::fs::write(batch.file("stop.txt"), format!("{}\n", FIRST + 11)).unwrap();
        batch.home.write_config("retries = 0\n");
        for run in [
            &["--limit", "7", "--concurrency", "1"][..],
            &["--exclude", "stop.txt", "--concurrency", "1"],
            &["--resend", "all-unknown", "--limit", "1"],
            &[],
        ] {
            adds_up(&batch, 34, run);
        }
    }
}

#[test]
fn a_command_that_is_proposed_leads_to_the_same_journal() {
    let batch = Batch::of(3, |_, times| if times == 1 { Reply::Lost } else { Reply::Ok });
    let url = "https://x.example/?token=s3cret";
    let flags = [
        "--campaign",
        "march",
        "--journal",
        "j.db",
        "--column",
        "msisdn=Tel",
    ];
    let ended = batch.run(&[&flags[..], &["--yes", "--limit", "1", "--report-url", url]].concat());
    let (next, hint) = (ended.json()["next"].to_string(), ended.json()["hint"].to_string());
    for (text, flags) in [
        (
            &next,
            &["--campaign march", "--journal j.db", "--column msisdn=Tel"][..],
        ),
        (
            &hint,
            &[
                "--campaign march",
                "--journal j.db",
                "journal reconcile REPORTS",
                "--resend unknown",
            ],
        ),
    ] {
        assert!(flags.iter().all(|flag| text.contains(flag)), "{text}");
        assert!(!text.contains("s3cret") && !text.contains("--yes"), "{text}");
    }
    // Without reports, there is nothing to reconcile.
    let plain = Batch::of(1, |_, _| Reply::Lost);
    let hint = plain.run("--yes").json()["hint"].to_string();
    assert!(!hint.contains("reconcile"), "{hint}");
    for args in [
        &["--sandbox", "journal", "status", "users.csv"][..],
        &["--sandbox", "journal", "forget"],
    ] {
        batch.home.typed("--sandbox batch users.csv --yes").end();
        std::fs::write(batch.file("users.csv"), "Tel\n12025550177\n").unwrap();
        let ended = batch.home.smspin(args).end();
        ended.err(" --sandbox");
    }
}

#[test]
fn a_limit_on_the_cost_holds_over_the_runs_of_a_list_until_it_is_finished() {
    let batch = Batch::of(12, accepting);
    batch.home.write_config("price_sms = 0.10\n");
    let run = ["--limit", "3", "--max-cost", "0.70"];
    batch.sends(&run, 4, "pending");
    batch.sends(&run, 4, "pending");
    let says = [
        "the estimate is 0.3000",
        "have spent 0.6000",
        "max_cost is 0.7000",
    ];
    batch.refuses(&[&["--yes"], &run[..]].concat(), 2, &says);
    batch.sends("--limit 1 --max-cost 0.70", 4, "pending");
    batch.sends("", 0, "finished");
    // Another list begins anew.
    batch.write(&numbers(FIRST + 20..FIRST + 23));
    batch.sends("--max-cost 0.30 -o new.csv", 0, "finished");
}
