//! What the sandbox believes when it posts reports over https: the web's roots, and a file of the user's own.

use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// The certificate authorities of one run. The roots are read when they are first needed.
#[derive(Clone, Debug, Default)]
pub(crate) struct TrustedRoots {
    extra: Vec<CertificateDer<'static>>,
    config: Arc<OnceLock<Arc<rustls::ClientConfig>>>,
}

/// Why a file of certificate authorities is of no use.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CaFileError {
    #[error("can't read certificates from {}", path.display())]
    Read {
        path: PathBuf,
        source: rustls::pki_types::pem::Error,
    },
    #[error("{} has no certificate in it", .0.display())]
    Empty(PathBuf),
}

impl TrustedRoots {
    /// Trusts the authorities of a PEM file as well.
    pub(crate) fn with_file(path: &Path) -> Result<Self, CaFileError> {
        let failed = |source| CaFileError::Read {
            path: path.to_owned(),
            source,
        };
        let found = CertificateDer::pem_file_iter(path).map_err(failed)?;
        let extra = found.collect::<Result<Vec<_>, _>>().map_err(failed)?;
        if extra.is_empty() {
            return Err(CaFileError::Empty(path.to_owned()));
        }
        Ok(Self {
            extra,
            ..Self::default()
        })
    }

    pub(super) fn config(&self) -> Arc<rustls::ClientConfig> {
        let build = || {
            let mut roots = rustls::RootCertStore {
                roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
            };
            // One that can't be used vouches for nobody, and the handshake says so.
            roots.add_parsable_certificates(self.extra.iter().cloned());
            let provider = Arc::new(rustls::crypto::ring::default_provider());
            let config = rustls::ClientConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()
                .expect("the provider has the default versions")
                .with_root_certificates(roots)
                .with_no_client_auth();
            Arc::new(config)
        };
        Arc::clone(self.config.get_or_init(build))
    }
}
