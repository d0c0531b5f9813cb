//! What attempts add up to, line by line.

use super::*;

const ALL: [Option<AttemptResult>; 6] = [
    Some(AttemptResult::Accepted),
    Some(AttemptResult::Refused),
    Some(AttemptResult::RefusedAccount),
    Some(AttemptResult::Unsent),
    Some(AttemptResult::Unknown),
    None,
];

fn fold(attempts: &[Option<AttemptResult>]) -> NumberState {
    attempts
        .iter()
        .fold(NumberState::NEW, |standing, ended| standing.after(*ended, false))
}

#[test]
fn attempts_add_up_by_this_table() {
    use AttemptResult::{Accepted, Refused, RefusedAccount, Unknown, Unsent};
    let table: &[(&[Option<AttemptResult>], Status)] = &[
        (&[], Status::Pending),
        (&[Some(Accepted)], Status::Accepted),
        (&[Some(Refused)], Status::Refused),
        (&[Some(RefusedAccount)], Status::RefusedAccount),
        (&[Some(Unsent)], Status::Unsent),
        (&[Some(Unknown)], Status::Unknown),
        (&[None], Status::Unknown),
        (&[Some(Unsent), Some(Accepted)], Status::Accepted),
        (&[Some(Unsent), Some(Unsent), None], Status::Unknown),
        (&[Some(Unsent), Some(RefusedAccount)], Status::RefusedAccount),
        (&[Some(RefusedAccount), Some(Unsent)], Status::Unsent),
        (&[Some(RefusedAccount), Some(Accepted)], Status::Accepted),
        (&[Some(Unsent), Some(Unknown), None], Status::Unknown),
        (&[Some(Unknown), Some(Unsent)], Status::Unknown),
        (&[Some(Unknown), Some(RefusedAccount)], Status::Unknown),
        (&[None, Some(Unsent), Some(RefusedAccount)], Status::Unknown),
        (&[Some(Unknown), Some(Accepted)], Status::Accepted),
        (&[None, Some(Refused)], Status::Unknown),
        (&[Some(Unknown), Some(Refused)], Status::Unknown),
        (&[Some(Unknown), Some(Refused), Some(Accepted)], Status::Accepted),
        (&[Some(Refused), Some(Unknown)], Status::Unknown),
        (&[Some(Refused), Some(Unsent)], Status::Refused),
        (&[Some(Accepted), Some(Refused)], Status::Accepted),
        (&[Some(Accepted), None], Status::Accepted),
    ];
    for (attempts, expected) in table {
        assert_eq!(fold(attempts).state(), *expected, "{attempts:?}");
    }
}

#[test]
fn only_the_account_is_to_blame_for_its_error_ids() {
    use crate::wire::ErrorId;
    for id in ErrorId::LISTED {
        let account = matches!(id, ErrorId::Unauthorized | ErrorId::NotEnoughBalance);
        let expected = if account {
            AttemptResult::RefusedAccount
        } else {
            AttemptResult::Refused
        };
        assert_eq!(
            AttemptResult::of::<()>(&Outcome::Refused(id.clone())),
            expected,
            "{id}"
        );
    }
    assert_eq!(AttemptResult::of(&Outcome::Done(())), AttemptResult::Accepted);
    assert_eq!(AttemptResult::of::<()>(&Outcome::Unsent), AttemptResult::Unsent);
    assert_eq!(AttemptResult::of::<()>(&Outcome::Unknown), AttemptResult::Unknown);
}

#[test]
fn an_unknown_has_expired_only_when_every_pin_that_may_be_out_has() {
    let twice = |first, second| {
        NumberState::NEW
            .after(None, first)
            .after(Some(AttemptResult::Unknown), second)
            .expired()
    };
    assert!(twice(true, true));
    assert!(!twice(true, false));
    assert!(!twice(false, true));
    assert!(
        NumberState::NEW
            .after(None, true)
            .after(Some(AttemptResult::Unsent), false)
            .expired()
    );
    assert!(
        NumberState::NEW
            .after(Some(AttemptResult::Unsent), false)
            .after(None, true)
            .expired()
    );
}

#[test]
fn campaigns_follow_each_other_by_this_table() {
    use AttemptResult::{Accepted, Refused, Unknown, Unsent};
    // attempts of the first, the next kind, then: state, taken over, ever sent
    let table = [
        (
            Some(Accepted),
            CampaignKind::SkipSent,
            Status::Accepted,
            true,
            true,
        ),
        (Some(Unknown), CampaignKind::SkipSent, Status::Unknown, true, true),
        (None, CampaignKind::SkipSent, Status::Unknown, true, true),
        (
            Some(Refused),
            CampaignKind::SkipSent,
            Status::Pending,
            false,
            false,
        ),
        (
            Some(Unsent),
            CampaignKind::SkipSent,
            Status::Pending,
            false,
            false,
        ),
        (Some(Accepted), CampaignKind::Again, Status::Pending, false, true),
        (Some(Unknown), CampaignKind::Again, Status::Pending, false, true),
        (Some(Refused), CampaignKind::Again, Status::Pending, false, false),
    ];
    for (ended, kind, state, carried_over, ever_sent) in table {
        let standing = fold(&[ended]).in_next_campaign(kind);
        assert_eq!(
            (
                standing.state(),
                standing.carried_over(),
                standing.ever_sent(),
                standing.attempted()
            ),
            (state, carried_over, ever_sent, false),
            "{ended:?} {kind:?}"
        );
    }
}

#[test]
fn what_was_sent_is_never_forgotten() {
    let again = fold(&[Some(AttemptResult::Accepted)]).in_next_campaign(CampaignKind::Again);
    for ended in [
        AttemptResult::Refused,
        AttemptResult::Unsent,
        AttemptResult::RefusedAccount,
    ] {
        let after = again.after(Some(ended), false);
        assert!(after.ever_sent(), "{ended:?}");
        let skipping = after.in_next_campaign(CampaignKind::SkipSent);
        assert_eq!(
            (skipping.state(), skipping.carried_over()),
            (Status::Accepted, true),
            "{ended:?}"
        );
    }
    assert_eq!(
        again.in_next_campaign(CampaignKind::SkipSent).state(),
        Status::Accepted
    );
    let retried = fold(&[None])
        .in_next_campaign(CampaignKind::SkipSent)
        .after(Some(AttemptResult::Unsent), false);
    assert_eq!(
        (retried.state(), retried.carried_over()),
        (Status::Unknown, false)
    );
}

#[test]
fn the_bits_hold_every_standing() {
    let mut seen = std::collections::HashSet::from([NumberState::NEW]);
    let mut todo = vec![NumberState::NEW];
    while let Some(standing) = todo.pop() {
        assert_eq!(NumberState::from_bits(standing.to_bits()), standing);
        assert!(u32::from(standing.to_bits()) < 1 << NumberState::BITS);
        let attempts = ALL
            .iter()
            .flat_map(|ended| [true, false].map(|old| standing.after(*ended, old)));
        let campaigns =
            [CampaignKind::SkipSent, CampaignKind::Again].map(|kind| standing.in_next_campaign(kind));
        todo.extend(attempts.chain(campaigns).filter(|next| seen.insert(*next)));
    }
    assert!(seen.len() > 20, "{}", seen.len());
}
