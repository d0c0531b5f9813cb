//! The query of a script's or the page's request.

use crate::domain::msisdn::Msisdn;
use crate::sandbox::store::inbox::Filter;
use std::time::Duration;

/// The most SMS in one answer.
const MOST: u32 = 1000;
/// The longest wait.
const LONGEST: Duration = Duration::from_secs(60);

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Query {
    pub(super) filter: Filter,
    pub(super) limit: u32,
    /// A change beyond this revision ends a wait.
    pub(super) since: Option<i64>,
    pub(super) wait: Duration,
}

impl Query {
    /// `None` if a parameter is unknown or its value is wrong: a filter that is silently ignored would show too much.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut query = Self {
            filter: Filter::All,
            limit: 100,
            since: None,
            wait: Duration::ZERO,
        };
        for (name, value) in url::form_urlencoded::parse(text.as_bytes()) {
            match &*name {
                "msisdn" => query.filter = Filter::Number(Msisdn::from_digits(&value)?),
                "contains" if value.is_empty() => {}
                "contains" if value.bytes().all(|byte| byte.is_ascii_digit()) => {
                    query.filter = Filter::Containing(value.into_owned());
                }
                "limit" => query.limit = value.parse().ok().filter(|limit| (1..=MOST).contains(limit))?,
                "since" => query.since = Some(value.parse().ok()?),
                "wait" => query.wait = Duration::from_secs(value.parse().ok()?).min(LONGEST),
                _ => return None,
            }
        }
        Some(query)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_whole_or_refused() {
        let parsed = Query::parse("contains=555&limit=7&since=3&wait=500").unwrap();
        let filter = Filter::Containing("555".to_owned());
        assert_eq!(
            parsed,
            Query {
                filter,
                limit: 7,
                since: Some(3),
                wait: LONGEST
            }
        );
        assert_eq!(Query::parse("").unwrap().filter, Filter::All);
        assert_eq!(Query::parse("contains=").unwrap().filter, Filter::All);
        for wrong in [
            "limit=0",
            "limit=1001",
            "msisdn=+34",
            "contains=%25",
            "wait=soon",
            "since=",
            "number=1",
        ] {
            assert_eq!(Query::parse(wrong), None, "{wrong}");
        }
    }
}
