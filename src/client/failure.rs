//! What a failed attempt is called: reqwest's chain of causes, in words for the person who has to act on it.
//!
//! The URL is left out of every text, since a proxy's may hold a password.

use std::error::Error;
use std::io::ErrorKind;
use std::time::Duration;

/// No byte of the request left.
pub(super) fn not_connected(error: &reqwest::Error, host: &str, limit: Duration) -> String {
    if error.is_timeout() {
        return format!("no connection to {host} within {}", seconds(limit));
    }
    let chain = chain(error);
    let says = |word: &str| chain.iter().any(|text| text.contains(word));
    if says("dns error") || says("failed to lookup address") {
        return format!("the name {host} does not resolve ({})", last(&chain));
    }
    if says("tunnel") || says("proxy") {
        return format!("the proxy could not connect to {host} ({})", last(&chain));
    }
    match io_kind(error) {
        Some(ErrorKind::ConnectionRefused) => format!("{host} refused the connection"),
        Some(ErrorKind::InvalidData) => format!("the TLS handshake with {host} failed ({})", last(&chain)),
        _ => format!("no connection to {host} ({})", last(&chain)),
    }
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
    let mut texts = Vec::new();
    let mut cause = error.source();
    while let Some(error) = cause {
        texts.push(error.to_string());
        cause = error.source();
    }
    texts
}

fn last(chain: &[String]) -> &str {
    chain.last().map_or("no reason given", String::as_str)
}

fn io_kind(error: &reqwest::Error) -> Option<ErrorKind> {
    let mut cause = error.source();
    let mut kind = None;
    while let Some(error) = cause {
        if let Some(io) = error.downcast_ref::<std::io::Error>() {
            kind = Some(io.kind());
        }
        cause = error.source();
    }
    kind
}

pub(super) fn seconds(limit: Duration) -> String {
    format!("{} s", limit.as_secs_f32())
}
