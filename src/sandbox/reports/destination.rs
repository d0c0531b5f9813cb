//! Where a report may go. An open sandbox must not be a way to make this machine post anywhere, so the address is
//! checked after the name is resolved, and the connection goes to exactly the address that was checked.

use crate::domain::invalid::Invalid;
use rustls::pki_types::ServerName;
use std::net::{IpAddr, SocketAddr};
use url::{Host, Url};

/// An address that may be posted to.
#[derive(Debug)]
pub(super) struct ReportDestination {
    address: SocketAddr,
    host: String,
    path: String,
    /// Whom an https connection must prove to be.
    server_name: Option<ServerName<'static>>,
}

impl ReportDestination {
    pub(super) async fn find(url: &str, allow_remote: bool) -> Result<Self, Invalid> {
        let url = Url::parse(url).map_err(|_| malformed())?;
        let server_name = match url.scheme() {
            "http" => None,
            "https" => Some(server_name(&url).ok_or_else(malformed)?),
            _ => return Err(malformed()),
        };
        let port = url.port_or_known_default().ok_or_else(malformed)?;
        let addresses = resolve(&url, port).await?;
        let allowed = |address: &SocketAddr| allow_remote || is_this_machine(address.ip());
        let address = addresses.into_iter().find(allowed).ok_or_else(|| {
            Invalid::new("it isn't on this machine; `--allow-remote-reports` lets reports go anywhere")
        })?;
        let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
        let host = &url[url::Position::BeforeHost..url::Position::BeforePath];
        Ok(Self {
            address,
            host: host.to_owned(),
            path: path.to_owned(),
            server_name,
        })
    }

    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// For the `Host` header, with the port where it isn't the usual one.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// Whom an https connection must prove to be; none for http.
    pub(super) fn server_name(&self) -> Option<ServerName<'static>> {
        self.server_name.clone()
    }

    /// Path and query.
    pub(super) fn path(&self) -> &str {
        &self.path
    }
}

fn malformed() -> Invalid {
    Invalid::new("the URL cannot be posted to")
}

fn server_name(url: &Url) -> Option<ServerName<'static>> {
    match url.host()? {
        Host::Domain(name) => ServerName::try_from(name.to_owned()).ok(),
        Host::Ipv4(address) => Some(ServerName::from(IpAddr::from(address))),
        Host::Ipv6(address) => Some(ServerName::from(IpAddr::from(address))),
    }
}

async fn resolve(url: &Url, port: u16) -> Result<Vec<SocketAddr>, Invalid> {
    match url.host() {
        Some(Host::Ipv4(address)) => Ok(vec![(address, port).into()]),
        Some(Host::Ipv6(address)) => Ok(vec![(address, port).into()]),
        Some(Host::Domain(name)) => {
            let found = tokio::net::lookup_host((name, port)).await;
            Ok(found
                .map_err(|_| Invalid::new("its host has no address"))?
                .collect())
        }
        None => Err(malformed()),
    }
}

/// Loopback, also where an IPv6 address only wraps it.
fn is_this_machine(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_this_machine_is_posted_to_unless_told_otherwise() {
        for url in [
            "http://127.0.0.1:9/a?b=c",
            "http://127.9.9.9/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://0x7f.1/",
        ] {
            assert!(ReportDestination::find(url, false).await.is_ok(), "{url}");
        }
        for url in [
            "http://192.0.2.1/",
            "http://0.0.0.0/",
            "http://[::]/",
            "http://[2001:db8::1]/",
            "http://169.254.169.254/",
            "http://10.0.0.1/",
        ] {
            let refused = ReportDestination::find(url, false).await.unwrap_err().to_string();
            assert!(refused.contains("isn't on this machine"), "{url}: {refused}");
            assert!(ReportDestination::find(url, true).await.is_ok(), "{url}");
        }
        let secured = ReportDestination::find("https://127.0.0.1/", true).await.unwrap();
        assert!(secured.server_name().is_some() && secured.address().port() == 443);
        let refused = ReportDestination::find("ftp://127.0.0.1/", true).await;
        assert_eq!(refused.unwrap_err(), malformed());
    }

    #[tokio::test]
    async fn the_request_names_host_path_and_query_as_the_url_does() {
        let found = ReportDestination::find("http://127.0.0.1:9/a/b?c=d", false)
            .await
            .unwrap();
        assert_eq!((found.host(), found.path()), ("127.0.0.1:9", "/a/b?c=d"));
        let bare = ReportDestination::find("http://127.0.0.1", false).await.unwrap();
        assert_eq!(
            (bare.host(), bare.path(), bare.address().port()),
            ("127.0.0.1", "/", 80)
        );
    }
}
