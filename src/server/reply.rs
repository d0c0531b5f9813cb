//! What a handler gives back: an answer, or the way in which there is none.

use super::io::Signals;
use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use hyper::header::{CONNECTION, CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};
use std::pin::Pin;
use std::task::{Context, Poll};

/// The end of one request.
#[derive(Debug)]
pub(crate) enum ServerReply {
    Whole(Response<Bytes>),
    /// The head and half of the body, then the connection closes.
    Half(Response<Bytes>),
    /// The connection closes without a byte.
    Cut,
    /// The connection is reset without a byte.
    Reset,
    /// No answer comes; the connection stays open until the client or the server ends.
    Hang,
}

/// The connection ends here, because the handler wants it so.
#[derive(Debug, thiserror::Error)]
#[error("the connection was cut on purpose")]
pub(super) struct Cut;

impl ServerReply {
    /// HTTP 400 with the reason as text.
    pub(super) fn bad_request(reason: &'static str) -> Self {
        let mut response = Response::new(Bytes::from_static(reason.as_bytes()));
        *response.status_mut() = StatusCode::BAD_REQUEST;
        let headers = response.headers_mut();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("text/plain; charset=utf-8"),
        );
        Self::Whole(response)
    }

    /// Says that the connection ends with this answer.
    pub(super) fn closing(mut self) -> Self {
        if let Self::Whole(response) | Self::Half(response) = &mut self {
            response
                .headers_mut()
                .insert(CONNECTION, HeaderValue::from_static("close"));
        }
        self
    }

    pub(super) fn into_response(self, signals: &Signals) -> Result<Response<ReplyBody>, Cut> {
        match self {
            Self::Whole(response) => Ok(response.map(ReplyBody::Whole)),
            Self::Half(response) => Ok(response.map(|bytes| {
                let half = bytes.slice(..bytes.len() / 2);
                ReplyBody::Half {
                    half,
                    promised: bytes.len() as u64,
                    state: HalfState::Unsent,
                }
            })),
            Self::Cut => Err(Cut),
            Self::Hang => {
                signals.hang();
                Err(Cut)
            }
            Self::Reset => {
                signals.reset();
                Err(Cut)
            }
        }
    }
}

pub(super) enum ReplyBody {
    Whole(Bytes),
    Half {
        half: Bytes,
        promised: u64,
        state: HalfState,
    },
}

#[derive(Clone, Copy)]
pub(super) enum HalfState {
    Unsent,
    /// Handed over, but perhaps not yet on the wire: hyper flushes when a body has nothing ready.
    Flushing,
    Sent,
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        match &mut *self {
            Self::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Self::Whole(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Self::Half { half, state, .. } => match state {
                HalfState::Unsent => {
                    *state = HalfState::Flushing;
                    Poll::Ready(Some(Ok(Frame::data(std::mem::take(half)))))
                }
                HalfState::Flushing => {
                    *state = HalfState::Sent;
                    context.waker().wake_by_ref();
                    Poll::Pending
                }
                HalfState::Sent => Poll::Ready(Some(Err(Cut))),
            },
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(bytes) if bytes.is_empty())
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(match self {
            Self::Whole(bytes) => bytes.len() as u64,
            Self::Half { promised, .. } => *promised,
        })
    }
}
