//! The gateway's error ids: one table of id, HTTP code, scope, message (the gateway's contract §2), and what
//! a user of smspin can do.

use std::fmt;

/// What an error is about, which decides what a client may do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// smspin sent something that the gateway can't read.
    OurBug,
    /// The request: another text, sender or PIN may pass.
    Request,
    /// The number alone: the same request to another number may pass, so that it tells nothing about a batch.
    Number,
    /// The account: every further request would fail the same way.
    Account,
    /// The platform failed; whether an SMS left is not known.
    Unknown,
}

macro_rules! error_ids {
    ($($variant:ident $id:literal $http:literal $scope:ident $message:literal => $hint:literal;)*) => {
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

            /// What a user of smspin can do about it; in the sandbox no account can be topped up.
            pub(crate) const fn hint(&self, sandbox: bool) -> &'static str {
                match self {
                    Self::NotEnoughBalance if sandbox => {
                        "`smspin sandbox reset` gives the sandbox's account its balance again"
                    }
                    $(Self::$variant => $hint,)*
                    Self::Unlisted(_) => {
                        "the gateway's documentation doesn't list this error: only its message explains it"
                    }
                }
            }
        }
    };
}

error_ids! {
    InvalidContentType "INVALID_CONTENT_TYPE" 400 OurBug "The Content-Type is not application/json."
        => "this is a bug in smspin, or something between here and the gateway alters requests: run again with -v, which costs \
            an SMS if that request succeeds";
    JsonParseError "JSON_PARSE_ERROR" 400 OurBug "Your JSON was formatted incorrectly."
        => "this is a bug in smspin, or something between here and the gateway alters requests: run again with -v, which costs \
            an SMS if that request succeeds";
    MissingParams "MISSING_PARAMS" 400 Request "A mandatory parameter is missing."
        => "see what is sent with --dry-run, and compare it with the gateway's documentation";
    BadParams "BAD_PARAMS" 400 Request "A parameter has a wrong format or value."
        => "see what is sent with --dry-run: this gateway doesn't accept the form of one of the values";
    Unauthorized "UNAUTHORIZED" 401 Account "Your API key may be invalid or your IP is blocked."
        => "check the key (`smspin config list` says where it comes from) and that this machine's address is not blocked";
    InvalidHlrLookupParam "INVALID_HLR_LOOKUP_PARAM" 400 Request "hlr_lookup must be 0 or 1."
        => "give --hlr-lookup or --no-hlr-lookup";
    InvalidPinParams "INVALID_PIN_PARAMS" 400 Request "The PIN configuration is invalid."
        => "check --pin-type, --pin-length, --expires-in and --max-tries";
    InvalidSmsText "INVALID_SMS_TEXT" 400 Request "The text is too long, or {PIN} is missing or repeated."
        => "--sms-text needs {PIN} exactly once, and at most 160 characters with the PIN";
    InvalidSender "INVALID_SENDER" 400 Request "The sender is not allowed."
        => "use another --sender: the account may allow registered senders only";
    InvalidNumber "INVALID_NUMBER" 200 Number "HLR query returned error."
        => "the number doesn't exist or can't be reached; `--no-hlr-lookup` sends without asking the operator first";
    NotEnoughBalance "NOT_ENOUGH_BALANCE" 400 Account "There are not enough funds."
        => "top up the account; `smspin balance` shows what is left";
    UnknownError "UNKNOWN_ERROR" 500 Unknown "The platform failed."
        => "ask the gateway's support whether the SMS left before sending again";
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
        for id in ErrorId::LISTED {
            assert_eq!(&ErrorId::from_text(id.as_str()), id);
        }
        assert_eq!(
            ErrorId::from_text("NEW_ID"),
            ErrorId::Unlisted("NEW_ID".to_owned())
        );
    }
}
