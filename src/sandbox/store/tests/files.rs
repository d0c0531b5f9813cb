//! Files that several connections and other users meet.

use super::*;
use std::sync::atomic::{AtomicUsize, Ordering};

#[test]
fn guesses_are_counted_exactly_across_connections() {
    let home = tempfile::tempdir().unwrap();
    let db = Db::File(home.path().join("state"));
    let mut state = SandboxState::open(&db).unwrap();
    let account = account(&mut state, "k");
    let transaction = state.write().unwrap();
    pins::record(&transaction, &message(account, "34666666111", "111111")).unwrap();
    transaction.commit().unwrap();
    let counted = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                let mut state = SandboxState::open(&db).unwrap();
                let transaction = state.write().unwrap();
                let guess = pins::guess(&transaction, account, number("34666666111"), "x", NOW).unwrap();
                transaction.commit().unwrap();
                counted.fetch_add(
                    usize::from(guess.message == "The PIN is not right."),
                    Ordering::Relaxed,
                );
            });
        }
    });
    assert_eq!(counted.into_inner(), 3);
}

#[test]
fn many_may_create_the_same_file_at_once() {
    let home = tempfile::tempdir().unwrap();
    let db = Db::File(home.path().join("a/b/state"));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| drop(SandboxState::open(&db).unwrap()));
        }
    });
}

#[test]
fn no_other_user_can_read_the_files() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("new/state");
    let mut state = SandboxState::open(&Db::File(path.clone())).unwrap();
    account(&mut state, "k");
    for entry in std::fs::read_dir(path.parent().unwrap()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(
            entry.metadata().unwrap().permissions().mode() & 0o777,
            0o600,
            "{entry:?}"
        );
    }
    assert_eq!(
        path.parent().unwrap().metadata().unwrap().permissions().mode() & 0o777,
        0o700
    );
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    drop(SandboxState::open(&Db::File(path.clone())).unwrap());
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn the_files_of_others_are_left_alone() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("other.sqlite");
    Connection::open(&path)
        .unwrap()
        .execute_batch("CREATE TABLE t (x); PRAGMA user_version = 1")
        .unwrap();
    let before = std::fs::read(&path).unwrap();
    let error = SandboxState::open(&Db::File(path.clone())).err().unwrap();
    assert!(matches!(error, StoreError::NotOurs(_)), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
    let newer = home.path().join("newer");
    drop(SandboxState::open(&Db::File(newer.clone())).unwrap());
    Connection::open(&newer)
        .unwrap()
        .pragma_update(None, "user_version", 9)
        .unwrap();
    assert!(matches!(
        SandboxState::open(&Db::File(newer)),
        Err(StoreError::OtherVersion { version: 9, .. })
    ));
}

#[tokio::test]
async fn a_job_that_fails_takes_nothing_with_it_but_its_group() {
    let store = SandboxStore::open(&Db::Memory).unwrap();
    let account = |state: &StateView<'_>| accounts::open(state, "k", Money::ZERO, false);
    let broken = store.write(move |state| {
        account(state)?;
        state.execute("INSERT INTO nowhere VALUES (1)", [])
    });
    // The cause and the place, for the one whose fault it was and for everybody else.
    let error = broken.await.unwrap_err().to_string();
    assert!(
        error.contains("no such table: nowhere") && error.contains(":memory:"),
        "{error}"
    );
    let count = |state: &StateView<'_>| {
        state.query_row("SELECT count(*) FROM account", [], |row| row.get::<_, i64>(0))
    };
    assert_eq!(store.read(count).await.unwrap(), 0_i64);
    store.write(account).await.unwrap();
    assert_eq!(store.read(count).await.unwrap(), 1_i64);
}
