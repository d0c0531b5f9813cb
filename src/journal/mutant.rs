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
    /// `--once-per` lets every number in again.
    AgeIgnored,
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

    /// The thread's code has this fault from now on, or none.
    pub(crate) fn set(mutant: Option<Self>) {
        ON.set(mutant);
    }
}

thread_local! {
    static ON: Cell<Option<Mutant>> = const { Cell::new(None) };
}
