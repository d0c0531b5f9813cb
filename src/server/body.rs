//! A request's body, read to its end within the limits.

use super::ServerLimits;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use hyper::header::{EXPECT, HeaderMap};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The bytes of a body, or why they can't be had.
pub(crate) type RequestBody = Result<Bytes, BodyError>;

/// Why a request's body can't be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BodyError {
    #[error("the body is too large")]
    TooLarge,
    /// Badly chunked, or it ended before its end.
    #[error("the body is broken: a chunk is malformed, or it ended too early")]
    Broken,
    #[error("the body did not come in time")]
    Late,
    #[error("the bodies of all requests together are too large")]
    NoRoom,
}

/// The permits for the bytes of a body that is in memory.
pub(super) type BodyRoom = Option<OwnedSemaphorePermit>;

/// Reads a body to its end, at most `limits.body` bytes. It takes a permit of `room` for each byte as it arrives, so that one
/// that comes slowly takes no more than what is there; they are given back with the second value.
///
/// A longer one is read further and thrown away, up to 64 times the limit: a client that is still sending would be
/// reset before it could read why it is refused.
pub(super) async fn read(
    headers: &HeaderMap,
    body: Incoming,
    limits: &ServerLimits,
    room: &Arc<Semaphore>,
) -> (RequestBody, BodyRoom) {
    if headers.contains_key(EXPECT) && body.size_hint().lower() > limits.body as u64 {
        return (Err(BodyError::TooLarge), None);
    }
    let mut taken = None;
    let read = tokio::time::timeout(limits.idle, collect(body, limits.body, room, &mut taken));
    (read.await.unwrap_or(Err(BodyError::Late)), taken)
}

/// Reads a body to its end and keeps nothing of it.
pub(super) async fn discard(headers: &HeaderMap, body: Incoming, limits: &ServerLimits) -> RequestBody {
    if headers.contains_key(EXPECT) {
        return Err(BodyError::TooLarge);
    }
    let discard = async {
        let mut body = body;
        let mut length = 0;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| BodyError::Broken)?;
            length += frame.data_ref().map_or(0, Bytes::len);
            if length > limits.body.saturating_mul(64) {
                return Err(BodyError::TooLarge);
            }
        }
        Ok(Bytes::new())
    };
    tokio::time::timeout(limits.idle, discard)
        .await
        .unwrap_or(Err(BodyError::Late))
}

async fn collect(
    mut body: Incoming,
    limit: usize,
    room: &Arc<Semaphore>,
    taken: &mut BodyRoom,
) -> RequestBody {
    let mut whole = Bytes::new();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| BodyError::Broken)?.into_data() else {
            continue;
        };
        length += data.len();
        if length > limit.saturating_mul(64) {
            break;
        }
        if length > limit {
            *taken = None;
            whole = Bytes::new();
            continue;
        }
        let bytes = u32::try_from(data.len()).map_err(|_| BodyError::TooLarge)?;
        let more = Arc::clone(room).try_acquire_many_owned(bytes);
        let more = more.map_err(|_| BodyError::NoRoom)?;
        match taken.as_mut() {
            Some(taken) => taken.merge(more),
            None => *taken = Some(more),
        }
        whole = if whole.is_empty() {
            data
        } else {
            let mut joined = BytesMut::from(whole);
            joined.extend_from_slice(&data);
            joined.freeze()
        };
    }
    if length > limit {
        Err(BodyError::TooLarge)
    } else {
        Ok(whole)
    }
}
