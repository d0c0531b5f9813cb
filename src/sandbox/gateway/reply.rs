//! What goes out: the gateway's answers, and what a fault makes of them.

use super::CallReply;
use crate::sandbox::fault::{CallFault, InjectedFault};
use crate::sandbox::responses::plain;
use crate::server::{BodyError, ServerReply};
use crate::wire::ErrorId;
use crate::wire::server::{RequestRefusal, answer};
use bytes::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use hyper::{Response, StatusCode};

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The answer, or what a fault makes of it.
pub(super) fn of(outcome: &CallReply, fault: Option<&CallFault>) -> ServerReply {
    let Some(CallFault { fault, http }) = fault else {
        return whole(outcome);
    };
    match fault {
        InjectedFault::Refused(id) => {
            let refusal = RequestRefusal::new(id.clone());
            json(http.unwrap_or(id.http()), answer::error(&refusal))
        }
        InjectedFault::TooManyRequests => too_many_requests(),
        InjectedFault::Unavailable => plain(StatusCode::SERVICE_UNAVAILABLE, "The service is unavailable.\n"),
        InjectedFault::Cut | InjectedFault::LostReply => ServerReply::Cut,
        InjectedFault::Reset => ServerReply::Reset,
        InjectedFault::Hang => ServerReply::Hang,
        InjectedFault::HalfAnswer => match whole(outcome) {
            ServerReply::Whole(response) => ServerReply::Half(response),
            other => other,
        },
        InjectedFault::NotJson => web_page(),
        InjectedFault::LostInside => refuse(&RequestRefusal::new(ErrorId::UnknownError)),
        InjectedFault::Slow => whole(outcome),
    }
}

/// The answer to a body that can't be had.
pub(super) fn no_body(error: BodyError) -> (RequestRefusal, ServerReply) {
    let (code, text) = match error {
        BodyError::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "The body is too large."),
        BodyError::Broken => (
            StatusCode::BAD_REQUEST,
            "The body is broken: a chunk is malformed, or it ended too early.",
        ),
        BodyError::NoRoom => (
            StatusCode::SERVICE_UNAVAILABLE,
            "The bodies of all requests together are too large.",
        ),
        BodyError::Late => (StatusCode::REQUEST_TIMEOUT, "The body did not come in time."),
    };
    let refusal = RequestRefusal::saying(ErrorId::JsonParseError, text);
    let reply = json(code.as_u16(), answer::error(&refusal));
    (refusal, reply)
}

pub(super) fn refuse(refusal: &RequestRefusal) -> ServerReply {
    json(refusal.id().http(), answer::error(refusal))
}

fn whole(outcome: &CallReply) -> ServerReply {
    match outcome {
        Ok(bytes) => json(200, bytes.clone()),
        Err(refusal) => refuse(refusal),
    }
}

fn json(code: u16, bytes: Bytes) -> ServerReply {
    let mut response = Response::new(bytes);
    *response.status_mut() = StatusCode::from_u16(code).unwrap_or(StatusCode::BAD_REQUEST);
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    ServerReply::Whole(response)
}

fn too_many_requests() -> ServerReply {
    let mut reply = plain(StatusCode::TOO_MANY_REQUESTS, "Too many requests.\n");
    if let ServerReply::Whole(response) = &mut reply {
        response
            .headers_mut()
            .insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    reply
}

fn web_page() -> ServerReply {
    let mut response = Response::new(Bytes::from_static(
        b"<!DOCTYPE html>\n<title>It works</title>\n<p>This page is not an answer of the gateway.\n",
    ));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    ServerReply::Whole(response)
}
