//! A listener for delivery reports in a process of its own, and a sender that posts to it.

use super::home::Home;
use super::schema;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Stdio};
use std::time::Duration;

/// `smspin listen` while it runs.
pub(crate) struct Listening {
    pub(crate) child: Child,
    stdout: BufReader<ChildStdout>,
    args: Vec<String>,
    /// The readiness line.
    pub(crate) ready: Value,
    /// Host and port.
    pub(crate) address: String,
}

/// All that can be seen of a listener that has ended.
pub(crate) struct Heard {
    /// `None` if a signal ended it.
    pub(crate) status: Option<i32>,
    /// The JSON lines after the first, each of which keeps to the schema; the last is the summary.
    pub(crate) lines: Vec<Value>,
    pub(crate) stderr: String,
}

impl Heard {
    pub(crate) fn summary(&self) -> &Value {
        self.lines.last().expect("a summary")
    }
}

impl Listening {
    /// Starts it on a free port, and returns once it says that it is ready.
    pub(crate) fn start(home: &Home, args: &[&str]) -> Self {
        Self::start_at(home, "127.0.0.1:0", args)
    }

    pub(crate) fn start_at(home: &Home, address: &str, args: &[&str]) -> Self {
        let all = [&["listen", "--json", "--bind", address], args].concat();
        let mut command = home.smspin(&all).into_command();
        let mut child = command.stdin(Stdio::null()).spawn().expect("the program starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("stdout is piped"));
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let Ok(ready) = serde_json::from_str::<Value>(&line) else {
            let ended = child.wait_with_output().unwrap();
            panic!(
                "no readiness line: {line:?} {}",
                String::from_utf8_lossy(&ended.stderr)
            )
        };
        let args: Vec<String> = all.iter().map(|arg| (*arg).to_owned()).collect();
        schema::of(&args).check(&ready).unwrap();
        let address = ready["address"].as_str().unwrap().to_owned();
        Self {
            child,
            stdout,
            args,
            ready,
            address,
        }
    }

    pub(crate) fn sender(&self) -> ReportSender {
        ReportSender::connect(&self.address).unwrap()
    }

    /// The next report that it shows.
    pub(crate) fn received(&mut self) -> Value {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        let line: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("no JSON: {line:?}"));
        schema::of(&self.args).check(&line).unwrap();
        assert_eq!(line["outcome"], "received", "{line}");
        line
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Asks it to end, and waits for that.
    pub(crate) fn terminate(self) -> Heard {
        self.signal(Signal::TERM);
        self.end()
    }

    /// Waits for its end.
    pub(crate) fn end(mut self) -> Heard {
        let mut text = String::new();
        self.stdout.read_to_string(&mut text).unwrap();
        let lines = text.lines().map(|line| {
            let line: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line:?}"));
            let fits = schema::of(&self.args).check(&line);
            fits.unwrap_or_else(|fault| panic!("not what `smspin schema` promises: {fault}: {line}"));
            line
        });
        let lines = lines.collect();
        let mut stderr = String::new();
        let mut errors = self.child.stderr.take().expect("stderr is piped");
        errors.read_to_string(&mut stderr).unwrap();
        Heard {
            status: self.child.wait().unwrap().code(),
            lines,
            stderr,
        }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One connection that stays open.
pub(crate) struct ReportSender {
    stream: BufReader<TcpStream>,
}

impl ReportSender {
    pub(crate) fn connect(address: &str) -> std::io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        // Only so that a broken listener fails a test instead of hanging it.
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream: BufReader::new(stream),
        })
    }

    /// Posts a body, and gives back the HTTP status.
    pub(crate) fn post(&mut self, path: &str, body: &[u8]) -> std::io::Result<u16> {
        self.request(
            &format!("POST {path}"),
            "Content-Type: application/json\r\n",
            body,
        )
        .map(|(status, _)| status)
    }

    /// Sends a request, and gives back the HTTP status and the body.
    pub(crate) fn request(
        &mut self,
        line: &str,
        headers: &str,
        body: &[u8],
    ) -> std::io::Result<(u16, String)> {
        let head = format!(
            "{line} HTTP/1.1\r\nHost: x\r\n{headers}Content-Length: {}\r\n\r\n",
            body.len()
        );
        let whole = [head.as_bytes(), body].concat();
        self.stream.get_mut().write_all(&whole)?;
        self.answer()
    }

    /// Sends bytes as they are.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.get_mut().write_all(bytes)
    }

    /// Reads the next answer.
    pub(crate) fn answer(&mut self) -> std::io::Result<(u16, String)> {
        let gone = || std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
        let (mut status, mut length) = (None, 0);
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line)? == 0 {
                return Err(gone());
            }
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().map_err(|_| gone())?;
            }
            status = status.or_else(|| line.split(' ').nth(1)?.parse().ok());
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        let body = String::from_utf8(body).map_err(|_| gone())?;
        status.map(|status| (status, body)).ok_or_else(gone)
    }
}

/// A report as the gateway posts it; `nth` makes it one of its own.
pub(crate) fn report(nth: u64, to: u64, status: &str) -> Value {
    json!({
        "sms_id": format!("{nth:032x}"), "from": "SHOP", "to": to.to_string(), "custom": "",
        "sms_date": "2026-03-01 10:00:00", "status": status, "dlr_date": "2026-03-01 10:00:07"
    })
}
