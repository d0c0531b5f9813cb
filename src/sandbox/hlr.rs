//! The networks that the sandbox's HLR knows: one for each of some countries, and the world's test network for the rest.
//!
//! The codes are real, so that programs that read them find a country; the names are the sandbox's own, because no
//! operator has these numbers. Which country a number belongs to is what the numbering plan says.

use super::invalid::InvalidChoice;
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
    type Err = InvalidChoice;

    fn from_str(text: &str) -> Result<Self, InvalidChoice> {
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
            return Err(InvalidChoice::new(
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

/// Country and network code.
const NETWORKS: &[(&str, &str)] = &[
    ("AR", "722070"),
    ("AT", "23201"),
    ("AU", "50501"),
    ("BE", "20601"),
    ("BG", "28401"),
    ("BJ", "61603"),
    ("BO", "73601"),
    ("BR", "72405"),
    ("BS", "364390"),
    ("BB", "342600"),
    ("CA", "302720"),
    ("CH", "22801"),
    ("CI", "61203"),
    ("CL", "73001"),
    ("CN", "46000"),
    ("CO", "732101"),
    ("CR", "71201"),
    ("CY", "28001"),
    ("CZ", "23001"),
    ("DE", "26201"),
    ("DK", "23801"),
    ("DO", "37001"),
    ("DZ", "60301"),
    ("EC", "74000"),
    ("EE", "24801"),
    ("EG", "60201"),
    ("ES", "21407"),
    ("FI", "24405"),
    ("FR", "20801"),
    ("GB", "23415"),
    ("GG", "23455"),
    ("GI", "26606"),
    ("GR", "20201"),
    ("GT", "70401"),
    ("HN", "70801"),
    ("HR", "21901"),
    ("HU", "21601"),
    ("IE", "27201"),
    ("IL", "42501"),
    ("IM", "23458"),
    ("IN", "40410"),
    ("IS", "27401"),
    ("IT", "22210"),
    ("JE", "23450"),
    ("JM", "338050"),
    ("JP", "44010"),
    ("KR", "45005"),
    ("KZ", "40101"),
    ("LT", "24601"),
    ("LU", "27001"),
    ("LV", "24701"),
    ("MA", "60401"),
    ("MT", "27801"),
    ("MX", "334020"),
    ("NG", "62130"),
    ("NI", "71030"),
    ("NL", "20404"),
    ("NO", "24201"),
    ("NZ", "53001"),
    ("PA", "71401"),
    ("PE", "71606"),
    ("PK", "41001"),
    ("PL", "26001"),
    ("PR", "330110"),
    ("PT", "26801"),
    ("PY", "74401"),
    ("RO", "22601"),
    ("RU", "25001"),
    ("SE", "24001"),
    ("SI", "29340"),
    ("SK", "23101"),
    ("SV", "70601"),
    ("TR", "28601"),
    ("TT", "374130"),
    ("UA", "25501"),
    ("US", "310260"),
    ("UY", "74801"),
    ("VE", "73404"),
    ("ZA", "65501"),
];

/// The code that ITU keeps for tests.
const ELSEWHERE: &str = "00101";

/// The network of a number, always the same one, or what somebody asked for in its place.
pub(crate) fn look_up(msisdn: Msisdn, asked: Option<HlrAnswer>) -> HlrResult {
    let region = numbering::inspect(msisdn).region.map(Region::code);
    let home = NETWORKS.iter().find(|(country, _)| Some(*country) == region);
    let (country, mccmnc) = home.map_or((None, ELSEWHERE), |&(country, mccmnc)| (Some(country), mccmnc));
    let usual = match country {
        Some(country) => Cow::Owned(format!("Sandbox Mobile {country}")),
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
        for (index, (country, mccmnc)) in NETWORKS.iter().enumerate() {
            assert!(matches!(mccmnc.len(), 5 | 6), "{country}");
            assert!(mccmnc.bytes().all(|digit| digit.is_ascii_digit()), "{country}");
            assert!(
                NETWORKS[..index].iter().all(|(other, _)| other != country),
                "{country}"
            );
            assert!(Region::all().any(|region| region.code() == *country), "{country}");
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
