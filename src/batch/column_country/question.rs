//! What a batch says where the country of a column is in doubt, and the ways out.

use super::{ColumnDoubt, Reason};
use crate::failure::{Failure, Kind};
use crate::text::{self, count, grouped};
use std::path::Path;

impl ColumnDoubt {
    /// Nothing was sent, since the numbers may be those of other people. `list` is the exclusion list that they stand in, if they
    /// don't stand in the batch's own file.
    pub(crate) fn failure(&self, list: Option<&Path>) -> Failure {
        let place = list.map_or_else(String::new, |list| format!("{}: ", list.display()));
        let said = |example: &str| format!("nothing was sent: {place}{}", self.sentence(example));
        let mut masked = self.example.to_string();
        text::mask(&mut masked);
        let mut failure =
            Failure::message(Kind::Input, said(&self.example.to_string())).masked_as(said(&masked));
        for region in &self.countries {
            failure = failure.hint(format!(
                "--country {region} if they are numbers of {}",
                region.name()
            ));
        }
        if self.countries.is_empty() && self.reason == Reason::NoCountry {
            failure = failure.hint("--country CC if they are numbers of one country, such as --country ES");
        }
        failure = failure.hint("--international if all of them begin with a country code");
        match self.reason {
            Reason::NoCountry => failure,
            Reason::UnknownAt { home, .. } | Reason::TakenBy { home, .. } => failure.hint(format!(
                "to read them as numbers of {}, take out those that are not, or write them with a +",
                home.name()
            )),
        }
    }
}

impl ColumnDoubt {
    fn sentence(&self, example: &str) -> String {
        let bare = count(self.bare, "number", "numbers");
        match self.reason {
            Reason::NoCountry => {
                let have = if self.bare == 1 { "has" } else { "have" };
                format!("{bare} {have} no country code, such as {example}")
            }
            Reason::UnknownAt { home, unknown } => format!(
                "{} of the {bare} without a country code are not mobiles of {} ({home}), such as {example}",
                grouped(unknown),
                home.name()
            ),
            Reason::TakenBy { home, taken } => format!(
                "{bare} have no +, and nearly all begin with a country code, but {} of them would be read as numbers of {} ({home}), \
                 such as {example}",
                grouped(taken),
                home.name()
            ),
        }
    }
}
