//! What every URL of ours must be: http or https, with a host, without credentials or fragment, and written plainly.
//!
//! Its errors quote no URL: one may hold a password, and then the error is about that.

use super::invalid::Invalid;
use crate::text;
use std::net::{Ipv4Addr, Ipv6Addr};
use url::{Host, Url};

/// The longest URL, in bytes.
pub(super) const MAX_LEN: usize = 2_048;

/// Where a host is, as far as its name tells; nothing is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UrlReach {
    /// This machine.
    Loopback,
    /// A network that others can't reach, or a name that only such a network knows.
    Private,
    /// Perhaps everyone.
    Public,
}

/// Reads a URL by rules stricter than a browser's, which would drop tabs and turn backslashes round.
pub(super) fn parse(text: &str) -> Result<Url, Invalid> {
    let wrong_scheme = || Invalid::new("the URL must start with https:// or http://");
    let no_host = || Invalid::new("the URL has no host");
    if text.is_empty() {
        return Err(Invalid::new("the URL is empty"));
    }
    if text.len() > MAX_LEN {
        return Err(Invalid::new(format_args!(
            "the URL has {} bytes; at most {MAX_LEN} are taken",
            text.len()
        )));
    }
    let refused = |c: char| c.is_control() || c.is_whitespace() || c == '\\' || text::is_deceptive(c);
    if let Some((index, c)) = text.chars().enumerate().find(|(_, c)| refused(*c)) {
        return Err(Invalid::new(format_args!(
            "the URL has {} at column {}; write it percent-encoded",
            text::name(c),
            index + 1
        )));
    }
    let (scheme, rest) = text.split_once("://").ok_or_else(wrong_scheme)?;
    if !["https", "http"]
        .iter()
        .any(|known| scheme.eq_ignore_ascii_case(known))
    {
        return Err(wrong_scheme());
    }
    if rest.is_empty() || rest.starts_with(['/', '?', '#', ':']) {
        return Err(no_host());
    }
    let url = Url::parse(text).map_err(|error| match error {
        url::ParseError::EmptyHost => no_host(),
        _ => Invalid::new(format_args!("the URL can't be read: {error}")),
    })?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err(Invalid::new(
            "the URL holds a user name or a password, which would end up in logs; take it out",
        ));
    }
    if url.fragment().is_some() {
        return Err(Invalid::new(
            "the URL has a fragment, the part after #, which is never sent; take it out",
        ));
    }
    Ok(url)
}

/// How far the host of `url` reaches.
pub(super) fn reach(url: &Url) -> UrlReach {
    match url.host() {
        Some(Host::Domain(name)) => reach_of_name(name),
        Some(Host::Ipv4(address)) => reach_of_v4(address),
        Some(Host::Ipv6(address)) => reach_of_v6(address),
        None => UrlReach::Public,
    }
}

