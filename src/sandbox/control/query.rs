//! The query of a script's or the page's request.

use crate::domain::duration;
use crate::domain::invalid::Invalid;
use crate::domain::msisdn::Msisdn;
use crate::sandbox::behaviour;
use crate::sandbox::store::accounts::AccountPrefix;
use crate::sandbox::store::inbox::Filter;
use crate::wire::Call;
use std::time::Duration;

/// The most rows in one answer.
const MOST: u32 = 10_000;
/// The longest wait.
const LONGEST: Duration = Duration::from_secs(60);

/// What is asked for. Each path uses some of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Query {
    pub(super) number: Option<Msisdn>,
    pub(super) containing: Option<String>,
    pub(super) account: AccountPrefix,
    pub(super) limit: u32,
    /// A change beyond this revision ends a wait.
    pub(super) since: Option<i64>,
    /// Only what came after this.
    pub(super) after: Option<After>,
    pub(super) call: Option<Call>,
    pub(super) refused: bool,
    pub(super) message: Option<i64>,
    pub(super) id: Option<i64>,
    pub(super) by: Option<Duration>,
    pub(super) wait: Duration,
}

/// The end of what is of no interest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    /// A revision of the state, or the number of a request.
    Number(i64),
    /// This very moment.
    Now,
}

impl Query {
    /// A filter that is silently ignored would show too much, so an unknown parameter is an error.
    pub(super) fn parse(text: &str) -> Result<Self, Invalid> {
        let mut query = Self {
            number: None,
            containing: None,
            account: AccountPrefix::default(),
            limit: 100,
            since: None,
            after: None,
            call: None,
            refused: false,
            message: None,
            id: None,
            by: None,
            wait: Duration::ZERO,
        };
        for (name, value) in url::form_urlencoded::parse(text.as_bytes()) {
            let taken = query.take(&name, &value);
            taken.ok_or_else(|| {
                let name: String = name.chars().filter(char::is_ascii_graphic).take(40).collect();
                Invalid::new(format_args!(
                    "The query's parameter {name} is unknown, or its value is wrong.\n"
                ))
            })?;
        }
        Ok(query)
    }

    fn take(&mut self, name: &str, value: &str) -> Option<()> {
        match name {
            "msisdn" => self.number = Some(Msisdn::from_digits(value)?),
            "contains" => self.containing = Some(value.to_owned()).filter(|text| !text.is_empty()),
            "account" => self.account = AccountPrefix::parse(value)?,
            "limit" => self.limit = value.parse().ok().filter(|limit| (1..=MOST).contains(limit))?,
            "since" => self.since = Some(value.parse().ok()?),
            "after" if value == "now" => self.after = Some(After::Now),
            "after" => self.after = Some(After::Number(value.parse().ok()?)),
            "call" => self.call = Some(behaviour::call_named(value)?),
            "refused" => self.refused = matches!(value, "1" | "true" | ""),
            "message" => self.message = Some(value.parse().ok()?),
            "id" => self.id = Some(value.parse().ok()?),
            "by" => self.by = Some(duration::parse(value).ok()?),
            "wait" => self.wait = wait(value)?.min(LONGEST),
            _ => return None,
        }
        Some(())
    }

    pub(super) fn filter(&self) -> Filter {
        Filter {
            number: self.number,
            containing: self.containing.clone(),
            account: self.account.clone(),
        }
    }
}

/// Seconds, or a duration with its unit.
fn wait(text: &str) -> Option<Duration> {
    let seconds = text.parse().ok().map(Duration::from_secs);
    seconds.or_else(|| duration::parse(text).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_whole_or_refused() {
        let parsed = Query::parse("contains=555&limit=7&since=3&wait=500&after=now&account=AB12").unwrap();
        assert_eq!(parsed.containing.as_deref(), Some("555"));
        assert_eq!((parsed.limit, parsed.since, parsed.wait), (7, Some(3), LONGEST));
        assert_eq!(parsed.after, Some(After::Now));
        assert_eq!(parsed.account.as_str(), Some("ab12"));
        assert_eq!(Query::parse("").unwrap().filter(), Filter::default());
        assert_eq!(Query::parse("contains=").unwrap().containing, None);
        assert_eq!(
            Query::parse("wait=250ms").unwrap().wait,
            Duration::from_millis(250)
        );
        for wrong in [
            "limit=0",
            "limit=10001",
            "msisdn=+34",
            "wait=soon",
            "since=",
            "after=then",
            "account=xyz",
            "call=sms/send",
            "by=later",
            "number=1",
        ] {
            let name = wrong.split('=').next().unwrap();
            assert!(
                Query::parse(wrong).unwrap_err().to_string().contains(name),
                "{wrong}"
            );
        }
    }
}
