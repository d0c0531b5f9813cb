//! The networks that the sandbox's HLR knows: one for each of some countries, and the world's test network for the rest.
//!
//! The codes are real, so that programs that read them find a country; the names are the sandbox's own, because no
//! operator has these numbers.

use crate::domain::msisdn::Msisdn;

/// A mobile network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Network {
    /// Country and network code, 5 or 6 digits.
    pub(crate) mccmnc: &'static str,
    pub(crate) name: &'static str,
}

/// Calling code, network code and name; no calling code is the beginning of another, but for ITU's zones 1 and 7.
const NETWORKS: &[(&str, &str, &str)] = &[
    ("1", "310260", "Sandbox Mobile US"),
    ("7", "25001", "Sandbox Mobile RU"),
    ("229", "61603", "Sandbox Mobile BJ"),
    ("31", "20404", "Sandbox Mobile NL"),
    ("32", "20601", "Sandbox Mobile BE"),
    ("33", "20801", "Sandbox Mobile FR"),
    ("34", "21407", "Sandbox Mobile ES"),
    ("351", "26801", "Sandbox Mobile PT"),
    ("353", "27201", "Sandbox Mobile IE"),
    ("39", "22210", "Sandbox Mobile IT"),
    ("41", "22801", "Sandbox Mobile CH"),
    ("43", "23201", "Sandbox Mobile AT"),
    ("44", "23415", "Sandbox Mobile GB"),
    ("45", "23801", "Sandbox Mobile DK"),
    ("46", "24001", "Sandbox Mobile SE"),
    ("47", "24201", "Sandbox Mobile NO"),
    ("48", "26001", "Sandbox Mobile PL"),
    ("49", "26201", "Sandbox Mobile DE"),
    ("51", "71606", "Sandbox Mobile PE"),
    ("52", "334020", "Sandbox Mobile MX"),
    ("54", "722070", "Sandbox Mobile AR"),
    ("55", "72405", "Sandbox Mobile BR"),
    ("56", "73001", "Sandbox Mobile CL"),
    ("57", "732101", "Sandbox Mobile CO"),
    ("61", "50501", "Sandbox Mobile AU"),
    ("81", "44010", "Sandbox Mobile JP"),
    ("91", "40410", "Sandbox Mobile IN"),
];

/// The code that ITU keeps for tests.
const ELSEWHERE: Network = Network {
    mccmnc: "00101",
    name: "Sandbox Mobile",
};

/// The network of a number, always the same one.
pub(crate) fn network(msisdn: Msisdn) -> Network {
    let digits = msisdn.to_string();
    NETWORKS
        .iter()
        .find(|(calling_code, ..)| digits.starts_with(calling_code))
        .map_or(ELSEWHERE, |&(_, mccmnc, name)| Network { mccmnc, name })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_have_whole_codes_and_no_word_that_clients_search_for() {
        for (calling_code, mccmnc, name) in NETWORKS {
            assert!(matches!(mccmnc.len(), 5 | 6), "{calling_code}");
            assert!(
                mccmnc.bytes().all(|digit| digit.is_ascii_digit()),
                "{calling_code}"
            );
            assert!(!name.contains("error") && !name.contains("false"), "{name}");
        }
    }

    #[test]
    fn a_number_has_the_network_of_its_country() {
        for (number, mccmnc) in [
            ("12025550100", "310260"),
            ("34666666111", "21407"),
            ("688123456", "00101"),
        ] {
            assert_eq!(network(Msisdn::from_digits(number).unwrap()).mccmnc, mccmnc);
        }
    }
}
