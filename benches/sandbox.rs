//! How many requests for a PIN the sandbox answers in a second, beside a server of the same HTTP library that answers a
//! constant: `cargo bench --bench sandbox`. Only the ratio says something about the sandbox.
//!
//! Both servers are processes of their own, and take turns under the same load: 64 kept connections from one thread.

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::service::service_fn;
use hyper::{Request, Response, body::Incoming};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const CONNECTIONS: usize = 64;
const ROUND: Duration = Duration::from_secs(3);
const ROUNDS: usize = 3;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    if std::env::args().any(|arg| arg == "--constant") {
        return runtime.block_on(constant());
    }
    let own = std::env::current_exe().expect("a path of our own");
    let home = tempfile::tempdir().expect("a directory");
    let sandbox = |db: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_smspin"));
        command.args([
            "sandbox",
            "serve",
            "--bind",
            "127.0.0.1:0",
            "--json",
            "--balance",
            "100000000",
            "--db",
            db,
        ]);
        Server::start(command.env("HOME", home.path()))
    };
    let file = home.path().join("state");
    let servers = [
        ("a constant", Server::start(Command::new(own).arg("--constant"))),
        ("the sandbox in memory", sandbox(":memory:")),
        ("the sandbox on a file", sandbox(&file.to_string_lossy())),
    ];
    let mut best = [0.0_f64; 3];
    for _ in 0..ROUNDS {
        for (index, (_, server)) in servers.iter().enumerate() {
            best[index] = best[index].max(runtime.block_on(load(&server.address)));
        }
    }
    let mut out = std::io::stdout();
    for ((name, _), rate) in servers.iter().zip(best) {
        let line = format!(
            "{name:<24}{rate:>10.0} requests/s  {:.2} of the constant",
            rate / best[0]
        );
        writeln!(out, "{line}").expect("stdout");
    }
}

/// A server in a process of its own, which says where it listens in its first line.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the server starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("stdout is piped"))
            .read_line(&mut line)
            .expect("a first line");
        let (_, rest) = line.split_once("http://").expect("an address");
        let address = rest.split('/').next().expect("a host").to_owned();
        Self { child, address }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Requests a second, with every connection asking again as soon as it is answered.
async fn load(address: &str) -> f64 {
    let started = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for connection in 0..CONNECTIONS {
        let stream = TcpStream::connect(address)
            .await
            .expect("the server takes connections");
        tasks.spawn(ask(stream, connection, started + ROUND));
    }
    let answered: usize = tasks.join_all().await.into_iter().sum();
    f64::from(u32::try_from(answered).expect("no machine is that fast")) / started.elapsed().as_secs_f64()
}

async fn ask(mut stream: TcpStream, connection: usize, until: Instant) -> usize {
    let body = format!(
        r#"{{"api_key":"5a4db0c55a4db0c55a4db0c55a4db0c5","msisdn":"3466{connection:07}","sender":"GOOD PIZZA","sms_text":"Your code is {{PIN}}"}}"#
    );
    let request = format!(
        "POST /api/3.0/2fa/request HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut answered = 0;
    let mut buffer = [0; 1024];
    while Instant::now() < until {
        stream
            .write_all(request.as_bytes())
            .await
            .expect("the server reads");
        let mut length = 0;
        while !buffer[..length].ends_with(br#"{"status":"ok"}"#) {
            let read = stream
                .read(&mut buffer[length..])
                .await
                .expect("the server answers");
            assert_ne!(
                read,
                0,
                "an answer that is not a success: {}",
                String::from_utf8_lossy(&buffer[..length])
            );
            length += read;
        }
        answered += 1;
    }
    answered
}

/// Reads each body and answers with the same bytes as a success of the gateway.
async fn constant() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    writeln!(std::io::stdout(), "http://{address}/").expect("stdout");
    loop {
        let (stream, _) = listener.accept().await.expect("a connection");
        let answer = |request: Request<Incoming>| async {
            drop(request.into_body().collect().await);
            Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(
                br#"{"status":"ok"}"#,
            ))))
        };
        let connection = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .serve_connection(TokioIo::new(stream), service_fn(answer));
        tokio::spawn(async {
            let _ = connection.await;
        });
    }
}
