//! Where the gateway is. Every request to it holds the API key, so plain http goes no further than this machine.

use super::host_name::HostName;
use super::invalid::Invalid;
use super::web_url::{self, UrlReach};
use std::fmt;
use url::{Host, Url};

/// The gateway's own address (the gateway's contract, introduction).
pub(crate) const DEFAULT: &str = "https://api.gateway360.com/api";

/// What the paths of the calls may begin with, and a base URL may end with.
pub(crate) const VERSION: &str = "3.0";

/// The root that all URLs of a gateway begin with: https, or http on loopback and to a host that is said to be a sandbox; no
/// credentials, query or fragment. Whether it was written with the version at its end makes no difference.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct BaseUrl(Url);

impl BaseUrl {
    /// Reads a base URL; slashes and the version at its end don't matter. Nothing is looked up or connected to. An error quotes at
    /// most the host.
    pub(crate) fn parse(text: &str) -> Result<Self, Invalid> {
        Self::parse_with_sandbox(text, None)
    }

    /// The same, where plain http may also go to `sandbox`: a host that the user says is a sandbox, with a key that opens
    /// nothing else.
    pub(crate) fn parse_with_sandbox(text: &str, sandbox: Option<&HostName>) -> Result<Self, Invalid> {
        let mut url = web_url::parse(text)
            .map_err(|error| Invalid::new("the base URL is not usable: ").because(error))?;
        if url.query().is_some() {
            return Err(Invalid::new(
                "the base URL has a query, the part after ?; take it out",
            ));
        }
        let is_sandbox = sandbox
            .zip(url.host_str())
            .is_some_and(|(name, host)| name.is(host));
        if url.scheme() == "http" && !is_loopback(&url) && !is_sandbox {
            return Err(Invalid::new("the base URL is plain http to ")
                .and_quote(url.host_str().unwrap_or_default())
                .and(
                    "; the API key in every request could be read on the way, so use https:// (http is for this machine \
                     alone: 127.0.0.1, [::1] or localhost, and for a sandbox that the setting sandbox_host names)",
                ));
        }
        let mut root = url.path().trim_end_matches('/');
        while let Some(before) = root.strip_suffix(VERSION).filter(|before| before.ends_with('/')) {
            root = before.trim_end_matches('/');
        }
        let root = root.to_owned();
        url.set_path(&root);
        Ok(Self(url))
    }

    /// The URL of one call: `{root}/{path}`, where `path` is such as `3.0/2fa/request`.
    pub(crate) fn join(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        url.set_path(&format!("{}/{path}", url.path().trim_end_matches('/')));
        url
    }

    /// Whether it is this machine: 127.0.0.0/8, `[::1]` or `localhost`.
    pub(crate) fn is_loopback(&self) -> bool {
        is_loopback(&self.0)
    }

    /// Whether it is plain http, which goes to this machine or to a sandbox, and so past no proxy.
    pub(crate) fn is_plain(&self) -> bool {
        self.scheme() == "http"
    }

    /// `https` or `http`.
    pub(crate) fn scheme(&self) -> &str {
        self.0.scheme()
    }

    /// The name or address that is connected to.
    pub(crate) fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// The gateway by its host, in lower case and without a dot at its end, and by its port where it is not the scheme's own.
    pub(crate) fn gateway(&self) -> String {
        let host = self.host().trim_end_matches('.').to_ascii_lowercase();
        match self.0.port() {
            Some(port) => format!("{host}:{port}"),
            None => host,
        }
    }

    /// The URL, without a slash at its end.
    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }
}

impl Default for BaseUrl {
    fn default() -> Self {
        Self::parse(DEFAULT).expect("the built-in base URL is valid")
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A name below `localhost` may be answered by a resolver with any address, so only `localhost` itself counts.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv6(address)) => address.is_loopback(),
        _ => web_url::reach(url) == UrlReach::Loopback,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::hostile;
    use crate::domain::text_table;
    use proptest::prelude::*;

    const READ: &str = r"
https://api.gateway360.com/api | https://api.gateway360.com/api | https://api.gateway360.com/api/2fa/request
https://a.es/api/3.0// | https://a.es/api | https://a.es/api/2fa/request
https://a.es/3.0 | https://a.es | https://a.es/2fa/request
https://a.es/3.0/3.0/ | https://a.es | https://a.es/2fa/request
https://a.es/x-3.0 | https://a.es/x-3.0 | https://a.es/x-3.0/2fa/request
https://a.es/3.0/api | https://a.es/3.0/api | https://a.es/3.0/api/2fa/request
https://a.es | https://a.es | https://a.es/2fa/request
HTTPS://A.es:443/ | https://a.es | https://a.es/2fa/request
http://127.0.0.1:8080/api | http://127.0.0.1:8080/api | http://127.0.0.1:8080/api/2fa/request
http://[::1]:1/ | http://[::1]:1 | http://[::1]:1/2fa/request
";

