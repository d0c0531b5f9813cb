//! Requests that two readers could understand differently: where they end, and whom they are for (RFC 9112 §3.2 and §6).

use hyper::header::{HOST, HeaderMap, TRANSFER_ENCODING};
use hyper::{Request, Version};

/// What is ambiguous about a request, in words. `has_length` says whether its head had a `Content-Length` as it came.
pub(super) fn ambiguity<B>(request: &Request<B>, has_length: impl FnOnce() -> bool) -> Option<&'static str> {
    let headers = request.headers();
    let encodings = headers.get_all(TRANSFER_ENCODING).iter().count();
    if encodings > 1 {
        return Some("There is more than one Transfer-Encoding.\n");
    }
    if encodings == 1 {
        if !is_chunked_alone(headers) {
            return Some("The only Transfer-Encoding that is read here is chunked.\n");
        }
        if has_length() {
            return Some("There are both Content-Length and Transfer-Encoding.\n");
        }
    }
    let hosts = headers.get_all(HOST).iter().count();
    match hosts {
        1 => None,
        0 if request.version() == Version::HTTP_10 => None,
        0 => Some("There is no Host header.\n"),
        _ => Some("There is more than one Host header.\n"),
    }
}

fn is_chunked_alone(headers: &HeaderMap) -> bool {
    let encoding = headers.get(TRANSFER_ENCODING);
    encoding.is_some_and(|encoding| encoding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked"))
}

/// The head of the next request as it came, until its end: hyper takes `Content-Length` out where the body is chunked.
#[derive(Debug, Default)]
pub(super) struct RawHead {
    bytes: Vec<u8>,
    whole: bool,
}

impl RawHead {
    /// A new request begins with the next byte.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.whole = false;
    }

    /// Takes what was read, as far as it belongs to the head.
    pub(super) fn take(&mut self, read: &[u8]) {
        if self.whole {
            return;
        }
        let from = self.bytes.len().saturating_sub(3);
        self.bytes.extend_from_slice(read);
        let end = self.bytes[from..]
            .windows(4)
            .position(|window| window == b"\r\n\r\n");
        if let Some(end) = end {
            self.bytes.truncate(from + end);
            self.whole = true;
        }
    }

    pub(super) fn has_length(&self) -> bool {
        let name = b"content-length";
        self.bytes.split(|byte| *byte == b'\n').any(|line| {
            line.get(..name.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(name))
                && line[name.len()..].trim_ascii_start().starts_with(b":")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_found_in_the_head_alone_however_it_is_cut() {
        let request = b"POST / HTTP/1.1\r\nCONTENT-LENGTH: 3\r\n\r\ncontent-length: 5";
        for cut in 0..request.len() {
            let mut head = RawHead::default();
            head.take(&request[..cut]);
            head.take(&request[cut..]);
            assert!(head.has_length(), "{cut}");
        }
        let mut head = RawHead::default();
        head.take(b"POST / HTTP/1.1\r\nX-Content-Length: 3\r\n\r\ncontent-length: 5\r\n");
        assert!(!head.has_length());
        head.clear();
        head.take(b"GET / HTTP/1.1\r\ncontent-length:3\r\n\r\n");
        assert!(head.has_length());
    }
}
