//! Signals that the tests were started to ignore, as a shell does with SIGINT for what a script starts by `&`, and `nohup` with
//! SIGHUP. The program would ignore them too, as it should, and the tests of signals would wait for ever.

use std::sync::{Arc, Once};

/// Makes every process that is started from here hear the signals that this one ignores: it catches them instead, and does
/// nothing. What is caught is not inherited.
pub(crate) fn pass_on_none_that_is_ignored() {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let ignored = ignored_by("self");
        for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2] {
            if ignored >> (signal - 1) & 1 == 1 {
                signal_hook::flag::register(signal, Arc::default()).unwrap();
            }
        }
    });
}

/// The signals that a process ignores, the lowest bit for signal 1. Only Linux says so.
pub(crate) fn ignored_by(process: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.map_or(0, |set| u64::from_str_radix(set.trim(), 16).unwrap())
}
