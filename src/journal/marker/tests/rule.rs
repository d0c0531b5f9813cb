//! Which runs a marker refuses.

use super::*;

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
    Marker::adopt(&place.list, &desk.journal, &by, (Some(&lost), &[])).unwrap();
    assert!(place.text().starts_with(&text[..text.len() - 9]));
    assert_eq!(desk.check(&place), Ok(()));
    let next = desk.run(0);
    desk.begin(&place, &next).unwrap().unwrap();
    Desk::new().check(&place).unwrap_err();
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
    Marker::adopt(&place.list, &desk.journal, &by, (Some(&lost), &[])).unwrap();
    assert_eq!(desk.lost(&place), None);
    assert_eq!(lost_desk.lost(&place), None, "an adoption is not a run");
    Desk::new().check(&place).unwrap_err();
}
