//! What is sent for a row, what is not, and what the results say of each.

use super::{Batch, FIRST, accepting, counts};
use crate::support::gateway::{Reply, only};

#[test]
fn results_have_the_rows_of_the_input_in_its_order_with_ours_behind() {
    let input = "name;Tel;note\n\
        Ana;+34 600 000 001;a\n\
        Bob;12;b\n\
        Eve;34600000001;\"c;d\"\n\
        Kim;34600000003;=1+1\n";
    let batch = Batch::with(input, only(FIRST + 2, Reply::Error("INVALID_SENDER")));
    let ended = batch.sends("", 1, "finished");
    assert_eq!(
        ended.json()["rows"],
        counts(&[("accepted", 1), ("duplicate", 1), ("invalid", 1), ("refused", 1)]),
        "{ended}"
    );
    let results = batch.read("users.results.csv");
    let lines: Vec<_> = results.lines().collect();
    assert_eq!(
        lines[0],
        "name;Tel;note;smspin_outcome;smspin_error_id;smspin_error_msg;smspin_http;smspin_attempts;smspin_at;\
         smspin_msisdn;smspin_line;smspin_detail;smspin_delivery;smspin_delivery_at;smspin_delivery_match;smspin_list"
    );
    for (line, begins, holds) in [
        (1, "Ana;+34 600 000 001;a;accepted;;;200;1;20", ";34600000001;2;"),
        (2, "Bob;12;b;invalid;;;;0;;;3;", "number: "),
        (
            3,
            "Eve;34600000001;\"c;d\";duplicate;;;;0;;34600000001;4;",
            "same number as line 2",
        ),
        (
            4,
            "Kim;34600000003;=1+1;refused;INVALID_SENDER;'=said;200;1;20",
            ";34600000003;5;",
        ),
    ] {
        assert!(lines[line].starts_with(begins), "{results}");
        assert!(lines[line].contains(holds), "{results}");
    }
    assert_eq!(lines.len(), 5);
    use std::os::unix::fs::PermissionsExt;
    for name in ["users.results.csv", "journal.db"] {
        let mode = batch.file(name).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    let journal = std::fs::read(batch.file("journal.db")).unwrap();
    assert!(
        !journal
            .windows(crate::support::home::KEY.len())
            .any(|part| part == crate::support::home::KEY.as_bytes())
    );
}

#[test]
fn a_row_says_for_itself_what_it_is_sent() {
    let input =
        "tel,sender,pin_length,name\n34600000001,SHOP,8,Ana\n34600000002,,,{PIN}\n34600000003,,,Bob\n";
    let batch = Batch::with(input, accepting);
    let text = ["--sms-text", "Hi {name}, {PIN} {{x", "--sender", "ACME"];
    batch.refuses(&[&["--yes", "--strict"][..], &text].concat(), 2, "--strict");
    batch.sends(&text, 1, "finished");
    let asked = batch.gateway.bodies();
    assert_eq!(asked.len(), 2, "a name with {{PIN}} in it is invalid");
    assert_eq!(asked[0]["sms_text"], "Hi Ana, {PIN} {x");
    assert_eq!(asked[0]["sender"], "SHOP");
    assert_eq!(asked[0]["pin_params"]["length"], 8);
    assert_eq!(asked[1]["sms_text"], "Hi Bob, {PIN} {x");
    assert_eq!(asked[1]["sender"], "ACME");
}

#[test]
fn what_is_wrong_with_the_whole_batch_stops_it_before_anything_is_sent() {
    let batch = Batch::of(3, accepting);
    for (more, status, says) in [
        (&["--yes", "--sms-text", "Hi {nome}, {PIN}"][..], 2, "nome"),
        (&["--yes", "--sms-text", "Hi {tel}"][..], 2, "has no {PIN}"),
        (&["--yes", "--max-sends", "2"][..], 2, "--limit 2"),
        (&["--yes", "--rate", "fast"][..], 2, "--rate"),
        (&["--yes", "-o", "users.csv"][..], 2, "would replace the input"),
        (
            &["--yes", "-o", "./journal.db"][..],
            2,
            "would overwrite the journal",
        ),
        (
            &["--yes", "-o", "no/where.csv"][..],
            2,
            "the directory does not exist",
        ),
        (&["--yes", "--journal", "no/where"][..], 2, "nothing was sent"),
        (&["--yes", "--journal", "users.csv"][..], 2, "can't be the list"),
        (&[][..], 2, "--yes sends without asking"),
        (&["--dry-run"][..], 0, "\"to_send\":3"),
    ] {
        batch.refuses(more, status, &[says]);
    }
    assert_eq!(batch.gateway.balances(), 0);
    assert!(!batch.file("users.results.csv").exists());
    assert!(!batch.file("users.csv.smspin").exists());
    // The limit of what may be sent counts what would be.
    batch.sends("--max-sends 2 --limit 2", 4, "pending");
}

#[test]
fn a_dry_run_counts_and_sends_nothing() {
    let batch = Batch::with("tel\n34600000001\n34600000001\n12\n12025550100\n", accepting);
    let dry = batch.refuses("--dry-run --sms-text 'á {PIN}'", 1, "dry_run");
    let part = &dry.json()["preflight"];
    for (name, value) in [
        ("rows", 4),
        ("to_send", 2),
        ("invalid", 1),
        ("duplicates", 1),
        ("ucs2", 2),
    ] {
        assert_eq!(part[name], value, "{name}: {dry}");
    }
    assert_eq!(part["faults"][0]["line"], 4, "{dry}");
    assert!(!batch.file("users.csv.smspin").exists());
    assert!(!batch.file("journal.db").exists());
}

#[test]
fn a_stream_of_results_has_a_line_for_each_row_of_this_run() {
    let batch = Batch::of(
        4,
        |number, _| if number == FIRST { Reply::Ok } else { Reply::Lost },
    );
    let ended = batch
        .home
        .typed("batch users.csv --yes -o -")
        .at(&batch.gateway.base_url)
        .exits(5);
    let lines = ended
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    let lines: Vec<serde_json::Value> = lines.collect();
    assert_eq!(lines.len(), 4, "{ended}");
    assert_eq!(lines[0]["smspin_outcome"], "accepted");
    assert_eq!(lines[0]["smspin_line"], 2);
    assert!(lines[1..].iter().all(|line| line["smspin_outcome"] == "unknown"));
    ended.err("1 accepted, 3 unknown");
    batch.refuses("--yes -o -", 2, "--json and --output -");
    assert!(!batch.file("users.results.csv").exists());
}

#[test]
fn the_preflight_says_which_columns_are_read_as_what() {
    let batch = Batch::with("Tel;Texto;SENDER\n34600000001;hello {PIN};SHOP\n", accepting);
    for (more, says) in [
        (&["--dry-run"][..], &["Tel as msisdn", "SENDER as sender"][..]),
        (
            &["--dry-run", "--column", "sms_text=Texto"],
            &["Tel as msisdn", "SENDER as sender", "Texto as sms_text"],
        ),
    ] {
        let ended = batch.run(more);
        assert_eq!(
            ended.json()["preflight"]["columns"],
            serde_json::json!(says),
            "{ended}"
        );
    }
}

#[test]
fn numbers_of_a_list_never_get_an_sms_however_they_are_written() {
    for list in [
        "+34 600 00 00 02\n\n0034600000003\n",
        "name,Phone\nAnn,600000002\nBob,34600000003\n",
        "\u{feff}34600000002\r\n34600000003\r\n34999\u{a0}",
    ] {
        let batch = Batch::of(4, accepting);
        std::fs::write(batch.file("stop.csv"), list).unwrap();
        let more = ["--exclude", "stop.csv", "--country", "ES"];
        if list.contains("999") {
            batch.refuses(
                "--yes --exclude stop.csv",
                2,
                "nothing was sent … line 3 … stop.csv",
            );
            assert!(batch.gateway.numbers().is_empty());
            continue;
        }
        let ended = batch.sends(&more, 0, "finished");
        assert_eq!(ended.json()["rows"]["excluded"], 2, "{ended}");
        assert_eq!(batch.gateway.numbers(), [FIRST, FIRST + 3]);
        assert!(batch.read("users.results.csv").contains("excluded"));
        // Once excluded, it stays so without the list.
        let ended = batch.sends(&more[2..], 0, "finished");
        assert_eq!(ended.json()["rows"]["excluded"], 2, "{ended}");
        assert_eq!(batch.gateway.numbers().len(), 2);
    }
}

#[test]
fn a_line_that_is_no_number_is_never_left_out_of_a_list() {
    for (list, says) in [
        ("phone,name\n3.46E+10,Ann\n34600000003,Bob\n", "line 2"),
        ("phone\n34600000003\n3460000000x\n", "line 3"),
        ("3460000000x\n34600000003\n", "line 1"),
        ("+34600000003\n+44 07911 123456\n", "447911123456"),
        (
            "{\"phone\":\"34600000003\"}\n{\"phone\":\"34600000002\"\n",
            "line 2",
        ),
    ] {
        let batch = Batch::of(4, accepting);
        std::fs::write(batch.file("stop.csv"), list).unwrap();
        let says = ["nothing was sent", "1 line of stop.csv can't be read", says];
        batch.refuses("--yes --exclude stop.csv", 2, &says);
    }
}

#[test]
fn every_column_of_numbers_counts_in_a_list() {
    let lists: [&[u8]; 9] = [
        b"name,phone\nAnn,\nBob,34600000002\n",
        b"Kundin;Handy;Telefon\nJ\xf6rg;+34 600 000 002;\nAnn;;+34600000002\n",
        b"id,name,phone,other\n1001,Ann,,+34 600 000 002\n",
        b"phone,name\n34600000002\n",
        b"\xff\xfe3\x004\x006\x000\x000\x000\x000\x000\x000\x000\x002\x00\n\x00",
        b"'34600000002\n",
        b"\"34600000002\"\n\"+34 600 000 777\"\n",
        b"Do not write to\n34600000002,0\n",
        b"{\"name\":\"Ann\"}\n{\"name\":\"Bob\",\"mobile\":34600000002}\n",
    ];
    for list in lists {
        let batch = Batch::of(2, accepting);
        std::fs::write(batch.file("stop.csv"), list).unwrap();
        let ended = batch.sends("--exclude stop.csv", 0, "finished");
        assert_eq!(
            batch.gateway.numbers(),
            [FIRST],
            "{}: {ended}",
            String::from_utf8_lossy(list)
        );
    }
}

#[test]
fn a_list_says_how_many_of_it_were_met_and_asks_whose_its_numbers_are() {
    let batch = Batch::of(2, accepting);
    std::fs::write(batch.file("stop.txt"), "+34 600 999 001\n+34 600 999 002\n").unwrap();
    let ended = batch.run("--dry-run --exclude stop.txt");
    let warnings = &ended.json()["preflight"]["warnings"];
    assert_eq!(
        warnings[0], "stop.txt excludes 2 numbers, 0 of them in this list",
        "{ended}"
    );
    std::fs::write(batch.file("stop.txt"), "600999001\n600999002\n").unwrap();
    batch.refuses(
        "--yes --exclude stop.txt",
        2,
        "stop.txt: 2 numbers have no country code … --country ES",
    );
    for list in ["", "phone\n", "name,city\nAnn,Oslo\n"] {
        std::fs::write(batch.file("stop.txt"), list).unwrap();
        batch.refuses("--yes --exclude stop.txt", 2, "nothing was sent … stop.txt");
    }
    assert!(batch.gateway.numbers().is_empty());
}

#[test]
fn a_list_protects_nobody_in_silence() {
    let batch = Batch::of(1, accepting);
    batch.refuses("--yes --exclude no.csv", 2, "nothing was sent … no.csv");
    assert!(batch.gateway.numbers().is_empty());
}

#[test]
fn a_dry_run_writes_every_fault_into_the_file_that_it_is_told() {
    let rows: String = "bad1 bad2 bad3 bad4 bad5 bad6 bad7 bad8 bad9".replace(' ', "\n");
    let batch = Batch::with(&format!("phone\n{FIRST}\n{rows}"), accepting);
    let args = ["--dry-run", "--yes", "-o", "faults.csv"];
    let ended = batch.command(&args).exits(1);
    let preflight = &ended.json()["preflight"];
    assert_eq!(preflight["faults"].as_array().unwrap().len(), 9, "{ended}");
    let reasons: Vec<u64> = preflight["reasons"]
        .as_object()
        .unwrap()
        .values()
        .map(|rows| rows.as_u64().unwrap())
        .collect();
    assert_eq!(reasons, [9], "{ended}");
    assert_eq!(batch.read("faults.csv").matches("invalid").count(), 9);
    assert!(batch.gateway.numbers().is_empty());
    assert!(!batch.file("users.csv.smspin").exists());
}
