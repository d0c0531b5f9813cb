//! The ways in which a call can go wrong on purpose, for test numbers and for `--fault`.

use crate::domain::invalid::Invalid;
use crate::wire::{Call, ErrorId};
use std::fmt;
use std::str::FromStr;

/// What goes wrong with a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum InjectedFault {
    /// Answered with this error; nothing is stored.
    Refused(ErrorId),
    /// HTTP 429 with `Retry-After`; nothing is stored.
    TooManyRequests,
    /// HTTP 503; nothing is stored.
    Unavailable,
    /// The connection closes without an answer; nothing is stored.
    Cut,
    /// No answer ever comes, and the connection stays open; nothing is stored.
    Hang,
    /// The connection is reset before anything is read from it.
    Reset,
    /// The call is carried out, and then the connection closes without an answer.
    LostReply,
    /// The call is carried out, and the answer breaks off in the middle.
    HalfAnswer,
    /// The call is carried out, and what comes back with HTTP 200 is a web page.
    NotJson,
    /// The call is carried out, and HTTP 500 with `UNKNOWN_ERROR` comes back.
    LostInside,
    /// The call is carried out, and its answer takes five seconds.
    Slow,
}

/// What goes wrong with one call, and the HTTP code where it isn't the error's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CallFault {
    pub(crate) fault: InjectedFault,
    pub(crate) http: Option<u16>,
}

impl From<InjectedFault> for CallFault {
    fn from(fault: InjectedFault) -> Self {
        Self { fault, http: None }
    }
}

impl InjectedFault {
    const NAMED: [(&'static str, Self); 10] = [
        ("429", Self::TooManyRequests),
        ("503", Self::Unavailable),
        ("cut", Self::Cut),
        ("hang", Self::Hang),
        ("reset", Self::Reset),
        ("lost-reply", Self::LostReply),
        ("half-answer", Self::HalfAnswer),
        ("not-json", Self::NotJson),
        ("lost-inside", Self::LostInside),
        ("slow", Self::Slow),
    ];

    /// Every name that [`InjectedFault::from_str`] reads, but for the error ids.
    pub(crate) fn names() -> impl Iterator<Item = &'static str> {
        Self::NAMED
            .iter()
            .map(|(name, _)| *name)
            .chain(["any error id of the gateway"])
    }

    /// Whether a number that causes it does so in this call: a fault belongs to the step that it names. `asks_hlr` says
    /// whether a request has an HLR query in it.
    pub(crate) const fn belongs_to(&self, call: Call, asks_hlr: bool) -> bool {
        use ErrorId::{
            InvalidHlrLookupParam, InvalidNumber, InvalidPinParams, InvalidSender, InvalidSmsText,
        };
        match (self, call) {
            (_, Call::VerifyPin | Call::Balance)
            | (
                Self::Refused(InvalidHlrLookupParam | InvalidPinParams | InvalidSender | InvalidSmsText),
                Call::Lookup,
            ) => false,
            (Self::Refused(InvalidNumber), Call::RequestPin) => asks_hlr,
            _ => true,
        }
    }

    /// Whether the client gets the answer that it would have got, sooner or later.
    pub(crate) const fn keeps_the_answer(&self) -> bool {
        matches!(self, Self::Slow)
    }

    /// Whether the call is carried out although the client may never learn of it.
    pub(crate) const fn comes_after_the_work(&self) -> bool {
        matches!(
            self,
            Self::LostReply | Self::HalfAnswer | Self::NotJson | Self::LostInside | Self::Slow
        )
    }
}

impl FromStr for InjectedFault {
    type Err = Invalid;

    /// Reads a fault's name, or an error id in any case and with `-` for `_`.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let id = text.to_ascii_uppercase().replace('-', "_");
        let named = Self::NAMED
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(text));
        let refused = || ErrorId::LISTED.iter().find(|listed| listed.as_str() == id);
        match named {
            Some((_, fault)) => Ok(fault.clone()),
            None => refused().map(|id| Self::Refused(id.clone())).ok_or_else(|| {
                let names: Vec<_> = Self::names().collect();
                Invalid::new(format_args!("unknown fault; the faults are {}", names.join(", ")))
            }),
        }
    }
}

impl fmt::Display for InjectedFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(id) => f.write_str(id.as_str()),
            named => {
                let (name, _) = Self::NAMED
                    .iter()
                    .find(|(_, fault)| fault == named)
                    .expect("all but errors are named");
                f.write_str(name)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_read_by_the_name_it_is_shown_with() {
        let refused = ErrorId::LISTED.iter().cloned().map(InjectedFault::Refused);
        for fault in InjectedFault::NAMED
            .into_iter()
            .map(|(_, fault)| fault)
            .chain(refused)
        {
            assert_eq!(fault.to_string().parse(), Ok(fault));
        }
        assert_eq!(
            "invalid-number".parse(),
            Ok(InjectedFault::Refused(ErrorId::InvalidNumber))
        );
        let unknown = "explode".parse::<InjectedFault>().unwrap_err();
        assert!(unknown.to_string().contains("429, 503, cut"), "{unknown}");
    }
}
