//! A host's name alone, as the services of a container network have it.

use super::invalid::Invalid;
use std::fmt;
use std::str::FromStr;

/// A host name in lower case, without scheme, port or path. It may be an IPv4 address, which is written with the same
/// characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HostName(String);

impl HostName {
    /// Whether `host` is this one; case doesn't matter.
    pub(crate) fn is(&self, host: &str) -> bool {
        self.0.eq_ignore_ascii_case(host)
    }
}

impl FromStr for HostName {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let is_name = (1..=253).contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        if is_name {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(Invalid::new(
                "write a host name alone, such as sandbox or sandbox.internal: no scheme, no port, no path",
            ))
        }
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_alone() {
        for name in [
            "sandbox",
            "sms-sandbox.internal",
            "my_service",
            "10.0.0.1",
            "SANDBOX",
        ] {
            assert!(name.parse::<HostName>().unwrap().is(name), "{name}");
        }
        for wrong in ["", "http://sandbox", "sandbox:8465", "sandbox/", "a b", "sándbox"] {
            assert!(wrong.parse::<HostName>().is_err(), "{wrong}");
        }
    }
}
