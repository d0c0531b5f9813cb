//! A gateway that answers or misbehaves as a script says, and records every request.
//!
//! A script is a list of replies, a function of the number and how often it was asked for, or anything that implements
//! [`Script`]. When the gateway is dropped, the test fails if a request came that the script has no reply to, if one
//! that it expects never came, or if the script itself panicked.

use super::http::{self, Request};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::io::Write;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// What a request gets.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// Accepted.
    Ok,
    /// HTTP 200 with this error id.
    Error(&'static str),
    /// This code and body.
    Http(u16, &'static str),
    /// 429, to be tried again at once.
    Busy,
    /// The request is read, and the connection ends without an answer.
    Lost,
    /// The same, with a reset in place of an orderly end.
    Reset,
    /// The connection is reset while the request is unread.
    ResetUnread,
    /// The request is read, and nothing happens until the test calls [`Gateway::release`]; then the connection ends.
    Silent,
    /// Accepted, once the test calls [`Gateway::release`].
    Held,
    /// These bytes; then the connection ends.
    Bytes(Vec<u8>),
    /// These bytes; then the connection is reset.
    BytesThenReset(Vec<u8>),
    /// These bytes; then the connection waits for its next request.
    BytesThenStay(Vec<u8>),
    /// These bytes; after this long the gateway ends its side of the connection, and takes no request that arrives then.
    BytesThenHangUp(Vec<u8>, Duration),
    /// These bytes to whatever arrives, unread, even if it is not HTTP.
    BytesUnread(Vec<u8>),
}

impl Reply {
    /// This code and body, for a body that a test puts together.
    pub(crate) fn http(code: u16, body: &str) -> Self {
        Self::Bytes(http::answer(code, body))
    }
}

/// What a gateway does.
pub(crate) trait Script: Send + Sync + 'static {
    /// False to reset a connection as soon as it is made. Connections are counted from 0.
    fn accepts(&self, _connection: u64) -> bool {
        true
    }

    /// What is done with the first bytes of a connection before they are read as a request.
    fn unread(&self) -> Option<Reply> {
        None
    }

    fn reply(&self, request: &Request) -> Reply;

    /// The whole reply has been written.
    fn replied(&self, _request: &Request) {}

    /// A request arrived after [`Reply::BytesThenHangUp`].
    fn turned_away(&self, _request: &Request) {}

    /// What the script still waits for, if a test must not end before.
    fn missing(&self) -> Option<String> {
        None
    }
}

/// One reply to each request, in this order; a call without parameters is refused as a gateway does, out of turn.
struct InTurn(Mutex<VecDeque<Reply>>);

impl Script for InTurn {
    fn unread(&self) -> Option<Reply> {
        let mut left = lock(&self.0);
        let unread = matches!(left.front(), Some(Reply::ResetUnread | Reply::BytesUnread(_)));
        if unread { left.pop_front() } else { None }
    }

    fn reply(&self, request: &Request) -> Reply {
        if request.is_probe() {
            return Reply::Http(400, http::MISSING_PARAMS);
        }
        let next = lock(&self.0).pop_front();
        next.unwrap_or_else(|| panic!("a request too many: {}", request.head()))
    }

    fn missing(&self) -> Option<String> {
        let left = lock(&self.0).len();
        (left > 0).then(|| format!("{left} requests that were expected never came"))
    }
}

/// By the number, and how many times it was asked for, this time included.
struct ByNumber<F> {
    balance: Reply,
    probe: Reply,
    times: Mutex<HashMap<u64, usize>>,
    script: F,
}

impl<F: Fn(u64, usize) -> Reply + Send + Sync + 'static> Script for ByNumber<F> {
    fn reply(&self, request: &Request) -> Reply {
        let Some(number) = request.number else {
            return if request.is_probe() {
                self.probe.clone()
            } else {
                self.balance.clone()
            };
        };
        let mut times = lock(&self.times);
        let times = times.entry(number).or_default();
        *times += 1;
        (self.script)(number, *times)
    }
}

