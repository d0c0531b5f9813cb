//! What can happen to one request: a closed set, decided by one function.
//!
//! The function knows what came back and nothing else: no connection, no clock, no settings. Everything that must not be
//! sent a second time rests on it, so each line of its table is tested, here and against sockets that misbehave.

mod word;

pub(crate) use word::OutcomeWord;

use crate::wire::{Answer, ErrorId, ReceivedBody, Scope};
use std::time::Duration;

/// What one attempt brought, as far as the transport can tell.
#[derive(Clone, Debug)]
pub(crate) enum Exchange {
    /// Name resolution, connect, TLS handshake or proxy tunnel failed: no byte of the request left.
    NotSent(NotSent),
    /// The request may have left, and no answer began.
    NoAnswer { detail: String },
    Answered {
        http: u16,
        retry_after: Option<Duration>,
        body: AnswerBody,
    },
}

/// Why no byte of a request left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NotSent {
    pub(crate) detail: String,
    /// What to do about it, where the cause is known.
    pub(crate) remedy: Option<&'static str>,
    /// Whether it stays so until a person acts: a certificate that isn't trusted now isn't in a second either.
    pub(crate) is_lasting: bool,
}

/// The body of an answer whose head was read.
#[derive(Clone, Debug)]
pub(crate) enum AnswerBody {
    Whole(ReceivedBody),
    Broken { detail: String },
}

/// What happened to one request. `T` is what a successful answer holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome<T> {
    /// The gateway took the request.
    Done(T),
    /// The gateway understood the request and refused it.
    Refused(ErrorId),
    /// The gateway never took the request: it may be sent again.
    Unsent,
    /// It may or may not have taken it: it must not be sent again.
    Unknown,
}

/// An outcome with what the gateway said, as received, and what a person needs to understand it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verdict<T> {
    pub(crate) outcome: Outcome<T>,
    pub(crate) http: Option<u16>,
    pub(crate) status: Option<String>,
    pub(crate) error_id: Option<ErrorId>,
    pub(crate) error_msg: Option<String>,
    /// Why it is `unsent` or `unknown`.
    pub(crate) detail: Option<String>,
    /// What a 429 asked for.
    pub(crate) retry_after: Option<Duration>,
    /// What to do about an `unsent`, where its cause is known.
    pub(crate) remedy: Option<&'static str>,
    /// An `unsent` that stays one however often it is tried.
    pub(crate) is_lasting: bool,
    /// HTTP 404 or 405 and nothing of the gateway's form, which makes it `unknown`: a web server may say that of a path that it
    /// doesn't have.
    is_page: bool,
}

/// Judges one attempt: the first line that fits decides. `read` takes what is asked for out of an `ok` answer, and
/// gives `None` where the answer lacks it, which makes the outcome unknown. One line of the table needs a second answer, and
/// is [`Verdict::given_probe`].
pub(crate) fn judge<T>(attempt: Exchange, read: impl FnOnce(&Answer) -> Option<T>) -> Verdict<T> {
    let (http, retry_after, body) = match attempt {
        Exchange::NotSent(NotSent {
            detail,
            remedy,
            is_lasting,
        }) => {
            return Verdict {
                remedy,
                is_lasting,
                ..Verdict::without_answer(Outcome::Unsent, detail)
            };
        }
        Exchange::NoAnswer { detail } => return Verdict::without_answer(Outcome::Unknown, detail),
        Exchange::Answered {
            http,
            retry_after,
            body,
        } => (http, retry_after, body),
    };
    let is_whole = matches!(body, AnswerBody::Whole(_));
    let parsed = match body {
        AnswerBody::Whole(received) => {
            Answer::parse(&received).map_err(|error| format!("HTTP {http} with {error}"))
        }
        AnswerBody::Broken { detail } => Err(format!("HTTP {http}, but {detail}")),
    };
    let is_page = matches!(http, 404 | 405)
        && match &parsed {
            Ok(answer) => answer.status.is_none() && answer.error_id.is_none(),
            Err(_) => is_whole,
        };
    let (outcome, detail) = match &parsed {
        _ if http == 429 => (Outcome::Unsent, Some("HTTP 429: too many requests".to_owned())),
        Ok(answer) => judge_answer(http, answer, read),
        Err(detail) => (Outcome::Unknown, Some(detail.clone())),
    };
    let answer = parsed.ok();
    Verdict {
        outcome,
        http: Some(http),
        status: answer.as_ref().and_then(|answer| answer.status.clone()),
        error_id: answer.as_ref().and_then(|answer| answer.error_id.clone()),
        error_msg: answer.and_then(|answer| answer.error_msg),
        detail,
        retry_after,
        remedy: None,
        is_lasting: false,
        is_page,
    }
}

