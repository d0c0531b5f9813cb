//! Digits without a `+`: whose numbers they are is asked before anything is sent, where the column leaves it in doubt.

use super::{Batch, accepting};
use crate::support::terminal::Terminal;

fn column(cells: impl IntoIterator<Item = String>) -> String {
    cells
        .into_iter()
        .fold("phone\n".to_owned(), |text, cell| text + &cell + "\n")
}

/// German mobiles without the leading zero, which are the numbers of North America too.
fn german() -> impl Iterator<Item = u64> {
    (0..60).map(|nth| 15_123_456_789 + nth * 1_065_431)
}

#[test]
fn national_numbers_without_a_country_stop_the_batch() {
    let batch = Batch::with(&column(german().map(|number| number.to_string())), accepting);
    for more in [&["--yes"][..], &["--dry-run"]] {
        batch.refuses(more, 2, "60 numbers have no country code, such as 151 … --country DE if they are numbers of Germany … --international if all of them begin with a country code");
    }
    assert_eq!(batch.gateway.numbers(), Vec::<u64>::new());
    assert!(!batch.file("users.results.csv").exists());
    batch.refuses("--yes --report r.md", 2, "have no country code");
    assert!(
        batch.read("r.md").contains("such as 15\\*\\*"),
        "{}",
        batch.read("r.md")
    );
    batch.sends("--country DE", 0, "finished");
    assert!(
        batch
            .gateway
            .numbers()
            .iter()
            .all(|number| number.to_string().starts_with("4915"))
    );
}

#[test]
fn what_is_sent_as_it_stands_is_a_warning_with_how_many_rows() {
    let batch = Batch::with(
        "phone,name,sms_text\n34600000001,Ann,\n34600000002,,\n34600000003,,\"{name}: {PIN}\"\n,,\n34600000004,Bob,\n",
        accepting,
    );
    let ended = batch.run("--dry-run --sms-text 'Dear {name}, ${PIN}'").exits(0);
    let preflight = &ended.json()["preflight"];
    assert_eq!(
        preflight["warnings"],
        serde_json::json!([
            "“${PIN}” sends a $ before the PIN",
            "“name” is blank in 1 row, and the text needs it",
            "“{name}” is sent as it stands in the sms_text of 1 row: only --sms-text is filled in",
        ])
    );
    assert_eq!(
        (preflight["rows"].as_u64(), preflight["empty_rows"].as_u64()),
        (Some(4), Some(1))
    );
    ended.err("warning: “name” is blank in 1 row");
}

#[test]
fn results_of_what_was_not_plain_utf_8_have_a_byte_order_mark() {
    for (encoding, mark) in [(&["--encoding", "windows-1252"][..], true), (&[], false)] {
        let batch = Batch::with("phone,phone\n1,34600000001\n", accepting);
        batch.refuses("--yes", 2, "--column msisdn=#1 or --column msisdn=#2");
        batch.sends(&[encoding, &["--column", "msisdn=#2"]].concat(), 0, "finished");
        let results = std::fs::read(batch.file("users.results.csv")).unwrap();
        assert_eq!(results.starts_with(b"\xef\xbb\xbf"), mark);
    }
}

#[test]
fn one_request_says_the_country_and_guesses_no_further_than_known_mobiles() {
    let batch = Batch::with("phone\n", accepting);
    let request = |number: &str| {
        let args = ["request", number, "--base-url", &batch.gateway.base_url];
        batch
            .home
            .smspin(args)
            .env("SMSPIN_API_KEY", crate::support::home::KEY)
            .end()
    };
    request("34600000014").says(
        0,
        &["a PIN to 34600000014 (Spain)"],
        &["a PIN to +34600000014 (Spain)"],
    );
    request("34912345678").fails(2, "not a known mobile … write +34912345678 … --country ES");
    request("687912345").fails(2, "New Caledonia … Spain … write +687912345 … --country ES");
    request("+687912345").says(
        0,
        &["(New Caledonia)"],
        &["sending a PIN to +687912345 (New Caledonia)"],
    );
    request("+34912345678").says(0, &["(Spain)"], &["warning"]);
    request("+31 06 12345678").fails(2, "31612345678");
    request("436641234567.5").fails(2, "as a spreadsheet writes it");
    assert_eq!(batch.gateway.numbers().len(), 3);
    for (answer, status) in [("n\n", 2), ("y\n", 0)] {
        let mut terminal = Terminal::new();
        let args = ["request", "687912345", "--base-url", &batch.gateway.base_url];
        let running = terminal.start(
            batch
                .home
                .smspin(args)
                .env("SMSPIN_API_KEY", crate::support::home::KEY),
        );
        terminal.wait_for("Is +687912345 (New Caledonia) the right number?");
        terminal.types(answer);
        running.exits(status);
    }
    assert_eq!(batch.gateway.numbers().len(), 4);
}

#[test]
fn the_other_way_out_reads_calling_codes() {
    let batch = Batch::with(
        &column(german().take(12).map(|number| number.to_string())),
        accepting,
    );
    batch.sends("--international", 0, "finished");
    assert!(batch.gateway.numbers().contains(&15_123_456_789));
    batch.refuses("--yes --international --country DE", 2, "cannot be used with");
}

#[test]
fn a_wrong_country_stops_the_batch() {
    let spanish = (0..120_u64).map(|nth| 600_000_014 + nth * 833_333);
    let batch = Batch::with(&column(spanish.map(|number| number.to_string())), accepting);
    batch.refuses(
        "--yes --country PT",
        2,
        "of the 120 numbers without a country code are not mobiles of Portugal (PT) … --country ES",
    );
    batch.sends("--country ES", 0, "finished");
    let sent = batch.gateway.numbers();
    assert!(
        sent.iter().all(|number| number.to_string().starts_with("346")),
        "{sent:?}"
    );
}

#[test]
fn a_set_country_takes_no_numbers_of_others() {
    let american = (0..40_u64).flat_map(|nth| [12_125_550_200 + nth, 15_125_550_200 + nth * 101]);
    let batch = Batch::with(&column(american.map(|number| number.to_string())), accepting);
    batch.refuses(
        "--yes --country DE",
        2,
        "40 of them would be read as numbers of Germany (DE), such as 1512555 … --international",
    );
    batch.sends("--international --limit 5", 4, "pending");
    assert!(
        batch
            .gateway
            .numbers()
            .iter()
            .all(|number| number.to_string().starts_with('1'))
    );
    // Without a country they need no flag, and are the same batch.
    batch.sends("", 0, "finished");
}