/// A gateway that has some paths and no others; who asks elsewhere gets a web server's page.
pub(crate) struct OnlyPaths {
    root: &'static str,
    paths: &'static [&'static str],
    elsewhere: Reply,
}

impl OnlyPaths {
    /// `paths` are those below `root`.
    pub(crate) fn new(root: &'static str, paths: &'static [&'static str]) -> Self {
        Self {
            root,
            paths,
            elsewhere: Reply::Http(404, "<html>not found</html>"),
        }
    }

    /// Says what a request for another path gets.
    pub(crate) fn with_elsewhere(self, elsewhere: Reply) -> Self {
        Self { elsewhere, ..self }
    }

    /// Whether this request is for a path that is there.
    pub(crate) fn has(&self, request: &Request) -> bool {
        let path = request.path();
        let below = path
            .strip_prefix(self.root)
            .and_then(|below| below.strip_prefix('/'));
        below.is_some_and(|below| self.paths.contains(&below))
    }
}

impl Script for Arc<OnlyPaths> {
    fn reply(&self, request: &Request) -> Reply {
        const LOOKUP: &str = r#"{"status":"ok","result":{"success":true,"msisdn":"34600000000","mccmnc":"21401","original_network":"X"}}"#;
        const VERIFIED: &str = r#"{"status":"ok","result":{"verified":true,"previously_verified":false,"tries_remaining":2,"message":""}}"#;
        if !self.has(request) {
            return self.elsewhere.clone();
        }
        let path = request.path();
        match request.number {
            _ if request.is_balance() => Reply::Http(200, http::BALANCE),
            None => Reply::Http(400, http::MISSING_PARAMS),
            Some(_) if path.ends_with("hlr/request") => Reply::Http(200, LOOKUP),
            Some(_) if path.ends_with("2fa/verify") => Reply::Http(200, VERIFIED),
            Some(_) => Reply::Ok,
        }
    }
}

/// A script that accepts every number but this one.
pub(crate) fn only(one: u64, reply: Reply) -> impl Fn(u64, usize) -> Reply + Send + Sync + 'static {
    move |number, _| if number == one { reply.clone() } else { Reply::Ok }
}

#[derive(Default)]
struct State {
    requests: Vec<Request>,
    /// The connections that are open, by their number.
    open: BTreeMap<u64, TcpStream>,
    /// How many of them wait for [`Gateway::release`].
    waiting: usize,
    /// The addresses of connections that [`Gateway::settle`] made, and that are still to be accepted.
    last_in_line: HashSet<SocketAddr>,
    released: bool,
    over: bool,
    panics: Vec<String>,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    script: Box<dyn Script>,
}

