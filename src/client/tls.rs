//! Which certificates an https connection trusts. Plain http, as on loopback, loads none.

use super::{ClientError, Tuning, failure};
use reqwest::{Certificate, ClientBuilder};
use std::sync::Arc;

/// Builds the client, with a warning where the platform has no certificates and the bundled web roots stand in.
pub(super) fn build(
    builder: impl Fn() -> Result<ClientBuilder, ClientError>,
    is_https: bool,
    tuning: &Tuning,
) -> Result<(reqwest::Client, Option<String>), ClientError> {
    // A second call finds the provider in place, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let setup = |error: reqwest::Error| ClientError::Setup {
        reason: failure::reason(&error),
    };
    if !is_https {
        return Ok((builder()?.tls_certs_only([]).build().map_err(setup)?, None));
    }
    let extra = extra_certificates(tuning)?;
    match builder()?.tls_certs_merge(extra.iter().cloned()).build() {
        Ok(client) => Ok((client, None)),
        Err(error) => {
            let client = with_bundled_roots(builder()?, tuning)?;
            let warning = format!(
                "this machine has no usable CA certificates ({}): using the Mozilla root certificates built into smspin",
                failure::reason(&error)
            );
            Ok((client, Some(warning)))
        }
    }
}

fn extra_certificates(tuning: &Tuning) -> Result<Vec<Certificate>, ClientError> {
    let Some(path) = &tuning.ca_file else {
        return Ok(Vec::new());
    };
    let pem = std::fs::read(path).map_err(|source| ClientError::CaFile {
        path: path.clone(),
        source,
    })?;
    match Certificate::from_pem_bundle(&pem) {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(ClientError::NoCertificate { path: path.clone() }),
    }
}

fn with_bundled_roots(builder: ClientBuilder, tuning: &Tuning) -> Result<reqwest::Client, ClientError> {
    let mut roots = rustls::RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    if let Some(path) = &tuning.ca_file {
        use rustls::pki_types::{CertificateDer, pem::PemObject};
        let no_certificate = |_| ClientError::NoCertificate { path: path.clone() };
        for certificate in CertificateDer::pem_file_iter(path).map_err(no_certificate)? {
            let certificate = certificate.map_err(no_certificate)?;
            roots.add(certificate).map_err(|error| ClientError::Setup {
                reason: error.to_string(),
            })?;
        }
    }
    let config =
        rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| ClientError::Setup {
                reason: error.to_string(),
            })?
            .with_root_certificates(roots)
            .with_no_client_auth();
    builder
        .tls_backend_preconfigured(config)
        .build()
        .map_err(|error| ClientError::Setup {
            reason: failure::reason(&error),
        })
}
