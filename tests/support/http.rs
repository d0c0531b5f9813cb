//! Requests and answers as the bytes that they are on the wire.

use serde_json::Value;
use std::io::Read;

/// What a gateway says to a call without parameters.
pub(crate) const MISSING_PARAMS: &str =
    r#"{"status":"error","error_id":"MISSING_PARAMS","error_msg":"A mandatory parameter is missing."}"#;
pub(crate) const BALANCE: &str = r#"{"status":"ok","result":{"balance":"10.0000","currency":"EUR"}}"#;

/// A request as it came over the wire: head and body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) bytes: Vec<u8>,
    /// The connection that it came on, counted from 0.
    pub(crate) connection: u64,
    /// The number that the body is about; `None` for a call about none.
    pub(crate) number: Option<u64>,
}

impl Request {
    /// The next request of a connection; `None` where the connection ends before the request is whole.
    pub(crate) fn read(stream: &mut impl Read, connection: u64) -> std::io::Result<Option<Self>> {
        let mut bytes = Vec::new();
        let mut part = [0; 4096];
        loop {
            let read = stream.read(&mut part)?;
            bytes.extend_from_slice(&part[..read]);
            if length(&bytes).is_some_and(|length| bytes.len() >= length) {
                return Ok(Some(Self::of(connection, bytes)));
            }
            if read == 0 {
                return Ok(None);
            }
        }
    }

    fn of(connection: u64, bytes: Vec<u8>) -> Self {
        let end = head_end(&bytes).expect("the request is whole");
        let body = serde_json::from_slice::<Value>(&bytes[end + 4..]).unwrap_or_default();
        let digits = body.get("msisdn").and_then(Value::as_str);
        let number = digits.map(|digits| digits.parse().expect("digits"));
        Self {
            bytes,
            connection,
            number,
        }
    }

    /// The path that it names.
    pub(crate) fn path(&self) -> String {
        let head = self.head();
        head.split(' ').nth(1).unwrap_or_default().to_owned()
    }

    /// Request line and headers.
    pub(crate) fn head(&self) -> String {
        let end = head_end(&self.bytes).expect("a request that was read is whole");
        String::from_utf8_lossy(&self.bytes[..end]).into_owned()
    }

    /// The JSON in the body.
    pub(crate) fn body(&self) -> Value {
        let end = head_end(&self.bytes).expect("a request that was read is whole");
        serde_json::from_slice(&self.bytes[end + 4..]).expect("a JSON body")
    }

    /// Whether it asks for a PIN and names no number: a client finds out so that the path is there.
    pub(crate) fn is_probe(&self) -> bool {
        let first = self.head().lines().next().unwrap_or_default().to_owned();
        let path = ["2fa/request", "2fa/verify", "hlr/request"];
        self.number.is_none() && path.iter().any(|path| first.contains(path))
    }

    pub(crate) fn is_balance(&self) -> bool {
        self.head()
            .lines()
            .next()
            .is_some_and(|line| line.contains("get-balance"))
    }
}

fn head_end(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|four| four == b"\r\n\r\n")
}

/// The length of the whole request, once its head has arrived.
fn length(bytes: &[u8]) -> Option<usize> {
    let end = head_end(bytes)?;
    let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
    let body = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"))
        .map_or(0, |text| text.trim().parse().expect("a length"));
    Some(end + 4 + body)
}

/// An answer with this code and JSON body, after which the connection ends.
pub(crate) fn answer(code: u16, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {code} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// An answer with this code and JSON body that leaves the connection open.
pub(crate) fn answer_and_stay(code: u16, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {code} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}
