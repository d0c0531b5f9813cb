mod rule;

use super::line::MarkerText;
use super::*;
use crate::journal::decision::Rules;
use crate::journal::memory::{Memory, MemoryStore};
use crate::journal::run::{NewRun, RunEnd, Runs};
use crate::journal::store::Group;
use std::time::Duration;
use tempfile::TempDir;

/// The way on.
const ADOPT: &str = "smspin journal adopt users.csv";
const GATEWAY: &str = "api.example.com";

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

/// A list in a folder of its own.
struct Place {
    folder: TempDir,
    list: PathBuf,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("users.csv");
        fs::write(&list, "34600000001\n").unwrap();
        Self { folder, list }
    }

    fn marker(&self) -> PathBuf {
        self.folder.path().join("users.csv.smspin")
    }

    fn text(&self) -> String {
        fs::read_to_string(self.marker()).unwrap()
    }

    fn write(&self, lines: &[MarkerLine]) {
        let content = lines.iter().fold(Vec::new(), |content, line| {
            let more = MarkerText::to_append(&content, line);
            [content, more.into_bytes()].concat()
        });
        fs::write(self.marker(), content).unwrap();
    }
}

/// A journal with one store.
struct Desk {
    store: MemoryStore,
    journal: JournalIdentity,
}

impl Desk {
    fn new() -> Self {
        let store = Memory::new().open();
        let journal = store.identity().clone();
        Self { store, journal }
    }

    /// Begins a run of which so many groups are committed.
    fn run(&mut self, groups: u64) -> MarkerRun {
        let run = MarkerRun {
            name: RunName::random(),
            campaign: "default".to_owned(),
            gateway: GATEWAY.to_owned(),
            expires_in: 600,
            began: at(0),
            adopt: ADOPT.to_owned(),
        };
        let record = NewRun {
            name: run.name.clone(),
            campaign: run.campaign.clone(),
            began: run.began,
            timeout: Duration::from_secs(60),
            list: "users.csv".to_owned(),
            digest: None,
            settings: String::new(),
        };
        self.store.begin(&record).unwrap();
        for _ in 0..groups {
            let (rules, none) = (Rules::plain(at(0)), Runs::default());
            self.store
                .commit(&Group::default(), &rules, &none, at(0))
                .unwrap();
        }
        run
    }

    fn end(&mut self) {
        let end = RunEnd {
            at: at(9),
            exit: 0,
            left: 0,
        };
        self.store.end(end).unwrap();
    }

    fn begin(&mut self, place: &Place, run: &MarkerRun) -> Result<Option<Marker>, JournalError> {
        Marker::begin(&place.list, &mut self.store, run)
    }

    fn check(&mut self, place: &Place) -> Result<(), JournalError> {
        match self.try_lost(place)? {
            Some(lost) => Err(lost.refusal(ADOPT)),
            None => Ok(()),
        }
    }

    fn lost(&mut self, place: &Place) -> Option<LostRuns> {
        self.try_lost(place).unwrap()
    }

    fn try_lost(&mut self, place: &Place) -> Result<Option<LostRuns>, JournalError> {
        Marker::lost(&place.list, Some(&mut self.store), GATEWAY, "default")
    }

    fn marked(&self, run: &MarkerRun) -> MarkedRun {
        MarkedRun {
            name: run.name.to_string(),
            journal: self.journal.id.clone(),
            place: self.journal.place.clone(),
            server: self.journal.server.clone(),
            user: "ada".to_owned(),
            host: "db1".to_owned(),
            campaign: run.campaign.clone(),
            gateway: run.gateway.clone(),
            expires_in: run.expires_in,
            began: run.began,
        }
    }
}

fn groups(run: &MarkedRun, groups: u64) -> MarkerLine {
    let run = run.name.clone();
    MarkerLine::Groups { run, groups }
}

fn nothing_sent(run: &MarkedRun) -> MarkerLine {
    let run = run.name.clone();
    MarkerLine::NothingSent { run }
}

#[test]
fn a_marker_is_a_text_without_numbers_that_grows_by_a_line_a_run() {
    let (place, mut desk) = (Place::new(), Desk::new());
    for nth in 1..=2 {
        let run = desk.run(5);
        let mut marker = desk.begin(&place, &run).unwrap().unwrap();
        assert_eq!(place.text().matches("\"run\":{").count(), nth);
        assert!(place.text().contains(run.name.as_str()));
        for groups in [0, 4, 4, 5] {
            marker.note_groups(groups).unwrap();
        }
        assert_eq!(place.text().matches("\"groups\":{").count(), 2 * nth);
        desk.end();
    }
    assert!(place.text().starts_with("# smspin keeps this beside a list"));
    assert!(!place.text().contains("34600000001"));
    assert_eq!(desk.check(&place), Ok(()));
}

