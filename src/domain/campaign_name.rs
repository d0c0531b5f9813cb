//! The name of a campaign: within one, a number gets one SMS.

use super::invalid::Invalid;
use std::fmt;
use std::str::FromStr;

/// 1 to 100 of `a` to `z`, digits, `-`, `_` and `.`: two names that look alike would be two memories of the same people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CampaignName(String);

/// The campaign of requests that are made one at a time. With a dot and a name behind it, it is theirs as well.
const REQUESTS: &str = "request";

impl CampaignName {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a name is one of those of requests that are made one at a time.
    pub(crate) fn is_of_requests(name: &str) -> bool {
        name.split('.').next() == Some(REQUESTS)
    }

    /// The campaign of requests that are made one at a time, where the settings name this one, or none.
    pub(crate) fn of_requests(set: Option<&Self>) -> Self {
        Self(set.map_or(REQUESTS.to_owned(), |set| format!("{REQUESTS}.{set}")))
    }
}

impl FromStr for CampaignName {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let is_plain = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '-' | '_' | '.');
        if !(1..=100).contains(&text.len()) || !text.chars().all(is_plain) {
            return Err(Invalid::new(
                "the name of a campaign has 1 to 100 characters: a to z in lower case, digits, -, _ and .",
            ));
        }
        if Self::is_of_requests(text) {
            return Err(Invalid::new(
                "`request`, alone or with a dot behind it, is the campaign of `smspin request --once-per`: take another name",
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

/// The campaign of a batch that names none.
impl Default for CampaignName {
    fn default() -> Self {
        Self("default".to_owned())
    }
}

impl fmt::Display for CampaignName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_as_they_are_or_refused() {
        let (characters, reserved) = ("1 to 100 characters", "take another name");
        for name in ["spring", "march-2", "2026_03.b", "requests", &"x".repeat(100)] {
            assert_eq!(name.parse::<CampaignName>().unwrap().as_str(), name);
        }
        for (name, error) in [
            ("", characters),
            ("Spring", characters),
            ("spring 2026", characters),
            ("été", characters),
            ("a\nb", characters),
            (&"x".repeat(101), characters),
            ("request", reserved),
            ("request.spring", reserved),
        ] {
            let refused = name.parse::<CampaignName>().unwrap_err().to_string();
            assert!(refused.contains(error), "{name:?}: {refused}");
        }
    }

    #[test]
    fn single_requests_have_campaigns_that_no_batch_can_have() {
        let spring = "spring".parse().unwrap();
        for (set, name) in [(None, "request"), (Some(&spring), "request.spring")] {
            let campaign = CampaignName::of_requests(set);
            assert_eq!(campaign.as_str(), name);
            campaign.as_str().parse::<CampaignName>().unwrap_err();
        }
    }
}
