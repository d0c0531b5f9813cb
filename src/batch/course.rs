//! What a run may do, from the journal, its fingerprint and what was asked for. Pure.

use super::decision::{Decision, RetryUnknown};
use super::numbers::Numbers;
use super::state::{CampaignKind, NumberState};

/// What to do with numbers that have been sent before. One choice, so that two flags can't contradict each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum SentPolicy {
    /// Refuse what would send anybody a second SMS.
    #[default]
    Protect,
    /// `--skip-sent`
    Skip,
    /// `--again`
    Again,
}

/// How the journal stands to this input and these settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FoundJournal {
    /// There is none.
    Nothing,
    /// Its last campaign has the same fingerprint. `concluded`: a run has said that it is finished.
    Same { kind: CampaignKind, concluded: bool },
    /// Another fingerprint, and `left` numbers of the old input still to send.
    Other { left: u64 },
}

/// The numbers of this input, counted by what the journal says of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// To send without being told to.
    pub(crate) open: u64,
    /// Refused in this campaign.
    pub(crate) refused: u64,
    /// Accepted in this campaign.
    pub(crate) accepted: u64,
    /// Perhaps taken, in this campaign or the ones that it took over.
    pub(crate) unknown: u64,
    /// Of `unknown`, those that `--retry-unknown` would send.
    pub(crate) retried: u64,
    /// Accepted by a campaign before and taken over.
    pub(crate) carried_over: u64,
    /// In a list of numbers that never get an SMS, and never sent to.
    pub(crate) excluded: u64,
    /// Accepted or perhaps taken, ever: another request may be a second SMS.
    pub(crate) ever_sent: u64,
}

impl Tally {
    pub(crate) fn of(numbers: &Numbers, retry: RetryUnknown) -> Self {
        let mut tally = Self::default();
        for (_, _, decision) in numbers.decisions(retry) {
            *match decision {
                Decision::Send { .. } => &mut tally.open,
                Decision::Repeat { .. } | Decision::LeaveUnknown { .. } => &mut tally.unknown,
                Decision::LeaveRefused { .. } => &mut tally.refused,
                Decision::LeaveAccepted { carried_over: false } => &mut tally.accepted,
                Decision::LeaveAccepted { carried_over: true } => &mut tally.carried_over,
                Decision::Exclude { .. } => &mut tally.excluded,
            } += 1;
            tally.retried += u64::from(decision.is_repeat());
            tally.ever_sent += u64::from(decision.ever_sent());
        }
        tally
    }
}

/// What a run does. Where the tally has numbers to be retried, somebody has to agree first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Course {
    /// Begin a journal.
    Begin,
    /// Go on with the journal's last campaign.
    Resume,
    /// Nothing is left to send. Unknown ones may be among the tally.
    Finished,
    /// Set the journal aside, and begin another: it is done, and none of its people would get a second SMS.
    SetAside,
    /// Go on in the same journal under the new fingerprint; whoever was sent to is a duplicate.
    SkipSent,
    /// Send to everybody, in the same journal, after somebody has agreed to this many second SMS.
    Again { second_sms: u64 },
    /// Nothing may be sent: say what differs, how many people would get a second SMS, and how much is left.
    Refuse { second_sms: u64, left: u64 },
}

/// Decides what a run does, and makes the numbers, which has the journal folded in, ready for it: in another campaign, or
/// in a new journal, a number stands elsewhere. The tally is of the numbers as it is then.
pub(crate) fn decide(
    found: FoundJournal,
    sent: SentPolicy,
    retry: RetryUnknown,
    numbers: &mut Numbers,
) -> (Course, Tally) {
    let course = course(found, sent, Tally::of(numbers, retry));
    match course {
        Course::Begin | Course::SetAside => numbers.change_all(|_| NumberState::NEW),
        Course::SkipSent => numbers.change_all(|standing| standing.in_next_campaign(CampaignKind::SkipSent)),
        Course::Again { .. } => numbers.change_all(|standing| standing.in_next_campaign(CampaignKind::Again)),
        Course::Resume | Course::Finished | Course::Refuse { .. } => {}
    }
    (course, Tally::of(numbers, retry))
}

