//! Where a server listens: an address that is free, and that this machine can reach itself.

use std::io::{self, ErrorKind};
use std::net::{Ipv6Addr, SocketAddr, UdpSocket};
use tokio::net::TcpListener;

/// Listens on the first of the addresses that can be had.
///
/// # Errors
/// Also where a loopback address could be had and nothing would ever arrive, as in a network namespace without an interface.
pub(crate) async fn listen_on(addresses: &[SocketAddr]) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(addresses).await?;
    let address = listener.local_addr()?;
    if address.ip().is_loopback() {
        // Asks the system for a way there, and sends nothing.
        UdpSocket::bind((address.ip(), 0))?.connect(address)?;
    }
    Ok(listener)
}

/// What to try where nothing can listen on an address of this machine; `port` is the one that was wanted.
pub(crate) fn listening_hint(error: &io::Error, port: u16) -> String {
    match error.kind() {
        ErrorKind::NetworkUnreachable | ErrorKind::HostUnreachable => {
            "this machine has no loopback, as in a network namespace of its own: `ip link set lo up` starts it".to_owned()
        }
        ErrorKind::AddrNotAvailable if UdpSocket::bind((Ipv6Addr::LOCALHOST, 0)).is_ok() => {
            format!("the address is not one of this machine; --bind '[::1]:{port}' is its loopback with IPv6")
        }
        ErrorKind::AddrNotAvailable => "--bind takes an address of this machine".to_owned(),
        ErrorKind::PermissionDenied => "ports below 1024 are the administrator's: --bind takes another".to_owned(),
        _ => "--bind 127.0.0.1:0 takes a free port".to_owned(),
    }
}
