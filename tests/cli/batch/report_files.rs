//! The reports of a batch, at every end.

use super::{Batch, FIRST, accepting};
use crate::support::browser::Browser;
use crate::support::gateway::{Reply, only};
use crate::support::home::Run;
use crate::support::terminal::Terminal;

const FORMS: [&str; 5] = ["r.html", "r.md", "r.xml", "r.prom", "r.json"];

fn all() -> Vec<&'static str> {
    FORMS.iter().flat_map(|form| ["--report", form]).collect()
}

fn exit_code(batch: &Batch) -> u64 {
    let report: serde_json::Value = serde_json::from_str(&batch.read("r.json")).unwrap();
    report["exit_code"].as_u64().unwrap()
}

#[test]
fn every_form_is_written_with_masked_numbers() {
    let batch = Batch::of(5, only(FIRST + 1, Reply::Error("INVALID_NUMBER")));
    batch.sends(&all(), 1, "finished");
    assert_eq!(exit_code(&batch), 1);
    for form in FORMS {
        let text = batch.read(form);
        assert!(text.contains("INVALID_NUMBER"), "{form}: {text}");
        assert!(
            !text.contains(&(FIRST + 1).to_string()),
            "{form} shows a number: {text}"
        );
    }
    assert!(batch.read("r.html").contains("<svg"));
    let mut shown = all();
    shown.push("--show-numbers");
    batch.sends(&shown, 1, "finished");
}

#[test]
pub(super) fn a_stop_a_refusal_and_a_status_are_reported_too() {
    let batch = Batch::of(5, |_, _| Reply::Error("NOT_ENOUGH_BALANCE"));
    batch.sends(&all(), 6, "stopped");
    assert_eq!(exit_code(&batch), 6);
    assert!(
        batch.read("r.md").contains("NOT\\_ENOUGH\\_BALANCE"),
        "{}",
        batch.read("r.md")
    );
    batch
        .journal(&[&["status", "users.csv"], &all()[..]].concat())
        .exits(6);
    assert_eq!(exit_code(&batch), 6);
    let stands = batch.read("r.md");
    assert!(stands.starts_with("### users.csv: pending\n"), "{stands}");
    // Another text is another batch: nothing is sent, and the report says why.
    let mut other = vec!["--yes", "--max-cost", "1"];
    other.extend(all());
    let reports = FORMS.map(|form| batch.read(form));
    batch.refuses(&other, 2, "nothing was sent");
    batch.run(&[&all()[..], &["--dry-run"]].concat());
    assert_eq!(FORMS.map(|form| batch.read(form)), reports, "of the last run");
    // Where no run has one yet, what was refused and what was tried have their own.
    for form in FORMS {
        std::fs::remove_file(batch.file(form)).unwrap();
    }
    batch.refuses(&other, 2, "nothing was sent");
    assert_eq!(exit_code(&batch), 2);
    batch.run(&[&all()[..], &["--limit", "0"]].concat());
    assert_eq!(exit_code(&batch), 0);
    assert!(!batch.file("r.prom").exists());
}

/// One batch with everything that a page can show.
#[test]
#[ignore = "needs chromium and axe-core"]
fn the_page_is_accessible_in_light_and_dark_on_a_phone_and_a_desk() {
    let batch = Batch::of(400, |number, _| match number - FIRST {
        7 | 11 => Reply::Error("INVALID_NUMBER"),
        19 => Reply::Http(502, "<h1>Bad Gateway</h1>"),
        number if number % 40 == 3 => Reply::Error("INVALID_SENDER"),
        _ => Reply::Ok,
    });
    let text = ["--sms-text", "Your code is {PIN}"];
    batch.sends(&[&text[..], &["--report", "r.html"]].concat(), 5, "finished");
    let mut browser = Browser::start(batch.home.path());
    let page = browser.open(&format!("file://{}", batch.file("r.html").display()));
    let open = "for (const details of document.querySelectorAll('details')) details.open = true";
    browser.value(&page, open);
    browser.in_both_schemes(&page, [360, 1280], |browser, shown| {
        browser.is_accessible(&page, shown);
        if let Ok(directory) = std::env::var("SMSPIN_PICTURES") {
            let picture = browser.picture(&page, true);
            std::fs::write(format!("{directory}/report-{shown}.base64"), picture).unwrap();
        }
    });
    // The same without a run: from the journal alone.
    batch.journal("status users.csv --report s.html").exits(5);
    let page = browser.open(&format!("file://{}", batch.file("s.html").display()));
    browser.in_both_schemes(&page, [360, 1280], |browser, shown| {
        browser.is_accessible(&page, shown);
    });
}

#[test]
fn a_report_that_cannot_be_written_is_known_before_the_first_row() {
    let batch = Batch::of(2, accepting);
    for (file, says) in [
        ("r.pdf", ".html, .md, .xml"),
        ("users.csv/r.html", "users.csv/r.html"),
    ] {
        batch.refuses(&["--yes", "--report", file], 2, &["nothing was sent", says]);
    }
    assert!(batch.gateway.numbers().is_empty());
}

