//! One memory for all lists: a person gets one SMS, whatever the list is called, wherever it is, and whatever else stands in it.

use super::{Batch, FIRST, accepting, numbers};
use crate::support::ended::Ended;
use crate::support::gateway::{Reply, only};
use crate::support::home::{KEY, Words};
use std::os::unix::fs::symlink;

impl Batch {
    /// Runs with another list than `users.csv`.
    pub(crate) fn run_file(&self, file: &str, more: impl Words) -> Ended {
        self.command_for(file, more).end()
    }

    /// Each of so many numbers got so many requests.
    #[track_caller]
    pub(crate) fn each_got(&self, rows: u64, times: usize) {
        let mut all = self.gateway.numbers();
        all.sort_unstable();
        let expected: Vec<_> = (FIRST..FIRST + rows)
            .flat_map(|number| vec![number; times])
            .collect();
        assert_eq!(all, expected);
    }
}

/// What people with a spreadsheet do after a batch: none of it is a reason for another SMS.
#[test]
fn another_file_with_the_same_people_sends_to_none_of_them() {
    let batch = Batch::of(6, accepting);
    let all = batch.read("users.csv");
    batch.sends("", 0, "finished");
    let reversed: Vec<String> = (FIRST..FIRST + 6)
        .rev()
        .map(|number| number.to_string())
        .collect();
    std::fs::create_dir(batch.file("sub")).unwrap();
    std::fs::create_dir(batch.file("rel-2")).unwrap();
    for (name, text) in [
        ("subset.csv", numbers(FIRST + 2..FIRST + 5)),
        ("sorted.csv", format!("Tel\n{}\n", reversed.join("\n"))),
        (
            "column.csv",
            all.replace('\n', ",x\n").replacen("Tel,x", "Tel,Note", 1),
        ),
        ("sub/users.csv", all.clone()),
        ("rel-2/users.csv", all.clone()),
        ("plus.csv", all.replace("346", "+346")),
    ] {
        std::fs::write(batch.file(name), text).unwrap();
    }
    std::fs::hard_link(batch.file("users.csv"), batch.file("hard.csv")).unwrap();
    symlink("rel-2", batch.file("current")).unwrap();
    for name in [
        "subset.csv",
        "sorted.csv",
        "column.csv",
        "sub/users.csv",
        "hard.csv",
        "current/users.csv",
        "plus.csv",
    ] {
        let ended = batch.run_file(name, "--yes").exits(0);
        assert_eq!(
            ended.json()["rows"]["accepted"].as_u64().unwrap() % 6,
            if name == "subset.csv" { 3 } else { 0 }
        );
        ended.err(" numbers were sent to before");
        let ways = ["--campaign NAME", "--once-per 25d"];
        assert!(ways.iter().all(|way| ended.stderr.contains(way)), "{ended}");
    }
    batch.each_got(6, 1);
}

#[test]
fn the_preflight_says_how_many_were_reached_when_and_by_which_list() {
    let batch = Batch::of(4, accepting);
    batch.sends("", 0, "finished");
    std::fs::write(batch.file("more.csv"), numbers(FIRST..FIRST + 6)).unwrap();
    let dry = batch.run_file("more.csv", "--dry-run");
    let preflight = &dry.json()["preflight"];
    assert_eq!(preflight["to_send"], 2, "{dry}");
    assert_eq!(preflight["accepted"], 4, "{dry}");
    let reached = &preflight["reached_by"][0];
    assert_eq!(
        (&reached["list"], &reached["numbers"]),
        (&"users.csv".into(), &4.into()),
        "{dry}"
    );
    assert!(reached["last"].as_str().unwrap().starts_with("20"), "{dry}");
    let ended = batch.run_file("more.csv", "--yes");
    assert_eq!(ended.json()["rows"]["accepted"], 6, "{ended}");
    batch.each_got(6, 1);
    // Its results say of each row which list reached it, unless it was this one.
    let mut reader = csv::Reader::from_path(batch.file("more.results.csv")).unwrap();
    let lists: Vec<String> = reader
        .records()
        .map(|row| row.unwrap().iter().next_back().unwrap().to_owned())
        .collect();
    assert_eq!(lists[..4], ["users.csv"; 4]);
    assert_eq!(lists[4..], [""; 2]);
}

