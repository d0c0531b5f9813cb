//! The networks that the sandbox's HLR knows: one for each of some countries, and the world's test network for the rest.
//!
//! The codes are real, so that programs that read them find a country; the names are the sandbox's own, because no
//! operator has these numbers. Which country a number belongs to is what the numbering plan says.

use crate::domain::invalid::Invalid;
use crate::domain::msisdn::Msisdn;
use crate::domain::numbering::{self, Region};
use std::borrow::Cow;
use std::str::FromStr;

/// What the HLR says of a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HlrResult {
    /// Country and network code of the network where the number is, 5 or 6 digits.
    pub(crate) mccmnc: Cow<'static, str>,
    /// The name of the network that gave the number out.
    pub(crate) original_network: Cow<'static, str>,
}

/// Another answer than a number's own network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum HlrAnswer {
    /// The number went to another network of its country.
    Ported,
    /// The number is in a network of another country.
    Roaming,
    /// This network, and this name or the usual one.
    Network { mccmnc: String, name: Option<String> },
}

impl FromStr for HlrAnswer {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        match text {
            "ported" => return Ok(Self::Ported),
            "roaming" => return Ok(Self::Roaming),
            _ => {}
        }
        let (mccmnc, name) = text.split_once(' ').unwrap_or((text, ""));
        let is_code = matches!(mccmnc.len(), 5 | 6) && mccmnc.bytes().all(|digit| digit.is_ascii_digit());
        // Clients look for these words anywhere in a success (the gateway's contract §7).
        let is_name =
            !["error", "false"].iter().any(|word| name.contains(word)) && !name.contains(char::is_control);
        if !is_code || !is_name {
            return Err(Invalid::new(
                "ported, roaming, or the 5 or 6 digits of a network with or without a name, such as 21407 or \"21407 My \
                 Network\"",
            ));
        }
        let name = name.trim();
        Ok(Self::Network {
            mccmnc: mccmnc.to_owned(),
            name: (!name.is_empty()).then(|| name.to_owned()),
        })
    }
}

/// A country on each line, and behind a space the code of its network.
const NETWORKS: &str = include_str!("networks.txt");

fn network_of(country: &str) -> Option<&'static str> {
    NETWORKS
        .lines()
        .find_map(|line| line.strip_prefix(country)?.strip_prefix(' '))
}

/// The code that ITU keeps for tests.
const ELSEWHERE: &str = "00101";

/// The network of a number, always the same one, or what the user asked for in its place.
pub(crate) fn look_up(msisdn: Msisdn, asked: Option<HlrAnswer>) -> HlrResult {
    let region = numbering::region_of(msisdn).map(Region::code);
    let home = region.and_then(|country| Some((country, network_of(country)?)));
    let mccmnc = home.map_or(ELSEWHERE, |(_, mccmnc)| mccmnc);
    let usual = match home {
        Some((country, _)) => Cow::Owned(format!("Sandbox Mobile {country}")),
        None => Cow::Borrowed("Sandbox Mobile"),
    };
    let (mccmnc, original_network) = match asked {
        None => (Cow::Borrowed(mccmnc), usual),
        Some(HlrAnswer::Ported) => (Cow::Owned(neighbour(mccmnc)), usual),
        Some(HlrAnswer::Roaming) => {
            let abroad = if region == Some("FR") { "21407" } else { "20801" };
            (Cow::Borrowed(abroad), usual)
        }
        Some(HlrAnswer::Network { mccmnc, name }) => (Cow::Owned(mccmnc), name.map_or(usual, Cow::Owned)),
    };
    HlrResult {
        mccmnc,
        original_network,
    }
}

/// Another network of the same country: the country's three digits stay.
fn neighbour(mccmnc: &str) -> String {
    let (country, network) = mccmnc.split_at(3);
    let width = network.len();
    let next =
        (network.parse::<u32>().unwrap_or_default() + 1) % 10_u32.pow(u32::try_from(width).unwrap_or(2));
    format!("{country}{next:0width$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_have_whole_codes_and_countries_stand_once() {
        assert!(NETWORKS.lines().count() > 70);
        for line in NETWORKS.lines() {
            let (country, mccmnc) = line.split_once(' ').unwrap();
            assert!(matches!(mccmnc.len(), 5 | 6), "{line}");
            assert!(mccmnc.bytes().all(|digit| digit.is_ascii_digit()), "{line}");
            assert_eq!(network_of(country), Some(mccmnc), "a country has one network");
            assert!(Region::all().any(|region| region.code() == country), "{line}");
        }
    }

    #[test]
    fn a_number_has_the_network_of_its_country_or_the_one_that_was_asked_for() {
        let look = |number: &str, asked: Option<&str>| {
            let asked = asked.map(|text| text.parse().unwrap());
            let found = look_up(Msisdn::from_digits(number).unwrap(), asked);
            format!("{} {}", found.mccmnc, found.original_network)
        };
        for (number, asked, answer) in [
            ("12025550100", None, "310260 Sandbox Mobile US"),
            ("14165550100", None, "302720 Sandbox Mobile CA"),
            ("77012345678", None, "40101 Sandbox Mobile KZ"),
            ("18765550123", None, "338050 Sandbox Mobile JM"),
            ("18095550123", None, "37001 Sandbox Mobile DO"),
            ("79161234567", None, "25001 Sandbox Mobile RU"),
            ("447400123456", None, "23415 Sandbox Mobile GB"),
            ("447624123456", None, "23458 Sandbox Mobile IM"),
            ("34666666111", None, "21407 Sandbox Mobile ES"),
            ("688123456", None, "00101 Sandbox Mobile"),
            ("34666666111", Some("ported"), "21408 Sandbox Mobile ES"),
            ("12025550100", Some("ported"), "310261 Sandbox Mobile US"),
            ("34666666111", Some("roaming"), "20801 Sandbox Mobile ES"),
            ("33612345678", Some("roaming"), "21407 Sandbox Mobile FR"),
            ("34666666111", Some("310410"), "310410 Sandbox Mobile ES"),
            ("34666666111", Some("21401 My Network"), "21401 My Network"),
        ] {
            assert_eq!(look(number, asked), answer, "{number} {asked:?}");
        }
        for wrong in ["", "2140", "2140712", "21407 error", "elsewhere"] {
            assert!(wrong.parse::<HlrAnswer>().is_err(), "{wrong}");
        }
    }
}
