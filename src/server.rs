//! The accept loop that every server in this program stands on: limits, idle time, a graceful stop, and a cut where a
//! fault asks for one. It knows HTTP and sockets, and nothing of what is asked or answered.
//!
//! Every request is read to its end before it is judged. A client that is still sending when it is refused would
//! find its connection reset, and its next request lost with it.

mod body;
mod framing;
mod io;
mod listener;
mod reply;

pub(crate) use body::{BodyError, RequestBody};
pub(crate) use listener::{listen_on, listening_hint};
pub(crate) use reply::ServerReply;

use hyper::body::Incoming;
use hyper::http::request::Parts;
use hyper::service::service_fn;
use hyper::{Request, server::conn::http1};
use hyper_util::rt::{TokioIo, TokioTimer};
use io::{CuttableStream, Signals};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
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
    /// Bytes of all bodies that are in memory at once.
    pub(crate) bodies: usize,
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
            bodies: 256 * 1024 * 1024,
            idle: Duration::from_secs(60),
            grace: Duration::from_secs(5),
        }
    }
}

/// What a server does with a request, whose body has been read: its bytes, or why there are none.
pub(crate) trait Handler: Send + Sync + 'static {
    fn answer(&self, request: Request<RequestBody>) -> impl Future<Output = ServerReply> + Send;

    /// Whether the body is kept at all. One that is not is read to its end all the same, and the handler gets an empty one.
    fn wants_body(&self, _: &Parts) -> bool {
        true
    }

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

    /// Returns after a call of [`StopSignal::now`], and at once if that was before.
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
    let room = Arc::new(Semaphore::new(limits.bodies));
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
        let bounds = Bounds {
            limits,
            room: Arc::clone(&room),
        };
        connections.spawn(async move {
            serve_connection(stream, handler, bounds, stop).await;
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

/// What one connection may take.
#[derive(Clone)]
struct Bounds {
    limits: ServerLimits,
    /// A permit for each byte of all bodies.
    room: Arc<Semaphore>,
}

async fn serve_connection(stream: TcpStream, handler: Arc<impl Handler>, bounds: Bounds, stop: StopSignal) {
    let limits = bounds.limits;
    let signals = Arc::new(Signals::default());
    let stream = CuttableStream::new(stream, Arc::clone(&signals));
    if handler.resets_connection() {
        signals.reset();
        return;
    }
    let service = service_fn(|request| {
        let (handler, signals, bounds) = (Arc::clone(&handler), Arc::clone(&signals), bounds.clone());
        async move {
            let reply = receive(request, &*handler, &bounds, &signals).await;
            signals.expect_head();
            reply.into_response(&signals)
        }
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        // A client that has closed its half waits for its answer all the same.
        .half_close(true)
        .title_case_headers(true)
        .header_read_timeout(limits.idle)
        .max_buf_size(2 * limits.head)
        .max_header_size(limits.head)
        .max_headers(128)
        .serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        // A client's broken connection is the client's to notice.
        _ = &mut connection => {
            if signals.hangs() {
                let stream = connection.into_parts().io.into_inner();
                hang(stream, &stop).await;
            }
            return;
        }
        () = stop.wait() => {}
    }
    // hyper waits for the first request of a connection even while it stops; one that never spoke is let go here.
    if signals.has_spoken() {
        Pin::new(&mut connection).graceful_shutdown();
        let _ = tokio::time::timeout(limits.grace, connection).await;
    }
}

/// Keeps a connection open without a word, until the client or the server ends it.
async fn hang(mut stream: CuttableStream, stop: &StopSignal) {
    let client_ends = async { while matches!(stream.read(&mut [0; 1024]).await, Ok(1..)) {} };
    tokio::select! {
        () = client_ends => {}
        () = stop.wait() => {}
    }
}

/// Reads the request to its end, and has it answered. What is ambiguous is refused before the handler sees it.
async fn receive(
    request: Request<Incoming>,
    handler: &impl Handler,
    bounds: &Bounds,
    signals: &Signals,
) -> ServerReply {
    let ambiguous = framing::ambiguity(&request, || signals.head_has_length());
    let (head, body) = request.into_parts();
    let (body, _room) = if handler.wants_body(&head) {
        body::read(&head.headers, body, &bounds.limits, &bounds.room).await
    } else {
        (body::discard(&head.headers, body, &bounds.limits).await, None)
    };
    let is_whole = body.is_ok();
    let reply = match ambiguous {
        Some(reason) => ServerReply::bad_request(reason),
        None => handler.answer(Request::from_parts(head, body)).await,
    };
    // After a body that was not read to its end there is nothing on this connection that could be understood.
    if is_whole && ambiguous.is_none() {
        reply
    } else {
        reply.closing()
    }
}

#[cfg(test)]
mod tests;
