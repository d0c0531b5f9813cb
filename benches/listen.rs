//! How many delivery reports a listener takes in a second, beside two servers of the same HTTP library that understand nothing:
//! one appends each body and syncs, one appends and does not: `cargo bench --bench listen`. Only the ratios say something
//! about the listener.
//!
//! All three are processes of their own, and take turns under the same load: 32 kept connections from one thread, 1,000 reports
//! in each post.

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::service::service_fn;
use hyper::{Request, Response, body::Incoming};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const CONNECTIONS: usize = 32;
const REPORTS: usize = 1000;
const ROUND: Duration = Duration::from_secs(3);
const ROUNDS: usize = 3;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == "--append") {
        let syncs = arguments.iter().any(|argument| argument == "--sync");
        return runtime.block_on(append(&arguments[at + 1], syncs));
    }
    let own = std::env::current_exe().expect("a path of our own");
    let home = tempfile::tempdir().expect("a directory");
    let file = |name: &str| home.path().join(name).to_string_lossy().into_owned();
    let mut listen = Command::new(env!("CARGO_BIN_EXE_smspin"));
    listen.args(["listen", "--bind", "127.0.0.1:0", "--out", &file("reports.jsonl")]);
    let servers = [
        (
            "appends, no sync",
            Server::start(Command::new(&own).args(["--append", &file("loose")])),
        ),
        (
            "appends and syncs",
            Server::start(Command::new(&own).args(["--append", &file("synced"), "--sync"])),
        ),
        ("smspin listen", Server::start(listen.env("HOME", home.path()))),
    ];
    let mut best = [0.0_f64; 3];
    let mut next = 0;
    for _ in 0..ROUNDS {
        for (index, (_, server)) in servers.iter().enumerate() {
            best[index] = best[index].max(runtime.block_on(load(&server.address, &mut next)));
        }
    }
    let mut out = std::io::stdout();
    for ((name, _), rate) in servers.iter().zip(best) {
        writeln!(
            out,
            "{name:<18} {rate:>10.0} reports/s  {:>5.2}  {:>5.2}",
            rate / best[0],
            rate / best[1]
        )
        .expect("stdout");
    }
}

/// A server in a process of its own, which ends with this.
struct Server {
    child: Child,
    address: String,
    /// Kept open: the listener prints a summary.
    _stdout: BufReader<ChildStdout>,
}

impl Server {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the server starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("stdout is piped"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("a line");
        let address = line.split_whitespace().last().expect("an address").to_owned();
        Self {
            child,
            address,
            _stdout: stdout,
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reports a second.
async fn load(address: &str, next: &mut usize) -> f64 {
    let end = Instant::now() + ROUND;
    let begun = Instant::now();
    let posts = (0..CONNECTIONS).map(|_| {
        *next += 1_000_000;
        tokio::spawn(posts(address.to_owned(), *next, end))
    });
    let posts: Vec<_> = posts.collect();
    let mut reports = 0;
    for task in posts {
        reports += task.await.expect("no panic") * REPORTS;
    }
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let rate = reports as f64 / begun.elapsed().as_secs_f64();
    rate
}

/// One connection; every report is a new one.
async fn posts(address: String, mut next: usize, end: Instant) -> usize {
    let mut stream = TcpStream::connect(&address).await.expect("a connection");
    let mut answer = [0; 1024];
    let mut posts = 0;
    while Instant::now() < end {
        let mut body = String::from("[");
        for nth in 0..REPORTS {
            next += 1;
            let comma = if nth == 0 { "" } else { "," };
            write!(
                body,
                "{comma}{{\"sms_id\":\"{next:032x}\",\"from\":\"GOOD PIZZA\",\"to\":\"34666666111\",\"custom\":\"\",\
                 \"sms_date\":\"2023-11-14 23:13:20\",\"status\":\"DELIVRD\",\"dlr_date\":\"2023-11-14 23:13:22\"}}"
            )
            .expect("a string takes all text");
        }
        body.push(']');
        let head = format!(
            "POST /?r=0123456789abcdef0123456789abcdef HTTP/1.1\r\nHost: {address}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).await.expect("a head");
        stream.write_all(body.as_bytes()).await.expect("a body");
        let read = stream.read(&mut answer).await.expect("an answer");
        assert!(answer[..read].starts_with(b"HTTP/1.1 200"), "refused");
        posts += 1;
    }
    posts
}

/// Appends every body to a file, and syncs it if asked to, before it answers.
async fn append(path: &str, syncs: bool) {
    let file = Arc::new(Mutex::new(File::create(path).expect("a file")));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("an address");
    let mut out = std::io::stdout();
    writeln!(out, "{}", listener.local_addr().expect("an address")).expect("stdout");
    loop {
        let (stream, _) = listener.accept().await.expect("a connection");
        let file = Arc::clone(&file);
        let service = service_fn(move |request: Request<Incoming>| {
            let file = Arc::clone(&file);
            async move {
                let body = request.into_body().collect().await.expect("a body").to_bytes();
                let write = move || {
                    let mut file = file.lock().expect("no panic");
                    file.write_all(&body).expect("room");
                    if syncs {
                        file.sync_data().expect("a disk");
                    }
                };
                tokio::task::spawn_blocking(write).await.expect("no panic");
                Ok::<_, Infallible>(Response::new(Full::new(Bytes::new())))
            }
        });
        tokio::spawn(async move {
            let connection = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .serve_connection(TokioIo::new(stream), service);
            // A client that is gone does not concern us.
            let _ = connection.await;
        });
    }
}
