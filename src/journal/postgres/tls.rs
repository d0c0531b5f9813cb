//! TLS to a database with rustls, checked as libpq's `sslmode` says.

use super::fault::unusable_tls;
use super::password::refuse_readable;
use crate::domain::database_url::{DatabaseUrl, TlsMode};
use crate::journal::error::JournalError;
use crate::tls::{Authorities, CertificateCheck, ClientIdentity, TlsOptions};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};

/// Makes TLS connections for one URL.
#[derive(Clone)]
pub(super) struct Connector(Arc<ClientConfig>);

impl Connector {
    /// `ca_file` is trusted as it is for the gateway. `sslrootcert` takes the place of all authorities, as it does for libpq.
    pub(super) fn new(url: &DatabaseUrl, ca_file: Option<&Path>) -> Result<Self, JournalError> {
        let only = url.root_certificate.clone();
        let check = match url.tls {
            TlsMode::Disable | TlsMode::Prefer => CertificateCheck::Nothing,
            TlsMode::Require if only.is_none() => CertificateCheck::Nothing,
            TlsMode::Require | TlsMode::VerifyCa => CertificateCheck::AuthorityAlone,
            TlsMode::VerifyFull => CertificateCheck::Full,
        };
        let platform = || Authorities::Platform {
            ca_file: ca_file.map(Path::to_owned),
        };
        let identity = url.client_certificate.as_ref().map(|certificate| ClientIdentity {
            certificate: certificate.clone(),
            key: url.client_key.as_ref().unwrap_or(certificate).clone(),
        });
        if let Some(ClientIdentity { key, .. }) = &identity
            && let Ok(metadata) = std::fs::metadata(key)
        {
            refuse_readable("the client key", key, &metadata)?;
        }
        let options = TlsOptions {
            authorities: only.map_or_else(platform, Authorities::Only),
            check,
            identity,
        };
        let setup = options.setup().map_err(|error| unusable_tls(&error))?;
        Ok(Self(Arc::new(setup.config)))
    }
}

impl<S> MakeTlsConnect<S> for Connector
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    type Stream = Encrypted<S>;
    type TlsConnect = NamedConnector;
    type Error = rustls::pki_types::InvalidDnsNameError;

    fn make_tls_connect(&mut self, domain: &str) -> Result<NamedConnector, Self::Error> {
        // A Unix socket has no name, and never speaks TLS.
        let name = if domain.is_empty() { "localhost" } else { domain };
        Ok(NamedConnector {
            config: Arc::clone(&self.0),
            name: ServerName::try_from(name.to_owned())?,
        })
    }
}

/// Makes one TLS connection, to a server of this name.
pub(super) struct NamedConnector {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
}

impl<S> TlsConnect<S> for NamedConnector
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    type Stream = Encrypted<S>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Encrypted<S>>> + Send>>;

    fn connect(self, stream: S) -> Self::Future {
        let connector = tokio_rustls::TlsConnector::from(self.config);
        Box::pin(async move { connector.connect(self.name, stream).await.map(Encrypted) })
    }
}

/// A connection inside TLS.
pub(super) struct Encrypted<S>(tokio_rustls::client::TlsStream<S>);

impl<S: AsyncRead + AsyncWrite + Unpin> TlsStream for Encrypted<S> {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Encrypted<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Encrypted<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}
