//! What a run may do, from the journal, its fingerprint and what was asked for. Pure.

use super::decision::{Decision, RetryUnknown};
use super::numbers::Numbers;
use super::state::CampaignKind;

/// What to do with numbers that have been sent before. One choice, so that two flags can't contradict each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum SentPolicy {
    /// Refuse what would send anybody a second SMS.
    #[default]
    Protect,
    /// `--skip-sent`
    Skip,
    /// `--again`, or `--again=ROUND`
    Again { round: Option<u32> },
}

/// How the journal stands to this input and these settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FoundJournal {
    /// There is none.
    Nothing,
    /// Its last campaign has the same fingerprint. `concluded`: a run has said that it is finished.
    /// `rounds`: how many times in a row `--again` has begun it.
    Same {
        kind: CampaignKind,
        concluded: bool,
        rounds: u32,
    },
    /// Another fingerprint, and `left` numbers of the old input still to send.
    Other { left: u64 },
    /// Its numbers were deleted: nobody knows who was sent to, whatever the fingerprint.
    Forgotten,
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
    /// Another run is sending to them.
    pub(crate) under_way: u64,
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
                Decision::LeaveUnderWay => &mut tally.under_way,
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
    Again {
        second_sms: u64,
        /// How many times that makes in a row.
        round: u32,
        /// False where a round before is finished and this one was not named: `--again` may have been typed once too often.
        named: bool,
    },
    /// `--again=ROUND` names a round after the next one.
    WrongRound { next: u32 },
    /// Nothing may be sent: each of these numbers may have been sent to, and who was is forgotten.
    Forgotten { second_sms: u64 },
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
        // Other journals and results may know some of the numbers.
        Course::Begin | Course::SetAside | Course::SkipSent => {
            numbers.change_all(|standing| standing.in_next_campaign(CampaignKind::SkipSent));
        }
        Course::Again { .. } => numbers.change_all(|standing| standing.in_next_campaign(CampaignKind::Again)),
        Course::Resume
        | Course::Finished
        | Course::Refuse { .. }
        | Course::Forgotten { .. }
        | Course::WrongRound { .. } => {}
    }
    (course, Tally::of(numbers, retry))
}

/// A campaign that `--again` began is resumed by the same command until a run has said that it is finished: a crash must
/// not turn one agreed repetition into two.
const fn course(found: FoundJournal, sent: SentPolicy, tally: Tally) -> Course {
    match (found, sent) {
        // Known from elsewhere than the journal.
        (FoundJournal::Nothing, SentPolicy::Protect) if tally.ever_sent > 0 => Course::Refuse {
            second_sms: tally.ever_sent,
            left: 0,
        },
        // Though there may be nothing to repeat: after a crash the same command has to go on, and not to repeat what it sent.
        (
            FoundJournal::Nothing | FoundJournal::Other { .. } | FoundJournal::Forgotten,
            SentPolicy::Again { round },
        ) => again(0, round, tally),
        (FoundJournal::Forgotten, SentPolicy::Protect | SentPolicy::Skip) => Course::Forgotten {
            second_sms: tally.ever_sent,
        },
        (FoundJournal::Nothing, _) => Course::Begin,
        (
            FoundJournal::Same {
                kind: CampaignKind::Again,
                concluded: false,
                ..
            },
            _,
        )
        | (FoundJournal::Same { .. }, SentPolicy::Protect | SentPolicy::Skip) => resume(tally),
        (FoundJournal::Same { rounds, .. }, SentPolicy::Again { round }) => again(rounds, round, tally),
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

/// Another round for everybody after so many, or what is left of the one that was named.
const fn again(rounds: u32, round: Option<u32>, tally: Tally) -> Course {
    let next = rounds + 1;
    match round {
        Some(round) if round < next => resume(tally),
        Some(round) if round > next => Course::WrongRound { next },
        named => Course::Again {
            second_sms: tally.ever_sent,
            round: next,
            named: named.is_some() || rounds == 0,
        },
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
mod tests;
