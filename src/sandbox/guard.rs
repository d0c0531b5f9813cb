//! Keeps web pages of other origins out: a browser on this machine reaches the sandbox for whatever page it shows.
//!
//! A page can point a name of its own at 127.0.0.1 (DNS rebinding), and then is of the sandbox's origin as far as the
//! browser can tell. It can't be reached by an address, though, so addresses and `localhost` are the hosts to trust.

use crate::domain::host_name::HostName;
use hyper::header::{HOST, HeaderMap, ORIGIN};
use std::net::{IpAddr, Ipv6Addr};

/// Whether a browser that sends this `Host` went to an address, to this very machine, or to an allowed name.
pub(crate) fn allows_host(headers: &HeaderMap, allowed: &[HostName]) -> bool {
    let mut hosts = headers.get_all(HOST).into_iter();
    match (hosts.next().map(|host| host.to_str()), hosts.next()) {
        (Some(Ok(host)), None) => is_trusted(host, allowed),
        _ => false,
    }
}

/// Whether the request comes from a program, or from a page of the sandbox itself.
pub(crate) fn allows_origin(headers: &HeaderMap, allowed: &[HostName]) -> bool {
    let foreign_site = headers
        .get("sec-fetch-site")
        .is_some_and(|site| !matches!(site.as_bytes(), b"same-origin" | b"none"));
    let Some(origin) = headers.get(ORIGIN) else {
        return !foreign_site;
    };
    let host = headers
        .get(HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default();
    let own = origin
        .to_str()
        .ok()
        .and_then(|origin| origin.strip_prefix("http://"));
    !foreign_site && own.is_some_and(|own| own.eq_ignore_ascii_case(host)) && allows_host(headers, allowed)
}

fn is_trusted(host: &str, allowed: &[HostName]) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let bracketed = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    bracketed.is_some_and(|address| address.parse::<Ipv6Addr>().is_ok())
        || name.eq_ignore_ascii_case("localhost")
        || allowed.iter().any(|allowed| allowed.is(name))
        || name.parse::<IpAddr>().is_ok_and(|address| address.is_ipv4())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|&(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn addresses_and_localhost_are_trusted_and_names_are_not() {
        for host in [
            "127.0.0.1",
            "127.0.0.1:8465",
            "[::1]:80",
            "[::1]",
            "localhost:1",
            "LOCALHOST",
            "192.0.2.7:8",
        ] {
            assert!(allows_host(&headers(&[("host", host)]), &[]), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "evil.example:8465",
            "127.0.0.1.evil.example",
            "::1",
            "localhost.evil.example",
        ] {
            assert!(!allows_host(&headers(&[("host", host)]), &[]), "{host}");
        }
        assert!(!allows_host(&HeaderMap::new(), &[]));
        let allowed = ["Sandbox".parse().unwrap()];
        for (host, trusted) in [
            ("sandbox:8465", true),
            ("SANDBOX", true),
            ("sandbox.evil.example", false),
        ] {
            assert_eq!(
                allows_host(&headers(&[("host", host)]), &allowed),
                trusted,
                "{host}"
            );
        }
    }

    #[test]
    fn programs_and_our_own_page_may_call_and_other_pages_may_not() {
        let own: &[(&str, &str)] = &[("host", "127.0.0.1:80"), ("origin", "http://127.0.0.1:80")];
        let cases: [(&[(&str, &str)], bool); 7] = [
            (&[("host", "sandbox:8465")], true),
            (own, true),
            (&[("host", "127.0.0.1:80"), ("origin", "null")], false),
            (
                &[("host", "127.0.0.1:80"), ("origin", "https://evil.example")],
                false,
            ),
            (
                &[("host", "evil.example:80"), ("origin", "http://evil.example:80")],
                false,
            ),
            (
                &[("host", "127.0.0.1:80"), ("sec-fetch-site", "cross-site")],
                false,
            ),
            (
                &[("host", "127.0.0.1:80"), ("sec-fetch-site", "same-origin")],
                true,
            ),
        ];
        for (pairs, allowed) in cases {
            let map = pairs
                .iter()
                .map(|&(n, v)| (n.parse().unwrap(), v.parse().unwrap()))
                .collect();
            assert_eq!(allows_origin(&map, &[]), allowed, "{pairs:?}");
        }
    }
}