#[test]
fn a_report_replaces_reports_alone() {
    let batch = Batch::of(2, accepting);
    let foreign = "{\"msisdn\":\"34600000001\"}\n";
    for form in FORMS {
        std::fs::write(batch.file(form), foreign).unwrap();
        batch.refuses(&["--yes", "--report", form], 2, &["nothing was sent", form]);
        assert_eq!(batch.read(form), foreign);
        // A place that was made for it, and then its own.
        std::fs::write(batch.file(form), "").unwrap();
    }
    batch.sends(&all(), 0, "finished");
    let first = FORMS.map(|form| batch.read(form));
    batch.sends(&all(), 0, "finished");
    batch.refuses(
        &[&["--yes", "--max-cost", "1", "--campaign", "march"], &all()[..]].concat(),
        2,
        "nothing was sent",
    );
    batch.sends(&all(), 0, "finished");
    assert!(first.iter().all(|text| !text.is_empty()));
    let list = batch.file("users.json");
    std::fs::write(&list, foreign).unwrap();
    let url = &batch.gateway.base_url;
    let ended = batch
        .home
        .typed("batch users.json --yes --report users.json")
        .at(url)
        .end();
    ended.fails(2, "users.json … is not a smspin report");
    assert_eq!(batch.read("users.json"), foreign);
}

#[test]
fn a_report_is_told_from_results_and_journal_before_anything_is_sent() {
    let batch = Batch::of(2, accepting);
    for more in [["-o", "./r.json"], ["--journal", "r.json"]] {
        let args = [&["--yes", "--report", "r.json"], &more[..]].concat();
        batch.refuses(&args, 2, "nothing was sent … choose another file with --report");
    }
    assert!(batch.gateway.numbers().is_empty());
}

#[test]
fn a_row_that_holds_no_valid_number_is_masked_too() {
    let batch = Batch::with(
        &format!("Tel\n{FIRST}\n+34612345678123456\n+34 612 345 67a\n{FIRST};9\n+34803123456\n"),
        accepting,
    );
    let shows_none = || {
        for form in FORMS {
            // Metrics are of runs alone.
            let text = std::fs::read_to_string(batch.file(form)).unwrap_or_default();
            for number in ["612345678", "612 345", "803123456", &FIRST.to_string()] {
                assert!(!text.contains(number), "{form} shows {number}: {text}");
            }
        }
    };
    batch.refuses(&[&all()[..], &["--strict"]].concat(), 2, "--strict … 34803123456");
    shows_none();
    std::fs::write(batch.file("never.txt"), "612345678\n").unwrap();
    batch.refuses(
        &[&all()[..], &["--exclude", "never.txt"]].concat(),
        2,
        "612345678",
    );
    shows_none();
    batch.sends(&all(), 1, "finished");
    shows_none();
    assert!(
        batch
            .read("r.json")
            .contains("“+34*************56” has too many digits")
    );
    batch.sends(&[&all()[..], &["--show-numbers"]].concat(), 1, "finished");
    assert!(batch.read("r.json").contains("“+34612345678123456”"));
}

#[test]
fn the_summary_of_a_ci_job_gets_the_short_form() {
    let batch = Batch::of(2, accepting);
    std::fs::write(batch.file("summary.md"), "before\n").unwrap();
    batch
        .command("--yes")
        .env("GITHUB_STEP_SUMMARY", batch.file("summary.md"))
        .exits(0);
    let summary = batch.read("summary.md");
    assert!(
        summary.starts_with("before\n### users.csv: finished"),
        "{summary}"
    );
}

/// Reads both with the parsers that CI servers and collectors use.
#[test]
#[ignore = "needs a Python with junitparser and prometheus-client, named by JUNITPARSER_PYTHON"]
fn real_parsers_read_the_reports() {
    let batch = Batch::of(5, only(FIRST + 1, Reply::Error("INVALID_NUMBER")));
    batch.sends(&all(), 1, "finished");
    let script = "
import sys
from junitparser import JUnitXml
from prometheus_client.parser import text_string_to_metric_families as old
from prometheus_client.openmetrics.parser import text_string_to_metric_families as new
suite = next(iter(JUnitXml.fromfile('r.xml')))
assert suite.tests == 6 and suite.failures == 2, (suite.tests, suite.failures)
assert suite.timestamp and suite.hostname and suite.time > 0
text = open('r.prom').read()
for parse in (old, new):
    families = {family.name: family for family in parse(text)}
    rows = {sample.labels['outcome']: sample.value for sample in families['smspin_batch_rows'].samples}
    assert len(rows) == 9 and rows['accepted'] == 4 and rows['refused'] == 1 and rows['unknown'] == 0, rows
    assert families['smspin_batch_latency_seconds'].type == 'histogram'
";
    let python = std::env::var("JUNITPARSER_PYTHON").expect("JUNITPARSER_PYTHON names a Python");
    let read = std::process::Command::new(python)
        .args(["-c", script])
        .current_dir(batch.home.path())
        .output()
        .unwrap();
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
}

