//! Posts delivery reports to their URLs as they come due: in arrays, again with backoff when they aren't taken, and only
//! to this machine unless told otherwise.

mod destination;

use super::http;
use super::store::reports::{self, DueReport};
use super::store::{Millis, Store};
use crate::dlr::{DeliveryReport, MOST_PER_POST, ReportClock};
use crate::server::StopSignal;
use crate::text;
use bytes::Bytes;
use destination::ReportDestination;
use http_body_util::Full;
use hyper::header::CONTENT_TYPE;
use hyper::{Method, Request};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::task::JoinSet;

/// How long a receiver may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long reports in the post are held back from others who post from the same file.
const HOLD: Duration = Duration::from_secs(60);
/// How often the store is asked for what other processes have put there.
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// After how many tries a report is given up; with the backoff some 40 hours after the first.
const TRIES: u32 = 16;

/// Posts until `stop`. `tell` hears of each report that is given up, in words.
pub(crate) async fn run(
    store: &Store,
    stop: &StopSignal,
    allow_remote: bool,
    tell: &(dyn Fn(String) + Send + Sync),
) {
    let clock = ReportClock::new();
    loop {
        // A store that fails tells those who ask it; there is nobody to tell here.
        let due = store
            .write(|state| reports::take_due(state, Millis::now(), HOLD, MOST_PER_POST))
            .await
            .unwrap_or_default();
        let rest = if due.is_empty() {
            until_next(store).await
        } else {
            Duration::ZERO
        };
        post_all(store, due, &clock, allow_remote, tell).await;
        tokio::select! {
            () = tokio::time::sleep(rest) => {}
            () = stop.wait() => return,
        }
    }
}

async fn until_next(store: &Store) -> Duration {
    let next = store.read(reports::next_due).await.ok().flatten();
    let wait = next.map(|next| next.0.saturating_sub(Millis::now().0).max(1));
    wait.and_then(|wait| u64::try_from(wait).ok())
        .map_or(LOOK_AGAIN, |wait| Duration::from_millis(wait).min(LOOK_AGAIN))
}

/// One array to each URL, all at once.
async fn post_all(
    store: &Store,
    due: Vec<DueReport>,
    clock: &ReportClock,
    allow_remote: bool,
    tell: &(dyn Fn(String) + Send + Sync),
) {
    let mut by_url = BTreeMap::<String, Vec<DueReport>>::new();
    for report in due {
        by_url.entry(report.url.clone()).or_default().push(report);
    }
    let mut posts = JoinSet::new();
    for (url, due) in by_url {
        let array: Vec<_> = due.iter().map(|due| report(due, clock)).collect();
        let body = serde_json::to_vec(&array).expect("reports hold text alone");
        posts.spawn(async move {
            let posted = post(&url, body, allow_remote).await;
            (url, due, posted)
        });
    }
    while let Some(posted) = posts.join_next().await {
        // A post can't panic; if one did, its reports come due again after the hold.
        let Ok((url, due, posted)) = posted else { continue };
        if let Err(problem) = settle(store, &url, due, posted, tell).await {
            tell(problem);
        }
    }
}

/// Why reports were not taken.
#[derive(Debug, thiserror::Error)]
enum PostError {
    /// Never will be.
    #[error(transparent)]
    Destination(#[from] destination::DestinationError),
    #[error(transparent)]
    Http(#[from] http::HttpError),
    #[error("it answered with HTTP {0}")]
    Status(u16),
}

async fn post(url: &str, body: Vec<u8>, allow_remote: bool) -> Result<(), PostError> {
    let destination = ReportDestination::find(url, allow_remote).await?;
    let request = Request::builder()
        .method(Method::POST)
        .uri(destination.path())
        .header(CONTENT_TYPE, "application/json")
        .body(Full::new(Bytes::from(body)))
        .expect("a path of a parsed URL");
    let received = http::exchange(destination.address(), destination.host(), request, PATIENCE).await?;
    if received.status.is_success() {
        Ok(())
    } else {
        Err(PostError::Status(received.status.as_u16()))
    }
}

/// Removes what was taken or is hopeless, and schedules the rest again.
async fn settle(
    store: &Store,
    url: &str,
    due: Vec<DueReport>,
    posted: Result<(), PostError>,
    tell: &(dyn Fn(String) + Send + Sync),
) -> Result<(), String> {
    let hopeless = matches!(posted, Err(PostError::Destination(_)));
    let (again, done): (Vec<_>, Vec<_>) = due
        .into_iter()
        .partition(|due| posted.is_err() && !hopeless && due.attempts + 1 < TRIES);
    if let Err(error) = posted
        && !done.is_empty()
    {
        tell(format!(
            "delivery reports to {url} are given up ({}): {error}",
            done.len()
        ));
    }
    let done: Vec<_> = done.iter().map(|due| due.id).collect();
    let again: Vec<_> = again
        .iter()
        .map(|due| (due.id, Millis::now().plus(backoff(due.attempts))))
        .collect();
    let written = store.write(move |state| {
        reports::finish(state, &done)?;
        again
            .iter()
            .try_for_each(|(id, at)| reports::postpone(state, &[*id], *at))
    });
    written
        .await
        .map_err(|error| format!("delivery reports can't be settled: {error}"))
}

/// One second, two, four, and so on, up to eight hours.
fn backoff(attempts: u32) -> Duration {
    Duration::from_secs(1 << attempts.min(15)).min(Duration::from_secs(8 * 3600))
}

fn report(due: &DueReport, clock: &ReportClock) -> DeliveryReport {
    DeliveryReport {
        sms_id: Some(text::hex(&due.sms_id)),
        from: Some(due.from.clone().unwrap_or_default()),
        to: due.to,
        custom: Some(String::new()),
        sms_date: Some(clock.write(timestamp(due.sent_at))),
        status: due.status.clone(),
        dlr_date: Some(clock.write(timestamp(due.dated))),
    }
}

fn timestamp(at: Millis) -> jiff::Timestamp {
    jiff::Timestamp::from_millisecond(at.0).unwrap_or_default()
}

#[cfg(test)]
mod tests;
