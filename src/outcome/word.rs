//! How a command, a request or a row ended, in one word: the only list of these words. Answers, schemas, results, help and
//! manual have them from here.

use crate::failure::Exit;
use crate::wire::Scope;

/// The one table of outcomes: as JSON has each, the exit code that it comes with, and what it means.
macro_rules! outcome_words {
    ($($word:ident $name:literal => $exit:expr, $meaning:literal;)*) => {
        /// How a command, a request or a row of a batch ended.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
        pub(crate) enum OutcomeWord {
            $(#[doc = $meaning] #[serde(rename = $name)] $word,)*
        }

        impl OutcomeWord {
            pub(crate) const ALL: &[Self] = &[$(Self::$word),*];

            /// As JSON and the results have it.
            pub(crate) const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$word => $name,)*
                }
            }

            pub(crate) const fn doc(self) -> &'static str {
                match self {
                    $(Self::$word => $meaning,)*
                }
            }

            /// How a command ends that says this, where nothing worse happened; `None` where the word doesn't tell.
            pub(crate) const fn exit(self) -> Option<Exit> {
                match self {
                    $(Self::$word => $exit,)*
                }
            }
        }
    };
}

const DONE: Option<Exit> = Some(Exit::Done);
const NO: Option<Exit> = Some(Exit::No);
const UNSENT: Option<Exit> = Some(Exit::Unsent);

outcome_words! {
    Accepted "accepted" => DONE, "the gateway took the request: a PIN is on its way";
    Verified "verified" => DONE, "the PIN is right";
    AlreadyUsed "already_used" => NO, "the PIN is right, but was verified before";
    NotVerified "not_verified" => NO, "the PIN is wrong, or no longer valid";
    Answered "answered" => DONE, "the gateway answered the question";
    Refused "refused" => Some(Exit::Refused), "the gateway understood the request and refused it";
    Unsent "unsent" => UNSENT, "the gateway never took the request: it may be sent again";
    Unknown "unknown" => Some(Exit::Unknown), "the gateway may or may not have taken the request: it must not be repeated blindly";
    Invalid "invalid" => Some(Exit::Usage), "smspin's own checks failed: nothing was sent";
    Failed "failed" => None, "the command failed; its kind decides the exit code";
    Done "done" => DONE, "a command that calls no gateway succeeded";
    DryRun "dry_run" => DONE, "what would be sent is shown, and nothing was sent";
    Curl "curl" => DONE, "the equivalent curl command is shown, and nothing was sent";
    Ready "ready" => DONE, "the sandbox or the listener answers from now on";
    Received "received" => DONE, "a posted delivery report is on disk";
    TimedOut "timed_out" => NO, "the listener's time was over before every awaited delivery report had come";
    Finished "finished" => DONE, "a batch has nothing left to send";
    Pending "pending" => UNSENT, "a batch has rows left to send, or this row is one of them";
    Stopped "stopped" => None, "a batch stopped before its end; its reason is in the document";
    Status "status" => None, "how the rows of a list stand";
    Reconciled "reconciled" => DONE, "delivery reports were read into the journal, and nothing was sent";
    Adopted "adopted" => DONE, "numbers of a list count as unknown from now on, since another journal may have sent to them";
    Readmitted "readmitted" => DONE, "excluded numbers can be sent to again";
    Forgotten "forgotten" => DONE, "numbers were deleted from the journal, and can be sent to again";
    Healthy "healthy" => DONE, "no step of `smspin doctor` failed";
    Unhealthy "unhealthy" => None, "a step of `smspin doctor` failed; the first that did decides the exit code";
    UnderWay "under_way" => UNSENT, "of a row: another run is sending to its number";
    Duplicate "duplicate" => DONE, "of a row: an earlier row has the same number";
    Excluded "excluded" => DONE, "of a row: a list of --exclude names its number";
}

impl OutcomeWord {
    /// Those that a row of results can have.
    pub(crate) const OF_ROWS: [Self; 9] = [
        Self::Accepted,
        Self::Refused,
        Self::Unknown,
        Self::Unsent,
        Self::Pending,
        Self::UnderWay,
        Self::Invalid,
        Self::Duplicate,
        Self::Excluded,
    ];
}

/// How a request ends that was refused with an error id of this scope.
impl From<Scope> for Exit {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::Account => Self::Account,
            Scope::Unknown => Self::Unknown,
            Scope::OurBug | Scope::Request | Scope::Number => Self::Refused,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_has_one_word() {
        for word in OutcomeWord::ALL {
            assert_eq!(serde_json::to_value(word).unwrap(), word.as_str());
        }
    }

    #[test]
    fn the_documentation_has_the_exit_codes_of_the_table() {
        let page = include_str!("../../docs/outcomes.md");
        let mut found = Vec::new();
        for line in page.lines().filter(|line| line.starts_with("| ")) {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            let named = |word: &&&OutcomeWord| cells[2] == format!("`{}`", word.as_str());
            if let Some(word) = OutcomeWord::ALL.iter().find(|word| named(&word)) {
                let code = cells[3]
                    .split([',', ' '])
                    .next()
                    .and_then(|code| code.parse().ok());
                assert_eq!(code, word.exit().map(Exit::code), "{line}");
                found.push(*word);
            }
        }
        for word in [
            OutcomeWord::Accepted,
            OutcomeWord::Refused,
            OutcomeWord::Unsent,
            OutcomeWord::Unknown,
            OutcomeWord::Invalid,
        ] {
            assert!(found.contains(&word), "{word:?} is not on the page");
        }
    }
}
