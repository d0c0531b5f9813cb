//! The name of a campaign: what every run that shares a journal in a database is started with.

use std::fmt;
use std::str::FromStr;

/// 1 to 100 characters that can be seen, without spaces around them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CampaignName(String);

/// What the names of the sandbox's campaigns have in them.
const SANDBOX: &str = " (sandbox)";

/// Why something is not the name of a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a campaign's name has 1 to 100 letters, digits and signs, and no space at its ends")]
pub(crate) struct CampaignNameError;

impl CampaignName {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// A name that was made from one of these.
    pub(crate) const fn kept(name: String) -> Self {
        Self(name)
    }

    /// The name that the sandbox's campaign of this name has: nothing that it sends may count as sent.
    #[must_use]
    pub(crate) fn for_sandbox(&self) -> Self {
        Self(format!("{}{SANDBOX}", self.0))
    }

    /// Whether a name is that of a sandbox's campaign, be it one that was set aside.
    pub(crate) fn is_of_sandbox(name: &str) -> bool {
        name.contains(SANDBOX)
    }
}

impl FromStr for CampaignName {
    type Err = CampaignNameError;

    fn from_str(text: &str) -> Result<Self, CampaignNameError> {
        let length = text.chars().count();
        let plain = text.trim() == text && text.chars().all(|c| !crate::text::is_unsafe(c));
        if (1..=100).contains(&length) && plain {
            Ok(Self(text.to_owned()))
        } else {
            Err(CampaignNameError)
        }
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
        for name in ["spring", "spring 2026", "été/1", &"x".repeat(100)] {
            assert_eq!(name.parse::<CampaignName>().unwrap().as_str(), name);
        }
        for name in ["", " spring", "spring ", "a\nb", "\u{202e}x", &"x".repeat(101)] {
            assert_eq!(name.parse::<CampaignName>(), Err(CampaignNameError), "{name:?}");
        }
    }
}