/// A campaign that `--again` began is resumed by the same command until a run has said that it is finished: a crash must
/// not turn one agreed repetition into two.
const fn course(found: FoundJournal, sent: SentPolicy, tally: Tally) -> Course {
    match (found, sent) {
        // Though there is nothing to repeat: after a crash the same command has to go on, and not to repeat what it sent.
        (FoundJournal::Nothing, SentPolicy::Again) => Course::Again {
            second_sms: tally.ever_sent,
        },
        (FoundJournal::Nothing, _) => Course::Begin,
        (
            FoundJournal::Same {
                kind: CampaignKind::Again,
                concluded: false,
            },
            _,
        )
        | (FoundJournal::Same { .. }, SentPolicy::Protect | SentPolicy::Skip) => resume(tally),
        (FoundJournal::Same { .. } | FoundJournal::Other { .. }, SentPolicy::Again) => Course::Again {
            second_sms: tally.ever_sent,
        },
        (FoundJournal::Other { .. }, SentPolicy::Skip) => Course::SkipSent,
        (FoundJournal::Other { left }, SentPolicy::Protect) => {
            if left == 0 && tally.ever_sent == 0 {
                Course::SetAside
            } else {
                Course::Refuse {
                    second_sms: tally.ever_sent,
                    left,
                }
            }
        }
    }
}

const fn resume(tally: Tally) -> Course {
    if tally.open == 0 && tally.retried == 0 {
        Course::Finished
    } else {
        Course::Resume
    }
}

#[cfg(test)]
mod tests {
    use super::super::numbers::{NumbersBuilder, Tag};
    use super::super::state::{AttemptResult, NumberState};
    use super::*;
    use crate::domain::msisdn::Msisdn;

    const NEW: Tally = Tally {
        open: 9,
        refused: 0,
        accepted: 0,
        unknown: 0,
        retried: 0,
        carried_over: 0,
        excluded: 0,
        ever_sent: 0,
    };
    const HALF: Tally = Tally {
        open: 3,
        refused: 1,
        accepted: 4,
        unknown: 1,
        ever_sent: 5,
        ..NEW
    };
    const DONE: Tally = Tally {
        open: 0,
        refused: 1,
        accepted: 6,
        unknown: 2,
        ever_sent: 8,
        ..NEW
    };
    const RETRY: Tally = Tally { retried: 2, ..DONE };

    fn same(kind: CampaignKind, concluded: bool) -> FoundJournal {
        FoundJournal::Same { kind, concluded }
    }

    fn refuse(second_sms: u64, left: u64) -> Course {
        Course::Refuse { second_sms, left }
    }

    #[test]
    fn courses_are_set_by_this_table() {
        use Course::{Finished, Resume, SkipSent};
        use SentPolicy::{Again, Protect, Skip};
        let (first, skip_sent) = (
            same(CampaignKind::First, false),
            same(CampaignKind::SkipSent, false),
        );
        let (again, again_told) = (same(CampaignKind::Again, false), same(CampaignKind::Again, true));
        let other = |left| FoundJournal::Other { left };
        let everybody = |second_sms| Course::Again { second_sms };
        let table = [
            ("no journal", FoundJournal::Nothing, Protect, NEW, Course::Begin),
            (
                "no journal, again",
                FoundJournal::Nothing,
                Again,
                NEW,
                everybody(0),
            ),
            (
                "no journal, skip",
                FoundJournal::Nothing,
                Skip,
                NEW,
                Course::Begin,
            ),
            ("half done", first, Protect, HALF, Resume),
            ("half done, skip", first, Skip, HALF, Resume),
            ("half done, again", first, Again, HALF, everybody(5)),
            ("done", same(CampaignKind::First, true), Protect, DONE, Finished),
            ("done, not said", first, Protect, DONE, Finished),
            ("done, skip", skip_sent, Skip, DONE, Finished),
            ("done, retry", first, Protect, RETRY, Resume),
            (
                "done, again",
                same(CampaignKind::First, true),
                Again,
                DONE,
                everybody(8),
            ),
            ("again half done", again, Again, HALF, Resume),
            ("again half done, plain", again, Protect, HALF, Resume),
            ("again done, not said", again, Again, DONE, Finished),
            ("again done", again_told, Again, DONE, everybody(8)),
            ("again done, plain", again_told, Protect, DONE, Finished),
            ("other, strangers, done", other(0), Protect, NEW, Course::SetAside),
            ("other, strangers, left", other(3), Protect, NEW, refuse(0, 3)),
            ("other, known, done", other(0), Protect, DONE, refuse(8, 0)),
            ("other, known, left", other(2), Protect, HALF, refuse(5, 2)),
            ("other, skip", other(2), Skip, HALF, SkipSent),
            ("other, skip, retry", other(0), Skip, RETRY, SkipSent),
            ("other, strangers, skip", other(3), Skip, NEW, SkipSent),
            ("other, again", other(2), Again, HALF, everybody(5)),
            ("other, strangers, again", other(0), Again, NEW, everybody(0)),
        ];
        for (name, found, sent, tally, expected) in table {
            assert_eq!(course(found, sent, tally), expected, "{name}");
        }
    }

