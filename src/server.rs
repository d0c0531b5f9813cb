//! The accept loop that every server in this program stands on: limits, idle time, a graceful stop, and a cut where a
//! fault asks for one. It knows HTTP and sockets, and nothing of what is asked or answered.

mod io;
mod reply;

pub(crate) use reply::ServerReply;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use hyper::header::EXPECT;
use hyper::service::service_fn;
use hyper::{Request, server::conn::http1};
use hyper_util::rt::{TokioIo, TokioTimer};
use io::{CuttableStream, Signals};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

/// How much a server lets its clients hold. The defaults are what the sandbox runs with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ServerLimits {
    /// Connections open at once; further ones wait in the operating system's queue.
    pub(crate) connections: usize,
    /// Bytes of one request's line and headers.
    pub(crate) head: usize,
    /// Bytes of one request's body.
    pub(crate) body: usize,
    /// How long a connection may take to send the next request's head, and then again its body.
    pub(crate) idle: Duration,
    /// How long requests in flight may go on after a stop.
    pub(crate) grace: Duration,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            // Below the 1,024 open files that many systems allow a process, and far above what clients of one machine use.
            connections: 960,
            head: 32 * 1024,
            body: 256 * 1024,
            idle: Duration::from_secs(60),
            grace: Duration::from_secs(5),
        }
    }
}

/// What a server does with a request.
pub(crate) trait Handler: Send + Sync + 'static {
    fn answer(&self, request: Request<Incoming>) -> impl Future<Output = ServerReply> + Send;

    /// Whether the next connection is to be reset before anything is read from it.
    fn resets_connection(&self) -> bool {
        false
    }
}

/// A switch that ends servers and everything that waits on it; clones are the same switch.
#[derive(Clone, Debug)]
pub(crate) struct StopSignal(watch::Sender<bool>);

impl StopSignal {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(false))
    }

    pub(crate) fn now(&self) {
        self.0.send_replace(true);
    }

    /// Returns once somebody has called [`StopSignal::now`], and at once if that was before.
    pub(crate) async fn wait(&self) {
        // The sender lives in `self`, so the channel can't close under this wait.
        let _ = self.0.subscribe().wait_for(|stopped| *stopped).await;
    }
}

/// Serves `handler` until `stop`, then lets what is in flight finish within the grace time.
pub(crate) async fn serve(
    listener: TcpListener,
    handler: Arc<impl Handler>,
    limits: ServerLimits,
    stop: StopSignal,
) {
    let slots = Arc::new(Semaphore::new(limits.connections));
    let mut connections = JoinSet::new();
    let stopped = stop.wait();
    tokio::pin!(stopped);
    loop {
        let slot = tokio::select! {
            biased;
            () = &mut stopped => break,
            slot = Arc::clone(&slots).acquire_owned() => slot.expect("the semaphore is never closed"),
        };
        let stream = tokio::select! {
            biased;
            () = &mut stopped => break,
            stream = accept(&listener) => stream,
        };
        let (handler, stop) = (Arc::clone(&handler), stop.clone());
        connections.spawn(async move {
            serve_connection(stream, handler, limits, stop).await;
            drop(slot);
        });
        while connections.try_join_next().is_some() {}
    }
    // New clients must be refused, not left hanging in the queue of a server that is going.
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// The next connection. Running out of file descriptors, or a client that is gone already, must not end the server.
async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

async fn serve_connection(
    stream: TcpStream,
    handler: Arc<impl Handler>,
    limits: ServerLimits,
    stop: StopSignal,
) {
    let signals = Arc::new(Signals::default());
    let stream = CuttableStream::new(stream, Arc::clone(&signals));
    if handler.resets_connection() {
        signals.reset();
        return;
    }
    let service = service_fn(|request| {
        let (handler, signals) = (Arc::clone(&handler), Arc::clone(&signals));
        async move { handler.answer(request).await.into_response(&signals) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.idle)
        .max_buf_size(2 * limits.head)
        .max_header_size(limits.head)
        .max_headers(128)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    tokio::select! {
        // A client's broken connection is the client's to notice.
        _ = connection.as_mut() => return,
        () = stop.wait() => {}
    }
    // hyper waits for the first request of a connection even while it stops; one that never spoke is let go here.
    if signals.has_spoken() {
        connection.as_mut().graceful_shutdown();
        let _ = tokio::time::timeout(limits.grace, connection).await;
    }
}

/// Why a request's body can't be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyError {
    /// Longer than the limit.
    TooLarge,
    /// Not there within the idle time, or the connection broke.
    Broken,
}

/// Reads a request's body to its end, at most `limits.body` bytes.
///
/// A longer one is read further and thrown away, up to 64 times the limit: a client that is still sending would be
/// reset before it could read why it is refused.
pub(crate) async fn read_body(request: Request<Incoming>, limits: &ServerLimits) -> Result<Bytes, BodyError> {
    let asks_first = request.headers().contains_key(EXPECT);
    let body = request.into_body();
    if asks_first && body.size_hint().lower() > limits.body as u64 {
        return Err(BodyError::TooLarge);
    }
    tokio::time::timeout(limits.idle, collect(body, limits.body))
        .await
        .unwrap_or(Err(BodyError::Broken))
}

async fn collect(mut body: Incoming, limit: usize) -> Result<Bytes, BodyError> {
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

#[cfg(test)]
mod tests;
