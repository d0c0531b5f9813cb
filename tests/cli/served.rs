//! A sandbox that is served in a process of its own, and plain requests to it.

use crate::support::home::Home;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::Duration;

pub(crate) const KEY: &str = "5a4db0c55a4db0c55a4db0c55a4db0c5";

pub(crate) struct Served {
    child: Child,
    /// The readiness line.
    pub(crate) ready: Value,
    /// Host and port.
    pub(crate) address: String,
}

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Served {
    /// Starts `smspin sandbox serve` on a free port, and returns once it says that it is ready.
    pub(crate) fn start(home: &Home, args: &[&str]) -> Self {
        Self::start_bound(home, "127.0.0.1:0", args)
    }

    /// The same on an address of the caller's choice.
    pub(crate) fn start_bound(home: &Home, bind: &str, args: &[&str]) -> Self {
        let fixed = ["sandbox", "serve", "--bind", bind, "--json"];
        let mut command = home.smspin(fixed.iter().chain(args)).into_command();
        let mut child = command
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("the program starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("stdout is piped"))
            .read_line(&mut line)
            .unwrap();
        let ready: Value =
            serde_json::from_str(&line).unwrap_or_else(|_| panic!("no readiness line: {line:?}"));
        let address = ready["inbox"]
            .as_str()
            .unwrap()
            .trim_start_matches("http://")
            .trim_end_matches('/');
        Self {
            child,
            address: address.to_owned(),
            ready,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        // Only so that a broken server fails a test instead of hanging it.
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream
    }

    /// Sends raw bytes on a connection of their own, and reads until it ends.
    pub(crate) fn raw(&self, bytes: &[u8]) -> std::io::Result<Answer> {
        let mut stream = self.connect();
        stream.write_all(bytes)?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        let broken = || std::io::Error::other(format!("no whole answer: {text:?}"));
        let (head, body) = text.split_once("\r\n\r\n").ok_or_else(broken)?;
        let code = head
            .split(' ')
            .nth(1)
            .and_then(|code| code.parse().ok())
            .ok_or_else(broken)?;
        Ok(Answer {
            code,
            head: head.to_ascii_lowercase(),
            body: body.to_owned(),
        })
    }

    /// One of the gateway's calls.
    pub(crate) fn call(&self, path: &str, body: &Value) -> std::io::Result<Answer> {
        let body = body.to_string();
        let head = format!(
            "POST /api/3.0/{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        self.raw(format!("{head}{body}").as_bytes())
    }

    pub(crate) fn request(&self, msisdn: &str) -> std::io::Result<Answer> {
        self.call("2fa/request", &json!({"api_key": KEY, "msisdn": msisdn}))
    }

    /// A request of the inbox or a script, with further headers.
    pub(crate) fn desk(&self, line: &str, headers: &str) -> Answer {
        let host = if headers.contains("Host:") {
            String::new()
        } else {
            format!("Host: {}\r\n", self.address)
        };
        let request =
            format!("{line} HTTP/1.1\r\n{host}Connection: close\r\nContent-Length: 0\r\n{headers}\r\n");
        self.raw(request.as_bytes()).unwrap()
    }

    /// Ends it without a chance to say goodbye.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end, and gives back its exit status.
    pub(crate) fn terminate(mut self) -> Option<i32> {
        let pid = self.child.id().to_string();
        let sent = std::process::Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .unwrap();
        assert!(sent.success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
