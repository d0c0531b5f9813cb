//! No file of a journal has a number that was forgotten.

use super::*;
use crate::journal::store::Forget;
use std::collections::HashSet;

/// The numbers that some file of the journal has, as SQLite writes them.
fn numbers_in_files(folder: &Path, numbers: &[Msisdn]) -> Vec<Msisdn> {
    let content: Vec<u8> = names(folder)
        .iter()
        .flat_map(|name| fs::read(folder.join(name)).unwrap())
        .collect();
    let windows: HashSet<&[u8]> = content.windows(6).collect();
    let found = |msisdn: &&Msisdn| windows.contains(&msisdn.as_u64().to_be_bytes()[2..]);
    numbers.iter().filter(found).copied().collect()
}

#[test]
fn forgotten_numbers_are_in_no_file_of_the_journal() {
    let journal = Journal::new();
    let mut store = journal.store();
    connection(&store)
        .pragma_update(None, "synchronous", "off")
        .unwrap();
    let (_, campaign) = store.begin(&new_run()).unwrap();
    // Old and new ones side by side, in an order that splits pages everywhere; more than one transaction forgets.
    let numbers: Vec<_> = (0..3000).map(|place| number(place * 7919 % 3000)).collect();
    let (old, new): (Vec<_>, Vec<_>) = numbers.iter().partition(|msisdn| msisdn.as_u64() % 2 == 0);
    let later = now() + jiff::SignedDuration::from_hours(1);
    for (old, new) in old.chunks(25).zip(new.chunks(25)) {
        let tickets = granted(&claim(&mut store, old).unwrap());
        let others = granted(&claim_at(&mut store, new, later).unwrap());
        let text = "a text that makes rows longer than they were before";
        close(&mut store, &[tickets, others].concat(), text);
    }
    store.exclude(&old[..3]).unwrap();
    end(&mut store);
    let in_files = |numbers: &[Msisdn]| numbers_in_files(journal.folder.path(), numbers).len();
    assert_eq!((in_files(&old), in_files(&new)), (1500, 1500));

    let one = Forget::Number(old[0]);
    assert_eq!(store.forget(&one, later).unwrap(), 1);
    assert_eq!(in_files(&old[..1]), 0);

    assert_eq!(store.readmit(&old).unwrap(), 2);
    let all_old = Forget::OlderThan(later);
    assert_eq!(store.count_to_forget(&all_old).unwrap(), 1499);
    assert_eq!(store.forget(&all_old, later).unwrap(), 1499);
    assert_eq!((in_files(&old), in_files(&new)), (0, 1500));
    assert_eq!(known(&mut store, campaign, &numbers), 1500);
    assert_eq!(store.runs().unwrap()[0].forgotten, Some(later));
}

#[test]
fn the_lock_file_of_a_killed_run_stays_until_its_numbers_are_forgotten() {
    let journal = Journal::new();
    let mut killed = journal.store();
    let (_, campaign) = killed.begin(&new_run()).unwrap();
    claim(&mut killed, &[number(1)]).unwrap();
    drop(killed);
    let mut store = journal.store();
    let has_lock = || !journal.locks().is_empty();
    let number = Forget::Number(number(2));
    assert_eq!(store.forget(&number, now()).unwrap(), 0);
    assert!(has_lock());
    assert_eq!(store.forget(&Forget::Campaign(campaign), now()).unwrap(), 1);
    assert!(!has_lock());
}