#[test]
fn mended_rows_under_a_new_name_are_sent_and_none_else() {
    const ROWS: u64 = 30;
    let mended = numbers(FIRST..FIRST + ROWS);
    let mut broken = mended.clone();
    for row in 0..12 {
        broken = broken.replace(&(FIRST + row).to_string(), &format!("12{row}"));
    }
    let batch = Batch::with(&broken, accepting);
    let first = batch.sends("", 1, "finished");
    assert_eq!(first.json()["rows"]["invalid"], 12, "{first}");
    std::fs::write(batch.file("march-fixed.csv"), mended).unwrap();
    let rest = batch.run_file("march-fixed.csv", "--yes");
    assert_eq!(rest.json()["rows"]["accepted"], ROWS, "{rest}");
    batch.each_got(ROWS, 1);
}

#[test]
fn rows_from_a_pipe_are_remembered_like_those_of_a_file() {
    let batch = Batch::of(4, accepting);
    let piped = |more: &[&str]| {
        let run = batch.command_for("-", &[&["--yes", "-o", "out.csv"], more].concat());
        run.stdin(numbers(FIRST..FIRST + 6)).end()
    };
    batch.sends("--limit 2", 4, "pending");
    let ended = piped(&[]).exits(0);
    assert_eq!(ended.json()["rows"]["accepted"], 6, "{ended}");
    batch.sends("", 0, "finished");
    piped(&[]).exits(0);
    batch.each_got(6, 1);
    let names = std::fs::read_dir(batch.home.path()).unwrap();
    let left = names.filter(|entry| {
        entry
            .as_ref()
            .unwrap()
            .file_name()
            .to_string_lossy()
            .contains("input")
    });
    assert_eq!(left.count(), 0, "a copy of the rows is left behind");
}

#[test]
fn two_lists_in_opposite_orders_at_once_reach_each_person_once() {
    const ROWS: u64 = 200;
    let batch = Batch::of(ROWS, accepting);
    let reversed: Vec<String> = (FIRST..FIRST + ROWS)
        .rev()
        .map(|number| number.to_string())
        .collect();
    std::fs::write(
        batch.file("reversed.csv"),
        format!("Tel\n{}\n", reversed.join("\n")),
    )
    .unwrap();
    let running = [
        batch.command_for("users.csv", "--yes").start(),
        batch.command_for("reversed.csv", "--yes").start(),
        batch.command_for("users.csv", "--yes -o third.csv").start(),
    ];
    for one in running {
        let ended = one.end();
        assert!(matches!(ended.status, Some(0 | 4)), "{ended}");
    }
    batch.sends("", 0, "finished");
    batch.each_got(ROWS, 1);
}

#[test]
fn a_row_that_another_run_sends_to_is_under_way_and_the_batch_not_finished() {
    let batch = Batch::of(3, only(FIRST + 2, Reply::Held));
    let running = batch.command("--yes").start();
    batch.gateway.wait_until(|numbers| numbers.len() == 3);
    // What became of the others may wait for the next group.
    let are_recorded = || batch.journal("status users.csv").json()["rows"]["accepted"] == 2;
    while !are_recorded() {}
    std::fs::write(batch.file("other.csv"), numbers(FIRST..FIRST + 3)).unwrap();
    let other = batch.run_file("other.csv", "--yes").exits(4);
    assert_eq!(other.json()["outcome"], "pending", "{other}");
    assert_eq!(other.json()["rows"]["under_way"], 1, "{other}");
    batch.gateway.release();
    running.exits(0);
    batch.run_file("other.csv", "--yes").exits(0);
    batch.each_got(3, 1);
}

#[test]
fn another_campaign_writes_to_the_same_people_and_resumes_like_any() {
    let batch = Batch::of(4, accepting);
    batch.sends("", 0, "finished");
    let march = ["--campaign", "march"];
    let first = batch.sends(&[&march[..], &["--limit", "3"]].concat(), 4, "pending");
    first.err("is a new campaign");
    batch.sends(&march, 0, "finished");
    batch.sends(&march, 0, "finished");
    batch.each_got(4, 2);
    let near = batch.refuses("--campaign marsh --dry-run", 0, "to_send");
    near.err("did you mean march?");
    batch.refuses("--campaign request --yes", 2, "request");
    batch.refuses("--campaign 'Big Sale' --yes", 2, "campaign");
}

