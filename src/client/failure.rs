//! What a failed attempt is called: reqwest's chain of causes, in words for the person who has to act on it.
//!
//! The URL is left out of every text, since a proxy's may hold a password.

use crate::outcome::NotSent;
use jiff::Timestamp;
use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError};
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
    if let Some(tls) = tls_error(error) {
        return of_tls(tls, host);
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

/// Whether a failure of TLS stays as it is until somebody acts. One server of many that has a bad moment must not end a batch.
fn is_lasting(error: &rustls::Error) -> bool {
    match error {
        rustls::Error::InvalidCertificate(_)
        | rustls::Error::InvalidMessage(_)
        | rustls::Error::PeerIncompatible(_)
        | rustls::Error::NoCertificatesPresented => true,
        rustls::Error::AlertReceived(alert) => !matches!(
            alert,
            AlertDescription::InternalError | AlertDescription::UserCanceled | AlertDescription::CloseNotify
        ),
        _ => false,
    }
}

fn of_tls(error: &rustls::Error, host: &str) -> NotSent {
    let (detail, remedy) = match error {
        rustls::Error::InvalidCertificate(reason) => of_certificate(reason, host),
        rustls::Error::InvalidMessage(_) => (
            format!("what answers at {host} does not speak TLS"),
            "base_url says https: check its host and port (`smspin config get base_url`)",
        ),
        other => (
            format!("the TLS handshake with {host} failed ({other})"),
            "TLS 1.2 or 1.3 is needed; `openssl s_client -connect HOST:443` shows what the other side offers",
        ),
    };
    NotSent {
        detail,
        remedy: Some(remedy),
        is_lasting: is_lasting(error),
    }
}

fn of_certificate(reason: &CertificateError, host: &str) -> (String, &'static str) {
    const CLOCK: &str = "check this machine's date and time first; if they are right, the certificate has to be renewed by whoever runs the gateway";
    match reason {
        CertificateError::UnknownIssuer => (
            format!("the certificate of {host} comes from an issuer that this machine doesn't trust"),
            "if your network opens TLS, or the gateway is your own, `smspin config set ca_file FILE` names a PEM file with that issuer's certificate",
        ),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => (
            format!("the certificate is for other names than {host}"),
            "check the host in base_url (`smspin config get base_url`): something else answers there",
        ),
        CertificateError::Expired => (format!("the certificate of {host} has expired"), CLOCK),
        CertificateError::ExpiredContext { time, not_after } => (
            format!(
                "the certificate of {host} has expired: it was valid until {}, and it is {} by this machine's clock",
                date(*not_after),
                date(*time)
            ),
            CLOCK,
        ),
        CertificateError::NotValidYet => (format!("the certificate of {host} is not valid yet"), CLOCK),
        CertificateError::NotValidYetContext { time, not_before } => (
            format!(
                "the certificate of {host} is not valid yet: it is from {} on, and it is {} by this machine's clock",
                date(*not_before),
                date(*time)
            ),
            CLOCK,
        ),
        other => (
            format!("the certificate of {host} can't be trusted ({other})"),
            "`openssl s_client -connect HOST:443` shows the certificate; whoever runs the gateway has to mend it",
        ),
    }
}

fn date(time: UnixTime) -> String {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds).map_or_else(|_| "after the year 9999".to_owned(), |at| at.to_string())
}

fn tls_error(error: &reqwest::Error) -> Option<&rustls::Error> {
    find_tls(error.source()?)
}

/// An I/O error that holds another error names that one's source as its own, and passes over the error itself.
fn find_tls<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    if let Some(found) = error.downcast_ref() {
        return Some(found);
    }
    match error.downcast_ref::<std::io::Error>() {
        Some(outer) => find_tls(outer.get_ref()?),
        None => find_tls(error.source()?),
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
    causes(error).map(ToString::to_string).collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::{InvalidMessage, PeerIncompatible};

    #[test]
    fn what_one_server_of_many_may_say_for_a_moment_is_tried_again() {
        use rustls::Error::{AlertReceived, General, InvalidCertificate};
        for (error, lasting) in [
            (InvalidCertificate(CertificateError::UnknownIssuer), true),
            (InvalidCertificate(CertificateError::Expired), true),
            (InvalidMessage::InvalidContentType.into(), true),
            (PeerIncompatible::ServerDoesNotSupportTls12Or13.into(), true),
            (AlertReceived(AlertDescription::ProtocolVersion), true),
            (AlertReceived(AlertDescription::HandshakeFailure), true),
            (AlertReceived(AlertDescription::InternalError), false),
            (AlertReceived(AlertDescription::CloseNotify), false),
            (General("closed".to_owned()), false),
        ] {
            assert_eq!(of_tls(&error, "host").is_lasting, lasting, "{error}");
        }
    }
}
