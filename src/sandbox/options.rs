//! What can be set about the gateway: money, chance and time.

use crate::domain::duration::{self, DurationError};
use crate::domain::host_name::HostName;
use crate::domain::money::Money;
use crate::domain::msisdn::Msisdn;
use crate::domain::pin::{Pin, PinError};
use crate::sandbox::fault::{InjectedFault, UnknownFault};
use crate::sandbox::randomness::Randomness;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// How the gateway behaves beyond its contract.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
pub(crate) struct GatewayOptions {
    /// What a new account holds.
    pub(crate) balance: Money,
    /// Whether accounts that exist already are given that too.
    pub(crate) set_balance: bool,
    /// Whether an account that can't pay is filled up again, instead of being refused.
    pub(crate) top_up: bool,
    pub(crate) prices: SandboxPrices,
    /// Whether the inbox can be looked at over HTTP.
    pub(crate) serve_inbox: bool,
    /// Whether the first SMS are kept for somebody who shows them.
    pub(crate) show: bool,
    /// Makes PINs and chance repeatable, and PINs guessable.
    pub(crate) seed: Option<u64>,
    pub(crate) latency: Option<Latency>,
    pub(crate) faults: Vec<ChanceFault>,
    /// How long an SMS takes to be delivered.
    pub(crate) dlr_delay: Duration,
    /// How many messages are kept; the oldest go first.
    pub(crate) keep: u32,
    /// The PIN of every SMS to a number, or to all of them.
    pub(crate) fixed_pins: Vec<FixedPin>,
    /// Whether letters that GSM-7 lacks are replaced, instead of sending UCS-2.
    pub(crate) replace_accents: bool,
    /// Names under which web browsers may reach the inbox.
    pub(crate) allowed_hosts: Vec<HostName>,
}

impl GatewayOptions {
    /// How many messages are kept where nobody says another number.
    pub(crate) const KEEP: u32 = 10_000;

    /// The PIN that the last of the fixed ones gives this number.
    pub(crate) fn fixed_pin(&self, msisdn: Msisdn) -> Option<&Pin> {
        let fits = |fixed: &&FixedPin| fixed.msisdn.is_none_or(|number| number == msisdn);
        let own = self
            .fixed_pins
            .iter()
            .rev()
            .find(|fixed| fixed.msisdn == Some(msisdn));
        own.or_else(|| self.fixed_pins.iter().rev().find(fits))
            .map(|fixed| &fixed.pin)
    }

    /// What a request costs; none if no amount of money is that large.
    pub(crate) fn price(&self, segments: usize, asks_hlr: bool) -> Option<Money> {
        let hlr = if asks_hlr { self.prices.hlr } else { Money::ZERO };
        let segments = u64::try_from(segments).unwrap_or(u64::MAX);
        self.prices.sms.checked_mul(segments)?.checked_add(hlr)
    }
}

/// A PIN that is sent in place of a drawn one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FixedPin {
    /// To this number alone.
    msisdn: Option<Msisdn>,
    pin: Pin,
}

/// Why a text is no fixed PIN.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FixedPinError {
    #[error("the number before = has digits only, country code first, as in 12025550100=123456")]
    Number,
    #[error(transparent)]
    Pin(#[from] PinError),
}

impl FromStr for FixedPin {
    type Err = FixedPinError;

    /// Reads a PIN, or a number and its PIN with `=` between them.
    fn from_str(text: &str) -> Result<Self, FixedPinError> {
        let (msisdn, pin) = match text.split_once('=') {
            None => (None, text),
            Some((digits, pin)) => (
                Some(Msisdn::from_digits(digits).ok_or(FixedPinError::Number)?),
                pin,
            ),
        };
        let pin = Pin::parse(pin)?;
        Ok(Self { msisdn, pin })
    }
}

/// What calls cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SandboxPrices {
    /// One SMS, for each of its segments.
    pub(crate) sms: Money,
    /// One HLR query.
    pub(crate) hlr: Money,
}

impl Default for SandboxPrices {
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
    pub(crate) fault: InjectedFault,
    /// How many of a million calls it takes.
    pub(crate) millionths: u32,
}

