//! A proxy between a run and its database that cuts connections, in the middle of a commit too, at moments from a seed.

use crate::dice::Dice;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU64, Ordering};

/// Where a connection is cut, seen from what the client sends.
#[derive(Clone, Copy, Debug)]
enum CutAt {
    /// The server gets nothing of it.
    Before,
    /// The server gets a part of it.
    Within,
    /// The server gets it and answers; the client hears nothing.
    After,
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
                    at: [CutAt::Before, CutAt::Within, CutAt::After][usize::try_from(dice.roll(3)).unwrap()],
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

/// Passes on what comes, in two threads, until one side closes or the connection is cut.
fn carry(client: TcpStream, server: TcpStream, cut: Option<Cut>) {
    let mute = Arc::new(AtomicBool::new(false));
    let (from_client, to_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    let muted = Arc::clone(&mute);
    std::thread::spawn(move || requests(from_client, to_server, cut.as_ref(), &mute));
    std::thread::spawn(move || answers(server, client, &muted));
}

fn requests(mut client: TcpStream, mut server: TcpStream, cut: Option<&Cut>, mute: &AtomicBool) {
    let mut buffer = vec![0; 1 << 20];
    let mut messages = 0;
    while let Ok(length @ 1..) = client.read(&mut buffer) {
        messages += 1;
        let message = &buffer[..length];
        let due = cut.filter(|cut| cut.message == messages);
        let sent = match due.map(|cut| cut.at) {
            None => server.write_all(message),
            Some(CutAt::Before) => Ok(()),
            Some(CutAt::Within) => server.write_all(&message[..length / 2]),
            Some(CutAt::After) => {
                mute.store(true, Ordering::SeqCst);
                server.write_all(message)
            }
        };
        if let Some(cut) = due {
            cut.cuts.fetch_add(1, Ordering::Relaxed);
            if matches!(cut.at, CutAt::After) {
                // The answer ends it.
                return;
            }
        }
        if sent.is_err() || due.is_some() {
            break;
        }
    }
    let _ = client.shutdown(Shutdown::Both);
    let _ = server.shutdown(Shutdown::Both);
}

fn answers(mut server: TcpStream, mut client: TcpStream, mute: &AtomicBool) {
    let mut buffer = vec![0; 1 << 20];
    while let Ok(length @ 1..) = server.read(&mut buffer) {
        if mute.load(Ordering::SeqCst) || client.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    let _ = client.shutdown(Shutdown::Both);
    let _ = server.shutdown(Shutdown::Both);
}
