//! Where below the base URL one call of the gateway is.

use super::base_url;
use super::invalid::Invalid;
use super::web_url;
use std::fmt;
use std::str::FromStr;

/// The word for a path that is found out.
const AUTO: &str = "auto";

/// The path of one call below the base URL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum CallPath {
    /// The path with the version first, and without it where a gateway doesn't have that.
    #[default]
    Auto,
    /// This path alone, without a slash at its beginning.
    Fixed(String),
}

impl CallPath {
    /// The paths to try, in this order, of a call that the gateway's contract names `function`, such as `2fa/request`.
    pub(crate) fn candidates(&self, function: &str) -> Vec<String> {
        match self {
            Self::Auto => vec![format!("{}/{function}", base_url::VERSION), function.to_owned()],
            Self::Fixed(path) => vec![path.clone()],
        }
    }
}

impl FromStr for CallPath {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        if text == AUTO {
            return Ok(Self::Auto);
        }
        let path = text.trim_start_matches('/');
        let is_part = |part: &str| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-_.~%".contains(&byte))
        };
        let has_parts = path
            .split('/')
            .all(|part| is_part(part) && part != "." && part != "..");
        if has_parts && path.len() <= web_url::MAX_LEN {
            Ok(Self::Fixed(path.to_owned()))
        } else {
            Err(Invalid::new(
                "write auto, or the path below base_url such as 3.0/2fa/request: no host, no query, no empty part",
            ))
        }
    }
}

impl fmt::Display for CallPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.pad(AUTO),
            Self::Fixed(path) => f.pad(path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_found_out_or_fixed() {
        let auto: CallPath = "auto".parse().unwrap();
        assert_eq!(auto.candidates("2fa/request"), ["3.0/2fa/request", "2fa/request"]);
        for text in ["sms/pin", "/sms/pin"] {
            let fixed: CallPath = text.parse().unwrap();
            assert_eq!(fixed.candidates("2fa/request"), ["sms/pin"]);
        }
        for wrong in [
            "",
            "/",
            "a//b",
            "a/",
            "../a",
            "a/./b",
            "https://a.es/x",
            "a?b",
            "a#b",
            "a b",
            "ñ",
        ] {
            assert!(wrong.parse::<CallPath>().is_err(), "{wrong}");
        }
    }
}
