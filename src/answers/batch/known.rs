//! What the journal knows of a list: whom it has reached, when and by which list, and whom it excludes.

use crate::batch::Batch;
use crate::batch::plan::BatchPlan;
use crate::batch::standings::{ExcludedBy, ReachedBy, Standings};
use crate::domain::duration;
use crate::journal::ResendUnknown;
use crate::text::count;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use std::time::Duration;

/// What the journal knows of the list.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub(crate) struct KnownPart {
    /// Where the journal is.
    pub(crate) journal: String,
    /// When its first run began; absent where it knows no numbers yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) journal_since: Option<String>,
    pub(super) campaign: String,
    /// Set where no run of this campaign has begun, and others have.
    #[serde(skip_serializing_if = "Option::is_none")]
    new_campaign: Option<String>,
    /// Which lists reached these numbers before, the last one first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) reached_by: Vec<ReachedPart>,
    /// With `--once-per`: how many numbers are left alone that may get another SMS later, and from when on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) too_young: Option<String>,
    /// With `--resend unknown`: how many rows it leaves out because their PIN may still be valid, and until when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) still_valid: Option<String>,
    /// Which earlier runs exclude some of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) excluded_by: Vec<ExcludedPart>,
    /// The other runs that are sending now. Each has a rate of its own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) other_runs: Vec<String>,
}

/// Those of the numbers that one list has reached, or may have.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ReachedPart {
    pub(super) list: String,
    pub(super) numbers: u64,
    /// When the last of them.
    pub(super) last: String,
}

impl From<ReachedBy> for ReachedPart {
    fn from(reached: ReachedBy) -> Self {
        Self {
            list: reached.list,
            numbers: reached.numbers,
            last: to_the_minute(reached.last),
        }
    }
}

/// Those of the numbers that the exclusions of one earlier run name.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ExcludedPart {
    /// The files that `--exclude` named then.
    pub(super) files: String,
    /// The list that it was given with.
    list: String,
    pub(super) at: String,
    pub(super) numbers: u64,
}

impl From<ExcludedBy> for ExcludedPart {
    fn from(excluded: ExcludedBy) -> Self {
        Self {
            files: excluded.files,
            list: excluded.list,
            at: to_the_minute(excluded.at),
            numbers: excluded.numbers,
        }
    }
}

fn to_the_minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// How long it is until a moment, in words.
fn until(moment: Timestamp) -> String {
    let left = Duration::try_from(moment.duration_since(crate::clock::now())).unwrap_or_default();
    duration::human(Duration::from_secs(left.as_secs() + 1))
}

/// The unknown rows that wait for their PIN to end, and when the first one does.
fn still_valid(batch: &Batch, standings: &Standings) -> Option<String> {
    let waiting = standings.counts.unknown;
    if batch.options.resend.unknown != ResendUnknown::PinOver || waiting == 0 {
        return None;
    }
    let rows = count(waiting, "unknown row is", "unknown rows are");
    let Some(end) = standings.next_pin_end else {
        return Some(format!(
            "{rows} not sent again: when their PINs end is not known; --resend all-unknown sends to them"
        ));
    };
    Some(format!(
        "{rows} not sent again, since their PINs may still be valid: the next ends at {}, in {}",
        end.strftime("%Y-%m-%d %H:%M:%S UTC"),
        until(end)
    ))
}

/// How many numbers are left out for their age alone, and when the first of them is old enough.
fn too_young(standings: &Standings) -> Option<String> {
    let (numbers, first) = standings.too_young?;
    let may = count(
        numbers,
        "of them may get another SMS",
        "of them may get another SMS",
    );
    Some(format!("{may}, the first in {}", until(first)))
}

impl KnownPart {
    pub(super) fn of(batch: &Batch, plan: &BatchPlan) -> Self {
        let standings = &plan.standings;
        Self {
            journal: batch.options.journal.to_string(),
            journal_since: plan.journal_since.map(to_the_minute),
            campaign: batch.options.campaign.clone(),
            new_campaign: plan.new_campaign.clone(),
            reached_by: standings.reached_by().into_iter().map(Into::into).collect(),
            too_young: too_young(standings),
            still_valid: still_valid(batch, standings),
            excluded_by: standings.excluded_by().into_iter().map(Into::into).collect(),
            other_runs: plan.others.clone(),
        }
    }
}
