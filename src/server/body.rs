//! A request's body, read to its end within the limits.

use super::ServerLimits;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use hyper::header::{EXPECT, HeaderMap};

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
}

/// Reads a body to its end, at most `limits.body` bytes.
///
/// A longer one is read further and thrown away, up to 64 times the limit: a client that is still sending would be
/// reset before it could read why it is refused.
pub(super) async fn read(headers: &HeaderMap, body: Incoming, limits: &ServerLimits) -> RequestBody {
    if headers.contains_key(EXPECT) && body.size_hint().lower() > limits.body as u64 {
        return Err(BodyError::TooLarge);
    }
    tokio::time::timeout(limits.idle, collect(body, limits.body))
        .await
        .unwrap_or(Err(BodyError::Late))
}

async fn collect(mut body: Incoming, limit: usize) -> RequestBody {
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
        whole = match length {
            _ if length > limit => Bytes::new(),
            _ if whole.is_empty() => data,
            _ => {
                let mut joined = BytesMut::from(whole);
                joined.extend_from_slice(&data);
                joined.freeze()
            }
        };
    }
    if length > limit {
        Err(BodyError::TooLarge)
    } else {
        Ok(whole)
    }
}
