//! Who may open a journal, and what opening it leaves behind.

use super::*;

#[test]
fn a_second_run_is_kept_out_and_told_who_is_in() {
    let place = Place::new();
    let (recorder, writer) = place.begin(1);
    let error = FileJournal::open(&place.path(), Access::Locked, LostRecords::Refuse).unwrap_err();
    assert!(
        matches!(error, JournalError::Held { pid, .. } if pid == Some(std::process::id())),
        "{error}"
    );
    assert!(
        error
            .to_string()
            .contains(&format!("(process {})", std::process::id()))
    );
    let through_a_dot = FileJournal::open(
        &place.folder.path().join("./users.csv.smspin"),
        Access::Locked,
        LostRecords::Refuse,
    );
    assert!(matches!(through_a_dot, Err(JournalError::Held { .. })));
    drop(recorder);
    writer.finish().unwrap().close().unwrap();
    // The sidecar is still there, and means nothing.
    assert!(place.names().contains(&"users.csv.smspin.lock".to_owned()));
    place.open().close().unwrap();
}

#[test]
fn a_reader_sees_a_run_and_changes_nothing() {
    let place = Place::new();
    assert!(
        FileJournal::open(&place.path(), Access::ReadOnly, LostRecords::Refuse)
            .unwrap()
            .campaign()
            .unwrap()
            .is_none()
    );
    assert_eq!(place.names(), [""; 0]);
    let (recorder, writer) = place.begin(5);
    send(&recorder, 1, AttemptResult::Accepted);
    let reader = FileJournal::open(&place.path(), Access::ReadOnly, LostRecords::Refuse).unwrap();
    let accepted = || Tally::of(&reader.numbers(NOW).unwrap(), RetryUnknown::Never).accepted;
    assert_eq!(accepted(), 1);
    send(&recorder, 2, AttemptResult::Accepted);
    assert_eq!(accepted(), 2);
    assert_eq!(reader.left().unwrap(), 3);
    drop(reader);
    send(&recorder, 3, AttemptResult::Accepted);
    writer.finish().unwrap().close().unwrap();
    let reader = FileJournal::open(&place.path(), Access::ReadOnly, LostRecords::Refuse).unwrap();
    assert_eq!(
        (reader.left().unwrap(), reader.error_ids().unwrap()),
        (2, Vec::new())
    );
    assert_eq!(
        reader.campaign().unwrap().map(|campaign| campaign.plan),
        Some(plan(5))
    );
    let mut numbers = NumbersBuilder::default().finish();
    reader.fold_into(&mut numbers, crate::clock::now()).unwrap();
    assert_eq!(numbers.numbers(), 0);
    assert_eq!(place.names(), ["users.csv.smspin", "users.csv.smspin.lock"]);
}

#[test]
fn nothing_is_created_before_a_campaign_begins() {
    let place = Place::new();
    let journal = place.open();
    assert_eq!(journal.campaign().unwrap(), None);
    journal.close().unwrap();
    assert_eq!(place.names(), ["users.csv.smspin.lock"]);
}

#[cfg(unix)]
#[test]
fn every_file_is_ours_alone_to_read() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let (recorder, writer) = place.begin(1);
    send(&recorder, 1, AttemptResult::Accepted);
    assert_eq!(place.names().len(), 4);
    for entry in fs::read_dir(place.folder.path()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(
            entry.metadata().unwrap().permissions().mode() & 0o777,
            0o600,
            "{:?}",
            entry.file_name()
        );
    }
    writer.finish().unwrap().close().unwrap();
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o644)).unwrap();
    place.open().close().unwrap();
    assert_eq!(
        fs::metadata(place.path()).unwrap().permissions().mode() & 0o777,
        0o600
    );
}

#[cfg(unix)]
#[test]
fn a_lock_that_is_a_link_does_not_empty_what_it_leads_to() {
    let place = Place::new();
    let mine = place.folder.path().join("mine");
    fs::write(&mine, "kept").unwrap();
    std::os::unix::fs::symlink(&mine, place.folder.path().join("users.csv.smspin.lock")).unwrap();
    let error = FileJournal::open(&place.path(), Access::Locked, LostRecords::Refuse).unwrap_err();
    let error = format!("{:#}", anyhow::Error::new(error));
    assert!(
        error.ends_with("it is a symbolic link, which is not followed"),
        "{error}"
    );
    assert_eq!(fs::read_to_string(&mine).unwrap(), "kept");
}
