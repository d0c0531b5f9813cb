//! Faults that a test puts into the journal's rules on purpose, to see that the simulator finds them.

use std::cell::Cell;

/// One rule that is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mutant {
    /// A request leaves before its claim is synced: a kill loses the claim.
    ClaimNotSynced,
    UnknownIsUnsent,
    ConflictIgnored,
    LastAttemptDecides,
    LastSeenForgotten,
    RefusalForgetsUnknown,
    ExclusionForgotten,
    /// A claim that has waited for too long is sent after all: its run may count as dead by then.
    OldClaimSent,
    /// How long a claim has waited is measured from when its run heard of it, and not from when it was written.
    FreshWhenHeard,
    /// `--once-per` lets every number in again.
    AgeIgnored,
    /// Two runs that were planned at once may both send again.
    PlannedAtOnce,
    /// A claim that another run took after an attempt in vain is counted as that attempt too.
    CountedTwice,
    /// At the end of a run all others count as dead.
    OthersAreOver,
    /// What is told of a number is its first attempt.
    WrongAttemptTold,
    /// A run's outcome is written over what a report has shown.
    ReportOverwritten,
    ForgottenUnderARun,
    /// The marker's count of groups is ignored.
    MarkerCountIgnored,
    /// An adoption removes lock files, and their counts of groups don't come into the marker.
    CountsNotKept,
    /// A journal takes its own list for adopted by an adoption that it doesn't know of.
    AdoptionNotKnown,
    /// Of several losses, an adoption measures from the first one.
    FirstLossCounts,
    /// An attempt that is open in a copy of the journal stands for what its run sent later.
    OpenAttemptStands,
    /// An attempt in vain counts as an SMS when a list is adopted.
    VainAttemptReaches,
    /// A claim doesn't take the place of an attempt that never left.
    UnsentStays,
}

impl Mutant {
    /// True where the thread's code has this fault.
    pub(crate) fn is_on(self) -> bool {
        ON.get() == Some(self)
    }

    /// These, or none of them where the thread's code has this fault.
    pub(crate) fn unless_on<T>(self, all: &[T]) -> &[T] {
        if self.is_on() { &[] } else { all }
    }

    /// The first of them, where the thread's code has this fault.
    pub(crate) fn first_of<T: Ord>(self, all: impl Iterator<Item = T>) -> Option<T> {
        all.min().filter(|_| self.is_on())
    }

    /// The thread's code has this fault from now on, or none.
    pub(crate) fn set(mutant: Option<Self>) {
        ON.set(mutant);
    }
}

thread_local! {
    static ON: Cell<Option<Mutant>> = const { Cell::new(None) };
}
