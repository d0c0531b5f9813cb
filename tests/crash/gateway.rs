//! A gateway that misbehaves by a seed, and counts for every number what it took.
//!
//! It also keeps what it may have left a client in doubt about, so that a drill can tell its own doings from those of a kill.

use crate::dice::Dice;
use crate::fate::{Fate, Mode};
use rustix::process::{Pid, Signal, kill_process};
use std::collections::{HashMap, HashSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

/// Where in a request's life a signal is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Arrived,
    Taken,
    Answered,
}

/// A signal that waits for the gateway to have met so many calls.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trap {
    pub(crate) at: u64,
    pub(crate) stage: Stage,
    pub(crate) pid: Pid,
    pub(crate) signal: Signal,
}

/// What the gateway knows of all that came to it.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// How often each number was taken: an SMS each time.
    pub(crate) taken: HashMap<u64, u32>,
    /// How often each number was asked for.
    pub(crate) asked: HashMap<u64, u32>,
    /// Numbers whose client was left in doubt by a fault.
    pub(crate) doubtful: HashSet<u64>,
    /// Connections cut before anybody could know whose request was on them.
    pub(crate) blind: u64,
    /// Calls of any kind.
    pub(crate) calls: u64,
    /// Answers of 429 to come in a row.
    busy: u64,
    trap: Option<Trap>,
    sprung: bool,
    connections: u64,
}

impl Ledger {
    /// How many unknown rows the gateway's own faults can account for.
    pub(crate) fn doubts(&self) -> u64 {
        self.doubtful.len() as u64 + self.blind
    }

    fn pull(&mut self, call: u64, stage: Stage) {
        if self
            .trap
            .is_some_and(|trap| trap.stage == stage && call >= trap.at)
            && let Some(trap) = self.trap.take()
        {
            // A process that has ended meanwhile has nothing to fear.
            self.sprung = kill_process(trap.pid, trap.signal).is_ok();
        }
    }
}

#[derive(Debug)]
struct Shared {
    ledger: Mutex<Ledger>,
    quiet: Condvar,
    mode: Mode,
    seed: u64,
}

impl Shared {
    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().expect("no thread of the gateway panics")
    }
}

/// The gateway, on a port of its own, for as long as the test lasts.
pub(crate) struct Gateway {
    shared: Arc<Shared>,
    pub(crate) base_url: String,
}

impl Gateway {
    pub(crate) fn start(seed: u64, mode: Mode) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base_url = format!("http://{}/api/3.0", listener.local_addr().unwrap());
        let shared = Arc::new(Shared {
            ledger: Mutex::default(),
            quiet: Condvar::new(),
            mode,
            seed,
        });
        let all = Arc::clone(&shared);
        std::thread::spawn(move || {
            for (nth, stream) in (0..).zip(listener.incoming()) {
                let shared = Arc::clone(&all);
                shared.ledger().connections += 1;
                std::thread::spawn(move || {
                    if let Ok(stream) = stream {
                        // A client that is killed hangs up wherever it was.
                        let _ = serve(&shared, &stream, nth);
                    }
                    shared.ledger().connections -= 1;
                    shared.quiet.notify_all();
                });
            }
        });
        Self { shared, base_url }
    }

    /// Sets a trap for a process.
    pub(crate) fn set(&self, trap: Trap) {
        let mut ledger = self.shared.ledger();
        ledger.sprung = false;
        ledger.trap = Some(trap);
    }

    /// Takes the trap away, and says whether it has sprung.
    pub(crate) fn disarm(&self) -> bool {
        let mut ledger = self.shared.ledger();
        ledger.trap = None;
        std::mem::take(&mut ledger.sprung)
    }

    /// What it knows, once every connection has ended: a request of a dead client may still be on its way through.
    pub(crate) fn settled(&self) -> MutexGuard<'_, Ledger> {
        let ledger = self.shared.ledger();
        self.shared
            .quiet
            .wait_while(ledger, |ledger| ledger.connections > 0)
            .expect("no thread of the gateway panics")
    }
}

