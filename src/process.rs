//! What the process arranges for itself before it does anything: no image of its memory for others, and no signal that
//! ends it without a word.

use rustix::process::{Resource, getrlimit, setrlimit};
use signal_hook::consts::{SIGUSR1, SIGXFSZ};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, LazyLock};

/// Open files that a command needs: the standard streams, the configuration, a journal with its side files, a runtime, a
/// connection, and as many again for the sandbox's side of it.
pub(crate) const OPEN_FILES: u64 = 64;

/// The name of this machine, as CI servers and journals show it.
pub(crate) fn hostname() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// Call it once, at the start. What a system doesn't have is left out: none of it is needed to do what was asked.
pub(crate) fn prepare() {
    no_memory_image();
    for signal in [
        // A write beyond `ulimit -f` is then an error of that write, which has an exit code and a message.
        SIGXFSZ,
        // It asks how far a command is. One that has nothing to say to it must not end by it.
        SIGUSR1,
    ] {
        if !is_ignored(signal) {
            // The flag is never read: all that is wanted is a handler.
            let _ = signal_hook::flag::register(signal, Arc::new(AtomicBool::new(false)));
        }
    }
}

/// Raises the limit of open files to `needed` where it is lower. What the limit then is, if the system doesn't allow that.
pub(crate) fn raise_open_files(needed: u64) -> Result<(), u64> {
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|current| current >= needed) {
        return Ok(());
    }
    limit.current = Some(limit.maximum.map_or(needed, |most| most.min(needed)));
    let _ = setrlimit(Resource::Nofile, limit);
    match getrlimit(Resource::Nofile).current {
        Some(given) if given < needed => Err(given),
        _ => Ok(()),
    }
}

/// A core dump would hold the key. The limit holds for `api_key_command` too, which has it as well.
fn no_memory_image() {
    // Also where dumps are piped to a program, which no limit stops; and no other process of this user can then read
    // the memory or the environment of this one.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
    let mut limit = getrlimit(Resource::Core);
    limit.current = Some(0);
    let _ = setrlimit(Resource::Core, limit);
}

/// Whether the parent of this process wanted the signal ignored when it started it, as `nohup` does with SIGHUP, and a shell
/// with SIGINT and SIGQUIT for what it starts by `&` in a script. Such a signal stays ignored.
///
/// Linux says so in `/proc`. Elsewhere nothing does without unsafe code, and the signal ends the command in order.
pub(crate) fn is_ignored(signal: i32) -> bool {
    static STATUS: LazyLock<String> =
        LazyLock::new(|| std::fs::read_to_string("/proc/self/status").unwrap_or_default());
    is_in_ignored_set(&STATUS, signal)
}

/// `SigIgn:` is a set of bits in hexadecimal, of which the lowest stands for signal 1 (`proc_pid_status(5)`).
fn is_in_ignored_set(status: &str, signal: i32) -> bool {
    let set = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|set| u128::from_str_radix(set.trim(), 16).ok());
    set.is_some_and(|set| set >> (signal - 1) & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_set_of_ignored_signals_is_read_bit_by_bit() {
        for (status, signal, ignored) in [
            ("Name:\tx\nSigIgn:\t0000000000000001\n", 1, true),
            ("SigIgn:\t0000000000001006\n", 1, false),
            ("SigIgn:\t0000000000001006\n", 2, true),
            ("SigIgn:\t0000000000001006\n", 3, true),
            ("SigIgn:\t0000000000001006\n", 13, true),
            ("SigIgn:\t8000000000000000\n", 64, true),
            ("SigCgt:\t0000000000000001\n", 1, false),
            ("SigIgn:\tx\n", 1, false),
            ("", 1, false),
        ] {
            assert_eq!(is_in_ignored_set(status, signal), ignored, "{status:?} {signal}");
        }
    }
}
