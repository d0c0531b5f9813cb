//! What the sandbox trusts when it posts reports over https.

use crate::tls::{Authorities, TlsError, TlsOptions};
use rustls::ClientConfig;
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// The certificate authorities of one run. Those of the platform are read when they are first needed.
#[derive(Clone, Debug, Default)]
pub(crate) struct TrustedRoots(Arc<OnceLock<Arc<ClientConfig>>>);

impl TrustedRoots {
    /// Trusts the authorities of a PEM file as well.
    pub(crate) fn with_file(path: &Path) -> Result<Self, TlsError> {
        let authorities = Authorities::Platform {
            ca_file: Some(path.to_owned()),
        };
        let options = TlsOptions {
            authorities,
            ..TlsOptions::default()
        };
        Ok(Self(Arc::new(Arc::new(options.setup()?.config).into())))
    }

    pub(super) fn config(&self) -> Result<Arc<ClientConfig>, TlsError> {
        let config = match self.0.get() {
            Some(config) => Arc::clone(config),
            None => Arc::new(TlsOptions::default().setup()?.config),
        };
        Ok(Arc::clone(self.0.get_or_init(|| config)))
    }
}