#[test]
fn another_journal_sends_nothing_and_the_first_goes_on() {
    let (place, mut desk, mut other) = (Place::new(), Desk::new(), Desk::new());
    let (first, second) = (desk.run(0), other.run(0));
    desk.begin(&place, &first).unwrap().unwrap();
    let error = other.begin(&place, &second).unwrap_err();
    assert_eq!(error.fault, JournalFault::Lost);
    assert!(
        place
            .text()
            .ends_with(&format!("{{\"nothing_sent\":{{\"run\":\"{}\"}}}}\n", second.name))
    );
    desk.end();
    assert_eq!(desk.check(&place), Ok(()));
    let third = desk.run(0);
    desk.begin(&place, &third).unwrap().unwrap().refused().unwrap();
    assert!(
        place
            .text()
            .ends_with(&format!("{{\"nothing_sent\":{{\"run\":\"{}\"}}}}\n", third.name))
    );
}

#[test]
fn of_two_journals_that_begin_at_once_one_goes_on_at_the_most() {
    for _ in 0..20 {
        let place = Place::new();
        let barrier = std::sync::Barrier::new(2);
        let begin = || {
            let mut desk = Desk::new();
            let run = desk.run(0);
            barrier.wait();
            desk.begin(&place, &run).map(|marker| marker.unwrap().run)
        };
        let begun = std::thread::scope(|scope| {
            let threads = [scope.spawn(begin), scope.spawn(begin)];
            threads.map(|thread| thread.join().unwrap())
        });
        let on: Vec<_> = begun.iter().filter_map(|begun| begun.as_ref().ok()).collect();
        assert_eq!(on.len(), 1, "{begun:?}");
        let text = MarkerText::parse(place.text().as_bytes()).unwrap();
        assert!(matches!(&text.lines[0], MarkerLine::Run(first) if first.name == *on[0]));
        assert_eq!((text.lines.len(), text.cut), (3, 0));
    }
}

#[test]
fn a_file_that_is_not_a_marker_is_an_error_and_stays_as_it_is() {
    for content in ["34600000001\n", "SQLite format 3\0more", "\0\0\0"] {
        let (place, mut desk) = (Place::new(), Desk::new());
        fs::write(place.marker(), content).unwrap();
        let run = desk.run(0);
        for error in [
            desk.check(&place).unwrap_err(),
            desk.begin(&place, &run).unwrap_err(),
        ] {
            assert_eq!(error.fault, JournalFault::Unusable, "{error}");
        }
        assert_eq!(place.text(), content);
    }
    let (place, mut desk) = (Place::new(), Desk::new());
    fs::create_dir(place.marker()).unwrap();
    desk.check(&place).unwrap_err();
}

#[test]
fn a_marker_lies_beside_the_file_that_a_link_leads_to_and_is_never_a_link_itself() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let (place, mut desk) = (Place::new(), Desk::new());
    fs::set_permissions(&place.list, fs::Permissions::from_mode(0o640)).unwrap();
    let link = place.folder.path().join("link.csv");
    symlink(&place.list, &link).unwrap();
    assert_eq!(
        Marker::beside(&link),
        fs::canonicalize(&place.list)
            .unwrap()
            .with_extension("csv.smspin")
    );
    let run = desk.run(0);
    Marker::begin(&link, &mut desk.store, &run).unwrap().unwrap();
    assert_eq!(
        fs::metadata(place.marker()).unwrap().permissions().mode() & 0o777,
        0o640
    );
    fs::rename(place.marker(), place.folder.path().join("elsewhere")).unwrap();
    symlink("elsewhere", place.marker()).unwrap();
    desk.check(&place).unwrap_err();
}

/// The kernel keeps new files out of this folder, whichever user asks.
#[cfg(target_os = "linux")]
#[test]
fn no_marker_is_written_where_none_can_be() {
    let mut desk = Desk::new();
    let run = desk.run(0);
    let begun = Marker::begin(Path::new("/sys/kernel/uevent_seqnum"), &mut desk.store, &run);
    assert!(begun.unwrap().is_none());
}

#[test]
fn a_marker_that_is_replaced_or_gone_is_not_made_anew() {
    let (place, mut desk) = (Place::new(), Desk::new());
    let run = desk.run(1);
    let mut marker = desk.begin(&place, &run).unwrap().unwrap();
    fs::remove_file(place.marker()).unwrap();
    marker.note_groups(1).unwrap_err();
    assert!(!place.marker().exists());
}
