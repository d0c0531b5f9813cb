//! The test numbers, +1 202 555 0100 to 0199: reserved for fiction, so none of them can ever ring. Each makes one thing
//! happen. `test-numbers.txt` is the only place that says what; help and man page are made from it, and a test compares `docs/sandbox.md`.

use super::behaviour::{Behaviour, Effects, call_named};
use crate::domain::msisdn::Msisdn;
use crate::wire::Call;
use std::sync::LazyLock;

/// On each line a behaviour, and what happens for people.
const TEXT: &str = include_str!("test-numbers.txt");

/// A test number that does something out of the ordinary. Those that the table doesn't list are ordinary numbers.
#[derive(Debug)]
pub(crate) struct TestNumber {
    pub(crate) msisdn: Msisdn,
    /// The only call that is concerned; without it, all to which the effect belongs.
    pub(super) call: Option<Call>,
    /// How many calls it happens to; after those the number is an ordinary one, until a reset.
    pub(super) times: Option<u32>,
    pub(super) effects: Effects,
    /// What happens, for people.
    pub(crate) what: &'static str,
}

/// Every number that does something, in order.
pub(crate) static TABLE: LazyLock<Vec<TestNumber>> = LazyLock::new(|| {
    let numbers = TEXT.lines().map(TestNumber::read);
    numbers.collect::<Option<_>>().expect("a test reads each line")
});

impl TestNumber {
    fn read(line: &'static str) -> Option<Self> {
        let (text, what) = line.split_once(" | ")?;
        let behaviour = Behaviour::read(text.as_bytes()).ok()?;
        Some(Self {
            msisdn: behaviour.number()?,
            call: behaviour.call.as_deref().and_then(call_named),
            times: behaviour.times,
            effects: behaviour.effects().ok()?,
            what,
        })
    }

    /// What the table says of a number.
    pub(super) fn find(msisdn: Msisdn) -> Option<&'static Self> {
        TABLE.iter().find(|entry| entry.msisdn == msisdn)
    }
}

/// The table as lines of text: the number, two spaces, what happens.
pub(crate) fn help() -> String {
    let lines = TABLE
        .iter()
        .map(|entry| ["  ", &entry.msisdn.to_string(), "  ", entry.what, "\n"].concat());
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::fault::{CallFault, InjectedFault};
    use crate::wire::ErrorId;

    #[test]
    fn the_table_is_in_order_and_finds_itself() {
        assert_eq!(TABLE.len(), TEXT.lines().count());
        assert!(TABLE.is_sorted_by(|a, b| a.msisdn.as_u64() < b.msisdn.as_u64()));
        for entry in &*TABLE {
            assert_eq!(entry.msisdn.as_u64() / 100, 120_255_501, "{}", entry.what);
            assert_eq!(TestNumber::find(entry.msisdn).unwrap().what, entry.what);
        }
    }

    #[test]
    fn ordinary_numbers_are_not_in_it() {
        for number in [
            "12025550100",
            "12025550199",
            "12025550200",
            "34666666111",
            "120255501",
        ] {
            let msisdn = Msisdn::from_digits(number).unwrap();
            assert!(TestNumber::find(msisdn).is_none(), "{number}");
        }
    }

    #[test]
    fn every_error_id_has_its_number() {
        for id in ErrorId::LISTED {
            let refused = CallFault::from(InjectedFault::Refused(id.clone()));
            let mut faults = TABLE.iter().filter_map(|entry| entry.effects.fault.as_ref());
            assert!(faults.any(|fault| *fault == refused), "{id}");
        }
    }
}
