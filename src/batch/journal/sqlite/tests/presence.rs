//! Files that are renamed or deleted under a run: it stops, records what has begun, and says where the records are.

use super::*;

/// A run with one accepted row and one under way, whose files are then changed; with what it said, and where its records are.
fn changed(change: impl FnOnce(&Place)) -> (Place, JournalError) {
    let place = Place::new();
    let (recorder, writer) = place.begin(3);
    send(&recorder, 1, AttemptResult::Accepted);
    let under_way = recorder.intend(vec![intent(2)]).wait().unwrap().pop().unwrap();
    change(&place);
    let refused = recorder.intend(vec![intent(3)]).wait();
    assert!(matches!(refused, Err(Broken::Moved(_))), "{refused:?}");
    recorder
        .close(under_way, outcome(AttemptResult::Accepted))
        .wait()
        .unwrap();
    let error = writer.finish().unwrap().close().unwrap_err();
    (place, error)
}

const STATES: [Status; 3] = [Status::Accepted, Status::Accepted, Status::Pending];

#[cfg(target_os = "linux")]
#[test]
fn a_journal_that_is_renamed_is_found() {
    let elsewhere = |place: &Place| place.path().with_file_name("mine");
    let (place, error) = changed(|place| fs::rename(place.path(), elsewhere(place)).unwrap());
    let JournalError::Renamed { now, .. } = &error else {
        panic!("{error}");
    };
    assert!(now.to_string().ends_with("/mine"), "{error}");
    assert!(error.hint().unwrap().contains("/mine to "));
    fs::rename(elsewhere(&place), place.path()).unwrap();
    assert_eq!(place.states(&[1, 2, 3]), STATES);
}

#[cfg(unix)]
#[test]
fn a_journal_that_is_deleted_is_saved() {
    for all in [true, false] {
        let (place, error) = changed(|place| {
            for name in place.names() {
                if all || name == "users.csv.smspin" {
                    fs::remove_file(place.folder.path().join(name)).unwrap();
                }
            }
        });
        let JournalError::Deleted { saved, .. } = &error else {
            panic!("{error}");
        };
        let saved = PathBuf::from(saved.to_string());
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&saved).unwrap().permissions().mode() & 0o777, 0o600);
        }
        fs::rename(&saved, place.path()).unwrap();
        assert_eq!(place.states(&[1, 2, 3]), STATES);
        let (recorder, writer) = place.resume(1);
        send(&recorder, 3, AttemptResult::Refused);
        writer.finish().unwrap().close().unwrap();
    }
}

#[cfg(unix)]
#[test]
fn a_wal_or_a_lock_that_is_deleted_stops_the_run() {
    for suffix in ["-wal", ".lock"] {
        let (place, error) = changed(|place| {
            fs::remove_file(place.path().with_file_name(format!("users.csv.smspin{suffix}"))).unwrap();
        });
        assert!(matches!(error, JournalError::Replaced { .. }), "{error}");
        assert!(error.to_string().contains(suffix), "{error}");
        assert_eq!(place.states(&[1, 2, 3]), STATES);
    }
}

/// A lock that is deleted keeps nobody out. The journal does: only the run that began last may send.
#[cfg(unix)]
#[test]
fn of_two_runs_in_one_journal_only_the_last_goes_on() {
    let place = Place::new();
    let mut first = place.open();
    first
        .begin(CampaignKind::First, &print("a"), &plan(2), NOW)
        .unwrap();
    fs::remove_file(place.path().with_extension("smspin.lock")).unwrap();
    let mut second = place.open();
    second.resume(&plan(2), NOW).unwrap();
    let taken_over = first.commit(&[]).unwrap_err();
    assert!(
        matches!(taken_over, JournalError::TakenOver { .. }),
        "{taken_over}"
    );
    assert!(second.commit(&[]).is_ok());
}
