//! Name resolution, connection and TLS handshake one at a time, for `smspin doctor`. No call is made to the gateway here,
//! and no key is sent.

use super::{Client, failure, until};
use crate::outcome::NotSent;
use reqwest::{Method, Request, Url};
use std::net::SocketAddr;
use std::pin::pin;
use std::time::{Duration, Instant};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use url::Host;

/// The addresses of a URL's host.
pub(crate) async fn resolve(url: &Url, limit: Duration) -> Result<Vec<SocketAddr>, String> {
    let port = url.port_or_known_default().unwrap_or_default();
    let name = match url.host() {
        Some(Host::Domain(name)) => name.to_owned(),
        Some(Host::Ipv4(address)) => return Ok(vec![(address, port).into()]),
        Some(Host::Ipv6(address)) => return Ok(vec![(address, port).into()]),
        None => return Err("the URL has no host".to_owned()),
    };
    let found = match timeout(limit, lookup_host((name.as_str(), port))).await {
        Ok(Ok(addresses)) => addresses.collect::<Vec<_>>(),
        Ok(Err(error)) => return Err(format!("the name {name} does not resolve ({error})")),
        Err(_) => return Err(format!("the name {name} did not resolve within {limit:?}")),
    };
    if found.is_empty() {
        return Err(format!("the name {name} has no address"));
    }
    Ok(found)
}

/// The first of the addresses that takes a connection, which is closed at once.
pub(crate) async fn connect(addresses: &[SocketAddr], limit: Duration) -> Result<SocketAddr, String> {
    let mut reasons = Vec::new();
    let attempts = async {
        for address in addresses {
            match TcpStream::connect(address).await {
                Ok(_) => return Some(*address),
                Err(error) => reasons.push(format!("{address}: {error}")),
            }
        }
        None
    };
    match timeout(limit, attempts).await {
        Ok(Some(address)) => Ok(address),
        Ok(None) => Err(format!("no connection ({})", reasons.join("; "))),
        Err(_) => Err(format!("no connection within {limit:?}")),
    }
}

impl Client {
    /// Whether a connection comes about with all that belongs to it: proxy, TLS, trust. Any HTTP answer will do.
    pub(crate) async fn handshake(&self, base_url: &Url) -> Result<(), NotSent> {
        let request = Request::new(Method::HEAD, base_url.clone());
        match until(Instant::now() + self.timeout, pin!(self.http.execute(request))).await {
            Some(Err(error)) if error.is_connect() => {
                Err(failure::not_connected(&error, &self.host, self.connect_timeout))
            }
            _ => Ok(()),
        }
    }
}
