//! What a failed attempt is called: reqwest's chain of causes, in words for the person who has to act on it.
//!
//! The URL is left out of every text, since a proxy's may hold a password.

use crate::outcome::NotSent;
use crate::{text, tls};
use std::error::Error;
use std::io::ErrorKind;
use std::time::Duration;

/// No byte of the request left.
pub(super) fn not_connected(error: &reqwest::Error, host: &str, limit: Duration) -> NotSent {
    let passing = |detail| NotSent {
        detail,
        ..NotSent::default()
    };
    if error.is_timeout() {
        return passing(format!("no connection to {host} within {}", seconds(limit)));
    }
    if let Some(fault) = error.source().and_then(|cause| tls::fault(cause, host)) {
        return NotSent {
            detail: fault.detail,
            remedy: Some(fault.remedy),
            is_lasting: fault.is_lasting,
        };
    }
    let chain = chain(error);
    let says = |word: &str| chain.iter().any(|text| text.contains(word));
    if says("tunnel") || says("proxy") {
        return of_proxy(&chain, host);
    }
    if says("dns error") || says("failed to lookup address") {
        return passing(format!("the name {host} does not resolve ({})", last(&chain)));
    }
    passing(match io_kind(error) {
        Some(ErrorKind::ConnectionRefused) => format!("{host} refused the connection"),
        _ => format!("no connection to {host} ({})", last(&chain)),
    })
}

/// The HTTP library tells a proxy's refusals apart by their words alone.
fn of_proxy(chain: &[String], host: &str) -> NotSent {
    let says = |word: &str| chain.iter().any(|text| text.contains(word));
    if says("proxy authorization required") {
        return NotSent {
            detail: format!("the proxy wants a user and a password before it connects to {host}"),
            remedy: Some(
                "the proxy's URL names them, as http://USER:PASSWORD@HOST:PORT, in the configuration file (proxy) or in HTTPS_PROXY",
            ),
            is_lasting: true,
        };
    }
    if says("underlying connection") {
        return NotSent {
            detail: format!("no connection to the proxy ({})", last(chain)),
            remedy: Some(
                "check the proxy's host and port (`smspin config get proxy`, or the variable HTTPS_PROXY)",
            ),
            is_lasting: false,
        };
    }
    NotSent {
        detail: format!("the proxy did not connect to {host} ({})", last(chain)),
        remedy: Some(
            "the proxy has to allow connections (CONNECT) to that host and port; NO_PROXY lists hosts that are reached without it",
        ),
        // It may be a proxy that can't reach the gateway for a moment: it doesn't say.
        is_lasting: false,
    }
}

fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    std::iter::successors(error.source(), |cause: &&(dyn Error + 'static)| (*cause).source())
}

/// The request may have left, and no answer began.
pub(super) fn no_answer(error: &reqwest::Error) -> String {
    match io_kind(error) {
        Some(ErrorKind::ConnectionReset | ErrorKind::BrokenPipe) => {
            "the connection was reset before an answer came".to_owned()
        }
        _ => format!("no answer came ({})", last(&chain(error))),
    }
}

/// An answer began and did not end.
pub(super) fn cut(error: &reqwest::Error) -> String {
    format!("its body broke off ({})", last(&chain(error)))
}

/// The innermost cause alone.
pub(super) fn reason(error: &reqwest::Error) -> String {
    last(&chain(error)).to_owned()
}

fn chain(error: &reqwest::Error) -> Vec<String> {
    text::causes(error)
}

fn last(chain: &[String]) -> &str {
    chain.last().map_or("no reason given", String::as_str)
}

/// The kind of the innermost cause that the system named.
fn io_kind(error: &reqwest::Error) -> Option<ErrorKind> {
    causes(error)
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .last()
        .map(std::io::Error::kind)
}

pub(super) fn seconds(limit: Duration) -> String {
    format!("{} s", limit.as_secs_f32())
}
