//! What a TLS connection trusts, and how it proves who it is: one answer for the gateway, for a database, and for the reports that
//! the sandbox posts. It opens no connection.

mod fault;
mod verifier;

pub(crate) use fault::fault;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem};
use rustls::{ClientConfig, RootCertStore};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use verifier::CertificateVerifier;

/// How the other side proves who it is, and how this side does.
#[derive(Clone, Debug, Default)]
pub(crate) struct TlsOptions {
    pub(crate) authorities: Authorities,
    pub(crate) check: CertificateCheck,
    pub(crate) identity: Option<ClientIdentity>,
}

/// Which authorities may have signed the other side's certificate.
#[derive(Clone, Debug)]
pub(crate) enum Authorities {
    /// Those of the platform (on Linux `SSL_CERT_FILE` and `SSL_CERT_DIR` take their place), and those of this PEM file, which is
    /// the setting `ca_file`. Where there are none at all, the Mozilla root certificates that are built in.
    Platform { ca_file: Option<PathBuf> },
    /// Those of this PEM file alone.
    Only(PathBuf),
}

/// How much of the other side's certificate is checked. Every connection checks that the other side has its key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum CertificateCheck {
    #[default]
    Full,
    /// Who signed it, and not which name it is for.
    AuthorityAlone,
    Nothing,
}

/// PEM files with the certificate that this side shows, and with its key, which may be the same file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClientIdentity {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

/// What a connection is made with.
#[derive(Debug)]
pub(crate) struct TlsSetup {
    pub(crate) config: ClientConfig,
    /// What the user should know about it: the platform has no certificates, and the built-in ones stand in.
    pub(crate) warning: Option<String>,
}

/// Why no connection can be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
    #[error("cannot read {}", path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error("{} holds no PEM {wanted} that can be used", path.display())]
    Pem { path: PathBuf, wanted: &'static str },
    #[error("cannot set up TLS")]
    Setup(#[from] rustls::Error),
}

impl Default for Authorities {
    fn default() -> Self {
        Self::Platform { ca_file: None }
    }
}

impl TlsOptions {
    /// Reads the files that are named, and the platform's certificates.
    pub(crate) fn setup(&self) -> Result<TlsSetup, TlsError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let (issuers, warning) = if self.check == CertificateCheck::Nothing {
            (None, None)
        } else {
            let (issuers, warning) = self.authorities.verifier(&provider)?;
            (Some(issuers), warning)
        };
        let verifier = CertificateVerifier {
            issuers,
            checks_name: self.check == CertificateCheck::Full,
            provider: Arc::clone(&provider),
        };
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier));
        let config = match &self.identity {
            Some(identity) => {
                let key = read_pem(&identity.key, "private key", PrivateKeyDer::from_pem_slice)?;
                builder.with_client_auth_cert(certificates(&identity.certificate)?, key)?
            }
            None => builder.with_no_client_auth(),
        };
        Ok(TlsSetup { config, warning })
    }
}

type Verifier = Arc<dyn ServerCertVerifier>;

impl Authorities {
    fn verifier(&self, provider: &Arc<CryptoProvider>) -> Result<(Verifier, Option<String>), TlsError> {
        let extra = match self {
            Self::Platform { ca_file: Some(path) } => certificates(path)?,
            Self::Platform { ca_file: None } => Vec::new(),
            Self::Only(path) => {
                let mut roots = RootCertStore::empty();
                roots.add_parsable_certificates(certificates(path)?);
                return Ok((of_roots(roots, provider)?, None));
            }
        };
        match rustls_platform_verifier::Verifier::new_with_extra_roots(extra, Arc::clone(provider)) {
            Ok(verifier) => Ok((Arc::new(verifier), None)),
            Err(error) => {
                // The file of the user's own would have been enough, so there is none.
                let roots = RootCertStore {
                    roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
                };
                let warning = format!(
                    "this machine has no usable CA certificates ({error}): using the Mozilla root certificates built into smspin"
                );
                Ok((of_roots(roots, provider)?, Some(warning)))
            }
        }
    }
}

fn of_roots(roots: RootCertStore, provider: &Arc<CryptoProvider>) -> Result<Verifier, TlsError> {
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider)).build();
    Ok(verifier.map_err(|error| rustls::Error::General(error.to_string()))?)
}

/// The certificates in a PEM file: at least one, and all of them of a form that can be used.
fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    read_pem(path, "certificate", |text| {
        let found = CertificateDer::pem_slice_iter(text).collect::<Result<Vec<_>, _>>()?;
        let mut roots = RootCertStore::empty();
        let all_usable = found.iter().all(|one| roots.add(one.clone()).is_ok());
        if all_usable && !found.is_empty() {
            Ok(found)
        } else {
            Err(pem::Error::NoItemsFound)
        }
    })
}

fn read_pem<T>(
    path: &Path,
    wanted: &'static str,
    read: impl FnOnce(&[u8]) -> Result<T, pem::Error>,
) -> Result<T, TlsError> {
    let path = path.to_owned();
    match std::fs::read(&path) {
        Ok(text) => read(&text).map_err(|_| TlsError::Pem { path, wanted }),
        Err(source) => Err(TlsError::File { path, source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixture(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/certificates/{name}.pem"))
    }

    fn only(path: PathBuf) -> TlsOptions {
        TlsOptions {
            authorities: Authorities::Only(path),
            ..TlsOptions::default()
        }
    }

    #[test]
    fn a_file_without_what_is_wanted_is_named() {
        let key = fixture("server-key");
        for authorities in [
            Authorities::Only(key.clone()),
            Authorities::Platform {
                ca_file: Some(key.clone()),
            },
        ] {
            let options = TlsOptions {
                authorities,
                ..TlsOptions::default()
            };
            let error = options.setup().unwrap_err().to_string();
            assert_eq!(
                error,
                format!("{} holds no PEM certificate that can be used", key.display())
            );
        }
        let absent = only(fixture("absent")).setup().unwrap_err();
        assert!(matches!(absent, TlsError::File { .. }), "{absent}");
        let identity = ClientIdentity {
            certificate: fixture("valid"),
            key: fixture("authority"),
        };
        let without_key = TlsOptions {
            identity: Some(identity),
            ..only(fixture("authority"))
        };
        let error = without_key.setup().unwrap_err().to_string();
        assert!(
            error.ends_with("holds no PEM private key that can be used"),
            "{error}"
        );
    }

    #[test]
    fn an_identity_of_two_files_is_taken() {
        let options = TlsOptions {
            identity: Some(ClientIdentity {
                certificate: fixture("valid"),
                key: fixture("server-key"),
            }),
            ..only(fixture("authority"))
        };
        assert!(
            options
                .setup()
                .unwrap()
                .config
                .client_auth_cert_resolver
                .has_certs()
        );
    }
}
