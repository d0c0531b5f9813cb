//! The few requests that the sandbox sends itself: delivery reports, and a command's questions to a served sandbox.
//! One connection each, no redirects, no proxy, and an address that the caller has chosen.

use crate::tls;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::header::HOST;
use hyper::{Request, StatusCode, client::conn::http1};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Bytes of an answer, and no more.
const MOST: usize = 16 * 1024 * 1024;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HttpError {
    #[error("there is no answer within {} s", .0.as_secs())]
    Late(Duration),
    #[error("can't connect to {address}")]
    Connect {
        address: SocketAddr,
        source: std::io::Error,
    },
    #[error("{0}")]
    Tls(String),
    #[error("the connection broke")]
    Broken(#[from] hyper::Error),
    #[error("the answer is broken or too long")]
    Body,
}

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) status: StatusCode,
    pub(crate) body: Bytes,
}

/// Whom a TLS connection must prove to be, and what is believed.
#[derive(Clone)]
pub(crate) struct HttpsPeer {
    pub(crate) name: ServerName<'static>,
    pub(crate) config: Arc<rustls::ClientConfig>,
}

/// Sends one request to `address` and reads the whole answer, all within `patience`.
///
/// The request names its path alone as its URI; `host` goes into the `Host` header.
pub(crate) async fn exchange(
    address: SocketAddr,
    host: &str,
    https: Option<HttpsPeer>,
    mut request: Request<Full<Bytes>>,
    patience: Duration,
) -> Result<Received, HttpError> {
    if let Ok(host) = host.parse() {
        request.headers_mut().insert(HOST, host);
    }
    tokio::time::timeout(patience, send(address, https, request))
        .await
        .unwrap_or(Err(HttpError::Late(patience)))
}

async fn send(
    address: SocketAddr,
    https: Option<HttpsPeer>,
    request: Request<Full<Bytes>>,
) -> Result<Received, HttpError> {
    let stream = TcpStream::connect(address).await;
    let stream = stream.map_err(|source| HttpError::Connect { address, source })?;
    let Some(HttpsPeer { name, config }) = https else {
        return ask(TokioIo::new(stream), request).await;
    };
    let secured = TlsConnector::from(config).connect(name.clone(), stream).await;
    let stream = secured.map_err(|error| {
        let fault = tls::fault(&error, &name.to_str());
        HttpError::Tls(fault.map_or_else(|| error.to_string(), |fault| fault.detail))
    })?;
    ask(TokioIo::new(stream), request).await
}

async fn ask(
    stream: impl hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
) -> Result<Received, HttpError> {
    let (mut sender, connection) = http1::handshake(stream).await?;
    let answer = async {
        let (head, body) = sender.send_request(request).await?.into_parts();
        let body = Limited::new(body, MOST)
            .collect()
            .await
            .map_err(|_| HttpError::Body)?;
        Ok(Received {
            status: head.status,
            body: body.to_bytes(),
        })
    };
    tokio::pin!(answer);
    tokio::select! {
        answer = &mut answer => answer,
        // Its end wakes the answer too, with what went wrong.
        _ = connection => answer.await,
    }
}
