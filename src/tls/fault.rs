//! Why a TLS connection did not come about, in words for the person who has to act on it.

use super::verifier::SelfSigned;
use jiff::Timestamp;
use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError, OtherError};
use std::error::Error;

/// What went wrong between both sides of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TlsFault {
    pub(crate) detail: String,
    pub(crate) remedy: &'static str,
    /// Whether it stays so until a person acts. One server of many that has a bad moment must not end a batch.
    pub(crate) is_lasting: bool,
}

/// What TLS says in an error or in what caused it; `None` where TLS is not to blame.
pub(crate) fn fault(error: &(dyn Error + 'static), host: &str) -> Option<TlsFault> {
    find(error).map(|error| of_tls(error, host))
}

/// An I/O error that holds another error names that one's source as its own, and passes over the error itself.
fn find<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    if let Some(found) = error.downcast_ref() {
        return Some(found);
    }
    match error.downcast_ref::<std::io::Error>() {
        Some(outer) => find(outer.get_ref()?),
        None => find(error.source()?),
    }
}

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

fn of_tls(error: &rustls::Error, host: &str) -> TlsFault {
    let (detail, remedy) = match error {
        rustls::Error::InvalidCertificate(reason) => of_certificate(reason, host),
        rustls::Error::InvalidMessage(_) => (
            format!("what answers at {host} does not speak TLS"),
            "the URL asks for TLS: check its host and port (base_url and journal in `smspin config list`)",
        ),
        other => (
            format!("the TLS handshake with {host} failed ({other})"),
            "TLS 1.2 or 1.3 is needed; `openssl s_client -connect HOST:443` shows what the other side offers",
        ),
    };
    TlsFault {
        detail,
        remedy,
        is_lasting: is_lasting(error),
    }
}

fn of_certificate(reason: &CertificateError, host: &str) -> (String, &'static str) {
    const CLOCK: &str = "check this machine's date and time first; if they are right, the operator of the other side has to renew the certificate";
    match reason {
        CertificateError::UnknownIssuer => (
            format!("the certificate of {host} comes from an issuer that this machine doesn't trust"),
            "if your network opens TLS, or the server is your own, `smspin config set ca_file FILE` names a PEM file with that issuer's certificate",
        ),
        CertificateError::Other(OtherError(other)) if other.is::<SelfSigned>() => (
            format!("the certificate of {host} is self-signed: no authority vouches for it"),
            "if the server is your own, `smspin config set ca_file FILE` names a PEM file with that certificate",
        ),
        CertificateError::Other(OtherError(other)) if other.to_string() == "CaUsedAsEndEntity" => (
            format!("the certificate of {host} is an authority's own, which a server may not show"),
            "if the server is your own and the certificate self-signed, make it again with `openssl req -x509 -addext basicConstraints=critical,CA:FALSE -addext subjectAltName=DNS:HOST …`, and name it with `smspin config set ca_file FILE`",
        ),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => (
            format!("the certificate is for other names than {host}"),
            "check the host in the URL, since another server answers there (base_url and journal in `smspin config list`); a name in the certificate counts only as its subjectAltName",
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
            "`openssl s_client -connect HOST:443` shows the certificate; the operator of the other side has to mend it",
        ),
    }
}

fn date(time: UnixTime) -> String {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds).map_or_else(|_| "after the year 9999".to_owned(), |at| at.to_string())
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

    #[test]
    fn tls_is_found_below_an_error_of_the_system() {
        let refusal = rustls::Error::from(CertificateError::UnknownIssuer);
        let wrapped = std::io::Error::other(std::io::Error::other(refusal));
        assert!(fault(&wrapped, "a.es").unwrap().detail.contains("issuer"));
        assert_eq!(fault(&std::io::Error::other("no TLS"), "a.es"), None);
    }
}
