//! What a request is answered with: 200 with an empty body once its reports are on disk, else a reason in plain text.

use super::door::{Door, TurnedAway};
use super::forward::ForwardQueue;
use super::tally::RequestCounts;
use super::writer::{Post, WriterHandle};
use crate::dlr;
use crate::server::{BodyError, Handler, RequestBody, ServerReply};
use bytes::Bytes;
use hyper::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER};
use hyper::http::request::Parts;
use hyper::{Request, Response, StatusCode};
use std::sync::{Mutex, PoisonError};

pub(super) struct PostHandler {
    door: Door,
    writer: WriterHandle,
    forward: Option<ForwardQueue>,
    /// Hears of the first post that is answered so, of each status.
    tell: Refusals,
    counts: Mutex<RequestCounts>,
}

/// Hears of a post that was refused: with which status, and why.
pub(crate) type Refusals = Box<dyn Fn(u16, &'static str) + Send + Sync>;

/// The disk's trouble is the writer's to tell.
const NOT_STORED: TurnedAway = TurnedAway {
    status: StatusCode::SERVICE_UNAVAILABLE,
    reason: "the reports can't be stored now; post them again",
};

impl PostHandler {
    pub(super) fn new(
        door: Door,
        writer: WriterHandle,
        forward: Option<ForwardQueue>,
        tell: Refusals,
    ) -> Self {
        Self {
            door,
            writer,
            forward,
            tell,
            counts: Mutex::default(),
        }
    }

    pub(super) fn counts(&self) -> RequestCounts {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn take(&self, request: Request<RequestBody>) -> Result<(), TurnedAway> {
        let attempt_id = self
            .door
            .admit(request.method(), request.uri(), request.headers())?;
        let query = request.uri().query().map(str::to_owned);
        let away = |status, reason| TurnedAway { status, reason };
        let body = request.into_body().map_err(|error| match error {
            BodyError::TooLarge => away(StatusCode::PAYLOAD_TOO_LARGE, "the body is longer than 2 MiB"),
            BodyError::Broken => away(StatusCode::BAD_REQUEST, "the body ended too early"),
            BodyError::Late => away(StatusCode::REQUEST_TIMEOUT, "the body did not arrive in time"),
            BodyError::NoRoom => away(
                StatusCode::SERVICE_UNAVAILABLE,
                "too many posts at once; post it again",
            ),
        })?;
        let posted = dlr::parse(&body).map_err(|error| match error {
            dlr::ReportsError::NotJson(_) => away(StatusCode::BAD_REQUEST, "the body is not JSON in UTF-8"),
            dlr::ReportsError::NotReports => away(
                StatusCode::BAD_REQUEST,
                "the body is neither a JSON array nor a JSON object",
            ),
        })?;
        if !posted.is_empty() {
            let post = Post::new(crate::clock::now(), attempt_id, posted);
            if !self.writer.write(post).await {
                return Err(NOT_STORED);
            }
        }
        if let Some(forward) = &self.forward {
            forward.offer(query, body);
        }
        Ok(())
    }
}

impl Handler for PostHandler {
    /// Who may not post takes no memory.
    fn wants_body(&self, head: &Parts) -> bool {
        self.door.admit(&head.method, &head.uri, &head.headers).is_ok()
    }

    async fn answer(&self, request: Request<RequestBody>) -> ServerReply {
        let taken = self.take(request).await;
        let status = taken
            .as_ref()
            .map_or_else(|away| away.status, |()| StatusCode::OK);
        let is_first = self
            .counts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .add(status.as_u16());
        if let Err(away) = taken.as_ref()
            && is_first
            && *away != NOT_STORED
        {
            (self.tell)(status.as_u16(), away.reason);
        }
        let mut response = match taken {
            Ok(()) => Response::new(Bytes::new()),
            Err(away) => {
                let mut response = Response::new(Bytes::from(format!("{}\n", away.reason)));
                let plain = "text/plain; charset=utf-8".parse().expect("a header's text");
                response.headers_mut().insert(CONTENT_TYPE, plain);
                response
            }
        };
        *response.status_mut() = status;
        let headers = response.headers_mut();
        if status == StatusCode::METHOD_NOT_ALLOWED {
            headers.insert(ALLOW, "POST".parse().expect("a header's text"));
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(RETRY_AFTER, "10".parse().expect("a header's text"));
        }
        ServerReply::Whole(response)
    }
}
