//! Where to listen, as people write it: an address or `localhost`, with a port or the usual one.

use crate::domain::invalid::Invalid;
use std::fmt;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::str::FromStr;

/// The port of a sandbox that was told no other.
const PORT: u16 = 8465;

/// A host, which may be a name, and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bind {
    host: String,
    port: u16,
}

impl FromStr for Bind {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let invalid = || {
            Invalid::new(
                "write an address or localhost, with a port if it isn't 8465: 127.0.0.1:8465, localhost:0 or [::1]:8465",
            )
        };
        if text.parse::<IpAddr>().is_ok() {
            return Ok(Self {
                host: text.to_owned(),
                port: PORT,
            });
        }
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().map_err(|_| invalid())?),
            _ => (text, PORT),
        };
        let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let is_address = match bare {
            Some(address) => address.parse::<IpAddr>().is_ok_and(|address| address.is_ipv6()),
            None => host.parse::<IpAddr>().is_ok_and(|address| address.is_ipv4()),
        };
        let is_name = |c: u8| c.is_ascii_alphanumeric() || b"-._".contains(&c);
        if is_address || (bare.is_none() && !host.is_empty() && host.bytes().all(is_name)) {
            return Ok(Self {
                host: bare.unwrap_or(host).to_owned(),
                port,
            });
        }
        Err(invalid())
    }
}

impl fmt::Display for Bind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl Bind {
    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    /// The addresses that it stands for. A name may have several.
    pub(crate) fn addresses(&self) -> std::io::Result<Vec<SocketAddr>> {
        if self.host.eq_ignore_ascii_case("localhost") {
            // Whatever a resolver says of it: this machine, and IPv4 first, as most programs expect.
            return Ok(vec![
                ([127, 0, 0, 1], self.port).into(),
                (IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1_u16]), self.port).into(),
            ]);
        }
        Ok((self.host.as_str(), self.port).to_socket_addrs()?.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_people_write_them() {
        for (text, shown) in [
            ("127.0.0.1", "127.0.0.1:8465"),
            ("127.0.0.1:0", "127.0.0.1:0"),
            ("localhost", "localhost:8465"),
            ("localhost:1", "localhost:1"),
            ("::1", "[::1]:8465"),
            ("[::1]", "[::1]:8465"),
            ("[::1]:1", "[::1]:1"),
            ("0.0.0.0:80", "0.0.0.0:80"),
        ] {
            assert_eq!(
                text.parse::<Bind>().map(|bind| bind.to_string()).as_deref(),
                Ok(shown)
            );
        }
        for wrong in [
            "",
            ":1",
            "a b",
            "x:port",
            "127.0.0.1:99999",
            "[x]:1",
            "http://x:1",
            "[127.0.0.1]:1",
        ] {
            assert!(wrong.parse::<Bind>().is_err(), "{wrong}");
        }
    }
}
