//! What the benches measure. It is public for them alone, and no interface to build on.

use crate::domain::msisdn::Msisdn;
use crate::domain::numbering::{self, Region};
use std::hint::black_box;

/// Reads numbers as people in the country `home` write them, or as people anywhere do, and finds out what is known of
/// each. The function answers whether the text is a phone number.
pub fn parse_and_inspect(home: Option<&str>) -> impl Fn(&str) -> bool {
    let home: Option<Region> = home.and_then(|code| code.parse().ok());
    move |text| {
        let finding = Msisdn::parse(text, home).ok().map(numbering::inspect);
        black_box(finding).is_some()
    }
}

/// Finds out what is known of the number that these digits are. `None` if they are not a number.
pub fn inspect(digits: &str) -> Option<impl Fn()> {
    let msisdn = Msisdn::from_digits(digits)?;
    Some(move || {
        black_box(numbering::inspect(black_box(msisdn)));
    })
}
