//! The processes of a simulated world, and what they share.

use super::account::Account;
use super::step::{JournalTrouble, Moment};
use crate::journal::{Memory, RunId, Ticket};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What all processes share: the journal, and the account that is kept of them.
#[derive(Clone, Debug)]
pub(super) struct World {
    pub(super) memory: Memory,
    account: Arc<Mutex<Account>>,
}

impl World {
    pub(super) fn new() -> Self {
        Self {
            memory: Memory::new(),
            account: Arc::default(),
        }
    }

    pub(super) fn account<T>(&self, with: impl FnOnce(&mut Account) -> T) -> T {
        with(&mut self.account.lock().unwrap())
    }
}

/// How a process stands.
#[derive(Clone, Debug, Default)]
pub(super) struct ProcessState {
    pub(super) is_dead: bool,
    pub(super) is_frozen: bool,
    /// When its session with the journal was lost.
    pub(super) session_lost: Option<Duration>,
    pub(super) dies: Option<Moment>,
    pub(super) trouble: Option<JournalTrouble>,
    /// Its journal doesn't come back.
    pub(super) is_cut_off: bool,
    pub(super) run: Option<RunId>,
    /// The claims of its last group.
    pub(super) last_claims: Vec<Ticket>,
}

/// One process.
#[derive(Clone, Debug, Default)]
pub(super) struct Process(Arc<Mutex<ProcessState>>);

impl Process {
    pub(super) fn state(&self) -> ProcessState {
        self.0.lock().unwrap().clone()
    }

    pub(super) fn change<T>(&self, with: impl FnOnce(&mut ProcessState) -> T) -> T {
        with(&mut self.0.lock().unwrap())
    }

    /// Dies if this is its moment. True for a process that is dead.
    pub(super) fn dies(&self, moment: Moment) -> bool {
        self.change(|state| {
            if state.dies == Some(moment) {
                state.is_dead = true;
            }
            state.is_dead
        })
    }

    pub(super) fn dies_after_launch(&self) -> bool {
        self.dies(Moment::AfterLaunch)
    }
}
