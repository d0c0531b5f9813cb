//! A proxy between a run and its database that cuts connections, in the middle of a commit too, or lets them wait, at moments
//! from a seed.

use crate::dice::Dice;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Where a connection is cut or waits, seen from what the client sends.
#[derive(Clone, Copy, Debug)]
enum CutAt {
    /// The server gets nothing of it.
    Before,
    /// The server gets a part of it.
    Within,
    /// The server gets it and answers; the client hears nothing.
    After,
    /// The server gets it late. Nothing is cut.
    Late(Duration),
    /// The client hears the answer late. Nothing is cut.
    AnsweredLate(Duration),
}

impl CutAt {
    fn of(dice: &mut Dice) -> Self {
        // Some are longer than a claim stays fresh.
        let stall = Duration::from_millis(dice.roll(7000));
        match dice.roll(10) {
            0..3 => Self::Before,
            3..5 => Self::Within,
            5..8 => Self::After,
            8 => Self::Late(stall),
            _ => Self::AnsweredLate(stall),
        }
    }
}

pub(crate) struct CuttingProxy {
    pub(crate) port: u16,
    server: Arc<AtomicU16>,
    cuts: Arc<AtomicU64>,
    at_peace: Arc<AtomicBool>,
}

impl CuttingProxy {
    /// Listens on loopback, and passes on to the server on that port. It ends with the test's process.
    pub(crate) fn start(seed: u64, server: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (cuts, at_peace) = (Arc::<AtomicU64>::default(), Arc::<AtomicBool>::default());
        let server = Arc::new(AtomicU16::new(server));
        let proxy = Self {
            port,
            server: Arc::clone(&server),
            cuts: Arc::clone(&cuts),
            at_peace: Arc::clone(&at_peace),
        };
        std::thread::spawn(move || {
            for (nth, client) in listener.incoming().enumerate() {
                let (Ok(client), Ok(server)) = (
                    client,
                    TcpStream::connect(("127.0.0.1", server.load(Ordering::SeqCst))),
                ) else {
                    continue;
                };
                let mut dice = Dice::of(seed, nth as u64, 0xCA7);
                let cut = (!at_peace.load(Ordering::Relaxed) && dice.roll(4) > 0).then(|| Cut {
                    message: 1 + dice.roll(250),
                    at: CutAt::of(&mut dice),
                    cuts: Arc::clone(&cuts),
                });
                carry(client, server, cut);
            }
        });
        proxy
    }

    /// Cuts no connection any more that begins from now on.
    pub(crate) fn make_peace(&self) {
        self.at_peace.store(true, Ordering::Relaxed);
    }

    /// Passes on to another server from now on.
    pub(crate) fn lead_to(&self, server: u16) {
        self.server.store(server, Ordering::SeqCst);
    }

    pub(crate) fn cuts(&self) -> u64 {
        self.cuts.load(Ordering::Relaxed)
    }
}

struct Cut {
    message: u64,
    at: CutAt,
    cuts: Arc<AtomicU64>,
}

/// What becomes of the server's answers.
#[derive(Clone, Copy, Debug, Default)]
enum Mute {
    #[default]
    Never,
    Once(Duration),
    ForEver,
}

/// Passes on what comes, in two threads, until one side closes or the connection is cut.
fn carry(client: TcpStream, server: TcpStream, cut: Option<Cut>) {
    let mute = Arc::<Mutex<Mute>>::default();
    let (from_client, to_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    let muted = Arc::clone(&mute);
    std::thread::spawn(move || requests(from_client, to_server, cut.as_ref(), &mute));
    std::thread::spawn(move || answers(server, client, &muted));
}

fn requests(mut client: TcpStream, mut server: TcpStream, cut: Option<&Cut>, mute: &Mutex<Mute>) {
    let mut buffer = vec![0; 1 << 20];
    let mut messages = 0;
    while let Ok(length @ 1..) = client.read(&mut buffer) {
        messages += 1;
        let message = &buffer[..length];
        let due = cut.filter(|cut| cut.message == messages);
        if let Some(cut) = due {
            cut.cuts.fetch_add(1, Ordering::Relaxed);
        }
        let (passed, is_over) = match due.map(|cut| cut.at) {
            None => (message, false),
            Some(CutAt::Before) => (&message[..0], true),
            Some(CutAt::Within) => (&message[..length / 2], true),
            Some(CutAt::After) => {
                *mute.lock().unwrap() = Mute::ForEver;
                // The answer ends it.
                let _ = server.write_all(message);
                return;
            }
            Some(CutAt::Late(time)) => {
                std::thread::sleep(time);
                (message, false)
            }
            Some(CutAt::AnsweredLate(time)) => {
                *mute.lock().unwrap() = Mute::Once(time);
                (message, false)
            }
        };
        if server.write_all(passed).is_err() || is_over {
            break;
        }
    }
    let _ = client.shutdown(Shutdown::Both);
    let _ = server.shutdown(Shutdown::Both);
}

fn answers(mut server: TcpStream, mut client: TcpStream, mute: &Mutex<Mute>) {
    let mut buffer = vec![0; 1 << 20];
    while let Ok(length @ 1..) = server.read(&mut buffer) {
        match std::mem::take(&mut *mute.lock().unwrap()) {
            Mute::Never => {}
            Mute::Once(time) => std::thread::sleep(time),
            Mute::ForEver => break,
        }
        if client.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    let _ = client.shutdown(Shutdown::Both);
    let _ = server.shutdown(Shutdown::Both);
}
