//! What the beginning of each run means for the state of a number.

use super::rows::{CampaignRow, RunRow};
use super::source::{Records, known};
use crate::batch::journal::error::JournalError;
use crate::batch::state::{CampaignKind, NumberState};

/// The beginning of 2025: smspin is younger. A time before it comes from a clock that nobody has set.
pub(super) const EARLIEST_CREDIBLE: i64 = 1_735_689_600_000;

/// What the beginning of a run means for every number.
#[derive(Clone, Copy, Debug)]
pub(super) struct RunStart {
    after_attempt: i64,
    /// The run before it may have sent to any number.
    records_lost: bool,
    /// It begins another campaign.
    campaign: Option<CampaignKind>,
    begun_at: i64,
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
                begun_at: run.begun_at,
                seen_at: run.seen_at,
            });
        }
        if lost {
            // As the next run will record it.
            starts.push(RunStart {
                after_attempt: i64::MAX - 1,
                records_lost: true,
                campaign: None,
                begun_at: 0,
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

    /// When an attempt's request may have been taken at the latest, for an attempt of the last of the first `passed` runs.
    /// `started_at` is the latest start in that run so far: a clock that goes back takes nothing away.
    ///
    /// While its process lived, the request of an attempt without an outcome may still have left. Where the clock was not
    /// set, the run's last sign of life tells more, or else the beginning of the next run, which found it as it is. `None`
    /// where nothing tells.
    pub(super) fn last_heard(&self, passed: usize, started_at: i64, ended_at: Option<i64>) -> Option<i64> {
        let run = self.0.get(passed.checked_sub(1)?)?;
        let own = started_at.max(ended_at.unwrap_or(run.seen_at));
        let found_at = self.0.get(passed).map(|next| next.begun_at);
        [Some(own), Some(run.seen_at), found_at]
            .into_iter()
            .flatten()
            .find(|time| *time >= EARLIEST_CREDIBLE)
    }
}
