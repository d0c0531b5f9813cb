//! Records that are gone or no longer what was written. Whatever is done to the files, a journal gives the view that it gave
//! before, or none.

use super::*;

/// Bytes from one place to change to the next; odd, so that every part of a frame and of a page is met.
const STRIDE: usize = 6_733;
const FRAME: usize = 24 + 4096;
const ROWS: u64 = 14;

/// A run with rows of all kinds, each in commits of its own.
fn sending() -> (Place, Recorder, FileWriter) {
    use AttemptResult::{Accepted, Refused, RefusedAccount, Unknown, Unsent};
    let place = Place::new();
    let (recorder, writer) = place.begin(ROWS);
    for (digits, ended) in (1..ROWS).zip(
        [Accepted, Refused, Accepted, Unknown, Unsent, RefusedAccount]
            .iter()
            .cycle(),
    ) {
        send(&recorder, digits, *ended);
    }
    let _open = recorder.intend(vec![intent(ROWS)]).wait().unwrap();
    (place, recorder, writer)
}

fn killed() -> Place {
    let (place, _recorder, _writer) = sending();
    place.crash()
}

fn closed() -> Place {
    let (place, _recorder, writer) = sending();
    writer.finish().unwrap().close().unwrap();
    place
}

fn everyone() -> Vec<u64> {
    (1..=ROWS + 1).collect()
}

/// Replaces one of the files, and expects the view that was there before, or a refusal, of a run and of a look.
fn same_or_refused(from: &Place, name: &str, content: &[u8], expected: &[Status], what: &str) -> bool {
    let place = from.crash();
    fs::write(place.folder.path().join(name), content).unwrap();
    let mut refused = false;
    for access in [Access::ReadOnly, Access::Locked] {
        let seen = FileJournal::open(&place.path(), access, LostRecords::Refuse).and_then(|journal| {
            journal.campaign()?;
            let mut builder = NumbersBuilder::default();
            for digits in everyone() {
                builder.add(number(digits), Tag::NONE);
            }
            let mut numbers = builder.finish();
            journal.fold_into(&mut numbers, NOW)?;
            Ok(states_of(&numbers, &everyone()))
        });
        match seen {
            Ok(seen) => assert_eq!(seen, expected, "{what}, {access:?}"),
            Err(_) => refused = true,
        }
    }
    refused
}

fn states_of(numbers: &Numbers, wanted: &[u64]) -> Vec<Status> {
    let state = |digits: &u64| numbers.standing(number(*digits)).unwrap().state();
    wanted.iter().map(state).collect()
}

fn flips(place: &Place, name: &str) -> (usize, usize) {
    let whole = fs::read(place.folder.path().join(name)).unwrap();
    let expected = place.crash().states(&everyone());
    let (mut refused, mut tried) = (0, 0);
    for (index, at) in (0..whole.len())
        .step_by(STRIDE)
        .chain(0..100.min(whole.len()))
        .enumerate()
    {
        let mut content = whole.clone();
        content[at] ^= 1 << (index % 8);
        let what = format!("bit {} of byte {at} of {name}", index % 8);
        refused += usize::from(same_or_refused(place, name, &content, &expected, &what));
        tried += 1;
    }
    for page in (0..whole.len()).step_by(4096) {
        let mut content = whole.clone();
        let end = (page + 4096).min(whole.len());
        content[page..end].fill(0);
        let what = format!("zeros at byte {page} of {name}");
        refused += usize::from(same_or_refused(place, name, &content, &expected, &what));
        tried += 1;
    }
    (refused, tried)
}

#[test]
fn a_flipped_bit_or_a_lost_page_of_a_wal_is_noticed() {
    let (refused, tried) = flips(&killed(), "users.csv.smspin-wal");
    assert!(refused > tried / 2, "{refused} of {tried}");
}

#[test]
fn a_flipped_bit_or_a_lost_page_of_a_closed_journal_is_noticed() {
    let (refused, tried) = flips(&closed(), "users.csv.smspin");
    assert!(refused > tried / 4, "{refused} of {tried}");
}

#[test]
fn a_flipped_bit_or_a_lost_page_of_the_main_file_is_noticed_after_a_kill() {
    flips(&killed(), "users.csv.smspin");
}

#[test]
fn a_wal_cut_at_any_frame_is_noticed() {
    let place = killed();
    let whole = fs::read(place.wal()).unwrap();
    let expected = place.crash().states(&everyone());
    for keep in (32..whole.len()).step_by(FRAME) {
        let what = format!("cut at byte {keep}");
        assert!(
            same_or_refused(&place, "users.csv.smspin-wal", &whole[..keep], &expected, &what),
            "{what}"
        );
    }
    // What tells so is the count beside it, and without that the -shm, as long as it is there.
    for gone in [".lock", "-shm"] {
        let place = place.crash();
        fs::remove_file(place.path().with_file_name(format!("users.csv.smspin{gone}"))).unwrap();
        fs::write(place.wal(), &whole[..32 + FRAME * 6]).unwrap();
        let error = FileJournal::open(&place.path(), Access::ReadOnly, LostRecords::Refuse).unwrap_err();
        assert!(
            matches!(
                error,
                JournalError::WalDamaged { .. } | JournalError::RecordsMissing { .. }
            ),
            "{gone}: {error}"
        );
    }
}

