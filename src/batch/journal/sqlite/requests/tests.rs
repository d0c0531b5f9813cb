use super::clock::Boot;
use super::*;
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;
const NOW: i64 = 1_800_000_000_000;

/// A journal's place, and a clock that the test moves.
struct Bench {
    folder: TempDir,
    uptime: i64,
}

impl Bench {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            // Real journals are begun by the real clock: the test's shows another start of the machine, later.
            uptime: 100 * 365 * DAY,
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("state/requests.smspin")
    }

    fn reading(&self) -> ClockReading {
        ClockReading {
            wall: NOW,
            boot: Some(Boot {
                id: "a".to_owned(),
                uptime: self.uptime,
            }),
        }
    }

    fn claim(&self, number: u64, once_per: &str) -> Result<Claimed, JournalError> {
        let mut journal = FileRequests::open(&self.path(), false)?;
        journal.claim_at(msisdn(number), once_per.parse().unwrap(), self.reading())
    }

    /// Claims a number, and records how its request ended if it did.
    #[track_caller]
    fn sends(&self, number: u64, once_per: &str, ended: Option<AttemptResult>) {
        match self.claim(number, once_per).unwrap() {
            Claimed::Granted(claim) => {
                let mut journal = FileRequests::open(&self.path(), false).unwrap();
                if let Some(ended) = ended {
                    journal.settle(&claim, ended).unwrap();
                }
            }
            Claimed::Refused(recent) => panic!("{recent:?}"),
        }
    }

    /// The time that is left, in minutes, and whether a PIN was accepted.
    #[track_caller]
    fn refuses(&self, number: u64, once_per: &str) -> (u64, bool) {
        match self.claim(number, once_per).unwrap() {
            Claimed::Granted(_) => panic!("{number} was granted"),
            Claimed::Refused(recent) => {
                let whole = OncePer::LONGEST
                    .duration()
                    .min(once_per.parse::<OncePer>().unwrap().duration());
                assert_eq!(recent.ago + recent.left, whole);
                (recent.left.as_secs() / 60, recent.accepted)
            }
        }
    }

    fn after(&mut self, millis: i64) -> &Self {
        self.uptime += millis;
        self
    }

    fn rows(&self) -> i64 {
        let connection = Connection::open(self.path()).unwrap();
        connection
            .query_row("SELECT count(*) FROM request", [], |row| row.get(0))
            .unwrap()
    }
}

fn msisdn(number: u64) -> Msisdn {
    Msisdn::from_u64(number).unwrap()
}

const A: u64 = 34_600_000_001;
const B: u64 = 34_600_000_002;

#[test]
fn a_number_is_free_again_when_the_time_has_passed_since_its_last_pin() {
    let mut bench = Bench::new();
    bench.sends(A, "10m", Some(AttemptResult::Accepted));
    assert_eq!(bench.refuses(A, "10m"), (10, true));
    bench.sends(B, "10m", Some(AttemptResult::Unknown));
    assert_eq!(bench.after(9 * MINUTE).refuses(A, "10m"), (1, true));
    assert_eq!(bench.refuses(B, "10m"), (1, false));
    assert_eq!(bench.after(MINUTE - 1).refuses(A, "10m"), (0, true));
    bench.after(1).sends(A, "10m", None);
    assert_eq!(bench.refuses(A, "10m"), (10, false));
}

#[test]
fn only_what_was_certainly_not_taken_gives_a_number_back() {
    for (ended, free) in [
        (Some(AttemptResult::Accepted), false),
        (Some(AttemptResult::Unknown), false),
        (None, false),
        (Some(AttemptResult::Refused), true),
        (Some(AttemptResult::RefusedAccount), true),
        (Some(AttemptResult::Unsent), true),
    ] {
        let bench = Bench::new();
        bench.sends(A, "10m", ended);
        let again = bench.claim(A, "10m").unwrap();
        assert_eq!(matches!(again, Claimed::Granted(_)), free, "{ended:?}");
    }
}

