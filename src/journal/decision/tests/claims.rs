//! What another run has done to a number since a run was planned.

use super::*;

#[test]
fn what_was_sent_after_the_run_was_planned_is_not_sent_again_by_it() {
    use DeliveryStatus::Undelivered;
    for ago in [10, 0, -1] {
        let unknown = [past(Unknown, DAY), past(Unknown, ago)];
        assert_eq!(judged(&unknown, ResendAllUnknown).sends(), ago >= 0, "{ago}");
        let undelivered = [past(Unknown, DAY), reported(Accepted, ago, Undelivered, true)];
        assert_eq!(judged(&undelivered, ResendUndelivered).sends(), ago >= 0, "{ago}");
    }
}

#[test]
fn a_repeat_is_claimed_only_behind_runs_that_had_ended_when_it_was_planned() {
    // Run 1 had ended, run 2 was at work, run 3 has begun since; run 0 was a single request, of which no record is kept.
    for (run, is_claimed) in [(0, true), (1, true), (2, false), (3, false)] {
        for (state, asked) in [(Unknown, ResendAllUnknown), (Accepted, OncePer25Days)] {
            // By a clock that was set back, every one of them is old.
            let history = attempts(&[of_run(run, state, 26 * DAY)]);
            let claimed = may_claim((&history, false), (&rules(asked), &runs()), true);
            assert_eq!(claimed, is_claimed, "run {run}, {state:?}");
        }
        // A request that was never taken keeps no run from it.
        let unsent = attempts(&[of_run(run, Unsent, 1)]);
        assert!(
            may_claim((&unsent, false), (&rules(Plain), &runs()), false),
            "run {run}"
        );
    }
}
