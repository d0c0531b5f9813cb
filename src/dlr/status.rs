//! The statuses of a delivery report.

use std::fmt;

/// What a delivery report says became of an SMS (the gateway's contract §5). It says nothing about whether the PIN was
/// verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum DeliveryStatus {
    /// Accepted by the operator, not delivered yet.
    Accepted,
    Delivered,
    /// Not delivered within its validity of 48 hours.
    Expired,
    /// Deleted by the operator.
    Deleted,
    /// Not delivered: the phone can't be reached, or the operator or a ported number prevents it.
    Undelivered,
    /// The operator is still trying.
    Unknown,
    /// Rejected by the destination or the operator.
    Rejected,
}

impl DeliveryStatus {
    /// Every status that is documented.
    pub(crate) const ALL: [Self; 7] = [
        Self::Accepted,
        Self::Delivered,
        Self::Expired,
        Self::Deleted,
        Self::Undelivered,
        Self::Unknown,
        Self::Rejected,
    ];

    /// The word on the wire.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "ACCEPTD",
            Self::Delivered => "DELIVRD",
            Self::Expired => "EXPIRED",
            Self::Deleted => "DELETED",
            Self::Undelivered => "UNDELIV",
            Self::Unknown => "UNKNOWN",
            Self::Rejected => "REJECTD",
        }
    }

    /// The status that `word` is, in upper or lower case. `None` for a word that isn't documented, which a receiver must
    /// keep all the same.
    pub(crate) fn of(word: &str) -> Option<Self> {
        let word = word.trim();
        Self::ALL
            .into_iter()
            .find(|status| status.as_str().eq_ignore_ascii_case(word))
    }

    /// Whether no other status can follow.
    pub(crate) const fn is_final(self) -> bool {
        match self {
            Self::Accepted | Self::Unknown => false,
            Self::Delivered | Self::Expired | Self::Deleted | Self::Undelivered | Self::Rejected => true,
        }
    }
}

impl fmt::Display for DeliveryStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
