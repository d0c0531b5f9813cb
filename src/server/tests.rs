//! The server against real sockets: how connections end, and what its limits stop.

use super::*;
use bytes::Bytes;
use hyper::Response;
use std::net::SocketAddr;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::Notify;

/// Answers by path.
struct Paths {
    reached: Notify,
    finish: Notify,
}

impl Handler for Paths {
    async fn answer(&self, request: Request<RequestBody>) -> ServerReply {
        let whole = || Response::new(Bytes::from_static(b"0123456789"));
        match request.uri().path() {
            "/cut" => ServerReply::Cut,
            "/reset" => ServerReply::Reset,
            "/half" => ServerReply::Half(whole()),
            "/wait" => {
                self.reached.notify_one();
                self.finish.notified().await;
                ServerReply::Whole(whole())
            }
            "/hang" => {
                self.reached.notify_one();
                ServerReply::Hang
            }
            "/body" => ServerReply::Whole(Response::new(match request.into_body() {
                Ok(bytes) => bytes,
                Err(error) => error.to_string().into(),
            })),
            _ => ServerReply::Whole(whole()),
        }
    }
}

struct Running {
    address: SocketAddr,
    paths: Arc<Paths>,
    stop: StopSignal,
    task: tokio::task::JoinHandle<()>,
}

async fn start(limits: ServerLimits) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, stop) = (listener.local_addr().unwrap(), StopSignal::new());
    let paths = Arc::new(Paths {
        reached: Notify::new(),
        finish: Notify::new(),
    });
    let task = tokio::spawn(serve(listener, Arc::clone(&paths), limits, stop.clone()));
    Running {
        address,
        paths,
        stop,
        task,
    }
}

impl Running {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends one request on a connection of its own, and reads until it ends.
    async fn get(&self, path: &str) -> std::io::Result<String> {
        let mut stream = self.connect().await;
        let head = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.map(|_| answer)
    }
}

#[tokio::test]
async fn answers_end_as_their_handler_wants() {
    let server = start(ServerLimits::default()).await;
    assert!(server.get("/").await.unwrap().ends_with("\r\n\r\n0123456789"));
    assert_eq!(server.get("/cut").await.unwrap(), "");
    assert_eq!(
        server.get("/reset").await.unwrap_err().kind(),
        std::io::ErrorKind::ConnectionReset
    );
    let half = server.get("/half").await.unwrap();
    assert!(
        half.contains("Content-Length: 10") && half.ends_with("\r\n\r\n01234"),
        "{half}"
    );
}

#[tokio::test]
async fn a_stop_lets_what_is_in_flight_finish_and_refuses_the_rest() {
    let server = start(ServerLimits::default()).await;
    let silent = server.connect().await;
    let mut waiting = server.connect().await;
    waiting
        .write_all(b"GET /wait HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    server.paths.reached.notified().await;
    server.stop.now();
    let mut idle = silent;
    assert_eq!(
        idle.read(&mut [0]).await.unwrap(),
        0,
        "one that never spoke is let go at once"
    );
    server.paths.finish.notify_one();
    let mut answer = String::new();
    waiting.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with("0123456789"), "{answer}");
    server.task.await.unwrap();
    assert!(TcpStream::connect(server.address).await.is_err());
}

#[tokio::test]
async fn what_never_finishes_is_cut_after_the_grace_time() {
    let server = start(ServerLimits {
        grace: Duration::from_millis(1),
        ..ServerLimits::default()
    })
    .await;
    let mut waiting = server.connect().await;
    waiting
        .write_all(b"GET /wait HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    server.paths.reached.notified().await;
    server.stop.now();
    server.task.await.unwrap();
    assert_eq!(waiting.read(&mut [0]).await.unwrap(), 0);
}

#[tokio::test]
async fn connections_beyond_the_limit_wait_for_their_turn() {
    let server = start(ServerLimits {
        connections: 2,
        ..ServerLimits::default()
    })
    .await;
    let (first, _second) = (server.connect().await, server.connect().await);
    let third = server.get("/");
    tokio::pin!(third);
    // The first two are taken before the third, so a whole round of the third's own work can't get it an answer.
    assert!(futures_pending(third.as_mut()).await);
    drop(first);
    assert!(third.await.unwrap().ends_with("0123456789"));
}

/// Whether a future is still pending after the other tasks have had their turns.
async fn futures_pending<F: Future>(mut future: Pin<&mut F>) -> bool {
    for _ in 0..100 {
        let ready =
            std::future::poll_fn(|context| std::task::Poll::Ready(future.as_mut().poll(context).is_ready()));
        if ready.await {
            return false;
        }
        tokio::task::yield_now().await;
    }
    true
}

#[tokio::test]
async fn idle_and_dawdling_connections_are_closed() {
    let server = start(ServerLimits {
        idle: Duration::from_millis(50),
        ..ServerLimits::default()
    })
    .await;
    let mut silent = server.connect().await;
    let mut dawdling = server.connect().await;
    dawdling.write_all(b"GET / HT").await.unwrap();
    let mut kept = server.connect().await;
    kept.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    let mut answer = Vec::new();
    for stream in [&mut silent, &mut dawdling, &mut kept] {
        // A close in the middle of a request may show as a reset.
        let _ = stream.read_to_end(&mut answer).await;
    }
    assert!(String::from_utf8_lossy(&answer).contains("0123456789"));
}

#[tokio::test]
async fn a_body_is_read_up_to_its_limit_and_what_is_wrong_with_it_ends_the_connection() {
    let server = start(ServerLimits {
        body: 4,
        idle: Duration::from_millis(50),
        ..ServerLimits::default()
    })
    .await;
    for (sent, answer) in [
        ("Connection: close\r\nContent-Length: 4\r\n\r\n1234", "1234"),
        ("Content-Length: 5\r\n\r\n12345", "the body is too large"),
        ("Content-Length: 3\r\n\r\n1", "the body did not come in time"),
        (
            "Transfer-Encoding: chunked\r\n\r\nx\r\n",
            "the body is broken: a chunk is malformed, or it ended too early",
        ),
    ] {
        let mut stream = server.connect().await;
        let request = format!("POST /body HTTP/1.1\r\nHost: x\r\n{sent}");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut received = String::new();
        stream.read_to_string(&mut received).await.unwrap();
        assert!(received.ends_with(&format!("\r\n\r\n{answer}")), "{received}");
        assert!(received.contains("Connection: close"), "{received}");
    }
}

#[tokio::test]
async fn a_reply_that_hangs_ends_with_its_client_and_frees_the_connection() {
    let server = start(ServerLimits {
        connections: 1,
        ..ServerLimits::default()
    })
    .await;
    let mut hanging = server.connect().await;
    hanging
        .write_all(b"GET /hang HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    server.paths.reached.notified().await;
    drop(hanging);
    assert!(server.get("/").await.unwrap().ends_with("0123456789"));
}