fn judge_answer<T>(
    http: u16,
    answer: &Answer,
    read: impl FnOnce(&Answer) -> Option<T>,
) -> (Outcome<T>, Option<String>) {
    let success = (200..300).contains(&http);
    let client_error = (400..500).contains(&http);
    if success && answer.is_ok() {
        return match read(answer) {
            Some(result) => (Outcome::Done(result), None),
            None => (
                Outcome::Unknown,
                Some("status is ok, but the result is missing or unreadable".to_owned()),
            ),
        };
    }
    if (success || client_error) && answer.is_error() {
        match &answer.error_id {
            Some(id) if id.scope() != Scope::Unknown => return (Outcome::Refused(id.clone()), None),
            Some(id) => return (Outcome::Unknown, Some(format!("the gateway answered {id}"))),
            None => {
                return (
                    Outcome::Unknown,
                    Some(format!("HTTP {http} with an error and no error_id")),
                );
            }
        }
    }
    (
        Outcome::Unknown,
        Some(format!("HTTP {http} with an unrecognised answer")),
    )
}

impl<T> Verdict<T> {
    const fn without_answer(outcome: Outcome<T>, detail: String) -> Self {
        Self {
            outcome,
            http: None,
            status: None,
            error_id: None,
            error_msg: None,
            detail: Some(detail),
            retry_after: None,
            remedy: None,
            is_lasting: false,
            is_page: false,
        }
    }

    /// The HTTP code, where a web server without such a path may have answered. The free probe of the same path tells.
    pub(crate) fn page(&self) -> Option<u16> {
        self.http.filter(|_| self.is_page)
    }

    /// The verdict once the free probe of the same path has been answered: `probed` is its page. Where that got the same, there is
    /// no such path, so nothing took the request, and nothing ever will there. `urls` are those that were tried, for the detail.
    pub(crate) fn given_probe(self, probed: Option<u16>, urls: &str) -> Self {
        let Some(http) = self.page().filter(|_| self.page() == probed) else {
            return self;
        };
        Self {
            outcome: Outcome::Unsent,
            detail: Some(format!("there is no gateway at {urls} (HTTP {http})")),
            remedy: Some(
                "check base_url (`smspin config get base_url`): it ends before 3.0/2fa/request or 2fa/request; `smspin doctor` \
                 asks for every path, free of charge",
            ),
            is_lasting: true,
            ..self
        }
    }

    /// Whether the same request may be tried again by itself.
    pub(crate) fn is_worth_a_retry(&self) -> bool {
        !self.outcome.is_final() && !self.is_lasting
    }
}

impl<T> Outcome<T> {
    /// Whether the request must not be sent again.
    pub(crate) const fn is_final(&self) -> bool {
        !matches!(self, Self::Unsent)
    }

    /// What a successful answer held.
    pub(crate) fn done(self) -> Option<T> {
        match self {
            Self::Done(answer) => Some(answer),
            Self::Refused(_) | Self::Unsent | Self::Unknown => None,
        }
    }
}

impl Outcome<()> {
    /// The word for it in results.
    pub(crate) const fn word(&self) -> OutcomeWord {
        match self {
            Self::Done(()) => OutcomeWord::Accepted,
            Self::Refused(_) => OutcomeWord::Refused,
            Self::Unsent => OutcomeWord::Unsent,
            Self::Unknown => OutcomeWord::Unknown,
        }
    }
}

#[cfg(test)]
mod tests;
