//! Posts delivery reports to their URLs as they come due: in arrays, again with backoff when they aren't taken, and only
//! to this machine unless told otherwise. Each receiver is posted to on its own, so that one that hangs doesn't delay the others.

mod destination;

use super::http::{self, HttpsPeer};
use super::store::reports::{self, DueReport, PostResult, ReportFate};
use super::store::{Millis, SandboxStore};
use super::tls::TrustedRoots;
use crate::dlr::{DeliveryReport, MOST_PER_POST, ReportClock};
use crate::domain::invalid::Invalid;
use crate::server::StopSignal;
use crate::text;
use crate::tls::TlsError;
use bytes::Bytes;
use destination::ReportDestination;
use http_body_util::Full;
use hyper::header::CONTENT_TYPE;
use hyper::{Method, Request};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::task::JoinSet;

/// How long a receiver may take, the look-up of its name included.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long reports in the post are held back from others who post from the same file.
const HOLD: Duration = Duration::from_secs(60);
/// How often the store is asked for what other processes have put there. What this one puts there is known at once.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// How many receivers are posted to at once.
const RECEIVERS: u32 = 64;
/// After how many tries a report is given up; with the backoff some 40 hours after the first.
const TRIES: u32 = 16;

/// How one process posts. The default is that of a gateway inside another command.
#[derive(Clone, Debug, Default)]
pub(crate) struct PostRules {
    /// Whether reports may go to other machines.
    pub(crate) allow_remote: bool,
    /// Whether a report that may not be posted is given up. Otherwise it is left to other processes, which may be allowed.
    pub(crate) gives_up: bool,
    pub(crate) roots: TrustedRoots,
}

/// What one receiver was posted: its reports, URL by URL, and how each post went.
struct Posted {
    origin: String,
    posts: Vec<(String, Vec<DueReport>, Result<u16, PostError>)>,
}

/// Posts until `stop`. `tell` hears of each report that is given up, in words.
pub(crate) async fn run(
    store: &SandboxStore,
    stop: &StopSignal,
    rules: &PostRules,
    tell: &(dyn Fn(String) + Send + Sync),
) {
    let clock = ReportClock::new();
    let mut changes = store.changes();
    let mut posting = JoinSet::new();
    let mut busy = BTreeSet::new();
    loop {
        changes.mark_unchanged();
        let running = u32::try_from(posting.len()).unwrap_or(u32::MAX);
        let free = RECEIVERS.saturating_sub(running);
        for (origin, due) in take(store, &busy, free).await {
            busy.insert(origin.clone());
            posting.spawn(post_to(origin, due, clock.clone(), rules.clone()));
        }
        let rest = until_next(store, &busy).await;
        tokio::select! {
            // A post can't panic; if one did, its reports come due again after the hold.
            Some(posted) = posting.join_next() => if let Ok(posted) = posted {
                let is_allowed = settle(store, &posted, rules, tell).await;
                // One that this process may not post to stays busy, and so is left alone.
                if is_allowed || rules.gives_up {
                    busy.remove(&posted.origin);
                }
            },
            Ok(()) = changes.changed() => {}
            () = tokio::time::sleep(rest) => {}
            () = stop.wait() => return,
        }
    }
}

/// What is due for receivers that aren't busy. Looking is a read: only a report that is taken is a change.
async fn take(store: &SandboxStore, busy: &BTreeSet<String>, free: u32) -> Vec<(String, Vec<DueReport>)> {
    if free == 0 || !until_next(store, busy).await.is_zero() {
        return Vec::new();
    }
    let busy = json_array(busy);
    // A store that fails tells those who ask it; here no caller waits to be told.
    store
        .write(move |state| reports::take_due(state, HOLD, &busy, free, MOST_PER_POST))
        .await
        .unwrap_or_default()
}

async fn until_next(store: &SandboxStore, busy: &BTreeSet<String>) -> Duration {
    let busy = json_array(busy);
    let next = store.read(move |state| reports::next_due(state, &busy)).await;
    next.ok()
        .flatten()
        .map_or(LOOK_AGAIN, |wait| wait.min(LOOK_AGAIN))
}

fn json_array(origins: &BTreeSet<String>) -> String {
    serde_json::to_string(origins).expect("strings")
}

