//! Which requests may post: the path, the token in it, and the id of the attempt in the query. It reads no body.

use crate::domain::report_url::ATTEMPT_PARAMETER;
use hyper::{HeaderMap, Method, StatusCode, Uri};
use std::fmt;

/// The secret that the last part of the path must be: the gateway can sign nothing.
#[derive(Clone)]
pub(crate) struct ListenToken(String);

/// Why a text is not a token. Never quotes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ListenTokenError {
    #[error("the token has {0} of at least {min} characters, so it could be guessed", min = ListenToken::SHORTEST)]
    Short(usize),
    #[error("the token has {0} characters; at most {max} are taken", max = ListenToken::LONGEST)]
    Long(usize),
    #[error("the token may hold letters, digits, - and _ alone, so that it can stand in a URL")]
    Characters,
}

impl ListenToken {
    const SHORTEST: usize = 16;
    const LONGEST: usize = 200;

    /// Reads the content of a token file: one token, white space around it is left out.
    pub(crate) fn parse(text: &str) -> Result<Self, ListenTokenError> {
        let text = text.trim();
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        match text.chars().count() {
            length if length < Self::SHORTEST => Err(ListenTokenError::Short(length)),
            length if length > Self::LONGEST => Err(ListenTokenError::Long(length)),
            _ if !text.bytes().all(is_plain) => Err(ListenTokenError::Characters),
            _ => Ok(Self(text.to_owned())),
        }
    }

    /// For the URL that is configured at the gateway, and for nothing else.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// Compares in constant time: what is compared are two hashes, each bit of them.
    fn is(&self, text: &str) -> bool {
        let hash = |text: &str| ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
        let (mine, other) = (hash(&self.0), hash(text));
        let bits = mine.as_ref().iter().zip(other.as_ref());
        bits.fold(0, |different, (a, b)| different | (a ^ b)) == 0
    }
}

impl fmt::Debug for ListenToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ListenToken(redacted)")
    }
}

/// Decides from the head of a request.
#[derive(Clone, Debug)]
pub(crate) struct Door {
    token: Option<ListenToken>,
    /// The path of the public URL, without a slash at its end: empty for the root.
    path: String,
}

/// A request that may not post: the status, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TurnedAway {
    pub(super) status: StatusCode,
    pub(super) reason: &'static str,
}

impl Door {
    /// `path` is that of the public URL: a proxy in front may pass it on, or take it away.
    pub(crate) fn new(token: Option<ListenToken>, path: &str) -> Self {
        Self {
            token,
            path: path.trim_end_matches('/').to_owned(),
        }
    }

    /// The path and query to post to, without an attempt's id.
    pub(crate) fn path(&self) -> String {
        let token = self.token.as_ref().map_or("", ListenToken::expose);
        format!("{}/{token}", self.path)
    }

