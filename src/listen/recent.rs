//! The last reports that are kept, so that a repetition is noticed: a gateway posts again what was not acknowledged in time.

use crate::dlr;
use std::collections::{HashSet, VecDeque};

/// How many reports back a repetition is noticed.
pub(crate) const WINDOW: usize = 1_000_000;

pub(super) type LineHash = u128;

pub(super) fn hash(line: &[u8]) -> LineHash {
    LineHash::from_ne_bytes(dlr::digest(line))
}

/// The hashes of the last reports.
#[derive(Debug)]
pub(super) struct RecentReports {
    known: HashSet<LineHash>,
    order: VecDeque<LineHash>,
    window: usize,
}

impl RecentReports {
    /// Knows the last lines of a file of reports.
    pub(super) fn of(lines: &[u8], window: usize) -> Self {
        let mut recent = Self {
            known: HashSet::new(),
            order: VecDeque::new(),
            window,
        };
        for line in lines.split_inclusive(|byte| *byte == b'\n') {
            let hash = hash(line);
            if recent.add(hash) {
                recent.keep(&[hash]);
            }
        }
        recent
    }

    /// False if the report is known. Until [`RecentReports::keep`] or [`RecentReports::forget`] it counts as known.
    pub(super) fn add(&mut self, hash: LineHash) -> bool {
        self.known.insert(hash)
    }

    /// What was added is on disk.
    pub(super) fn keep(&mut self, added: &[LineHash]) {
        for hash in added {
            self.order.push_back(*hash);
            if self.order.len() > self.window
                && let Some(oldest) = self.order.pop_front()
            {
                self.known.remove(&oldest);
            }
        }
    }

    /// What was added did not reach the disk: it is taken when it comes again.
    pub(super) fn forget(&mut self, added: &[LineHash]) {
        for hash in added {
            self.known.remove(hash);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    fn line(second: i64, id: Option<&str>, json: &str) -> Vec<u8> {
        let mut line = Vec::new();
        dlr::write_line(&mut line, Timestamp::from_second(second).unwrap(), id, json);
        line
    }

    #[test]
    fn the_same_report_at_another_time_is_a_repetition_and_another_id_makes_another_report() {
        assert_eq!(hash(&line(1, None, "{}")), hash(&line(2, None, "{}")));
        assert_ne!(hash(&line(1, None, "{}")), hash(&line(1, Some("a"), "{}")));
        assert_ne!(hash(&line(1, None, "{}")), hash(&line(1, None, "[]")));
    }

    #[test]
    fn only_what_is_kept_stays_known_and_only_for_the_window() {
        let lines = [line(1, None, "1"), line(1, None, "2"), line(2, None, "2")].concat();
        let mut recent = RecentReports::of(&lines, 2);
        let of = |json: &str| hash(&line(9, None, json));
        assert!(!recent.add(of("1")) && !recent.add(of("2")));
        assert!(recent.add(of("3")) && !recent.add(of("3")));
        recent.forget(&[of("3")]);
        assert!(recent.add(of("3")));
        recent.keep(&[of("3")]);
        assert!(recent.add(of("1")), "out of the window");
        assert!(!recent.add(of("2")) && !recent.add(of("3")));
    }
}