#[test]
fn what_is_given_back_leaves_the_request_before_it_in_force() {
    let mut bench = Bench::new();
    bench.sends(A, "10m", Some(AttemptResult::Accepted));
    bench
        .after(30 * MINUTE)
        .sends(A, "10m", Some(AttemptResult::Refused));
    assert_eq!(bench.refuses(A, "1h"), (30, true));
}

#[test]
fn a_longer_time_finds_what_a_shorter_one_has_recorded_and_all_rows_go_after_the_longest() {
    let mut bench = Bench::new();
    bench.sends(A, "1s", Some(AttemptResult::Accepted));
    bench.sends(A, "0", Some(AttemptResult::Accepted));
    bench.after(MINUTE).sends(B, "1s", Some(AttemptResult::Accepted));
    bench.after(2 * DAY - MINUTE).sends(B, "1s", None);
    assert_eq!(bench.refuses(A, "7d"), (5 * 24 * 60, true));
    assert_eq!(bench.rows(), 4);
    bench
        .after(5 * DAY + 1)
        .sends(A, "7d", Some(AttemptResult::Accepted));
    assert_eq!(bench.rows(), 3, "the two first ones are forgotten");
}

#[test]
fn nothing_is_recorded_by_a_look() {
    let bench = Bench::new();
    let look = |number| FileRequests::look(&bench.path(), false, msisdn(number), "10m".parse().unwrap());
    assert_eq!(look(A).unwrap(), None);
    assert!(!bench.folder.path().join("state").exists());
    let mut journal = FileRequests::open(&bench.path(), false).unwrap();
    assert_eq!(look(A).unwrap(), None);
    let _claim = journal.claim(msisdn(A), "10m".parse().unwrap()).unwrap();
    assert!(look(A).unwrap().is_some_and(|recent| !recent.accepted));
    assert_eq!((look(B).unwrap(), bench.rows()), (None, 1));
}

#[cfg(unix)]
#[test]
fn it_is_its_owners_alone_and_one_file() {
    use std::os::unix::fs::PermissionsExt;
    let bench = Bench::new();
    bench.sends(A, "10m", Some(AttemptResult::Accepted));
    fs::set_permissions(bench.path(), fs::Permissions::from_mode(0o644)).unwrap();
    bench.sends(B, "10m", Some(AttemptResult::Accepted));
    let files: Vec<_> = fs::read_dir(bench.path().parent().unwrap())
        .unwrap()
        .flatten()
        .collect();
    assert_eq!(files.len(), 1, "{files:?}");
    for (path, mode) in [
        (bench.path(), 0o600),
        (bench.path().parent().unwrap().to_owned(), 0o700),
    ] {
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            mode,
            "{path:?}"
        );
    }
}

#[test]
fn numbers_that_are_forgotten_are_in_the_file_no_more() {
    let mut bench = Bench::new();
    let bytes = A.to_be_bytes();
    let holds = |bench: &Bench| {
        let file = fs::read(bench.path()).unwrap();
        file.windows(5).any(|window| window == &bytes[3..])
    };
    bench.sends(A, "10m", Some(AttemptResult::Accepted));
    assert!(holds(&bench));
    bench
        .after(7 * DAY + 1)
        .sends(B, "10m", Some(AttemptResult::Accepted));
    assert!(!holds(&bench));
}

#[test]
fn the_sandboxs_journal_is_not_for_real_requests() {
    let bench = Bench::new();
    let open = |sandbox| {
        let mut journal = FileRequests::open(&bench.path(), sandbox)?;
        journal.claim(msisdn(A), "10m".parse().unwrap())
    };
    let _claim = open(true).unwrap();
    let error = open(false).unwrap_err().to_string();
    assert!(error.ends_with("which sends no SMS"), "{error}");
}