/// A power cut leaves no count and no -shm that could be relied on: a last commit that is torn was never acknowledged, and
/// what went before it is all there.
#[test]
fn a_torn_last_commit_is_no_damage() {
    let place = killed();
    for name in ["users.csv.smspin.lock", "users.csv.smspin-shm"] {
        fs::remove_file(place.folder.path().join(name)).unwrap();
    }
    let whole = fs::read(place.wal()).unwrap();
    let last = whole.len() - FRAME;
    for (from, to) in [
        (last, whole.len()),
        (last + 24, whole.len()),
        (last - FRAME, last),
    ] {
        let torn = place.crash();
        let mut content = whole.clone();
        content[from..to].fill(0);
        fs::write(torn.wal(), content).unwrap();
        let states = torn.states(&everyone());
        let mut expected = place.crash().states(&everyone());
        // The intent that was being written: nothing left for that number.
        expected[states.len() - 2] = Status::Pending;
        assert_eq!(states, expected);
    }
}

/// As `sqlite3` does it when somebody looks: its last reader brings the records into the main file, and removes the -wal.
fn look_with_another_program(place: &Place) {
    let connection = Connection::open(place.path()).unwrap();
    let rows: i64 = connection
        .query_row("SELECT count(*) FROM attempt", [], |row| row.get(0))
        .unwrap();
    assert!(rows > 0);
    connection.close().unwrap();
    assert!(!place.wal().exists());
}

#[cfg(target_os = "linux")]
#[test]
fn another_programs_look_after_a_kill_loses_nothing() {
    let place = killed();
    let expected = place.crash().states(&everyone());
    look_with_another_program(&place);
    assert_eq!(place.crash().states(&everyone()), expected);
    let (recorder, writer) = place.resume(1);
    send(&recorder, ROWS + 1, AttemptResult::Accepted);
    writer.finish().unwrap().close().unwrap();
    // Where nothing says that the main file is the whole of it, it is not believed.
    let place = killed();
    look_with_another_program(&place);
    fs::remove_file(place.folder.path().join("users.csv.smspin.lock")).unwrap();
    let error = FileJournal::open(&place.path(), Access::Locked, LostRecords::Refuse).unwrap_err();
    assert!(matches!(error, JournalError::WalMissing { .. }), "{error}");
    assert!(error.hint().unwrap().contains("--accept-lost-records"));
}

#[test]
fn an_older_copy_of_a_journal_is_noticed() {
    let place = closed();
    let older = fs::read(place.path()).unwrap();
    let (recorder, writer) = place.resume(1);
    send(&recorder, ROWS + 1, AttemptResult::Accepted);
    writer.finish().unwrap().close().unwrap();
    fs::write(place.path(), older).unwrap();
    let error = FileJournal::open(&place.path(), Access::Locked, LostRecords::Refuse).unwrap_err();
    assert!(matches!(error, JournalError::RecordsMissing { .. }), "{error}");
}

#[test]
fn lost_records_that_are_accepted_make_everyone_unknown_who_may_have_been_sent_to() {
    use Status::{Accepted, Refused, Unknown};
    let (place, recorder, _writer) = sending();
    drop(recorder);
    let place = place.crash();
    fs::remove_file(place.wal()).unwrap();
    let accept = |access| FileJournal::open(&place.path(), access, LostRecords::CountAsUnknown).unwrap();
    let look = accept(Access::ReadOnly);
    assert_eq!(states(&look, &everyone()), vec![Unknown; everyone().len()]);
    assert_eq!(look.left().unwrap(), 0);
    drop(look);
    // Not by a look, but by whatever is written first, the file itself says it.
    accept(Access::ReadOnly).close().unwrap();
    assert!(FileJournal::open(&place.path(), Access::Locked, LostRecords::Refuse).is_err());
    let mut journal = accept(Access::Locked);
    let history = journal.history().unwrap().of(number(1)).unwrap();
    assert_eq!((history.standing.state(), history.deciding), (Unknown, None));
    journal.close().unwrap();
    assert_eq!(place.states(&everyone()), vec![Unknown; everyone().len()]);
    // What a later run records counts as ever.
    let (recorder, writer) = place.resume(0);
    send(&recorder, 1, AttemptResult::Accepted);
    send(&recorder, 2, AttemptResult::Unsent);
    writer.finish().unwrap().close().unwrap();
    assert_eq!(place.states(&[1, 2, 3]), [Accepted, Unknown, Unknown]);
    // What an earlier run had recorded stays.
    let place = closed();
    let (recorder, writer) = place.resume(1);
    send(&recorder, ROWS + 1, AttemptResult::Accepted);
    let crashed = place.crash();
    drop((recorder, writer));
    fs::remove_file(crashed.wal()).unwrap();
    let journal = FileJournal::open(&crashed.path(), Access::Locked, LostRecords::CountAsUnknown).unwrap();
    assert_eq!(
        states(&journal, &[1, 2, 5, ROWS + 1]),
        [Accepted, Refused, Unknown, Unknown]
    );
}