pub(crate) struct Gateway {
    pub(crate) base_url: String,
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

impl Gateway {
    pub(crate) fn start(script: impl Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            changed: Condvar::new(),
            script: Box::new(script),
        });
        let all = Arc::clone(&shared);
        Self {
            base_url: format!("http://{address}/api/3.0"),
            address,
            shared,
            accepting: Some(std::thread::spawn(move || accept(&all, &listener))),
        }
    }

    /// Scheme, host and port.
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// One reply to each request, in this order.
    pub(crate) fn in_turn(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self::start(InTurn(Mutex::new(replies.into_iter().collect())))
    }

    /// Answers one request with this code and body.
    pub(crate) fn answering(code: u16, body: &str) -> Self {
        Self::in_turn([Reply::http(code, body)])
    }

    /// Says by the number, and how many times it was asked for, what a PIN request gets. The balance is 10 EUR.
    pub(crate) fn by_number(script: impl Fn(u64, usize) -> Reply + Send + Sync + 'static) -> Self {
        Self::with_balance(Reply::Http(200, http::BALANCE), script)
    }

    pub(crate) fn with_balance(
        balance: Reply,
        script: impl Fn(u64, usize) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::with_balance_and_probe(balance, Reply::Http(400, http::MISSING_PARAMS), script)
    }

    /// `probe` is what a PIN request without a number gets.
    pub(crate) fn with_balance_and_probe(
        balance: Reply,
        probe: Reply,
        script: impl Fn(u64, usize) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::start(ByNumber {
            balance,
            probe,
            times: Mutex::default(),
            script,
        })
    }

    /// Every request, once each connection has ended or waits for the test.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.settle();
        self.state().requests.clone()
    }

    /// Waits until each connection has ended or waits for the test: a request of a client that has ended may still be
    /// on its way, on a connection that is not accepted yet. Connections are accepted in the order in which they were made.
    pub(crate) fn settle(&self) {
        let mut state = self.state();
        if !state.over {
            let last = TcpStream::connect(self.address).unwrap();
            state.last_in_line.insert(last.local_addr().unwrap());
        }
        let busy = |state: &mut State| !state.last_in_line.is_empty() || state.open.len() > state.waiting;
        drop(self.shared.changed.wait_while(state, busy).unwrap());
    }

    /// The numbers that were asked for, in order of arrival.
    pub(crate) fn numbers(&self) -> Vec<u64> {
        numbers(&self.state().requests)
    }

    /// No number was asked for twice.
    #[track_caller]
    pub(crate) fn asked_each_once(&self) {
        let mut numbers = self.numbers();
        let requests = numbers.len();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), requests, "a number was asked for twice");
    }

    /// The bodies of the PIN requests.
    pub(crate) fn bodies(&self) -> Vec<Value> {
        let state = self.state();
        let about_numbers = state.requests.iter().filter(|request| request.number.is_some());
        about_numbers.map(Request::body).collect()
    }

    /// How often the balance was asked for.
    pub(crate) fn balances(&self) -> usize {
        let state = self.state();
        state
            .requests
            .iter()
            .filter(|request| request.is_balance())
            .count()
    }

    /// Waits until the numbers that were asked for are as they should be.
    pub(crate) fn wait_until(&self, met: impl Fn(&[u64]) -> bool) {
        let unmet = |state: &mut State| !met(&numbers(&state.requests));
        drop(self.shared.changed.wait_while(self.state(), unmet).unwrap());
    }

    /// Ends the waiting of all requests that are held or kept in silence, and of those to come.
    pub(crate) fn release(&self) {
        self.state().released = true;
        self.shared.changed.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.shared.state)
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.state().over = true;
        self.release();
        // So that the listener returns, and sees that it is over.
        drop(TcpStream::connect(self.address));
        if let Some(accepting) = self.accepting.take() {
            accepting.join().expect("accepting doesn't panic");
        }
        for stream in self.state().open.values() {
            // The client may have closed it already.
            let _ = stream.shutdown(Shutdown::Both);
        }
        self.settle();
        if std::thread::panicking() {
            return;
        }
        let panics = std::mem::take(&mut self.state().panics);
        assert!(panics.is_empty(), "the gateway's script panicked: {panics:#?}");
        let missing = self.shared.script.missing();
        assert!(missing.is_none(), "{missing:?}");
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic of the script is reported when the gateway is dropped.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn numbers(requests: &[Request]) -> Vec<u64> {
    requests.iter().filter_map(|request| request.number).collect()
}

fn accept(shared: &Arc<Shared>, listener: &TcpListener) {
    let mut connections = 0_u64..;
    for stream in listener.incoming() {
        let stream = stream.unwrap();
        let mut state = lock(&shared.state);
        if state.over {
            return;
        }
        if stream
            .peer_addr()
            .is_ok_and(|peer| state.last_in_line.remove(&peer))
        {
            shared.changed.notify_all();
            continue;
        }
        let connection = connections.next().expect("there is no end");
        state.open.insert(connection, stream.try_clone().unwrap());
        drop(state);
        let shared = Arc::clone(shared);
        std::thread::spawn(move || {
            let served = catch_unwind(AssertUnwindSafe(|| serve(&shared, stream, connection)));
            let mut state = lock(&shared.state);
            state.open.remove(&connection);
            if let Err(panic) = served {
                let text = panic.downcast_ref::<String>().cloned();
                state
                    .panics
                    .push(text.unwrap_or_else(|| "without a text".to_owned()));
            }
            drop(state);
            shared.changed.notify_all();
        });
    }
}

