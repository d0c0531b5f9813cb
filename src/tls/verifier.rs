//! The check of the other side's certificate: as strict as it was asked to be, and with a word for a certificate that signed itself.

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme};
use std::sync::Arc;

/// A certificate that is its own authority, and that the user didn't name as one.
#[derive(Debug, thiserror::Error)]
#[error("the certificate is self-signed")]
pub(super) struct SelfSigned;

#[derive(Debug)]
pub(super) struct CertificateVerifier {
    /// Knows who may have signed; `None` where the signature doesn't matter.
    pub(super) issuers: Option<Arc<dyn ServerCertVerifier>>,
    pub(super) checks_name: bool,
    pub(super) provider: Arc<CryptoProvider>,
}

impl CertificateVerifier {
    /// Whether the certificate would be good if it were an authority itself, but for its name.
    fn is_self_signed(&self, certificate: &CertificateDer<'_>, name: &ServerName<'_>, now: UnixTime) -> bool {
        let mut itself = RootCertStore::empty();
        let added = itself.add(certificate.clone().into_owned());
        let verifier =
            WebPkiServerVerifier::builder_with_provider(Arc::new(itself), Arc::clone(&self.provider)).build();
        let (Ok(()), Ok(verifier)) = (added, verifier) else {
            return false;
        };
        let checked = verifier.verify_server_cert(certificate, &[], name, &[], now);
        checked.is_ok() || checked.is_err_and(|error| is_about_name(&error))
    }
}

fn is_about_name(error: &Error) -> bool {
    matches!(
        error,
        Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. }
        )
    )
}

impl ServerCertVerifier for CertificateVerifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(issuers) = &self.issuers else {
            return Ok(ServerCertVerified::assertion());
        };
        let checked = issuers.verify_server_cert(certificate, intermediates, name, ocsp_response, now);
        match checked {
            // The name is looked at last.
            Err(error) if !self.checks_name && is_about_name(&error) => Ok(ServerCertVerified::assertion()),
            // Not only an unknown issuer: another authority may have the name that it gives its own.
            Err(error) if !is_about_name(&error) && self.is_self_signed(certificate, name, now) => {
                Err(CertificateError::Other(OtherError(Arc::new(SelfSigned))).into())
            }
            checked => checked,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
