//! A gateway that says yes to everything, for measuring clients: it parses no body, stores nothing, and takes little of the
//! processor that it shares with them.
//!
//! `gateway [DELAY_MS]` listens on a free loopback port, prints its base URL, and answers every request after the delay.

#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::time::Duration;
use tokio::net::TcpListener;

const ACCEPTED: &[u8] = br#"{"status":"ok"}"#;
/// What a gateway says to a PIN request without a number.
const REFUSED: &[u8] =
    br#"{"status":"error","error_id":"MISSING_PARAMS","error_msg":"A mandatory parameter is missing."}"#;
const BALANCE: &[u8] = br#"{"status":"ok","result":{"balance":"1000.0000","currency":"EUR"}}"#;

fn main() -> std::io::Result<()> {
    // Anything else among the arguments is from `cargo bench`.
    let delay = std::env::args()
        .skip(1)
        .find_map(|argument| argument.parse().ok());
    let delay = Duration::from_millis(delay.unwrap_or(0));
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(serve(delay))
}

async fn serve(delay: Duration) -> std::io::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("http://{}/api/3.0", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(async move {
            let service = service_fn(move |request| answer(request, delay));
            // A client that goes away is none of our business.
            let _ = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn answer(request: Request<Incoming>, delay: Duration) -> Result<Response<Full<Bytes>>, Infallible> {
    let balance = request.uri().path().ends_with("get-balance");
    let mut incoming = request.into_body();
    let mut size = 0;
    while let Some(Ok(frame)) = incoming.frame().await {
        size += frame.data_ref().map_or(0, Bytes::len);
    }
    let body = match (balance, size) {
        (true, _) => BALANCE,
        // A body with a number is longer: this one asks whether the path is there.
        (false, ..64) => REFUSED,
        _ => ACCEPTED,
    };
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    let mut response = Response::new(Full::new(Bytes::from_static(body)));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}
