//! The table of decisions, over sequences of attempts.

mod claims;
mod table;

use super::*;
use crate::dlr::DeliveryStatus;
use crate::journal::attempt::Delivery;
use crate::journal::run::{CampaignId, RunId, RunName, RunRecord};
use AttemptState::{Accepted, Open, Unknown, Unsent};
use table::all;

/// The moment at which all of them are judged.
const NOW: i64 = 1_800_000_000;
const DAY: i64 = 86_400;
const PIN: u32 = 600;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

/// Run 1 was found dead, run 2 is at work, and run 3 has begun since.
fn runs() -> Runs {
    let record = |id, is_alive| RunRecord {
        id: RunId(id),
        name: RunName::random(),
        campaign: CampaignId(1),
        began: at(NOW - 30 * DAY),
        last_seen: at(NOW - 30 * DAY),
        end: None,
        groups: 1,
        timeout: Duration::from_secs(60),
        host: String::new(),
        pid: 1,
        list: "users.csv".to_owned(),
        digest: None,
        settings: String::new(),
        forgotten: None,
        is_alive,
    };
    Runs::new(vec![record(1, false), record(2, true)])
}

#[derive(Clone, Copy)]
struct Past(AttemptState, i64, i64, Option<(DeliveryStatus, bool)>);

/// An attempt of the dead run, so many seconds ago.
const fn past(state: AttemptState, ago: i64) -> Past {
    Past(state, ago, 1, None)
}

const fn of_run(run: i64, state: AttemptState, ago: i64) -> Past {
    Past(state, ago, run, None)
}

const fn reported(state: AttemptState, ago: i64, status: DeliveryStatus, is_certain: bool) -> Past {
    Past(state, ago, 1, Some((status, is_certain)))
}

fn attempts(history: &[Past]) -> Vec<Attempt> {
    let attempt = |(nth, Past(state, ago, run, report)): (u32, &Past)| Attempt {
        nth,
        run: RunId(*run),
        at: at(NOW - ago),
        expires_in: PIN,
        state: *state,
        answered_at: (*state != Open).then(|| at(NOW - ago)),
        delivery: report.map(|(status, is_certain)| Delivery {
            status,
            at: None,
            received_at: at(NOW),
            is_certain,
        }),
        answer: None,
    };
    (1..).zip(history).map(attempt).collect()
}

/// The rules that a case is judged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Run {
    Plain,
    OncePer25Days,
    ResendUnknown,
    ResendAllUnknown,
    ResendRefused,
    ResendUndelivered,
    Excluding,
}
use Run::{
    Excluding, OncePer25Days, Plain, ResendAllUnknown, ResendRefused, ResendUndelivered, ResendUnknown,
};
const RUNS: [Run; 7] = [
    Plain,
    OncePer25Days,
    ResendUnknown,
    ResendAllUnknown,
    ResendRefused,
    ResendUndelivered,
    Excluding,
];

fn rules(run: Run) -> Rules {
    let mut rules = Rules::plain(at(NOW));
    match run {
        OncePer25Days => rules.once_per = Some(Duration::from_secs(25 * 86_400)),
        ResendUnknown => rules.resend.unknown = super::ResendUnknown::PinOver,
        ResendAllUnknown => rules.resend.unknown = super::ResendUnknown::All,
        ResendRefused => rules.resend.refused = true,
        ResendUndelivered => rules.resend.undelivered = true,
        Plain | Excluding => {}
    }
    rules
}

fn judged(history: &[Past], run: Run) -> Decision {
    decide(&attempts(history), run == Excluding, &runs(), &rules(run))
}

#[test]
fn the_table_of_decisions() {
    for (name, history, word, exit, sends) in all() {
        for run in RUNS {
            let decision = judged(&history, run);
            assert_eq!(decision.sends(), sends.contains(&run), "{name}, {run:?}");
            let reached = history.iter().any(|past| past.0.is_reached());
            assert_eq!(
                decision.is_repeat(),
                decision.sends() && reached,
                "{name}, {run:?}"
            );
            if run == Plain {
                assert_eq!(
                    (decision.word().as_str(), decision.exit()),
                    (word, exit),
                    "{name}"
                );
            }
            if run == Excluding && !reached {
                assert_eq!(
                    (decision.word().as_str(), decision.exit()),
                    ("excluded", Exit::Done),
                    "{name}"
                );
            }
        }
    }
}

#[test]
fn what_this_run_may_send_again_is_pending_until_it_does() {
    let old = judged(&[past(Accepted, 26 * DAY)], OncePer25Days);
    assert_eq!((old.word().as_str(), old.exit()), ("pending", Exit::Unsent));
    let failed = judged(
        &[reported(Accepted, 9, DeliveryStatus::Rejected, true)],
        ResendUndelivered,
    );
    assert_eq!((failed.word().as_str(), failed.exit()), ("pending", Exit::Unsent));
}

#[test]
fn an_attempt_of_an_unfinished_run_is_of_this_batch_however_old_it_is() {
    let mut rules = Rules::plain(at(NOW));
    rules.once_per = Some(Duration::from_secs(3600));
    rules.since = Some(at(NOW - 7200));
    let sends = |ago| decide(&attempts(&[past(Accepted, ago)]), false, &runs(), &rules).sends();
    assert!(!sends(7199) && !sends(7200) && sends(7201));
}

#[test]
fn a_pin_that_never_expires_is_never_over() {
    let mut history = attempts(&[past(Unknown, 999 * DAY)]);
    assert!(pin_ends(&history, &runs()).is_some());
    history[0].expires_in = 0;
    assert_eq!(pin_ends(&history, &runs()), None);
    let mut rules = Rules::plain(at(NOW));
    rules.resend.unknown = super::ResendUnknown::PinOver;
    assert!(!decide(&history, false, &runs(), &rules).sends());
}

#[test]
fn a_pin_ends_after_the_time_in_which_it_may_have_been_made() {
    // The run was last seen 30 days ago, long before this attempt; a run without a record may have waited for an hour.
    for (run, grace) in [(1, 120), (9, 3600)] {
        let history = attempts(&[of_run(run, Open, 500)]);
        let ends = pin_ends(&history, &runs()).unwrap();
        assert_eq!(ends, at(NOW - 500 + grace + i64::from(PIN)), "run {run}");
    }
}

#[test]
fn decisions_survive_being_packed() {
    let mut seen = std::collections::BTreeSet::new();
    for (_, history, ..) in all() {
        for run in RUNS {
            let decision = judged(&history, run);
            let bits = decision.to_bits();
            assert_eq!(bits >> Decision::BITS, 0);
            assert_eq!(Decision::from_bits(bits), decision);
            seen.insert(bits);
        }
    }
    assert!(seen.len() > 15, "{seen:?}");
    for bits in 0..=u8::MAX {
        assert!(Decision::from_bits(bits).to_bits() & 0b1111 <= 8);
    }
}