/// Why a text is not a latency.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LatencyError {
    #[error(transparent)]
    Duration(#[from] DurationError),
    #[error("write the shorter time first, as in 60ms..100ms")]
    Order,
}

/// Why a text is not a fault with its probability.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ChanceFaultError {
    #[error("write a fault as NAME:PERCENT, such as 429:5% or lost-reply:0.1%")]
    Shape,
    #[error(transparent)]
    Fault(#[from] UnknownFault),
    #[error("a chance goes from 0% to 100%, with at most four decimals")]
    Chance,
}

impl FromStr for Latency {
    type Err = LatencyError;

    /// Reads one duration, or two with `..` between them.
    fn from_str(text: &str) -> Result<Self, LatencyError> {
        let (least, most) = text.split_once("..").unwrap_or((text, text));
        let (least, most) = (duration::parse(least)?, duration::parse(most)?);
        if least > most {
            Err(LatencyError::Order)
        } else {
            Ok(Self { least, most })
        }
    }
}

impl FromStr for ChanceFault {
    type Err = ChanceFaultError;

    /// Reads `KIND:P%`, where P may have decimals.
    fn from_str(text: &str) -> Result<Self, ChanceFaultError> {
        let (kind, chance) = text.rsplit_once(':').ok_or(ChanceFaultError::Shape)?;
        let percent = chance.strip_suffix('%').ok_or(ChanceFaultError::Shape)?;
        // An amount has four decimals too, and reads them exactly.
        let ten_thousandths = percent
            .parse::<Money>()
            .map_err(|_| ChanceFaultError::Chance)?
            .ten_thousandths();
        let millionths = u32::try_from(ten_thousandths)
            .ok()
            .filter(|chance| *chance <= 1_000_000);
        Ok(Self {
            fault: kind.parse()?,
            millionths: millionths.ok_or(ChanceFaultError::Chance)?,
        })
    }
}

impl fmt::Display for ChanceFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}%",
            self.fault,
            Money::from_ten_thousandths(self.millionths.into())
        )
    }
}

impl Latency {
    pub(crate) fn draw(self, chance: &mut Randomness) -> Duration {
        let span = u64::try_from(self.most.saturating_sub(self.least).as_micros()).unwrap_or(u64::MAX - 1);
        self.least + Duration::from_micros(chance.below(span + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_are_one_duration_or_a_range() {
        let latency = |least, most| Latency {
            least: Duration::from_millis(least),
            most: Duration::from_millis(most),
        };
        assert_eq!("80ms".parse(), Ok(latency(80, 80)));
        assert_eq!("60ms..1s".parse(), Ok(latency(60, 1000)));
        assert_eq!("1s..60ms".parse::<Latency>(), Err(LatencyError::Order));
        for wrong in ["", "..", "1s..", "fast"] {
            assert!(wrong.parse::<Latency>().is_err(), "{wrong}");
        }
        let mut chance = Randomness::new(Some(1));
        for _ in 0..1_000 {
            let drawn = latency(60, 61).draw(&mut chance);
            assert!((Duration::from_millis(60)..=Duration::from_millis(61)).contains(&drawn));
        }
    }

    #[test]
    fn chances_are_read_exactly() {
        let millionths = |text: &str| text.parse::<ChanceFault>().map(|fault| fault.millionths);
        assert_eq!(millionths("429:5%"), Ok(50_000));
        assert_eq!(millionths("lost-reply:0.0001%"), Ok(1));
        assert_eq!(millionths("cut:100%"), Ok(1_000_000));
        assert_eq!(millionths("cut:100.0001%"), Err(ChanceFaultError::Chance));
        assert_eq!(millionths("cut:-1%"), Err(ChanceFaultError::Chance));
        assert_eq!(millionths("cut:5"), Err(ChanceFaultError::Shape));
        assert_eq!(millionths("cut"), Err(ChanceFaultError::Shape));
        assert_eq!(millionths("boom:5%"), Err(ChanceFaultError::Fault(UnknownFault)));
    }
}
