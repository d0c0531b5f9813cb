//! The gateway's protocol, as raw bytes over a socket.

mod contract;
mod habits;
mod misbehaviour;
mod openapi;
mod torture;

use super::store::Db;
use super::{DEFAULT_KEY, Embedded};
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// A gateway in memory, and requests to it.
struct Sandbox {
    embedded: Embedded,
}

/// A whole answer.
#[derive(Debug, PartialEq)]
struct Answer {
    code: u16,
    head: String,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// The `error_id`, or `ok`.
    fn id(&self) -> String {
        let json = self.json();
        match json["status"].as_str().unwrap() {
            "ok" => "ok".to_owned(),
            _ => json["error_id"].as_str().unwrap().to_owned(),
        }
    }
}

impl Sandbox {
    fn start() -> Self {
        Self {
            embedded: Embedded::start(&Db::Memory).unwrap(),
        }
    }

    fn connect(&self) -> TcpStream {
        let url = self.embedded.base_url();
        let address = url.strip_prefix("http://").unwrap().split('/').next().unwrap();
        let stream = TcpStream::connect(address).unwrap();
        // Only so that a broken server fails a test instead of hanging it.
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    }

    /// Posts a JSON body with the key in it.
    fn call(&self, path: &str, mut body: Value) -> Answer {
        if let Some(object) = body.as_object_mut() {
            object.entry("api_key").or_insert_with(|| json!(DEFAULT_KEY));
        }
        self.post(path, body.to_string().as_bytes())
    }

    fn request(&self, body: Value) -> Answer {
        self.call("2fa/request", body)
    }

    fn verify(&self, msisdn: &str, pin: &str) -> Value {
        self.call("2fa/verify", json!({"msisdn": msisdn, "pin": pin}))
            .json()["result"]
            .clone()
    }

    /// Asks for a PIN and reads it from the SMS.
    fn pin(&self, body: Value) -> String {
        self.embedded.take_messages();
        assert_eq!(self.request(body).id(), "ok");
        self.embedded.take_messages().pop().unwrap().pin
    }

    fn post(&self, path: &str, body: &[u8]) -> Answer {
        let mut stream = self.connect();
        stream.write_all(&post(path, "application/json", body)).unwrap();
        read_answer(&mut stream).unwrap()
    }

    /// Sends raw bytes and reads one answer.
    fn raw(&self, bytes: &[u8]) -> Answer {
        let mut stream = self.connect();
        stream.write_all(bytes).unwrap();
        read_answer(&mut stream).unwrap()
    }
}

/// A POST below the versioned prefix.
fn post(path: &str, content_type: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST /api/3.0/{path} HTTP/1.1\r\nHost: sandbox\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// Reads one answer, or says what came instead of it.
fn read_answer(stream: &mut TcpStream) -> Result<Answer, String> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8(bytes[..end].to_vec())
                .unwrap()
                .to_ascii_lowercase();
            let length: usize = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .map_or(0, |length| length.parse().unwrap());
            let code = head.split(' ').nth(1).unwrap().parse().unwrap();
            if code != 100 && bytes.len() >= end + 4 + length {
                let body = String::from_utf8(bytes[end + 4..end + 4 + length].to_vec()).unwrap();
                return Ok(Answer { code, head, body });
            }
            if code == 100 {
                bytes.drain(..end + 4);
                continue;
            }
        }
        match stream.read(&mut chunk) {
            Ok(0) => return Err(format!("closed after {}", String::from_utf8_lossy(&bytes))),
            Ok(length) => bytes.extend_from_slice(&chunk[..length]),
            Err(error) => return Err(error.kind().to_string()),
        }
    }
}
