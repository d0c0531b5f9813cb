//! Responses in plain text, which the gateway's own answers never are.

use crate::server::ServerReply;
use bytes::Bytes;
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};

pub(crate) fn plain(status: StatusCode, text: &'static str) -> ServerReply {
    let mut response = Response::new(Bytes::from_static(text.as_bytes()));
    *response.status_mut() = status;
    response.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    ServerReply::Whole(response)
}

pub(crate) fn method_not_allowed(allowed: &'static str) -> ServerReply {
    let ServerReply::Whole(mut response) = plain(StatusCode::METHOD_NOT_ALLOWED, "Not with this method.\n")
    else {
        unreachable!("a plain answer is whole")
    };
    response
        .headers_mut()
        .insert(ALLOW, HeaderValue::from_static(allowed));
    ServerReply::Whole(response)
}
