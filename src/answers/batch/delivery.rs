//! What delivery reports say of a batch.

use crate::batch::standings::Deliveries;
use crate::domain::duration;
use crate::text::grouped;
use hdrhistogram::Histogram;
use schemars::JsonSchema;
use serde::Serialize;
use std::time::Duration;

/// From rows to deliveries. Only reports that came with the id of a request count.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct FunnelPart {
    pub(crate) rows: u64,
    /// Numbers that were tried.
    pub(crate) sent: u64,
    pub(crate) accepted: u64,
    pub(crate) delivered: u64,
    /// Those with another final status.
    not_delivered: u64,
    /// From the request to the delivery.
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_seconds: Option<DeliverySeconds>,
}

/// From the request to the delivery.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub(crate) struct DeliverySeconds {
    pub(crate) p50: u64,
    pub(crate) p95: u64,
    pub(crate) p99: u64,
    pub(crate) max: u64,
}

impl DeliverySeconds {
    pub(crate) fn of(seconds: &Histogram<u64>) -> Self {
        Self {
            p50: seconds.value_at_quantile(0.5),
            p95: seconds.value_at_quantile(0.95),
            p99: seconds.value_at_quantile(0.99),
            max: seconds.max(),
        }
    }

    pub(crate) fn line(self) -> String {
        let Self { p50, p95, p99, max } = self;
        let [median, most, nearly_all, longest] =
            [p50, p95, p99, max].map(|seconds| duration::human(Duration::from_secs(seconds)));
        format!(
            "time to delivery: median {median}, 95% within {most}, 99% within {nearly_all}, longest {longest}"
        )
    }
}

impl FunnelPart {
    pub(crate) fn of(rows: u64, sent: u64, accepted: u64, deliveries: &Deliveries) -> Self {
        let seconds = deliveries.seconds.as_ref();
        Self {
            rows,
            sent,
            accepted,
            delivered: deliveries.delivered,
            not_delivered: deliveries.not_delivered,
            delivery_seconds: seconds.map(DeliverySeconds::of),
        }
    }

    pub(super) fn line(&self) -> String {
        let mut line = format!(
            "{} delivered, {} not delivered",
            grouped(self.delivered),
            grouped(self.not_delivered)
        );
        if let Some(seconds) = self.delivery_seconds {
            line.push_str(&format!("; {}", seconds.line()));
        }
        line
    }
}
