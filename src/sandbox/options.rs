//! What can be set about the gateway: money, chance and time.

use super::fault::InjectedFault;
use super::randomness::Randomness;
use crate::domain::duration;
use crate::domain::host_name::HostName;
use crate::domain::invalid::Invalid;
use crate::domain::money::Money;
use crate::domain::msisdn::Msisdn;
use crate::domain::pin::Pin;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// How the gateway behaves beyond its contract.
#[derive(Clone, Debug)]
pub(crate) struct GatewayOptions {
    /// What every account is given; `None` leaves those that exist with what they have.
    pub(crate) balance: Option<Money>,
    pub(crate) prices: SandboxPrices,
    /// Whether the page and the paths of scripts are served. Where they aren't, the first SMS are kept for the command that
    /// shows them.
    pub(crate) serves_inbox: bool,
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
    /// Names under which web browsers may reach the inbox.
    pub(crate) allowed_hosts: Vec<HostName>,
}

impl Default for GatewayOptions {
    fn default() -> Self {
        Self {
            balance: None,
            prices: SandboxPrices::default(),
            serves_inbox: false,
            seed: None,
            latency: None,
            faults: Vec::new(),
            dlr_delay: Duration::from_secs(1),
            keep: Self::KEEP,
            fixed_pins: Vec::new(),
            allowed_hosts: Vec::new(),
        }
    }
}

impl GatewayOptions {
    /// How many messages are kept where no other number is set.
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

impl FromStr for FixedPin {
    type Err = Invalid;

    /// Reads a PIN, or a number and its PIN with `=` between them.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let (msisdn, pin) = match text.split_once('=') {
            None => (None, text),
            Some((digits, pin)) => (
                Some(Msisdn::from_digits(digits).ok_or_else(|| {
                    Invalid::new(
                        "the number before = has digits only, country code first, as in 12025550100=123456",
                    )
                })?),
                pin,
            ),
        };
        let pin = Pin::parse(pin).map_err(Invalid::new)?;
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

impl FromStr for Latency {
    type Err = Invalid;

    /// Reads one duration, or two with `..` between them.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let (least, most) = text.split_once("..").unwrap_or((text, text));
        let read = |text| duration::parse(text).map_err(Invalid::new);
        let (least, most) = (read(least)?, read(most)?);
        if least > most {
            return Err(Invalid::new("write the shorter time first, as in 60ms..100ms"));
        }
        if most > Self::LONGEST {
            return Err(Invalid::new("an answer takes an hour at most"));
        }
        Ok(Self { least, most })
    }
}

impl FromStr for ChanceFault {
    type Err = Invalid;

    /// Reads `KIND:P%`, where P may have decimals.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let (kind, chance) = text
            .rsplit_once(':')
            .and_then(|(kind, chance)| Some((kind, chance.strip_suffix('%')?)))
            .ok_or_else(|| {
                Invalid::new("write a fault as NAME:PERCENT, such as 429:5% or lost-reply:0.1%")
            })?;
        // An amount has four decimals too, and reads them exactly.
        let percent = chance.parse::<Money>().map(Money::ten_thousandths);
        let millionths = percent
            .ok()
            .and_then(|chance| u32::try_from(chance).ok())
            .filter(|chance| *chance <= 1_000_000)
            .ok_or_else(|| Invalid::new("a chance goes from 0% to 100%, with at most four decimals"))?;
        Ok(Self {
            fault: kind.parse()?,
            millionths,
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
    const LONGEST: Duration = Duration::from_secs(3600);

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
        assert!("1h".parse::<Latency>().is_ok());
        for (wrong, words) in [
            ("1s..60ms", "shorter time first"),
            ("61m", "an hour at most"),
            ("1s..2h", "an hour at most"),
            ("", ""),
            ("..", ""),
            ("1s..", ""),
            ("fast", ""),
        ] {
            let error = wrong.parse::<Latency>().unwrap_err().to_string();
            assert!(error.contains(words), "{wrong}: {error}");
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
        for (wrong, words) in [
            ("cut:100.0001%", "0% to 100%"),
            ("cut:-1%", "0% to 100%"),
            ("cut:5", "NAME:PERCENT"),
            ("cut", "NAME:PERCENT"),
            ("boom:5%", "unknown fault"),
        ] {
            let error = millionths(wrong).unwrap_err().to_string();
            assert!(error.contains(words), "{wrong}: {error}");
        }
    }
}