/// Serves a connection to its end. A client that hangs up or is killed ends it wherever it was.
fn serve(shared: &Shared, mut stream: TcpStream, connection: u64) {
    // The other handle on it, kept for the gateway's end, would put off the end of the connection.
    let ended = serve_all(shared, &mut stream, connection).unwrap_or(End::Orderly);
    let _ = match ended {
        End::Orderly => stream.shutdown(Shutdown::Both),
        End::Reset => {
            rustix::net::sockopt::set_socket_linger(&stream, Some(Duration::ZERO)).map_err(Into::into)
        }
    };
}

enum End {
    Orderly,
    Reset,
}

fn serve_all(shared: &Shared, stream: &mut TcpStream, connection: u64) -> std::io::Result<End> {
    stream.set_nodelay(true)?;
    if !shared.script.accepts(connection) {
        return Ok(End::Reset);
    }
    loop {
        if stream.peek(&mut [0])? == 0 {
            return Ok(End::Orderly);
        }
        match shared.script.unread() {
            Some(Reply::BytesUnread(bytes)) => {
                stream.write_all(&bytes)?;
                return Ok(End::Orderly);
            }
            Some(_) => return Ok(End::Reset),
            None => {}
        }
        let Some(request) = Request::read(stream, connection)? else {
            return Ok(End::Orderly);
        };
        lock(&shared.state).requests.push(request.clone());
        shared.changed.notify_all();
        let reply = shared.script.reply(&request);
        if let Some(end) = perform(shared, stream, reply, &request)? {
            return Ok(end);
        }
    }
}

/// Does what the script says; `None` if the connection goes on.
fn perform(
    shared: &Shared,
    stream: &mut TcpStream,
    reply: Reply,
    request: &Request,
) -> std::io::Result<Option<End>> {
    const OK: &str = r#"{"status":"ok"}"#;
    let (bytes, end) = match reply {
        Reply::Ok => (http::answer(200, OK), Some(End::Orderly)),
        Reply::Error(id) => {
            let body = format!(r#"{{"status":"error","error_id":"{id}","error_msg":"=said"}}"#);
            (http::answer(200, &body), Some(End::Orderly))
        }
        Reply::Http(code, body) => (http::answer(code, body), Some(End::Orderly)),
        Reply::Busy => (http::answer(429, ""), Some(End::Orderly)),
        Reply::Lost => return Ok(Some(End::Orderly)),
        Reply::Reset | Reply::ResetUnread => return Ok(Some(End::Reset)),
        Reply::Silent => {
            wait_for_release(shared);
            return Ok(Some(End::Orderly));
        }
        Reply::Held => {
            wait_for_release(shared);
            (http::answer(200, OK), Some(End::Orderly))
        }
        Reply::Bytes(bytes) | Reply::BytesUnread(bytes) => (bytes, Some(End::Orderly)),
        Reply::BytesThenReset(bytes) => (bytes, Some(End::Reset)),
        Reply::BytesThenStay(bytes) => (bytes, None),
        Reply::BytesThenHangUp(bytes, after) => {
            stream.write_all(&bytes)?;
            shared.script.replied(request);
            std::thread::sleep(after);
            stream.shutdown(Shutdown::Write)?;
            if let Some(request) = Request::read(stream, request.connection)? {
                shared.script.turned_away(&request);
            }
            return Ok(Some(End::Orderly));
        }
    };
    stream.write_all(&bytes)?;
    shared.script.replied(request);
    Ok(end)
}

fn wait_for_release(shared: &Shared) {
    let mut state = lock(&shared.state);
    state.waiting += 1;
    shared.changed.notify_all();
    let mut state = shared
        .changed
        .wait_while(state, |state| !state.released)
        .unwrap_or_else(PoisonError::into_inner);
    state.waiting -= 1;
}
