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
    #[schemars(with = "Option<String>")]
    pub(super) journal_since: Option<Timestamp>,
    pub(super) campaign: String,
    /// Set where no run of this campaign has begun, and others have.
    #[serde(skip_serializing_if = "Option::is_none")]
    new_campaign: Option<String>,
    /// Which lists reached these numbers before, the last one first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) reached_by: Vec<ReachedBy>,
    /// With `--once-per`: how many numbers are left alone that may get another SMS later, and from when on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) too_young: Option<String>,
    /// With `--resend unknown`: how many rows it leaves out because their PIN may still be valid, and until when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) still_valid: Option<String>,
    /// Which earlier runs exclude some of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) excluded_by: Vec<ExcludedBy>,
    /// The other runs that are sending now. Each has a rate of its own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) other_runs: Vec<String>,
}

/// A moment, for people.
pub(super) fn to_the_minute(at: Timestamp) -> String {
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
    if batch.options.asked.resend.unknown != ResendUnknown::PinOver || waiting == 0 {
        return None;
    }
    let rows = count(waiting, "unknown row is", "unknown rows are");
    let Some(end) = standings.next_pin_end else {
        return Some(format!(
            "{rows} not sent again, since it is not known when a PIN ends; --resend all-unknown sends now"
        ));
    };
    Some(format!(
        "{rows} not sent again, since a PIN may still be valid: the next ends at {}, in {}",
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
            journal_since: plan.journal_since,
            campaign: batch.options.campaign.clone(),
            new_campaign: plan.new_campaign.clone(),
            reached_by: standings.reached_by(),
            too_young: too_young(standings),
            still_valid: still_valid(batch, standings),
            excluded_by: standings.excluded_by(),
            other_runs: plan.others.clone(),
        }
    }
}
