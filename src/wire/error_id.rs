//! The gateway's error ids: one table of id, HTTP code, meaning and scope (the gateway's contract §2).

use std::fmt;

/// Whom an error speaks of, which decides what a client may do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// smspin built something the gateway can't read.
    OurBug,
    /// This request alone: another number or text may pass.
    Request,
    /// The account: every further request would fail the same way.
    Account,
    /// The platform failed; whether an SMS left is not known.
    Unknown,
}

macro_rules! error_ids {
    ($($variant:ident $id:literal $http:literal $scope:ident $message:literal;)*) => {
        /// An `error_id`: one of the contract's, or another, kept as received.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub(crate) enum ErrorId {
            $(#[doc = $message] $variant,)*
            /// An id that the contract doesn't list.
            Unlisted(String),
        }

        impl ErrorId {
            /// Every id that the contract lists, in its order.
            pub(crate) const LISTED: &[Self] = &[$(Self::$variant,)*];

            pub(crate) fn from_text(text: &str) -> Self {
                match text {
                    $($id => Self::$variant,)*
                    other => Self::Unlisted(other.to_owned()),
                }
            }

            pub(crate) fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $id,)*
                    Self::Unlisted(text) => text,
                }
            }

            /// The HTTP code that goes with it.
            pub(crate) const fn http(&self) -> u16 {
                match self {
                    $(Self::$variant => $http,)*
                    Self::Unlisted(_) => 400,
                }
            }

            pub(crate) const fn scope(&self) -> Scope {
                match self {
                    $(Self::$variant => Scope::$scope,)*
                    Self::Unlisted(_) => Scope::Request,
                }
            }

            /// The `error_msg` that the gateway is documented or assumed to send with it.
            pub(crate) const fn message(&self) -> &'static str {
                match self {
                    $(Self::$variant => $message,)*
                    Self::Unlisted(_) => "",
                }
            }
        }
    };
}

error_ids! {
    InvalidContentType "INVALID_CONTENT_TYPE" 400 OurBug "The Content-Type is not application/json.";
    JsonParseError "JSON_PARSE_ERROR" 400 OurBug "Your JSON was formatted incorrectly.";
    MissingParams "MISSING_PARAMS" 400 Request "A mandatory parameter is missing.";
    BadParams "BAD_PARAMS" 400 Request "A parameter has a wrong format or value.";
    Unauthorized "UNAUTHORIZED" 401 Account "Your API key may be invalid or your IP is blocked.";
    InvalidHlrLookupParam "INVALID_HLR_LOOKUP_PARAM" 400 Request "hlr_lookup must be 0 or 1.";
    InvalidPinParams "INVALID_PIN_PARAMS" 400 Request "The PIN configuration is invalid.";
    InvalidSmsText "INVALID_SMS_TEXT" 400 Request "The text is too long, or {PIN} is missing or repeated.";
    InvalidSender "INVALID_SENDER" 400 Request "The sender is not allowed.";
    InvalidNumber "INVALID_NUMBER" 200 Request "HLR query returned error.";
    NotEnoughBalance "NOT_ENOUGH_BALANCE" 400 Account "There are not enough funds.";
    UnknownError "UNKNOWN_ERROR" 500 Unknown "The platform failed.";
}

impl fmt::Display for ErrorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_id_reads_back_as_itself() {
        assert_eq!(ErrorId::LISTED.len(), 12);
        for id in ErrorId::LISTED {
            assert_eq!(&ErrorId::from_text(id.as_str()), id);
        }
        assert_eq!(
            ErrorId::from_text("NEW_ID"),
            ErrorId::Unlisted("NEW_ID".to_owned())
        );
    }
}
