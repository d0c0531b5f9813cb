//! Where the gateway posts delivery reports to. Whether anything listens there is not known here.

use super::invalid::Invalid;
use super::web_url::{self, UrlReach};
use std::fmt;
use url::Url;

/// The parameter that is added to a report URL: the id of the attempt that the reports will be about.
pub(crate) const ATTEMPT_PARAMETER: &str = "r";

/// An http or https URL with a host, at most 2048 bytes, without credentials or fragment (the gateway's contract §1).
/// It is kept and sent exactly as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct ReportUrl {
    text: String,
    concern: Option<&'static str>,
}

/// The host is on this machine or in a private network.
const UNREACHABLE: &str =
    "the report URL is on this machine or in a private network, where the gateway can't post reports";
const PLAIN_HTTP: &str =
    "the report URL is plain http: reports, with phone numbers in them, can be read on the way";

impl ReportUrl {
    /// Reads a URL; nothing is looked up or connected to. An error doesn't quote it.
    pub(crate) fn parse(text: &str) -> Result<Self, Invalid> {
        let url = web_url::parse(text)
            .map_err(|error| Invalid::new("the report URL is not usable: ").because(error))?;
        let concern = if web_url::reach(&url) != UrlReach::Public {
            Some(UNREACHABLE)
        } else if url.scheme() == "http" {
            Some(PLAIN_HTTP)
        } else {
            None
        };
        Ok(Self {
            text: text.to_owned(),
            concern,
        })
    }

    /// The URL as it was written.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// The URL, to connect to.
    pub(crate) fn to_url(&self) -> Url {
        Url::parse(&self.text).expect("it was parsed before")
    }

    /// Whether it is on this machine: 127.0.0.0/8, `[::1]` or `localhost`.
    pub(crate) fn is_loopback(&self) -> bool {
        web_url::reach(&self.to_url()) == UrlReach::Loopback
    }

    /// The worst thing to say about it, allowed but unwise.
    pub(crate) const fn concern(&self) -> Option<&'static str> {
        self.concern
    }
}

impl fmt::Display for ReportUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_kept_as_written() {
        for input in [
            "https://a.es",
            "HTTPS://A.es:443/dlr/../x?id=1&t=ñ",
            "https://a.es/%7Bx%7D",
        ] {
            let url = ReportUrl::parse(input).unwrap();
            assert_eq!((url.as_str(), url.concern()), (input, None));
        }
    }

    #[test]
    fn concerns_are_about_reach_first() {
        let cases = [
            ("http://a.es/dlr", Some(PLAIN_HTTP)),
            ("http://localhost:8080/dlr", Some(UNREACHABLE)),
            ("https://192.168.0.5/dlr", Some(UNREACHABLE)),
            ("https://nas/dlr", Some(UNREACHABLE)),
            ("https://8.8.8.8/dlr", None),
        ];
        for (input, expected) in cases {
            assert_eq!(ReportUrl::parse(input).unwrap().concern(), expected, "{input}");
        }
    }

    #[test]
    fn errors_say_what_they_are_about() {
        assert_eq!(
            ReportUrl::parse("a.es").unwrap_err().to_string(),
            "the report URL is not usable: the URL must start with https:// or http://"
        );
    }
}