    #[test]
    fn what_is_known_elsewhere_than_in_the_journal_counts_as_well() {
        let again = course(FoundJournal::Nothing, SentPolicy::Again, DONE);
        assert_eq!(again, Course::Again { second_sms: 8 });
    }

    #[test]
    fn another_campaign_moves_the_numbers_before_they_are_counted() {
        let number = Msisdn::from_u64(34_666_666_111).unwrap();
        let numbers = |ended| {
            let mut builder = NumbersBuilder::default();
            builder.add(number, Tag::new(0).unwrap());
            let mut numbers = builder.finish();
            numbers.change(number, |standing| standing.after(Some(ended), false));
            numbers
        };
        let other = FoundJournal::Other { left: 0 };
        let open = Tally {
            open: 1,
            ..Tally::default()
        };
        let table = [
            (
                AttemptResult::Refused,
                SentPolicy::Protect,
                Course::SetAside,
                open,
            ),
            (AttemptResult::Refused, SentPolicy::Skip, Course::SkipSent, open),
            (
                AttemptResult::Accepted,
                SentPolicy::Skip,
                Course::SkipSent,
                Tally {
                    carried_over: 1,
                    ever_sent: 1,
                    ..Tally::default()
                },
            ),
            (
                AttemptResult::Unknown,
                SentPolicy::Skip,
                Course::SkipSent,
                Tally {
                    unknown: 1,
                    retried: 1,
                    ever_sent: 1,
                    ..Tally::default()
                },
            ),
            (
                AttemptResult::Unknown,
                SentPolicy::Again,
                Course::Again { second_sms: 1 },
                Tally { ever_sent: 1, ..open },
            ),
        ];
        for (ended, sent, course, tally) in table {
            assert_eq!(
                decide(other, sent, RetryUnknown::All, &mut numbers(ended)),
                (course, tally),
                "{ended:?}"
            );
        }
    }

    #[test]
    fn a_tally_counts_each_number_once() {
        use AttemptResult::{Accepted, Refused, RefusedAccount, Unknown, Unsent};
        let endings = [Accepted, Refused, RefusedAccount, Unsent, Unknown];
        let mut builder = NumbersBuilder::default();
        let number = |digits| Msisdn::from_u64(digits).unwrap();
        for digits in 1..=12 {
            builder.add(number(digits), Tag::new(0).unwrap());
        }
        let mut numbers = builder.finish();
        for (digits, ended) in (1..).zip(endings) {
            numbers.change(number(digits), |standing| standing.after(Some(ended), true));
        }
        numbers.change_all(|standing| standing.in_next_campaign(CampaignKind::SkipSent));
        for (digits, ended) in (6..).zip(endings) {
            numbers.change(number(digits), |standing: NumberState| {
                standing.after(Some(ended), false)
            });
        }
        let expected = Tally {
            excluded: 0,
            open: 7, // 2, 3, 4, 8, 9, 11, 12
            refused: 1,
            accepted: 1,
            unknown: 2,
            retried: 1,
            carried_over: 1,
            ever_sent: 4,
        };
        assert_eq!(Tally::of(&numbers, RetryUnknown::Expired), expected);
        assert_eq!(
            Tally::of(&numbers, RetryUnknown::All),
            Tally {
                retried: 2,
                ..expected
            }
        );
    }
}
