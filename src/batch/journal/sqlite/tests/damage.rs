//! Files that are no journal, or no longer one.

use super::*;
use std::io::{Seek, SeekFrom, Write};

/// A closed journal of some pages.
fn journal() -> Place {
    let place = Place::new();
    let (recorder, writer) = place.begin(2000);
    let intents = (1..=2000).map(|digits| intent(34_600_000_000 + digits)).collect();
    for ticket in recorder.intend(intents).wait().unwrap() {
        drop(recorder.close(ticket, outcome(AttemptResult::Accepted)));
    }
    writer.finish().unwrap().close().unwrap();
    place
}

fn error(place: &Place) -> JournalError {
    let error = FileJournal::open(&place.path(), Access::Locked, LostRecords::Refuse).unwrap_err();
    let _ = FileJournal::open(&place.path(), Access::ReadOnly, LostRecords::Refuse)
        .map(|reader| reader.numbers(NOW));
    error
}

fn overwrite(place: &Place, at: u64, bytes: &[u8]) {
    let mut file = fs::OpenOptions::new().write(true).open(place.path()).unwrap();
    file.seek(SeekFrom::Start(at)).unwrap();
    file.write_all(bytes).unwrap();
}

#[test]
fn what_is_no_journal_is_left_alone() {
    let place = Place::new();
    let other = Connection::open(place.path()).unwrap();
    other.execute_batch("CREATE TABLE t (x)").unwrap();
    other.close().unwrap();
    let sqlite = fs::read(place.path()).unwrap();
    for (content, said) in [
        (&b""[..], "it is empty"),
        (b"msisdn\n34666666111\n", "it is not an SQLite file"),
        (&[0; 4096], "it is not an SQLite file"),
        (&sqlite, "of another program"),
    ] {
        fs::write(place.path(), content).unwrap();
        let error = error(&place);
        assert!(matches!(error, JournalError::NotAJournal { .. }), "{error}");
        assert!(error.to_string().contains(said), "{error}");
        assert_eq!(fs::read(place.path()).unwrap(), content);
    }
    fs::remove_file(place.path()).unwrap();
    fs::create_dir(place.path()).unwrap();
    assert!(matches!(
        error(&place),
        JournalError::NotAJournal { .. } | JournalError::Io { .. }
    ));
}

#[test]
fn a_journal_of_a_newer_format_is_left_alone() {
    let place = journal();
    overwrite(&place, 60, &3_u32.to_be_bytes());
    let error = error(&place);
    assert!(matches!(error, JournalError::Newer { found: 3, .. }), "{error}");
    overwrite(&place, 60, &0_u32.to_be_bytes());
    assert!(matches!(damage::error(&place), JournalError::NotAJournal { .. }));
}

#[test]
fn a_journal_cut_short_anywhere_is_noticed() {
    let whole = fs::read(journal().path()).unwrap();
    assert!(whole.len() > 20 * 4096);
    for keep in [
        17,
        99,
        100,
        4095,
        4096,
        whole.len() / 2,
        whole.len() - 4096,
        whole.len() - 1,
    ] {
        let place = Place::new();
        fs::write(place.path(), &whole[..keep]).unwrap();
        let error = error(&place);
        assert!(matches!(error, JournalError::CutShort { .. }), "{keep}: {error}");
    }
}

#[test]
fn noise_anywhere_is_noticed() {
    let whole = fs::read(journal().path()).unwrap();
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut noise = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    for page in 0..whole.len() / 4096 {
        let place = Place::new();
        fs::write(place.path(), &whole).unwrap();
        let bytes: Vec<u8> = std::iter::repeat_with(&mut noise).take(4096).collect();
        overwrite(&place, page as u64 * 4096, &bytes);
        let error = error(&place);
        let told = matches!(
            error,
            JournalError::NotAJournal { .. } | JournalError::Damaged { .. }
        );
        assert!(told, "page {page}: {error}");
    }
}

#[test]
fn rows_that_smspin_never_wrote_are_damage() {
    for (sql, said) in [
        (
            "UPDATE outcome SET state = 4 WHERE attempt = 7",
            "its table outcome",
        ),
        (
            "DELETE FROM attempt WHERE id = 7",
            "an outcome without an attempt",
        ),
        (
            "UPDATE attempt SET msisdn = msisdn + 5000 WHERE id = 7",
            "its table attempt",
        ),
        (
            "UPDATE attempt SET report_id = NULL WHERE id = 7",
            "its table attempt",
        ),
        ("UPDATE run SET open = 1", "its table run"),
        ("UPDATE campaign SET kind = 2", "its table campaign"),
        (
            "UPDATE fingerprint SET value = 'x' WHERE part = 'columns'",
            "its table fingerprint",
        ),
        ("UPDATE journal SET clean = 0", "its table journal"),
        ("DELETE FROM journal", "its header row"),
        ("DROP TABLE settlement", "its tables"),
        ("CREATE INDEX i ON attempt (msisdn)", "its tables"),
    ] {
        let place = journal();
        let connection = Connection::open(place.path()).unwrap();
        connection.execute_batch(sql).unwrap();
        connection.close().unwrap();
        for access in [Access::Locked, Access::ReadOnly] {
            let read = || {
                let journal = FileJournal::open(&place.path(), access, LostRecords::Refuse)?;
                journal.campaign()?;
                journal.fold_into(&mut NumbersBuilder::default().finish(), NOW)
            };
            let error = read().unwrap_err();
            assert!(matches!(error, JournalError::Damaged { .. }), "{sql}: {error}");
            assert!(error.to_string().contains(said), "{sql}: {error}");
        }
    }
}

#[test]
fn records_without_their_main_file_are_not_written_over() {
    let place = Place::new();
    let (recorder, _writer) = place.begin(1);
    send(&recorder, 1, AttemptResult::Accepted);
    let crashed = place.crash();
    fs::remove_file(crashed.path()).unwrap();
    let before = fs::read(crashed.wal()).unwrap();
    let error = error(&crashed);
    assert!(matches!(error, JournalError::MainMissing { .. }), "{error}");
    assert_eq!(fs::read(crashed.wal()).unwrap(), before);
}

#[test]
fn a_path_is_shown_without_control_characters() {
    let folder = tempfile::tempdir().unwrap();
    let error = FileJournal::open(
        &folder.path().join("no\u{1b}[31m/journal"),
        Access::Locked,
        LostRecords::Refuse,
    )
    .unwrap_err();
    assert!(!error.to_string().contains('\u{1b}'), "{error:?}");
    assert!(error.to_string().contains("\\u{1b}"), "{error}");
}