    /// The attempt's id if there is one, of a request that may post.
    pub(super) fn admit(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Result<Option<String>, TurnedAway> {
        let turned_away = |status, reason| Err(TurnedAway { status, reason });
        if !self.is_right_path(uri.path()) {
            return if self.token.is_some() {
                turned_away(StatusCode::UNAUTHORIZED, "the path does not end with the token")
            } else {
                turned_away(
                    StatusCode::NOT_FOUND,
                    "delivery reports are taken at another path",
                )
            };
        }
        if method != Method::POST {
            return turned_away(StatusCode::METHOD_NOT_ALLOWED, "delivery reports come as POST");
        }
        // Every browser sends it with a POST, and no gateway does: a web page must not be able to invent reports.
        if headers.contains_key(hyper::header::ORIGIN) {
            return turned_away(StatusCode::FORBIDDEN, "web pages may not post delivery reports");
        }
        Ok(attempt_id(uri.query().unwrap_or_default()))
    }

    fn is_right_path(&self, path: &str) -> bool {
        let path = path
            .strip_prefix(self.path.as_str())
            .filter(|rest| rest.is_empty() || rest.starts_with('/'))
            .unwrap_or(path);
        let path = path.strip_prefix('/').unwrap_or(path);
        match &self.token {
            None => path.is_empty(),
            Some(token) => token.is(path.strip_suffix('/').unwrap_or(path)),
        }
    }
}

/// The last one counts: it is the one that was appended to a URL which may have had its own.
fn attempt_id(query: &str) -> Option<String> {
    const LONGEST: usize = 64;
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    let values = pairs
        .filter(|(name, _)| name == ATTEMPT_PARAMETER)
        .map(|(_, value)| value);
    let is_id = |id: &str| {
        (1..=LONGEST).contains(&id.len())
            && id
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    values
        .last()
        .filter(|id| is_id(id))
        .map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "0123456789abcdef-_AZ";

    fn admit(door: &Door, method: &Method, uri: &str) -> Result<Option<String>, u16> {
        let admitted = door.admit(method, &uri.parse().unwrap(), &HeaderMap::new());
        admitted.map_err(|away| away.status.as_u16())
    }

    #[test]
    fn only_the_configured_path_may_post() {
        let open = Door::new(None, "/");
        let proxied = Door::new(None, "/dlr");
        let token = Door::new(Some(ListenToken::parse(TOKEN).unwrap()), "/dlr/");
        assert_eq!((open.path().as_str(), proxied.path().as_str()), ("/", "/dlr/"));
        assert_eq!(token.path(), format!("/dlr/{TOKEN}"));
        let with = |path: &str| path.replace("TOKEN", TOKEN);
        let cases = [
            (&open, "/", Ok(None)),
            (&open, "/?r=abc_-9", Ok(Some("abc_-9"))),
            (&open, "/x", Err(404)),
            (&proxied, "/dlr", Ok(None)),
            (&proxied, "/dlr/?a=b&r=1&r=2", Ok(Some("2"))),
            (&proxied, "/", Ok(None)),
            (&proxied, "/dlrx", Err(404)),
            (&token, "/dlr/TOKEN?r=7", Ok(Some("7"))),
            (&token, "/TOKEN", Ok(None)),
            (&token, "/TOKEN/", Ok(None)),
            (&token, "/", Err(401)),
            (&token, "/dlr", Err(401)),
            (&token, "/dlr/TOKENx", Err(401)),
            (&token, "/TOKEN/x", Err(401)),
            (&token, "/?token=TOKEN", Err(401)),
        ];
        for (door, uri, expected) in cases {
            let expected = expected.map(|id| id.map(str::to_owned));
            assert_eq!(admit(door, &Method::POST, &with(uri)), expected, "{uri}");
        }
        assert_eq!(admit(&open, &Method::GET, "/"), Err(405));
        assert_eq!(
            admit(&token, &Method::PUT, "/"),
            Err(401),
            "who has no token learns nothing"
        );
        let mut page = HeaderMap::new();
        page.insert("origin", "http://evil.example".parse().unwrap());
        let away = open
            .admit(&Method::POST, &"/".parse().unwrap(), &page)
            .unwrap_err();
        assert_eq!(away.status.as_u16(), 403);
    }

    #[test]
    fn an_id_is_short_and_plain_or_none() {
        for (query, id) in [
            ("", None),
            ("r=", None),
            ("r=a%20b", None),
            ("r=%41", Some("A")),
            ("x=1", None),
            (&format!("r={}", "a".repeat(65)), None),
        ] {
            assert_eq!(attempt_id(query).as_deref(), id, "{query}");
        }
    }

    #[test]
    fn a_token_is_long_plain_and_never_shown() {
        assert!(ListenToken::parse(&format!(" {TOKEN}\r\n")).is_ok());
        for bad in [
            "",
            "short",
            &"x".repeat(201),
            "0123456789 abcdef",
            "0123456789/abcdef",
            "ñ123456789abcdefg",
        ] {
            let error = ListenToken::parse(bad).unwrap_err().to_string();
            assert!(bad.is_empty() || !error.contains(bad), "{error}");
        }
        assert!(!format!("{:?}", ListenToken::parse(TOKEN).unwrap()).contains(TOKEN));
    }
}
