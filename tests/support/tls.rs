//! A gateway that speaks https, with a certificate that the test chooses for each connection. It takes whatever is asked.

use super::http::{self, Request};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, channel};

/// The path of a certificate (`tests/fixtures/certificates/make` says what each is).
pub(crate) fn certificate(name: &str) -> PathBuf {
    let file = format!("tests/fixtures/certificates/{name}.pem");
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(file)
}

/// It ends with the test process.
pub(crate) struct TlsGateway {
    pub(crate) base_url: String,
    connections: Arc<AtomicU32>,
    requests: Receiver<Request>,
}

impl TlsGateway {
    /// `choose` gives the certificate of a connection, which are counted from 0. Each connection has one request.
    pub(crate) fn start(choose: impl Fn(u32) -> &'static str + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let connections = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&connections);
        let (heard, requests) = channel();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let config = config(choose(counted.fetch_add(1, Ordering::SeqCst)));
                // A client that doesn't trust the certificate ends the connection, and the test sees that at the client.
                if let Ok(Some(request)) = serve(stream.unwrap(), config) {
                    // A test that has ended hears no more.
                    let _ = heard.send(request);
                }
            }
        });
        Self {
            base_url: format!("https://localhost:{port}/api/3.0"),
            connections,
            requests,
        }
    }

    /// Waits for the next request that was read whole and answered.
    pub(crate) fn next_request(&self) -> Request {
        self.requests.recv().unwrap()
    }

    /// How many connections were made so far.
    pub(crate) fn connections(&self) -> u32 {
        self.connections.load(Ordering::SeqCst)
    }
}

fn config(name: &str) -> Arc<ServerConfig> {
    let chain = CertificateDer::pem_file_iter(certificate(name)).unwrap();
    let chain = chain.map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_file(certificate("server-key")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider);
    let versions = builder.with_safe_default_protocol_versions().unwrap();
    Arc::new(
        versions
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap(),
    )
}

fn serve(stream: TcpStream, config: Arc<ServerConfig>) -> std::io::Result<Option<Request>> {
    let connection = ServerConnection::new(config).map_err(std::io::Error::other)?;
    let mut tls = StreamOwned::new(connection, stream);
    let Some(request) = Request::read(&mut tls, 0)? else {
        return Ok(None);
    };
    let body = match () {
        () if request.is_balance() => r#"{"status":"ok","result":{"balance":"100.0000","currency":"EUR"}}"#,
        () if request.is_probe() => r#"{"status":"error","error_id":"MISSING_PARAMS","error_msg":"missing"}"#,
        () => r#"{"status":"ok"}"#,
    };
    tls.write_all(&http::answer(200, body))?;
    tls.conn.send_close_notify();
    tls.flush()?;
    Ok(Some(request))
}
