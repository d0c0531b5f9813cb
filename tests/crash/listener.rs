//! A listener under fire: killed in the middle of many posts, and among senders that mean no good.

use crate::support::home::Home;
use crate::support::listener::{Listening, ReportSender, report};
use rustix::process::Signal;
use std::collections::HashSet;
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;

const CONNECTIONS: usize = 32;
const NUMBER: u64 = 34_600_000_000;

/// The nth post: its reports have ids that no other post has.
fn post(nth: usize, reports: usize) -> Vec<u8> {
    let first = nth * reports;
    let reports = first..first + reports;
    let reports: Vec<_> = reports
        .map(|id| report(id as u64, NUMBER + id as u64 % 1000, "DELIVRD"))
        .collect();
    serde_json::to_vec(&reports).unwrap()
}

/// Posts until it is acknowledged, over new connections where the old one breaks.
fn post_until_acknowledged(address: &str, connection: &mut Option<ReportSender>, body: &[u8]) {
    loop {
        let sender = connection
            .take()
            .map_or_else(|| ReportSender::connect(address), Ok);
        let Ok(mut sender) = sender else {
            // The listener is being started again.
            std::thread::yield_now();
            continue;
        };
        if let Ok(status) = sender.post("/?r=abc", body) {
            assert_eq!(status, 200);
            *connection = Some(sender);
            return;
        }
    }
}

/// With `SMSPIN_DRILL=full` a thousand posts of a thousand reports.
#[test]
fn every_acknowledged_report_is_in_the_file_though_the_listener_is_killed() {
    let full = std::env::var_os("SMSPIN_DRILL").is_some_and(|value| value == "full");
    let (posts, reports) = if full { (1000, 1000) } else { (160, 50) };
    let home = Home::new();
    let mut listening = Listening::start(&home, &[]);
    let address = listening.address.clone();
    let next = AtomicUsize::new(0);
    let (acknowledge, acknowledged) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            let (next, address, acknowledge) = (&next, &address, acknowledge.clone());
            scope.spawn(move || {
                let mut connection = None;
                loop {
                    let nth = next.fetch_add(1, Ordering::Relaxed);
                    if nth >= posts {
                        return;
                    }
                    post_until_acknowledged(address, &mut connection, &post(nth, reports));
                    acknowledge.send(()).unwrap();
                }
            });
        }
        for _ in 0..2 {
            // A quarter of them, twice.
            assert_eq!(acknowledged.iter().take(posts / 4).count(), posts / 4);
            listening.signal(Signal::KILL);
            listening.child.wait().unwrap();
            listening = Listening::start_at(&home, &address, &[]);
        }
    });
    assert_eq!(listening.terminate().status, Some(0));
    let text = std::fs::read_to_string(home.file("reports.jsonl")).unwrap();
    assert!(text.ends_with('\n'));
    let mut seen = HashSet::new();
    for line in text.lines() {
        let line: serde_json::Value = serde_json::from_str(line).expect("no torn line");
        let id = line["report"]["sms_id"].as_str().unwrap().to_owned();
        assert!(seen.insert(id), "stored twice: {line}");
    }
    assert_eq!(seen.len(), posts * reports);
}

/// The most memory that a process ever had, in KiB.
fn peak_memory(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Sends a body of a gigabyte, until the listener has had enough of it.
fn gigabyte(address: &str, stop: &AtomicBool) {
    let Ok(mut sender) = ReportSender::connect(address) else {
        return;
    };
    let part = vec![b' '; 1 << 20];
    let _ = sender.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1073741824\r\n\r\n");
    for _ in 0..1024 {
        if stop.load(Ordering::Relaxed) || sender.send(&part).is_err() {
            return;
        }
    }
}

/// Sends one byte of a body whenever the honest sender has had an answer.
fn byte_by_byte(address: &str, honest: &mpsc::Receiver<()>) {
    let mut sender = ReportSender::connect(address).unwrap();
    let _ = sender.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n");
    for () in honest {
        if sender.send(b"[").is_err() {
            return;
        }
    }
}

#[test]
fn an_honest_sender_gets_through_among_slow_idle_and_endless_ones() {
    const POSTS: usize = 100;
    let home = Home::new();
    let listening = Listening::start(&home, &[]);
    let address = listening.address.clone();
    // The connections of the others stay below what a process may open here.
    let idle: Vec<TcpStream> = (0..880)
        .map_while(|_| TcpStream::connect(&address).ok())
        .collect();
    assert!(idle.len() >= 800, "only {} connections", idle.len());
    let stop = AtomicBool::new(false);
    let mut answers = Vec::new();
    std::thread::scope(|scope| {
        let ticks: Vec<_> = (0..8)
            .map(|_| {
                let (tick, honest) = mpsc::channel();
                let address = &address;
                scope.spawn(move || byte_by_byte(address, &honest));
                tick
            })
            .collect();
        for _ in 0..4 {
            scope.spawn(|| gigabyte(&address, &stop));
        }
        let mut sender = ReportSender::connect(&address).unwrap();
        for nth in 0..POSTS {
            let status = sender.post("/", &post(nth, 10));
            answers.push(status.unwrap_or_default());
            for tick in &ticks {
                // One that was sent away is gone.
                let _ = tick.send(());
            }
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert_eq!(answers, [200; POSTS]);
    let peak = peak_memory(listening.child.id());
    assert!(peak < 256 * 1024, "{peak} KiB");
    drop(idle);
    listening.terminate();
    let text = std::fs::read_to_string(home.file("reports.jsonl")).unwrap();
    assert_eq!(text.lines().count(), POSTS * 10);
}
