//! A terminal to run the program at: what a person types, and what they see.

use super::home::{Run, Running};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;

/// How long a terminal may show nothing while a test waits for it: far longer than any machine is busy.
const PATIENCE: Timespec = Timespec {
    tv_sec: 60,
    tv_nsec: 0,
};

pub(crate) struct Terminal {
    /// The side of the person.
    person: File,
    /// The side of the program. It stays open, or what was typed before the program starts would be lost.
    program: File,
    seen: String,
}

impl Terminal {
    pub(crate) fn new() -> Self {
        let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(person.as_fd()).unwrap();
        unlockpt(person.as_fd()).unwrap();
        let name = ptsname(person.as_fd(), Vec::new()).unwrap();
        let program = File::options()
            .read(true)
            .write(true)
            .open(std::ffi::OsStr::from_bytes(name.as_bytes()))
            .unwrap();
        Self {
            person: person.into(),
            program,
            seen: String::new(),
        }
    }

    /// Makes the window so wide, and 24 lines high.
    pub(crate) fn resize(&self, columns: u16) {
        let size = rustix::termios::Winsize {
            ws_row: 24,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        rustix::termios::tcsetwinsize(&self.person, size).unwrap();
    }

    /// What was written so far between two returns of the carriage, without colours and movements.
    pub(crate) fn drawn(&self) -> Vec<String> {
        let mut plain = String::new();
        let mut rest = self.seen.chars();
        while let Some(character) = rest.next() {
            if character != '\u{1b}' {
                plain.push(character);
            } else if rest.next() == Some('[') {
                // A control sequence ends with a letter.
                rest.by_ref().find(char::is_ascii_alphabetic);
            }
        }
        plain.split(['\r', '\n']).map(str::to_owned).collect()
    }

    /// Waits until the program has stopped the terminal from showing what is typed.
    pub(crate) fn wait_until_hidden(&self) {
        use rustix::termios::{LocalModes, tcgetattr};
        while tcgetattr(&self.person)
            .unwrap()
            .local_modes
            .contains(LocalModes::ECHO)
        {
            std::thread::yield_now();
        }
    }

    /// What has been shown.
    pub(crate) fn seen(&self) -> &str {
        &self.seen
    }

    pub(crate) fn types(&mut self, text: &str) {
        self.person.write_all(text.as_bytes()).unwrap();
    }

    /// Starts the program with its standard input and standard error here.
    pub(crate) fn start(&self, run: Run) -> Running {
        run.at_a_terminal(
            self.program.try_clone().unwrap(),
            self.program.try_clone().unwrap(),
        )
        .start()
    }

    /// Waits until this has been shown.
    pub(crate) fn wait_for(&mut self, text: &str) {
        let mut part = [0; 1024];
        while !self.seen.contains(text) {
            let mut ready = [PollFd::new(&self.person, PollFlags::IN)];
            let is_ready = poll(&mut ready, Some(&PATIENCE)).unwrap() > 0;
            assert!(is_ready, "“{text}” was not shown, but: {}", self.seen);
            let read = self.person.read(&mut part).unwrap();
            self.seen.push_str(&String::from_utf8_lossy(&part[..read]));
        }
    }
}
