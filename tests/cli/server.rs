//! A gateway that does what a test says, byte by byte, and remembers what it was sent.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;

/// What to do with one connection.
pub(crate) type Act = Box<dyn FnOnce(TcpStream, &mut Vec<Vec<u8>>) + Send>;

pub(crate) struct Server {
    pub(crate) base_url: String,
    seen: Receiver<Vec<Vec<u8>>>,
    thread: JoinHandle<()>,
}

impl Server {
    /// Takes as many connections as there are acts, in order.
    pub(crate) fn acting(acts: Vec<Act>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base_url = format!("http://{}/api/3.0", listener.local_addr().unwrap());
        let (sender, seen) = channel();
        let thread = std::thread::spawn(move || {
            let mut requests = Vec::new();
            for act in acts {
                let (stream, _) = listener.accept().unwrap();
                act(stream, &mut requests);
            }
            drop(listener);
            // The test may have ended already.
            let _ = sender.send(requests);
        });
        Self {
            base_url,
            seen,
            thread,
        }
    }

    /// Answers one request with these bytes, and closes.
    pub(crate) fn answering(answer: impl Into<Vec<u8>>) -> Self {
        Self::acting(vec![answer_with(answer.into())])
    }

    /// Every request, head and body, once all acts are over.
    pub(crate) fn requests(self) -> Vec<Vec<u8>> {
        let requests = self.seen.recv().expect("all acts came to an end");
        self.thread.join().unwrap();
        requests
    }
}

pub(crate) fn answer_with(answer: Vec<u8>) -> Act {
    Box::new(move |mut stream, requests| {
        requests.push(read_request(&mut stream));
        // A client may hang up before it has read a long answer.
        let _ = stream.write_all(&answer);
    })
}

/// An HTTP answer with this code and JSON body.
pub(crate) fn http(code: u16, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {code} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

pub(crate) fn read_request(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut part = [0; 4096];
    loop {
        let read = stream.read(&mut part).unwrap();
        bytes.extend_from_slice(&part[..read]);
        if read == 0 || is_whole(&bytes) {
            return bytes;
        }
    }
}

fn is_whole(bytes: &[u8]) -> bool {
    let Some(head) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
        return false;
    };
    let length = String::from_utf8_lossy(&bytes[..head])
        .lines()
        .find_map(|line| {
            line.to_ascii_lowercase()
                .strip_prefix("content-length:")
                .map(str::trim)
                .map(str::to_owned)
        })
        .map_or(0, |text| text.parse::<usize>().unwrap());
    bytes.len() >= head + 4 + length
}

/// The JSON body of a request as it came over the wire.
pub(crate) fn body_of(request: &[u8]) -> serde_json::Value {
    let head = request
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .expect("a head");
    serde_json::from_slice(&request[head + 4..]).expect("a JSON body")
}