#[test]
fn what_was_excluded_once_is_excluded_in_every_list_and_campaign() {
    let batch = Batch::of(4, accepting);
    std::fs::write(batch.file("march.txt"), format!("{}\n", FIRST + 1)).unwrap();
    std::fs::write(batch.file("april.txt"), format!("{}\n", FIRST + 2)).unwrap();
    batch.sends("--exclude march.txt --limit 1", 4, "pending");
    std::fs::write(batch.file("other.csv"), numbers(FIRST..FIRST + 5)).unwrap();
    let other = batch.run_file("other.csv", "--yes --exclude april.txt").exits(0);
    assert_eq!(other.json()["rows"]["excluded"], 2, "{other}");
    let by = &other.json()["preflight"];
    assert!(by.is_null() || by.is_object());
    let spring = batch.run_file("other.csv", "--yes --campaign spring -o s.csv");
    assert_eq!(spring.json()["rows"]["excluded"], 2, "{spring}");
    for msisdn in [FIRST + 1, FIRST + 2] {
        assert!(!batch.gateway.numbers().contains(&msisdn));
    }
    let readmitted = batch.journal("readmit march.txt --no-header --yes");
    assert_eq!(readmitted.json()["numbers"], 1, "{readmitted}");
    let ended = batch.run_file("other.csv", "--yes");
    assert_eq!(ended.json()["rows"]["excluded"], 1, "{ended}");
    assert!(batch.gateway.numbers().contains(&(FIRST + 1)));
}

/// All columns of numbers are excluded; who may be sent to again is what the column of the number says, and no other.
#[test]
fn a_list_is_readmitted_by_the_column_that_it_would_be_sent_by() {
    let batch = Batch::of(4, accepting);
    let table = |phone: u64, other: u64| format!("phone,agent\n{phone},{other}\n1 x,\n");
    std::fs::write(batch.file("never.csv"), format!("{}\n{}\n", FIRST, FIRST + 1)).unwrap();
    batch.sends("--exclude never.csv", 0, "finished");
    assert_eq!(batch.gateway.numbers(), [FIRST + 2, FIRST + 3]);
    std::fs::write(batch.file("again.csv"), table(FIRST, FIRST + 1)).unwrap();
    let readmitted = batch.journal("readmit again.csv --yes");
    assert_eq!(readmitted.json()["numbers"], 1, "{readmitted}");
    readmitted.err("1 row of again.csv can't be read");
    std::fs::write(
        batch.file("two.csv"),
        table(FIRST, FIRST + 1).replace("agent", "mobile"),
    )
    .unwrap();
    let unclear = batch.journal("readmit two.csv --yes").exits(2);
    unclear.out("--column msisdn=phone");
    batch.sends("", 0, "finished");
    assert_eq!(batch.gateway.numbers(), [FIRST + 2, FIRST + 3, FIRST]);
}

#[test]
fn a_batch_with_nothing_to_send_remembers_what_it_excludes() {
    let batch = Batch::of(2, accepting);
    batch.sends("", 0, "finished");
    std::fs::write(batch.file("march.txt"), format!("{}\n", FIRST + 2)).unwrap();
    batch.sends("--exclude march.txt", 0, "finished");
    std::fs::write(batch.file("other.csv"), numbers(FIRST..FIRST + 3)).unwrap();
    let other = batch.run_file("other.csv", "--yes");
    assert_eq!(other.json()["rows"]["excluded"], 1, "{other}");
    batch.each_got(2, 1);
}

#[test]
fn results_of_another_list_are_never_replaced() {
    let batch = Batch::of(2, accepting);
    batch.sends("", 0, "finished");
    let results = batch.read("users.results.csv");
    std::fs::write(batch.file("other.csv"), numbers(FIRST + 5..FIRST + 7)).unwrap();
    let other = batch.run_file("other.csv", "--yes -o users.results.csv").exits(2);
    other.out("--output FILE");
    assert_eq!(batch.read("users.results.csv"), results);
    assert_eq!(batch.gateway.numbers().len(), 2);
    // The key of another program that happens to be empty, or the list's own, is taken.
    batch
        .command_for("other.csv", "--yes")
        .env("SMSPIN_API_KEY", KEY)
        .exits(0);
}

/// A line that can't be read stops the batch, however few of the others can.
#[test]
fn an_exclusion_list_with_few_readable_lines_is_not_passed_over() {
    for list in [
        "+34600000099\n+34600000098 Ana\n+34600000001 Bo\n",
        "+34600000099\n+34600000098 Ana, complained\n+34600000001 Bo, left\n",
    ] {
        let batch = Batch::of(1, accepting);
        std::fs::write(batch.file("stop.txt"), list).unwrap();
        batch.refuses("--yes --exclude stop.txt", 2, "stop.txt");
        assert!(batch.gateway.numbers().is_empty(), "{list}");
    }
}