fn serve(shared: &Shared, stream: &TcpStream, nth: u64) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut dice = Dice::of(shared.seed, nth, 0xC0);
    if shared.mode == Mode::Rough && nth % 16 > 2 && dice.roll(200) == 0 {
        shared.ledger().blind += 1;
        return reset(stream);
    }
    let mut reader = BufReader::new(stream.try_clone()?);
    while let Some(request) = read_request(&mut reader)? {
        if !answer(shared, stream, &request)? {
            return Ok(());
        }
        if shared.mode == Mode::Rough && dice.roll(50) == 0 {
            return hang_up_idle(shared, stream, &mut reader, dice.roll(3));
        }
    }
    Ok(())
}

/// Closes a connection that nobody uses, unless a request crosses the end on its way: that one isn't taken.
fn hang_up_idle(
    shared: &Shared,
    stream: &TcpStream,
    reader: &mut BufReader<TcpStream>,
    millis: u64,
) -> std::io::Result<()> {
    std::thread::sleep(Duration::from_millis(millis));
    stream.shutdown(Shutdown::Write)?;
    if let Some(Request::Pin(number)) = read_request(reader)? {
        let mut ledger = shared.ledger();
        ledger.doubtful.insert(number);
        ledger.calls += 1;
    }
    Ok(())
}

/// False if the connection is over.
fn answer(shared: &Shared, mut stream: &TcpStream, request: &Request) -> std::io::Result<bool> {
    let mut ledger = shared.ledger();
    ledger.calls += 1;
    let call = ledger.calls;
    ledger.pull(call, Stage::Arrived);
    let &Request::Pin(number) = request else {
        drop(ledger);
        stream.write_all(&http(
            200,
            r#"{"status":"ok","result":{"balance":"10.0000","currency":"EUR"}}"#,
        ))?;
        shared.ledger().pull(call, Stage::Answered);
        return Ok(true);
    };
    let asked = ledger.asked.entry(number).or_default();
    *asked += 1;
    let mut dice = Dice::of(shared.seed, number, u64::from(*asked));
    if ledger.busy == 0 && shared.mode == Mode::Rough && dice.roll(1500) == 0 {
        ledger.busy = 1 + dice.roll(40);
    }
    let busy = ledger.busy > 0;
    ledger.busy = ledger.busy.saturating_sub(1);
    let fate = if busy {
        Fate::BUSY
    } else {
        shared.mode.fate(&mut dice)
    };
    if fate.doubtful() {
        ledger.doubtful.insert(number);
    }
    drop(ledger);
    if shared.mode == Mode::Rough {
        let long = dice.roll(100) == 0;
        let most = if long { 30_000 } else { 2_000 };
        std::thread::sleep(Duration::from_micros(dice.roll(most)));
    }
    if fate.takes {
        let mut ledger = shared.ledger();
        *ledger.taken.entry(number).or_default() += 1;
        ledger.pull(call, Stage::Taken);
    }
    let whole = http(fate.code, fate.body);
    if let Some(cut) = fate.cut {
        let length = usize::try_from(dice.roll(whole.len() as u64)).unwrap_or_default();
        stream.write_all(&whole[..length.min(cut.longest)])?;
        if cut.reset {
            reset(stream)?;
        }
        return Ok(false);
    }
    stream.write_all(&whole)?;
    shared.ledger().pull(call, Stage::Answered);
    Ok(true)
}

enum Request {
    Balance,
    Pin(u64),
}

/// `None` where the connection ends before a whole request.
fn read_request(reader: &mut BufReader<TcpStream>) -> std::io::Result<Option<Request>> {
    let (mut length, mut balance, mut first) = (0, false, true);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if std::mem::take(&mut first) {
            balance = line.contains("get-balance");
        } else if let Some(text) = line.strip_prefix("content-length:") {
            length = text.trim().parse().unwrap_or_default();
        }
    }
    let mut body = vec![0; length];
    match reader.read_exact(&mut body) {
        Ok(()) => {}
        Err(_) => return Ok(None),
    }
    if balance {
        return Ok(Some(Request::Balance));
    }
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
    Ok(Some(Request::Pin(
        body["msisdn"].as_str().unwrap().parse().unwrap(),
    )))
}

fn http(code: u16, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {code} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Ends a connection with RST in place of FIN.
fn reset(stream: &TcpStream) -> std::io::Result<()> {
    rustix::net::sockopt::set_socket_linger(stream, Some(Duration::ZERO))?;
    // Every other handle on the connection ends with this one's thread.
    Ok(())
}
