//! No file of a journal has a number that was forgotten.

use super::*;
use crate::journal::store::Forget;

/// The numbers that some file of the journal has, as SQLite writes them.
fn numbers_in_files(folder: &Path, numbers: &[Msisdn]) -> Vec<Msisdn> {
    let content: Vec<u8> = names(folder)
        .iter()
        .flat_map(|name| fs::read(folder.join(name)).unwrap())
        .collect();
    let found = |msisdn: &&Msisdn| {
        let bytes = &msisdn.as_u64().to_be_bytes()[2..];
        content.windows(bytes.len()).any(|window| window == bytes)
    };
    numbers.iter().filter(found).copied().collect()
}

#[test]
fn forgotten_numbers_are_in_no_file_of_the_journal() {
    let journal = Journal::new();
    let mut store = journal.store();
    let (_, campaign) = store.begin(&new_run()).unwrap();
    // In an order that splits pages everywhere, more of them than one transaction forgets.
    let numbers: Vec<_> = (0..1500).map(|place| number(place * 7919 % 1500)).collect();
    for group in numbers.chunks(50) {
        let tickets = granted(&claim(&mut store, group).unwrap());
        close(
            &mut store,
            &tickets,
            "a text that makes rows longer than they were before",
        );
    }
    store.exclude(&numbers[..3]).unwrap();
    end(&mut store);
    let mut other = new_run();
    other.campaign = "other".to_owned();
    let kept = number(777_777);
    store.begin(&other).unwrap();
    claim(&mut store, &[kept]).unwrap();
    assert_eq!(numbers_in_files(journal.folder.path(), &numbers[..9]).len(), 9);

    let one = Forget::Number(numbers[0]);
    assert_eq!(store.forget(&one, now()).unwrap(), 1);
    assert!(numbers_in_files(journal.folder.path(), &numbers[..1]).is_empty());

    assert_eq!(store.readmit(&numbers).unwrap(), 2);
    let all = Forget::Campaign(campaign);
    assert_eq!(store.count_to_forget(&all).unwrap(), 1499);
    assert_eq!(store.forget(&all, now()).unwrap(), 1499);
    assert!(numbers_in_files(journal.folder.path(), &numbers).is_empty());
    assert_eq!(numbers_in_files(journal.folder.path(), &[kept]), [kept]);
    let runs = store.runs().unwrap();
    let forgotten: Vec<_> = runs.iter().map(|run| run.forgotten.is_some()).collect();
    assert_eq!(forgotten, [true, false]);
}

#[test]
fn the_lock_file_of_a_killed_run_stays_until_its_numbers_are_forgotten() {
    let journal = Journal::new();
    let mut killed = journal.store();
    let (_, campaign) = killed.begin(&new_run()).unwrap();
    claim(&mut killed, &[number(1)]).unwrap();
    drop(killed);
    let mut store = journal.store();
    let has_lock = || journal.names().iter().any(|name| name.ends_with(".lock"));
    let number = Forget::Number(number(2));
    assert_eq!(store.forget(&number, now()).unwrap(), 0);
    assert!(has_lock());
    assert_eq!(store.forget(&Forget::Campaign(campaign), now()).unwrap(), 1);
    assert!(!has_lock());
}
