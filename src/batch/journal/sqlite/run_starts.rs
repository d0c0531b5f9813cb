//! What the beginning of each run means for the state of a number.

use super::rows::{CampaignRow, RunRow};
use super::source::{Records, known};
use crate::batch::journal::error::JournalError;
use crate::batch::state::{CampaignKind, NumberState};

/// What the beginning of a run means for every number.
#[derive(Clone, Copy, Debug)]
pub(super) struct RunStart {
    after_attempt: i64,
    /// The run before it may have sent to any number.
    records_lost: bool,
    /// It begins another campaign.
    campaign: Option<CampaignKind>,
    seen_at: i64,
}

impl RunStart {
    pub(super) const fn apply(&self, mut state: NumberState) -> NumberState {
        if self.records_lost {
            state = state.after_lost_records();
        }
        match self.campaign {
            Some(kind) => state.in_next_campaign(kind),
            None => state,
        }
    }

    const fn changes_nothing(&self) -> bool {
        !self.records_lost && self.campaign.is_none()
    }
}

/// All runs, in their order.
#[derive(Clone, Debug)]
pub(super) struct RunStarts(Vec<RunStart>);

impl RunStarts {
    pub(super) fn read(records: Records<'_>) -> Result<Self, JournalError> {
        let Records {
            connection,
            path,
            format,
            lost,
        } = records;
        let campaigns = CampaignRow::read_all(connection, format, path)?;
        let mut starts = Vec::new();
        let mut campaign = None;
        for run in RunRow::read_all(connection, format, path)? {
            let begun = campaigns.iter().find(|campaign| campaign.id == run.campaign);
            let kind = known(begun, path, "a run's campaign")?.kind;
            let kind = known(CampaignKind::from_code(kind), path, "a campaign's kind")?;
            let begins = campaign.is_some_and(|campaign| campaign != run.campaign);
            campaign = Some(run.campaign);
            starts.push(RunStart {
                after_attempt: run.after_attempt,
                records_lost: run.records_lost,
                campaign: begins.then_some(kind),
                seen_at: run.seen_at,
            });
        }
        if lost {
            // As the next run will record it.
            starts.push(RunStart {
                after_attempt: i64::MAX - 1,
                records_lost: true,
                campaign: None,
                seen_at: 0,
            });
        }
        Ok(Self(starts))
    }

    /// True where no run began with anything but the state that the attempts before it add up to.
    pub(super) fn change_nothing(&self) -> bool {
        self.0.iter().all(RunStart::changes_nothing)
    }

    /// The runs that begin between two attempts; `from` counts up over calls.
    pub(super) fn before(&self, attempt: i64, from: &mut usize) -> &[RunStart] {
        let start = *from;
        while self.0.get(*from).is_some_and(|run| run.after_attempt < attempt) {
            *from += 1;
        }
        &self.0[start..*from]
    }

    /// When the process of the last of the first `passed` runs was last seen.
    pub(super) fn seen_at(&self, passed: usize) -> i64 {
        passed
            .checked_sub(1)
            .and_then(|last| self.0.get(last))
            .map_or(i64::MIN, |run| run.seen_at)
    }
}
