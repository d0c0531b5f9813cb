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
        Marker::begin(&place.list, &self.journal, run, &mut self.store)
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
        Marker::lost(&place.list, &self.journal, GATEWAY, "default", &mut self.store)
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

/// What stands in a marker, and the words that a run is refused with because of it, if it is.
type Case = (&'static str, Vec<MarkerLine>, Option<&'static str>);

const ANOTHER: Option<&str> = Some("/home/bob/smspin.db, which is another one");
const UNKNOWN: Option<&str> = Some("does not know that run");

fn assert_cases(desk: &mut Desk, cases: Vec<Case>) {
    for (name, lines, refused) in cases {
        let place = Place::new();
        place.write(&lines);
        let checked = desk.check(&place);
        let Some(words) = refused else {
            assert_eq!(checked, Ok(()), "{name}");
            continue;
        };
        let error = checked.unwrap_err();
        assert_eq!(error.fault, JournalFault::Lost, "{name}");
        assert!(error.to_string().contains(words), "{name}: {error}");
        assert!(error.hint.unwrap().contains("smspin journal adopt"), "{name}");
    }
}

impl Desk {
    /// A run of this journal with three groups, which has ended.
    fn known(&mut self) -> MarkedRun {
        let run = self.run(3);
        self.end();
        self.marked(&run)
    }

    /// A run of another journal: lost, another user's, or another machine's.
    fn foreign(&self) -> MarkedRun {
        MarkedRun {
            journal: "another".to_owned(),
            place: "/home/bob/smspin.db".to_owned(),
            ..self.unknown()
        }
    }

    /// A run that another copy of this journal has.
    fn unknown(&self) -> MarkedRun {
        self.marked(&Self::new().run(0))
    }
}

#[test]
fn a_run_is_refused_where_its_journal_does_not_know_all_that_the_marker_tells() {
    use MarkerLine::Run;
    let mut desk = Desk::new();
    let mine = desk.known();
    let (foreign, unknown) = (desk.foreign(), desk.unknown());
    let elsewhere = MarkedRun {
        server: "7/2/16401".to_owned(),
        ..mine.clone()
    };
    let other_campaign = MarkedRun {
        campaign: "spring".to_owned(),
        ..foreign.clone()
    };
    let sandbox = MarkedRun {
        gateway: "127.0.0.1:8465".to_owned(),
        ..foreign.clone()
    };
    let noted = |counts: [u64; 2]| {
        let counts = counts.map(|count| groups(&mine, count));
        std::iter::once(Run(mine.clone())).chain(counts).collect()
    };
    let cases = vec![
        ("none", vec![], None),
        ("mine", vec![Run(mine.clone())], None),
        ("as many groups", noted([2, 3]), None),
        ("fewer groups", noted([4, 2]), Some("has 3 of the 4 groups")),
        ("another journal", vec![Run(foreign.clone())], ANOTHER),
        ("behind mine", vec![Run(mine.clone()), Run(foreign)], ANOTHER),
        ("unknown", vec![Run(unknown)], UNKNOWN),
        (
            "server",
            vec![Run(elsewhere)],
            Some("on a server that is not this one"),
        ),
        ("other campaign", vec![Run(other_campaign)], None),
        ("other gateway, such as a sandbox", vec![Run(sandbox)], None),
    ];
    assert_cases(&mut desk, cases);
}

#[test]
fn a_run_is_passed_over_that_sent_nothing_or_was_adopted_by_this_journal() {
    use MarkerLine::{Adopt, Run};
    let mut desk = Desk::new();
    let (mine, by) = (desk.known(), desk.known().name);
    let unended = desk.run(1).name.to_string();
    let (foreign, unknown) = (desk.foreign(), desk.unknown());
    let adoption = |by: &str, run: &MarkedRun| Adoption {
        journal: desk.journal.id.clone(),
        by: by.to_owned(),
        runs: vec![run.name.clone()],
        cut: 0,
    };
    let adopted = |by: &str, run: &MarkedRun| vec![Adopt(adoption(by, run)), Run(foreign.clone())];
    let of_another = Adopt(Adoption {
        journal: "another".to_owned(),
        ..adoption(&by, &unknown)
    });
    let cases = vec![
        (
            "nothing sent",
            vec![Run(foreign.clone()), nothing_sent(&foreign)],
            None,
        ),
        (
            "nothing sent by mine",
            vec![Run(foreign.clone()), nothing_sent(&mine)],
            ANOTHER,
        ),
        ("adopted", adopted(&by, &foreign), None),
        (
            "adopted, a copy",
            vec![Run(unknown.clone()), Adopt(adoption(&by, &unknown))],
            None,
        ),
        (
            "adopted by a run of another copy",
            adopted("gone", &foreign),
            ANOTHER,
        ),
        (
            "adopted by a run without an end",
            adopted(&unended, &foreign),
            ANOTHER,
        ),
        ("another adopted", adopted(&by, &mine), ANOTHER),
        (
            "adopted by another",
            vec![Run(unknown), of_another.clone()],
            UNKNOWN,
        ),
        ("only an adoption", vec![of_another], None),
    ];
    assert_cases(&mut desk, cases);
}

#[test]
fn a_line_that_was_cut_may_be_of_any_run() {
    let (place, mut desk) = (Place::new(), Desk::new());
    let run = desk.run(0);
    desk.begin(&place, &run).unwrap().unwrap();
    let text = place.text();
    fs::write(place.marker(), &text[..text.len() - 9]).unwrap();
    let error = desk.check(&place).unwrap_err();
    assert_eq!(error.fault, JournalFault::Lost);
    let lost = desk.lost(&place).unwrap();
    assert_eq!(lost.expires_in(), 0);
    desk.end();
    let by = desk.run(0).name;
    desk.end();
    Marker::adopt(&place.list, &desk.journal, &by, &lost).unwrap();
    assert!(place.text().starts_with(&text[..text.len() - 9]));
    assert_eq!(desk.check(&place), Ok(()));
    let next = desk.run(0);
    desk.begin(&place, &next).unwrap().unwrap();
    Desk::new().check(&place).unwrap_err();
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
fn what_was_adopted_is_silent_for_the_journal_that_has_it() {
    let (place, mut lost_desk, mut desk) = (Place::new(), Desk::new(), Desk::new());
    for (began, expires_in) in [(at(20), 600), (at(10), 0), (at(30), 900)] {
        let run = MarkerRun {
            expires_in,
            began,
            ..lost_desk.run(1)
        };
        lost_desk.begin(&place, &run).unwrap().unwrap();
        lost_desk.end();
    }
    let lost = desk.lost(&place).unwrap();
    assert_eq!((lost.since(), lost.expires_in()), (at(30), 0), "of the last one");
    assert!(
        lost.to_string().ends_with("(2 more runs that it lacks)"),
        "{lost}"
    );
    let by = desk.run(1).name;
    desk.end();
    Marker::adopt(&place.list, &desk.journal, &by, &lost).unwrap();
    assert_eq!(desk.lost(&place), None);
    assert_eq!(lost_desk.lost(&place), None, "an adoption is not a run");
    Desk::new().check(&place).unwrap_err();
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
    Marker::begin(&link, &desk.journal, &run, &mut desk.store)
        .unwrap()
        .unwrap();
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
    let begun = Marker::begin(
        Path::new("/sys/kernel/uevent_seqnum"),
        &desk.journal,
        &run,
        &mut desk.store,
    );
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
