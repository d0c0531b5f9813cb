//! A gateway that answers each request as a test says, keeps what it was asked, and holds answers back until it is told to
//! let them go. One request to a connection.

use crate::server::{body_of, http, read_request};
use serde_json::Value;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};

pub(crate) const OK: &str = r#"{"status":"ok"}"#;
const BALANCE: &str = r#"{"status":"ok","result":{"balance":"10.0000","currency":"EUR"}}"#;

/// What a request gets.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reply {
    Ok,
    /// HTTP 200 with this error id.
    Error(&'static str),
    Http(u16, &'static str),
    /// 429, to be tried again at once.
    Busy,
    /// The request is taken, and the connection cut.
    Lost,
    /// Accepted, once the test lets it go.
    Held,
}

#[derive(Debug, Default)]
struct Ledger {
    asked: Vec<Value>,
    balances: u32,
    released: bool,
}

struct Shared {
    ledger: Mutex<Ledger>,
    changed: Condvar,
    script: Box<dyn Fn(u64, usize) -> Reply + Send + Sync>,
    balance: Reply,
}

pub(crate) struct Scripted {
    shared: Arc<Shared>,
    pub(crate) base_url: String,
}

impl Scripted {
    /// The script is told the number, and how many times it was asked for, this time included.
    pub(crate) fn new(script: impl Fn(u64, usize) -> Reply + Send + Sync + 'static) -> Self {
        Self::with_balance(Reply::Http(200, BALANCE), script)
    }

    pub(crate) fn with_balance(
        balance: Reply,
        script: impl Fn(u64, usize) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base_url = format!("http://{}/api/3.0", listener.local_addr().unwrap());
        let shared = Arc::new(Shared {
            ledger: Mutex::default(),
            changed: Condvar::new(),
            script: Box::new(script),
            balance,
        });
        let all = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let shared = Arc::clone(&all);
                std::thread::spawn(move || serve(&shared, stream.unwrap()));
            }
        });
        Self { shared, base_url }
    }

    /// The numbers that were asked for, in order of arrival.
    pub(crate) fn numbers(&self) -> Vec<u64> {
        let ledger = self.shared.ledger.lock().unwrap();
        ledger.asked.iter().map(number).collect()
    }

    /// The bodies of the PIN requests.
    pub(crate) fn asked(&self) -> Vec<Value> {
        self.shared.ledger.lock().unwrap().asked.clone()
    }

    pub(crate) fn balances(&self) -> u32 {
        self.shared.ledger.lock().unwrap().balances
    }

    /// Waits until the numbers that were asked for are as they should be.
    pub(crate) fn wait_until(&self, met: impl Fn(&[u64]) -> bool) {
        let ledger = self.shared.ledger.lock().unwrap();
        let waited = self.shared.changed.wait_while(ledger, |ledger| {
            !met(&ledger.asked.iter().map(number).collect::<Vec<_>>())
        });
        drop(waited.unwrap());
    }

    /// Lets all held answers go, and those to come.
    pub(crate) fn release(&self) {
        self.shared.ledger.lock().unwrap().released = true;
        self.shared.changed.notify_all();
    }
}

fn number(body: &Value) -> u64 {
    body["msisdn"].as_str().unwrap().parse().unwrap()
}

fn serve(shared: &Shared, mut stream: TcpStream) {
    let request = read_request(&mut stream);
    if request.is_empty() {
        return;
    }
    let reply = if request.windows(11).any(|part| part == b"get-balance") {
        shared.ledger.lock().unwrap().balances += 1;
        shared.balance
    } else {
        let body = body_of(&request);
        let mut ledger = shared.ledger.lock().unwrap();
        let times = 1 + ledger
            .asked
            .iter()
            .filter(|asked| number(asked) == number(&body))
            .count();
        let reply = (shared.script)(number(&body), times);
        ledger.asked.push(body);
        drop(ledger);
        shared.changed.notify_all();
        reply
    };
    let answer = match reply {
        Reply::Ok => http(200, OK),
        Reply::Error(id) => http(
            200,
            &format!(r#"{{"status":"error","error_id":"{id}","error_msg":"=said"}}"#),
        ),
        Reply::Http(code, body) => http(code, body),
        Reply::Busy => http(429, ""),
        Reply::Lost => return,
        Reply::Held => {
            let ledger = shared.ledger.lock().unwrap();
            drop(
                shared
                    .changed
                    .wait_while(ledger, |ledger| !ledger.released)
                    .unwrap(),
            );
            http(200, OK)
        }
    };
    // A client may have been killed.
    let _ = stream.write_all(&answer);
}