fn reach_of_name(name: &str) -> UrlReach {
    const PRIVATE: [&str; 7] = [
        "local",
        "internal",
        "home.arpa",
        "test",
        "example",
        "invalid",
        "onion",
    ];
    let name = name.strip_suffix('.').unwrap_or(name);
    let within = |zone: &str| {
        name.strip_suffix(zone)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    if within("localhost") {
        UrlReach::Loopback
    } else if !name.contains('.') || PRIVATE.into_iter().any(within) {
        UrlReach::Private
    } else {
        UrlReach::Public
    }
}

fn reach_of_v4(address: Ipv4Addr) -> UrlReach {
    let shared = matches!(address.octets(), [100, 64..=127, ..]);
    if address.is_loopback() {
        UrlReach::Loopback
    } else if address.is_private() || address.is_link_local() || address.octets()[0] == 0 || shared {
        UrlReach::Private
    } else {
        UrlReach::Public
    }
}

fn reach_of_v6(address: Ipv6Addr) -> UrlReach {
    if address.is_loopback() {
        UrlReach::Loopback
    } else if let Some(address) = address.to_ipv4_mapped() {
        reach_of_v4(address)
    } else if address.is_unspecified() || address.is_unique_local() || address.is_unicast_link_local() {
        UrlReach::Private
    } else {
        UrlReach::Public
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::hostile;
    use crate::domain::text_table;
    use proptest::prelude::*;

    const REFUSED: &str = r"
| the URL is empty
https://a.es/ b | the URL has a space (U+0020) at column 14; write it percent-encoded
https://a.es/\n | the URL has a line break (U+000A) at column 14; write it percent-encoded
https:\\\\a.es | the URL has “\\” at column 7; write it percent-encoded
a.es/path | the URL must start with https:// or http://
https:a.es | the URL must start with https:// or http://
ftp://a.es/ | the URL must start with https:// or http://
javascript://a.es/ | the URL must start with https:// or http://
https:// | the URL has no host
https:///a.es | the URL has no host
http://:80/ | the URL has no host
https://a.es:99999/ | the URL can't be read: invalid port number
https://[::1 | the URL can't be read: invalid IPv6 address
https://user:secret@a.es/ | the URL holds a user name or a password, which would end up in logs; take it out
https://@a.es/ | the URL holds a user name or a password, which would end up in logs; take it out
https://a.es/#top | the URL has a fragment, the part after #, which is never sent; take it out
https://a.es/# | the URL has a fragment, the part after #, which is never sent; take it out
";

    #[test]
    fn what_is_no_url_of_ours_is_refused() {
        for [input, expected] in text_table::rows(REFUSED) {
            assert_eq!(parse(input).unwrap_err().to_string(), expected, "{input}");
        }
        let long = |length: usize| parse(&format!("https://a.es/{}", "x".repeat(length - 13)));
        assert!(long(2_048).is_ok());
        assert_eq!(
            long(2_049).unwrap_err().to_string(),
            "the URL has 2049 bytes; at most 2048 are taken"
        );
    }

    #[test]
    fn no_error_holds_a_password() {
        for input in [
            "https://user:hunter2@a.es:99999/",
            "ftp://user:hunter2@a.es",
            "https://user:hunter2@",
        ] {
            assert!(!format!("{:?}", parse(input).unwrap_err()).contains("hunter2"));
        }
    }

    #[test]
    fn hosts_reach_as_far_as_their_names_tell() {
        use UrlReach::{Loopback, Private, Public};
        let cases = [
            ("localhost", Loopback),
            ("LOCALHOST.", Loopback),
            ("api.localhost", Loopback),
            ("127.0.0.1", Loopback),
            ("127.255.0.9", Loopback),
            ("127.1", Loopback),
            ("[::1]", Loopback),
            ("[::ffff:127.0.0.1]", Loopback),
            ("notlocalhost", Private),
            ("nas.local", Private),
            ("10.0.0.1", Private),
            ("172.16.0.1", Private),
            ("172.32.0.1", Public),
            ("192.168.1.1", Private),
            ("169.254.1.1", Private),
            ("100.64.0.1", Private),
            ("100.128.0.1", Public),
            ("0.0.0.0", Private),
            ("[fd00::1]", Private),
            ("[fe80::1]", Private),
            ("[2606:4700::1]", Public),
            ("mylocalhost.es", Public),
            ("latest.es", Public),
            ("127.0.0.1.nip.io", Public),
            ("8.8.8.8", Public),
        ];
        for (host, expected) in cases {
            assert_eq!(
                reach(&parse(&format!("http://{host}/")).unwrap()),
                expected,
                "{host}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_url_or_a_clear_refusal(text in prop_oneof![hostile::text(), "https?://[a-z@:.#?/0-9]{0,20}"]) {
            match parse(&text) {
                Ok(url) => {
                    prop_assert!(url.has_host() && url.username().is_empty() && url.password().is_none());
                    prop_assert!(url.fragment().is_none());
                }
                Err(error) => hostile::assert_printable(&error.to_string()),
            }
        }
    }
}