#[test]
fn a_bit_that_flips_frees_no_number() {
    let bench = Bench::new();
    for number in A..A + 3 {
        bench.sends(number, "10m", Some(AttemptResult::Accepted));
    }
    let whole = fs::read(bench.path()).unwrap();
    let mut errors = 0;
    for at in 0..whole.len() * 8 {
        // All of what the rows say, and some of the rest: the first page holds the tables' text.
        let (byte, bit) = (at / 8, at % 8);
        if (byte < 4096 || whole[byte] == 0) && at % 151 != 0 {
            continue;
        }
        let mut damaged = whole.clone();
        damaged[byte] ^= 1 << bit;
        fs::write(bench.path(), damaged).unwrap();
        match bench.claim(A + 1, "10m") {
            Ok(Claimed::Granted(_)) => panic!("bit {bit} of byte {byte} frees a number"),
            Ok(Claimed::Refused(_)) => {}
            Err(_) => errors += 1,
        }
    }
    assert!(errors > 100, "{errors}");
}

#[test]
fn what_is_no_such_journal_is_refused_and_left_alone() {
    let bench = Bench::new();
    bench.sends(A, "10m", None);
    let whole = fs::read(bench.path()).unwrap();
    let mut newer = whole.clone();
    newer[63] = 9;
    let mut of_a_batch = whole.clone();
    of_a_batch[71] = b'p';
    for (content, says) in [
        (Vec::new(), "it is empty"),
        (b"Tel\n34600000001\n".to_vec(), "it is not an SQLite file"),
        (whole[..whole.len() - 4096].to_vec(), "is damaged"),
        (newer, "newer smspin"),
        (of_a_batch, "it is the journal of a batch"),
    ] {
        fs::write(bench.path(), &content).unwrap();
        let error = bench.claim(B, "10m").unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
        assert_eq!(fs::read(bench.path()).unwrap(), content);
    }
    fs::write(bench.path(), &whole).unwrap();
    assert_eq!(bench.refuses(A, "10m").0, 10);
}

#[test]
fn a_row_that_is_gone_is_noticed() {
    let bench = Bench::new();
    bench.sends(A, "10m", None);
    bench.sends(B, "10m", None);
    let connection = Connection::open(bench.path()).unwrap();
    connection
        .execute("DELETE FROM request WHERE id = 1", [])
        .unwrap();
    drop(connection);
    let error = bench.claim(A, "10m").unwrap_err();
    assert!(
        error.to_string().contains("1 requests, and 2 were recorded"),
        "{error}"
    );
    assert!(request_journal_hint(&error).unwrap().contains("delete"));
}

#[test]
fn a_file_that_is_replaced_between_opening_and_claiming_grants_nothing() {
    let bench = Bench::new();
    let mut journal = FileRequests::open(&bench.path(), false).unwrap();
    fs::remove_file(bench.path()).unwrap();
    bench.sends(A, "10m", None);
    let error = journal.claim(msisdn(A), "10m".parse().unwrap()).unwrap_err();
    assert!(error.to_string().contains("deleted or replaced"), "{error}");
}

#[test]
fn the_log_of_another_file_is_not_played_into_a_new_one() {
    let bench = Bench::new();
    bench.sends(A, "10m", None);
    let log = bench.folder.path().join("state/requests.smspin-journal");
    fs::remove_file(bench.path()).unwrap();
    fs::write(
        &log,
        [&[0xD9, 0xD5, 0x05, 0xF9, 0x20, 0xA1, 0x63, 0xD7][..], &[0; 600]].concat(),
    )
    .unwrap();
    let error = bench.claim(A, "10m").unwrap_err().to_string();
    assert!(
        error.contains("is missing") && error.contains("-journal"),
        "{error}"
    );
    fs::write(&log, "mine").unwrap();
    let error = bench.claim(A, "10m").unwrap_err().to_string();
    assert!(error.contains("is not a file of smspin"), "{error}");
    assert_eq!(fs::read(&log).unwrap(), b"mine");
}
