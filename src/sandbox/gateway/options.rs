//! What can be set about the gateway: money, chance and time.

use crate::domain::money::Money;
use crate::sandbox::fault::Fault;
use crate::sandbox::randomness::Randomness;
use std::time::Duration;

/// How the gateway behaves beyond its contract.
#[derive(Clone, Debug)]
pub(crate) struct GatewayOptions {
    /// What a new account holds.
    pub(crate) balance: Money,
    /// Whether accounts that exist already are given that too.
    pub(crate) set_balance: bool,
    /// Whether an account that can't pay is filled up again, instead of being refused.
    pub(crate) top_up: bool,
    pub(crate) prices: Prices,
    /// Whether the inbox can be looked at over HTTP.
    pub(crate) desk: bool,
    /// Whether the first SMS are kept for somebody who shows them.
    pub(crate) show: bool,
    /// Makes PINs and chance repeatable, and PINs guessable.
    pub(crate) seed: Option<u64>,
    pub(crate) latency: Option<Latency>,
    pub(crate) faults: Vec<ChanceFault>,
    /// How long an SMS takes to be delivered.
    pub(crate) dlr_delay: Duration,
}

/// What calls cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Prices {
    /// One SMS, for each of its segments.
    pub(crate) sms: Money,
    /// One HLR query.
    pub(crate) hlr: Money,
}

impl Default for Prices {
    fn default() -> Self {
        Self {
            sms: Money::from_ten_thousandths(500),
            hlr: Money::from_ten_thousandths(100),
        }
    }
}

/// How long an answer takes: anything between the two, each as likely as any other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Latency {
    least: Duration,
    most: Duration,
}

/// A fault that comes by chance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ChanceFault {
    pub(crate) fault: Fault,
    /// How many of a million calls it takes.
    pub(crate) millionths: u32,
}

impl Latency {
    /// `None` if `least` is more than `most`.
    pub(crate) fn new(least: Duration, most: Duration) -> Option<Self> {
        (least <= most).then_some(Self { least, most })
    }

    pub(super) fn draw(self, chance: &mut Randomness) -> Duration {
        let span = u64::try_from((self.most - self.least).as_micros()).unwrap_or(u64::MAX - 1);
        self.least + Duration::from_micros(chance.below(span + 1))
    }
}
