//! The table: histories of attempts, what is said of them, and which runs send.

use super::*;

/// A history, its word and exit where it stays so, and the rules under which a run sends.
pub(super) type Case = (&'static str, Vec<Past>, &'static str, Exit, &'static [Run]);

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

fn never_reached() -> Vec<Case> {
    vec![
        ("no attempt", vec![], "pending", Exit::Unsent, ALL_BUT_EXCLUDING),
        (
            "unsent",
            vec![past(Unsent, 9)],
            "unsent",
            Exit::Unsent,
            ALL_BUT_EXCLUDING,
        ),
        (
            "refused for the funds",
            vec![past(ACCOUNT, 9)],
            "refused",
            Exit::Account,
            ALL_BUT_EXCLUDING,
        ),
        (
            "refused for the request",
            vec![past(REQUEST, 9)],
            "refused",
            Exit::No,
            ALL_BUT_EXCLUDING,
        ),
        (
            "refused for the number",
            vec![past(NUMBER, 9)],
            "refused",
            Exit::No,
            &[ResendRefused],
        ),
        (
            "refused for the number long ago",
            vec![past(NUMBER, 99 * DAY)],
            "refused",
            Exit::No,
            &[ResendRefused],
        ),
        (
            "refused for the number, then for the funds",
            vec![past(NUMBER, 99), past(ACCOUNT, 9)],
            "refused",
            Exit::Account,
            ALL_BUT_EXCLUDING,
        ),
    ]
}

fn under_way() -> Vec<Case> {
    vec![
        (
            "open in a run at work",
            vec![of_run(2, Open, 9)],
            "under_way",
            Exit::Unsent,
            &[],
        ),
        (
            "open in a run that began since",
            vec![of_run(3, Open, 9)],
            "under_way",
            Exit::Unsent,
            &[],
        ),
        (
            "unknown, then open in a run at work",
            vec![past(Unknown, 99 * DAY), of_run(2, Open, 9)],
            "under_way",
            Exit::Unsent,
            &[],
        ),
        (
            "open in a dead run, and its PIN is over",
            vec![past(Open, 29 * DAY)],
            "unknown",
            Exit::Unknown,
            &[OncePer25Days, ResendUnknown, ResendAllUnknown],
        ),
    ]
}

fn unknown() -> Vec<Case> {
    vec![
        (
            "unknown, and its PIN may be valid",
            vec![past(Unknown, 719)],
            "unknown",
            Exit::Unknown,
            &[ResendAllUnknown],
        ),
        (
            "unknown, and its PIN is over",
            vec![past(Unknown, 720)],
            "unknown",
            Exit::Unknown,
            &[ResendUnknown, ResendAllUnknown],
        ),
        (
            "unknown long ago",
            vec![past(Unknown, 25 * DAY)],
            "unknown",
            Exit::Unknown,
            &[OncePer25Days, ResendUnknown, ResendAllUnknown],
        ),
    ]
}

/// Whatever comes later, the SMS of the unknown request may be out there.
fn unknown_and_more() -> Vec<Case> {
    let (no, yes) = (DeliveryStatus::Undelivered, DeliveryStatus::Delivered);
    vec![
        (
            "unknown, then unsent",
            vec![past(Unknown, 99), past(Unsent, 9)],
            "unknown",
            Exit::Unknown,
            &[ResendAllUnknown],
        ),
        (
            "unknown, then refused for the funds",
            vec![past(Unknown, 99), past(ACCOUNT, 9)],
            "unknown",
            Exit::Unknown,
            &[ResendAllUnknown],
        ),
        (
            "unknown, then refused for the number",
            vec![past(Unknown, 99), past(NUMBER, 9)],
            "unknown",
            Exit::Unknown,
            &[ResendAllUnknown],
        ),
        (
            "unknown twice, and the later PIN may be valid",
            vec![past(Unknown, 9999), past(Unknown, 9)],
            "unknown",
            Exit::Unknown,
            &[ResendAllUnknown],
        ),
        (
            "unknown, its PIN over, probably delivered",
            vec![reported(Unknown, 9999, yes, false)],
            "unknown",
            Exit::Unknown,
            &[ResendAllUnknown],
        ),
        (
            "unknown, its PIN over, probably not delivered",
            vec![reported(Unknown, 9999, no, false)],
            "unknown",
            Exit::Unknown,
            &[ResendUnknown, ResendAllUnknown],
        ),
        (
            "accepted long ago, then unknown",
            vec![past(Accepted, 99 * DAY), past(Unknown, 9)],
            "unknown",
            Exit::Unknown,
            &[ResendAllUnknown],
        ),
    ]
}

fn accepted() -> Vec<Case> {
    vec![
        ("accepted", vec![past(Accepted, 9)], "accepted", Exit::Done, &[]),
        (
            "accepted, nearly old",
            vec![past(Accepted, 25 * DAY - 1)],
            "accepted",
            Exit::Done,
            &[],
        ),
        (
            "accepted, old",
            vec![past(Accepted, 25 * DAY)],
            "accepted",
            Exit::Done,
            &[OncePer25Days],
        ),
        (
            "accepted in the future",
            vec![past(Accepted, -9 * DAY)],
            "accepted",
            Exit::Done,
            &[],
        ),
        (
            "accepted, then unsent",
            vec![past(Accepted, 99), past(Unsent, 9)],
            "accepted",
            Exit::Done,
            &[],
        ),
        (
            "accepted long ago, then refused for the request",
            vec![past(Accepted, 99 * DAY), past(REQUEST, 9)],
            "accepted",
            Exit::Done,
            &[OncePer25Days],
        ),
        (
            "accepted long ago, then refused for the number",
            vec![past(Accepted, 99 * DAY), past(NUMBER, 9)],
            "accepted",
            Exit::Done,
            &[OncePer25Days],
        ),
        (
            "unknown, then accepted",
            vec![past(Unknown, 9999), past(Accepted, 9)],
            "accepted",
            Exit::Done,
            &[],
        ),
    ]
}

fn accepted_with_a_report() -> Vec<Case> {
    let (no, yes, trying) = (
        DeliveryStatus::Undelivered,
        DeliveryStatus::Delivered,
        DeliveryStatus::Unknown,
    );
    vec![
        (
            "accepted, and not delivered",
            vec![reported(Accepted, 99, no, true)],
            "accepted",
            Exit::Done,
            &[ResendUndelivered],
        ),
        (
            "accepted, and perhaps not delivered",
            vec![reported(Accepted, 99, no, false)],
            "accepted",
            Exit::Done,
            &[],
        ),
        (
            "accepted, and the operator is still trying",
            vec![reported(Accepted, 99, trying, true)],
            "accepted",
            Exit::Done,
            &[],
        ),
        (
            "not delivered, resent, delivered",
            vec![reported(Accepted, 99, no, true), reported(Accepted, 9, yes, true)],
            "accepted",
            Exit::Done,
            &[],
        ),
        (
            "resent before the first report came: not delivered, then accepted without a report",
            vec![reported(Accepted, 99, no, true), past(Accepted, 9)],
            "accepted",
            Exit::Done,
            &[],
        ),
    ]
}

pub(super) fn all() -> impl Iterator<Item = Case> {
    let tables = [
        never_reached(),
        under_way(),
        unknown(),
        unknown_and_more(),
        accepted(),
        accepted_with_a_report(),
    ];
    tables.into_iter().flatten()
}