#[test]
fn the_summary_of_a_ci_job_is_never_a_file_of_the_batch_nor_waited_for() {
    let fifo = rustix::fs::FileType::Fifo;
    for name in [
        "users.csv",
        "users.csv.smspin",
        "users.results.csv",
        "journal.db",
        "pipe",
    ] {
        let batch = Batch::of(2, accepting);
        if name == "pipe" {
            rustix::fs::mknodat(rustix::fs::CWD, batch.file(name), fifo, 0o600.into(), 0).unwrap();
        }
        for _ in 0..2 {
            let ended = batch
                .command("--yes")
                .env("GITHUB_STEP_SUMMARY", batch.file(name))
                .exits(0);
            ended.err("GITHUB_STEP_SUMMARY");
        }
        assert_eq!(batch.read("users.csv"), super::numbers(FIRST..FIRST + 2));
        assert_eq!(batch.results().len(), 2);
    }
}

/// Where a command ends before it has found out where its results and its journal are.
#[test]
fn an_early_end_leaves_the_files_of_a_batch_as_they_are() {
    let batch = Batch::of(2, accepting);
    batch.sends("", 0, "finished");
    std::fs::write(
        batch.file("bare.csv"),
        format!("{};x\n{};y\n", FIRST + 5, FIRST + 6),
    )
    .unwrap();
    let bare = batch.command_for("bare.csv", "--yes --no-header --column msisdn=1");
    bare.exits(0);
    let content = |name: &str| std::fs::read(batch.file(name)).unwrap();
    for name in [
        "users.csv.smspin",
        "users.results.csv",
        "bare.results.csv",
        "journal.db",
    ] {
        let before = content(name);
        let summary = |run: Run| run.env("GITHUB_STEP_SUMMARY", batch.file(name));
        let missing = summary(batch.command_for("missing.csv", "--yes")).exits(2);
        missing.err("GITHUB_STEP_SUMMARY");
        let doctor = summary(
            batch
                .home
                .typed(format!("--json doctor --base-url {}", batch.gateway.base_url)),
        )
        .end();
        doctor.err("GITHUB_STEP_SUMMARY");
        let mut terminal = Terminal::new();
        let stopped = terminal.start(summary(batch.command_for("-", "--yes -o r.csv")));
        terminal.wait_for("opening standard input");
        stopped.signal(rustix::process::Signal::TERM);
        stopped.exits(143);
        assert!(content(name) == before, "{name}");
    }
}

#[test]
fn a_signal_before_the_first_row_is_reported_too() {
    let batch = Batch::of(0, accepting);
    let run = batch.command_for("-", &[&["--yes", "-o", "r.csv"], &all()[..]].concat());
    let mut terminal = Terminal::new();
    let running = terminal.start(run);
    terminal.wait_for("opening standard input");
    running.signal(rustix::process::Signal::TERM);
    let ended = running.exits(143);
    assert_eq!(ended.json()["error"], "cancelled: nothing was sent", "{ended}");
    assert_eq!(exit_code(&batch), 143);
}

#[test]
fn a_report_has_the_text_as_it_was_written_and_no_cell_of_a_person() {
    let list = format!("Tel,name\n{FIRST},Annabella\n346000000x1,Bo\n{},Cy\n", FIRST + 1);
    // A gateway may repeat the number in whatever it says.
    let batch = Batch::with(&list, |number, _| {
        if number == FIRST {
            Reply::Ok
        } else {
            Reply::http(
                400,
                &format!(r#"{{"error_id":"NO_{number}","error_msg":"{number} is not known"}}"#),
            )
        }
    });
    let text = ["--sms-text", "Hi {name}, your code is {PIN}"];
    batch.run(&[&text[..], &all(), &["--dry-run"]].concat()).exits(1);
    let hides_people = |form: &str| {
        let report = batch.read(form);
        let number = FIRST.to_string();
        let mut people = ["Annabella", "346000000x1", &number, "34600000001"].into_iter();
        let shown = people.find(|shown| report.contains(*shown));
        assert_eq!(shown, None, "{form}: {report}");
    };
    // Of a dry run there are no metrics.
    FORMS
        .into_iter()
        .filter(|form| batch.file(form).exists())
        .for_each(hides_people);
    let ended = batch.run(&[&["--yes"], &text[..], &all()].concat());
    assert_eq!(ended.json()["rows"]["accepted"], 1, "{ended}");
    FORMS.into_iter().for_each(hides_people);
    assert!(batch.read("r.html").contains("Hi {name}, your code is {PIN}"));
}

#[test]
fn metrics_of_two_lists_of_one_name_are_told_apart_and_a_rehearsal_is() {
    let batch = Batch::of(1, accepting);
    batch.sends("--report r.prom", 0, "finished");
    let path = batch.file("users.csv").canonicalize().unwrap();
    let metrics = batch.read("r.prom");
    for label in [
        format!("path=\"{}\"", path.display()),
        "sandbox=\"false\"".to_owned(),
    ] {
        assert!(metrics.contains(&label), "{label}: {metrics}");
    }
    assert!(metrics.contains("outcome=\"unknown\"} 0\n"), "{metrics}");
}
