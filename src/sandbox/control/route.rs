//! The paths of the page and of scripts. The real gateway has none of them.

use hyper::Method;

/// What a path leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ControlRoute {
    Page,
    Script,
    Style,
    Icon,
    OpenApi,
    Ready,
    Info,
    Messages,
    /// With the number as it stands in the path.
    Pin(String),
    Requests,
    Reports,
    PostAgain,
    Behaviour,
    Advance,
    Clear,
    Reset,
}

impl ControlRoute {
    pub(crate) fn of(path: &str) -> Option<Self> {
        Some(match path {
            "/" => Self::Page,
            "/inbox.js" => Self::Script,
            "/inbox.css" => Self::Style,
            "/favicon.ico" | "/icon.svg" => Self::Icon,
            "/openapi.json" => Self::OpenApi,
            "/readyz" => Self::Ready,
            "/sandbox/info" => Self::Info,
            "/sandbox/messages" => Self::Messages,
            "/sandbox/requests" => Self::Requests,
            "/sandbox/reports" => Self::Reports,
            "/sandbox/reports/again" => Self::PostAgain,
            "/sandbox/behaviour" => Self::Behaviour,
            "/sandbox/advance" => Self::Advance,
            "/sandbox/clear" => Self::Clear,
            "/sandbox/reset" => Self::Reset,
            _ => Self::Pin(path.strip_prefix("/sandbox/pin/")?.to_owned()),
        })
    }

    /// The methods that it takes.
    pub(super) const fn methods(&self) -> &'static str {
        match self {
            Self::PostAgain | Self::Advance | Self::Clear | Self::Reset => "POST",
            Self::Behaviour => "GET, HEAD, POST, DELETE",
            _ => "GET, HEAD",
        }
    }

    pub(crate) fn takes(&self, method: &Method) -> bool {
        self.methods().split(", ").any(|taken| taken == method.as_str())
    }

    /// Whether it may be asked under any host name: it tells nothing but that a sandbox is here.
    pub(super) const fn is_for_everybody(&self) -> bool {
        matches!(self, Self::Ready)
    }
}