/// One array to each URL of a receiver, one after the other.
async fn post_to(origin: String, due: Vec<DueReport>, clock: ReportClock, rules: PostRules) -> Posted {
    let mut by_url = BTreeMap::<String, Vec<DueReport>>::new();
    for report in due {
        by_url.entry(report.url.clone()).or_default().push(report);
    }
    let mut posts = Vec::with_capacity(by_url.len());
    for (url, due) in by_url {
        let array: Vec<_> = due.iter().map(|due| report(due, &clock)).collect();
        let body = serde_json::to_vec(&array).expect("reports hold text alone");
        let posted = tokio::time::timeout(PATIENCE, post(&url, body, &rules)).await;
        let posted = posted.unwrap_or(Err(PostError::Http(http::HttpError::Late(PATIENCE))));
        posts.push((url, due, posted));
    }
    Posted { origin, posts }
}

/// Why reports were not taken.
#[derive(Debug, thiserror::Error)]
enum PostError {
    /// Never will be.
    #[error(transparent)]
    Destination(#[from] Invalid),
    #[error(transparent)]
    Http(#[from] http::HttpError),
    #[error(transparent)]
    Trust(#[from] TlsError),
    #[error("it answered with HTTP {0}")]
    Status(u16),
}

async fn post(url: &str, body: Vec<u8>, rules: &PostRules) -> Result<u16, PostError> {
    let destination = ReportDestination::find(url, rules.allow_remote).await?;
    let request = Request::builder()
        .method(Method::POST)
        .uri(destination.path())
        .header(CONTENT_TYPE, "application/json")
        .body(Full::new(Bytes::from(body)))
        .expect("a path of a parsed URL");
    let https = match destination.server_name() {
        Some(name) => Some(HttpsPeer {
            name,
            config: rules.roots.config()?,
        }),
        None => None,
    };
    let received = http::exchange(
        destination.address(),
        destination.host(),
        https,
        request,
        PATIENCE,
    )
    .await?;
    let code = received.status.as_u16();
    if received.status.is_success() {
        Ok(code)
    } else {
        Err(PostError::Status(code))
    }
}

/// Records what became of each report, and says whether this process may post to that receiver at all.
async fn settle(
    store: &SandboxStore,
    posted: &Posted,
    rules: &PostRules,
    tell: &(dyn Fn(String) + Send + Sync),
) -> bool {
    let mut is_allowed = true;
    for (url, due, result) in &posted.posts {
        let hopeless = matches!(result, Err(PostError::Destination(_)));
        is_allowed &= !hopeless;
        let fates: Vec<_> = due
            .iter()
            .map(|due| (due.id, fate(due, result, hopeless, rules, store)))
            .collect();
        let given_up = fates
            .iter()
            .filter(|(_, fate)| *fate == ReportFate::GivenUp)
            .count();
        if let (Err(error), 1..) = (result, given_up) {
            tell(format!(
                "delivery reports to {url} are given up ({given_up}): {}",
                text::with_causes(error)
            ));
        }
        let outcome = PostResult {
            http: match result {
                Ok(code) | Err(PostError::Status(code)) => Some(*code),
                Err(_) => None,
            },
            problem: result.as_ref().err().map(|error| text::with_causes(error)),
        };
        let written = store.write(move |state| reports::settle(state, &fates, &outcome));
        if let Err(error) = written.await {
            tell(format!("delivery reports can't be settled: {error}"));
        }
    }
    is_allowed
}

fn fate(
    due: &DueReport,
    result: &Result<u16, PostError>,
    hopeless: bool,
    rules: &PostRules,
    store: &SandboxStore,
) -> ReportFate {
    match result {
        Ok(_) => ReportFate::Taken,
        Err(_) if hopeless && !rules.gives_up => ReportFate::Left,
        Err(_) if hopeless || due.attempts + 1 >= TRIES => ReportFate::GivenUp,
        Err(_) => ReportFate::Again(store.now().plus(backoff(due.attempts))),
    }
}

/// One second, two, four, and so on, up to eight hours.
fn backoff(attempts: u32) -> Duration {
    Duration::from_secs(1 << attempts.min(15)).min(Duration::from_secs(8 * 3600))
}

fn report(due: &DueReport, clock: &ReportClock) -> DeliveryReport {
    use std::fmt::Write as _;
    let mut sms_id = String::with_capacity(32);
    for byte in due.sms_id {
        write!(sms_id, "{byte:02x}").expect("writing to a string");
    }
    DeliveryReport {
        sms_id: Some(sms_id),
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
