//! Which path is which call.

use crate::sandbox::control::ControlRoute;
use crate::wire::Call;

/// What a path leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// One of the gateway's calls, under either of its prefixes.
    Call(Call),
    /// The inbox, and what scripts ask.
    Control(ControlRoute),
}

impl Route {
    pub(super) fn of(path: &str) -> Option<Self> {
        let Some(rest) = path.strip_prefix("/api/") else {
            return ControlRoute::of(path).map(Self::Control);
        };
        let rest = rest.strip_prefix("3.0/").unwrap_or(rest);
        Call::ALL
            .into_iter()
            .find(|call| call.path() == rest)
            .map(Self::Call)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_have_two_prefixes_and_no_other_paths() {
        for call in Call::ALL {
            assert_eq!(
                Route::of(&format!("/api/3.0/{}", call.path())),
                Some(Route::Call(call))
            );
            assert_eq!(
                Route::of(&format!("/api/{}", call.path())),
                Some(Route::Call(call))
            );
        }
        for path in [
            "",
            "/api/2fa",
            "/2fa/request",
            "/api/3.0/3.0/2fa/request",
            "/api/2fa/request/",
        ] {
            assert_eq!(Route::of(path), None, "{path}");
        }
    }
}
