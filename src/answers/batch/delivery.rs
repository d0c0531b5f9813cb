//! What delivery reports say of a batch.

use crate::batch::standings::Deliveries;
use crate::domain::duration;
use crate::text::grouped;
use schemars::JsonSchema;
use serde::Serialize;
use std::time::Duration;

/// From rows to deliveries. Only reports that came with the id of a request count.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct FunnelPart {
    rows: u64,
    /// Numbers that were tried.
    sent: u64,
    accepted: u64,
    delivered: u64,
    /// Those with another final status.
    not_delivered: u64,
    /// From the request to the delivery.
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_seconds: Option<FunnelSeconds>,
}

#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub(crate) struct FunnelSeconds {
    p50: u64,
    p95: u64,
    p99: u64,
    max: u64,
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
            delivery_seconds: seconds.map(|seconds| FunnelSeconds {
                p50: seconds.value_at_quantile(0.5),
                p95: seconds.value_at_quantile(0.95),
                p99: seconds.value_at_quantile(0.99),
                max: seconds.max(),
            }),
        }
    }

    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!(
            "rows {} > sent {} > accepted {} > delivered {} (not delivered {})",
            grouped(self.rows),
            grouped(self.sent),
            grouped(self.accepted),
            grouped(self.delivered),
            grouped(self.not_delivered)
        )];
        if let Some(FunnelSeconds { p50, p95, p99, max }) = self.delivery_seconds {
            let human = |seconds| duration::human(Duration::from_secs(seconds));
            lines.push(format!(
                "time to delivery: median {}, 95% within {}, 99% within {}, longest {}",
                human(p50),
                human(p95),
                human(p99),
                human(max)
            ));
        }
        lines
    }
}
