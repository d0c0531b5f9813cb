//! The table: histories of attempts, what is said of them, and which runs send.

use super::*;

/// A history, its word and exit where it stays so, and the rules under which a run sends.
pub(super) type Case = (&'static str, Vec<Past>, &'static str, Exit, &'static [Run]);
/// The same without what the others of its group have too.
type Row = (&'static str, Vec<Past>, &'static [Run]);

const ALL_BUT_EXCLUDING: &[Run] = &[
    Plain,
    OncePer25Days,
    ResendUnknown,
    ResendAllUnknown,
    ResendRefused,
    ResendUndelivered,
];
const NUMBER: AttemptState = AttemptState::Refused(Refusal::Number);
const REQUEST: AttemptState = AttemptState::Refused(Refusal::Request);
const ACCOUNT: AttemptState = AttemptState::Refused(Refusal::Account);

fn never_tried() -> Vec<Row> {
    vec![("no attempt", vec![], ALL_BUT_EXCLUDING)]
}

fn unsent() -> Vec<Row> {
    vec![("unsent", vec![past(Unsent, 9)], ALL_BUT_EXCLUDING)]
}

fn refused_for_the_funds() -> Vec<Row> {
    let twice = vec![past(NUMBER, 99), past(ACCOUNT, 9)];
    vec![
        ("refused for the funds", vec![past(ACCOUNT, 9)], ALL_BUT_EXCLUDING),
        (
            "refused for the number, then for the funds",
            twice,
            ALL_BUT_EXCLUDING,
        ),
    ]
}

fn refused() -> Vec<Row> {
    let long_ago = vec![past(NUMBER, 99 * DAY)];
    vec![
        (
            "refused for the request",
            vec![past(REQUEST, 9)],
            ALL_BUT_EXCLUDING,
        ),
        ("refused for the number", vec![past(NUMBER, 9)], &[ResendRefused]),
        ("refused for the number long ago", long_ago, &[ResendRefused]),
    ]
}

fn under_way() -> Vec<Row> {
    let after_an_unknown = vec![past(Unknown, 99 * DAY), of_run(2, Open, 9)];
    vec![
        ("open in a run at work", vec![of_run(2, Open, 9)], &[]),
        ("open in a run that began since", vec![of_run(3, Open, 9)], &[]),
        ("unknown, then open in a run at work", after_an_unknown, &[]),
    ]
}

/// Whatever comes later, the SMS of the unknown request may be out there.
fn unknown() -> Vec<Row> {
    const ALL: &[Run] = &[ResendAllUnknown];
    const PIN_OVER: &[Run] = &[ResendUnknown, ResendAllUnknown];
    const OLD: &[Run] = &[OncePer25Days, ResendUnknown, ResendAllUnknown];
    let (no, yes) = (DeliveryStatus::Undelivered, DeliveryStatus::Delivered);
    let first = past(Unknown, 99);
    let delivered = vec![reported(Unknown, 9999, yes, false)];
    let not_delivered = vec![reported(Unknown, 9999, no, false)];
    let after_an_old_one = vec![past(Accepted, 99 * DAY), past(Unknown, 9)];
    vec![
        (
            "open in a dead run, its PIN over",
            vec![past(Open, 29 * DAY)],
            OLD,
        ),
        ("its PIN may be valid", vec![past(Unknown, 719)], ALL),
        ("its PIN is over", vec![past(Unknown, 720)], PIN_OVER),
        ("unknown long ago", vec![past(Unknown, 25 * DAY)], OLD),
        ("unknown, then unsent", vec![first, past(Unsent, 9)], ALL),
        (
            "unknown, then refused for the funds",
            vec![first, past(ACCOUNT, 9)],
            ALL,
        ),
        (
            "unknown, then refused for the number",
            vec![first, past(NUMBER, 9)],
            ALL,
        ),
        (
            "twice, the later PIN may be valid",
            vec![past(Unknown, 9999), past(Unknown, 9)],
            ALL,
        ),
        ("its PIN over, probably delivered", delivered, ALL),
        ("its PIN over, probably not delivered", not_delivered, PIN_OVER),
        ("accepted long ago, then unknown", after_an_old_one, ALL),
    ]
}

fn accepted() -> Vec<Row> {
    const ONCE: &[Run] = &[OncePer25Days];
    let old = past(Accepted, 99 * DAY);
    vec![
        ("accepted", vec![past(Accepted, 9)], &[]),
        ("nearly old", vec![past(Accepted, 25 * DAY - 1)], &[]),
        ("old", vec![past(Accepted, 25 * DAY)], ONCE),
        ("in the future", vec![past(Accepted, -9 * DAY)], &[]),
        (
            "accepted, then unsent",
            vec![past(Accepted, 99), past(Unsent, 9)],
            &[],
        ),
        (
            "long ago, then refused for the request",
            vec![old, past(REQUEST, 9)],
            ONCE,
        ),
        (
            "long ago, then refused for the number",
            vec![old, past(NUMBER, 9)],
            ONCE,
        ),
        (
            "unknown, then accepted",
            vec![past(Unknown, 9999), past(Accepted, 9)],
            &[],
        ),
    ]
}

fn accepted_with_a_report() -> Vec<Row> {
    use DeliveryStatus::{Delivered, Undelivered};
    let failed = reported(Accepted, 99, Undelivered, true);
    let perhaps_failed = reported(Accepted, 99, Undelivered, false);
    let trying = reported(Accepted, 99, DeliveryStatus::Unknown, true);
    let resent = vec![failed, reported(Accepted, 9, Delivered, true)];
    let resent_early = vec![failed, past(Accepted, 9)];
    vec![
        ("not delivered", vec![failed], &[ResendUndelivered]),
        ("perhaps not delivered", vec![perhaps_failed], &[]),
        ("the operator is still trying", vec![trying], &[]),
        ("not delivered, resent, delivered", resent, &[]),
        (
            "resent before the first report came, and without one of its own",
            resent_early,
            &[],
        ),
    ]
}

pub(super) fn all() -> impl Iterator<Item = Case> {
    let groups = [
        ("pending", Exit::Unsent, never_tried()),
        ("unsent", Exit::Unsent, unsent()),
        ("refused", Exit::Account, refused_for_the_funds()),
        ("refused", Exit::No, refused()),
        ("under_way", Exit::Unsent, under_way()),
        ("unknown", Exit::Unknown, unknown()),
        ("accepted", Exit::Done, accepted()),
        ("accepted", Exit::Done, accepted_with_a_report()),
    ];
    groups.into_iter().flat_map(|(word, exit, rows)| {
        let case = move |(name, history, sends)| (name, history, word, exit, sends);
        rows.into_iter().map(case)
    })
}