    #[test]
    fn base_urls_lose_their_last_slashes_and_the_version() {
        for [input, shown, joined] in text_table::rows(READ) {
            let base = BaseUrl::parse(input).unwrap();
            assert_eq!(base.as_str(), shown);
            assert_eq!(base.join("2fa/request").as_str(), joined);
        }
        assert_eq!(BaseUrl::default().to_string(), DEFAULT);
    }

    #[test]
    fn a_gateway_has_one_name_however_its_url_is_written() {
        for (url, name) in [
            (DEFAULT, "api.gateway360.com"),
            ("https://API.Gateway360.com.:443/api/4.0/", "api.gateway360.com"),
            ("https://a.es:8443", "a.es:8443"),
            ("http://127.0.0.1:8465", "127.0.0.1:8465"),
            ("http://[::1]:1/", "[::1]:1"),
        ] {
            assert_eq!(BaseUrl::parse(url).unwrap().gateway(), name, "{url}");
        }
    }

    #[test]
    fn a_path_can_only_lengthen_the_url() {
        let base = BaseUrl::parse("https://a.es/api").unwrap();
        assert_eq!(base.join("a?b#c").as_str(), "https://a.es/api/a%3Fb%23c");
    }

    #[test]
    fn plain_http_is_for_this_machine_alone() {
        for good in [
            "http://localhost:1",
            "http://LOCALHOST",
            "http://127.9.9.9",
            "http://127.1/",
            "http://[::1]",
        ] {
            assert!(BaseUrl::parse(good).unwrap().is_loopback(), "{good}");
        }
        let hosts = [
            "a.es",
            "x.localhost",
            "10.0.0.1",
            "0.0.0.0",
            "[::]",
            "127.0.0.1.a.es",
            "[::ffff:127.0.0.1]",
        ];
        for host in hosts {
            let error = BaseUrl::parse(&format!("http://{host}/")).unwrap_err();
            assert!(error.to_string().contains("is plain http to"), "{host}");
            assert!(
                !BaseUrl::parse(&format!("https://{host}/")).unwrap().is_loopback(),
                "{host}"
            );
        }
        assert_eq!(
            BaseUrl::parse("http://a.es/api").unwrap_err().to_string(),
            "the base URL is plain http to “a.es”; the API key in every request could be read on the way, so use \
             https:// (http is for this machine alone: 127.0.0.1, [::1] or localhost, and for a sandbox that the setting \
             sandbox_host names)"
        );
    }

    #[test]
    fn plain_http_goes_to_a_host_that_is_said_to_be_a_sandbox_and_to_no_other() {
        let sandbox: HostName = "sandbox".parse().unwrap();
        let parse = |text| BaseUrl::parse_with_sandbox(text, Some(&sandbox));
        let base = parse("http://SANDBOX:8465/api/3.0").unwrap();
        assert!(base.is_plain() && !base.is_loopback());
        for other in [
            "http://sandbox.evil.example/",
            "http://evil.example/sandbox",
            "http://sandboxes/",
        ] {
            assert!(parse(other).is_err(), "{other}");
        }
        assert!(BaseUrl::parse("http://sandbox/").is_err());
    }

    #[test]
    fn other_texts_are_refused() {
        for (text, reason) in [
            ("https://a.es/?x=1", "a query"),
            ("https://a.es/?", "a query"),
            ("https://k:s@a.es/", "a password"),
            ("https://a.es/#", "a fragment"),
            ("api.gateway360.com", "must start with https://"),
        ] {
            let error = BaseUrl::parse(text).unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_base_url_or_a_clear_refusal(text in prop_oneof![hostile::text(), "https?://[a-z@:.?/0-9]{0,20}"]) {
            match BaseUrl::parse(&text) {
                Ok(base) => {
                    prop_assert!(base.is_loopback() || base.as_str().starts_with("https://"));
                    prop_assert_eq!(BaseUrl::parse(base.as_str()), Ok(base.clone()));
                    prop_assert!(base.join("2fa/request").path().ends_with("/2fa/request"));
                }
                Err(error) => hostile::assert_printable(&error.to_string()),
            }
        }
    }
}
