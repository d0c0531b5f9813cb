//! Responses of the sandbox itself, which are never the gateway's own answers: plain text, and what the page is made of.

use crate::server::ServerReply;
use bytes::Bytes;
use hyper::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Response, StatusCode};

/// Nothing from elsewhere, nothing inline, and no other page around it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(crate) fn plain(status: StatusCode, text: &'static str) -> ServerReply {
    text_with(status, Bytes::from_static(text.as_bytes()))
}

pub(crate) fn plain_owned(status: StatusCode, text: String) -> ServerReply {
    text_with(status, text.into())
}

fn text_with(status: StatusCode, text: Bytes) -> ServerReply {
    let mut response = Response::new(text);
    *response.status_mut() = status;
    response.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    ServerReply::Whole(response)
}

pub(crate) fn method_not_allowed(allowed: &'static str) -> ServerReply {
    let mut reply = plain(StatusCode::METHOD_NOT_ALLOWED, "Not with this method.\n");
    if let ServerReply::Whole(response) = &mut reply {
        response
            .headers_mut()
            .insert(ALLOW, HeaderValue::from_static(allowed));
    }
    reply
}

/// HTTP 204.
pub(crate) fn nothing() -> ServerReply {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::NO_CONTENT;
    ServerReply::Whole(response)
}

/// HTTP 200 with something for the page, or for a script.
pub(crate) fn content(content_type: &'static str, body: impl Into<Bytes>) -> ServerReply {
    const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
    let mut response = Response::new(body.into());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    for (name, value) in [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-store"),
        (RESOURCE_POLICY, "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    ServerReply::Whole(response)
}
