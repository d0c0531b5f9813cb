//! Digits without a `+`: whose numbers they are is asked before anything is sent, where the column leaves it in doubt.

use super::{Batch, accepting};

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
        let ended = batch.refuses(
            more,
            2,
            &[
                "60 numbers without + or 00",
                "Germany (DE)",
                "--country DE",
                "--international",
            ],
        );
        assert!(ended.stdout.contains(" is +49151"), "{ended}");
    }
    assert_eq!(batch.gateway.numbers(), Vec::<u64>::new());
    assert!(!batch.file("users.results.csv").exists());
    batch.sends(&["--country", "DE"], 0, "finished");
    assert!(
        batch
            .gateway
            .numbers()
            .iter()
            .all(|number| number.to_string().starts_with("4915"))
    );
}

#[test]
fn the_other_way_out_reads_calling_codes() {
    let batch = Batch::with(
        &column(german().take(12).map(|number| number.to_string())),
        accepting,
    );
    batch.sends(&["--international"], 0, "finished");
    assert!(batch.gateway.numbers().contains(&15_123_456_789));
    batch.refuses(
        &["--yes", "--international", "--country", "DE"],
        2,
        &["cannot be used with"],
    );
}

#[test]
fn a_set_country_takes_no_numbers_of_others() {
    let american = (0..40_u64).flat_map(|nth| [12_125_550_200 + nth, 15_125_550_200 + nth * 101]);
    let batch = Batch::with(&column(american.map(|number| number.to_string())), accepting);
    batch.refuses(
        &["--yes", "--country", "DE"],
        2,
        &["look like international ones", "Germany (DE)", "--international"],
    );
    batch.sends(&["--international", "--limit", "5"], 0, "pending");
    assert!(
        batch
            .gateway
            .numbers()
            .iter()
            .all(|number| number.to_string().starts_with('1'))
    );
    // Without a country they need no flag, and are the same batch.
    batch.sends(&[], 0, "finished");
}
