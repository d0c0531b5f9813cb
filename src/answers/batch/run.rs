//! One run of a batch in figures.

use crate::batch::send::RunResult;
use hdrhistogram::Histogram;
use schemars::JsonSchema;
use serde::Serialize;

/// This run alone.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct RunPart {
    pub(crate) sent: u64,
    /// Rows whose numbers another run took meanwhile.
    #[serde(skip_serializing_if = "super::is_zero")]
    pub(crate) taken_by_others: u64,
    pub(crate) seconds: f64,
    pub(crate) per_second: f64,
    /// What kept it from being faster.
    pub(crate) limited_by: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) latency_ms: Option<LatencyPart>,
    /// Of all requests together.
    pub(crate) latency_sum_ms: f64,
    /// Requests by latency.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) latency_histogram: Vec<LatencyBucket>,
    /// When requests ended.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) over_time: Vec<TimeSpan>,
}

/// Requests that took no longer than this, and longer than the bucket before.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub(crate) struct LatencyBucket {
    pub(crate) up_to_ms: f64,
    pub(crate) requests: u64,
}

/// Requests that ended until then, and after the span before.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub(crate) struct TimeSpan {
    /// Since the run began.
    pub(crate) seconds: f64,
    pub(crate) requests: u64,
}

/// From sending a request to the end of its answer, in milliseconds.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub(crate) struct LatencyPart {
    pub(crate) p50: f64,
    pub(crate) p95: f64,
    pub(crate) p99: f64,
    pub(crate) max: f64,
}

impl RunPart {
    /// Requests by latency, from the first bucket with one on.
    pub(crate) fn latencies(&self) -> impl Iterator<Item = &LatencyBucket> {
        let buckets = self.latency_histogram.iter();
        buckets.skip_while(|bucket| bucket.requests == 0)
    }

    /// `rows_left`: the same command would send more.
    pub(crate) fn of(ended: &RunResult, rows_left: bool) -> Self {
        let seconds = ended.elapsed.as_secs_f64().max(1e-9);
        #[expect(clippy::cast_precision_loss, reason = "figures for people")]
        let millis = |micros: u64| micros as f64 / 1000.0;
        #[expect(clippy::cast_precision_loss, reason = "figures for people")]
        let per_second = ended.counters.requests as f64 / seconds;
        let latency = &ended.latency;
        let latency_ms = (!latency.is_empty()).then(|| LatencyPart {
            p50: millis(latency.value_at_quantile(0.5)),
            p95: millis(latency.value_at_quantile(0.95)),
            p99: millis(latency.value_at_quantile(0.99)),
            max: millis(latency.max()),
        });
        Self {
            sent: ended.counters.requests,
            taken_by_others: ended.counters.taken,
            seconds,
            per_second,
            limited_by: limited_by(ended, rows_left),
            latency_ms,
            latency_sum_ms: latency.mean() * per_thousand(latency.len()),
            latency_histogram: buckets(latency),
            over_time: ended
                .timeline
                .spans()
                .map(|(end, requests)| TimeSpan {
                    seconds: end.as_secs_f64(),
                    requests,
                })
                .collect(),
        }
    }
}

/// So many microseconds are this many milliseconds.
#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn per_thousand(count: u64) -> f64 {
    count as f64 / 1000.0
}

/// Doubling from a millisecond: 0.5, 1, 2, 4 … up to the slowest; below that the clock can't tell.
fn buckets(latency: &Histogram<u64>) -> Vec<LatencyBucket> {
    const FIRST_MICROS: u64 = 500;
    let values = latency.iter_log(FIRST_MICROS, 2.0);
    values
        .map(|value| LatencyBucket {
            up_to_ms: per_thousand(value.value_iterated_to() + 1),
            requests: value.count_since_last_iteration(),
        })
        .collect()
}

/// What kept a run from being faster. The first row goes alone and the last answers are waited for: neither counts.
fn limited_by(ended: &RunResult, rows_left: bool) -> String {
    let concurrency = ended.options.concurrency;
    let latency = ended.latency.mean() / 1_000_000.0;
    let seconds = ended.elapsed.as_secs_f64();
    let busy = (seconds - 2.0 * latency).max(0.1 * seconds).max(1e-9);
    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    let (requests, at_once) = (ended.counters.requests as f64, concurrency as f64);
    let per_second = requests / busy;
    let was_short = requests <= 2.0 * at_once;
    match ended.options.rate {
        _ if ended.paused.as_secs_f64() > 0.5 * seconds => "pauses after 429 or lost connections".to_owned(),
        Some(rate) if requests > 1.0 && per_second >= 0.9 * rate.per_second() => format!("--rate {rate}"),
        _ if was_short && rows_left && ended.options.limit.is_some() && ended.stop.is_none() => {
            "--limit".to_owned()
        }
        _ if was_short && ended.stop.is_none() => "the small number of rows".to_owned(),
        _ if was_short => "the early stop".to_owned(),
        _ if per_second >= 0.8 * at_once / latency.max(1e-6) => format!(
            "the gateway's latency ({:.1} ms) × {concurrency} at once (--concurrency)",
            latency * 1000.0
        ),
        _ => "this machine".to_owned(),
    }
}
