//! How many requests ended when: for a report, with memory that does not grow with the run.

use std::time::Duration;

/// More moments than this are joined two and two.
const MOST: usize = 120;

/// Requests by the time in which they ended.
#[derive(Clone, Debug)]
pub(crate) struct Timeline {
    width: Duration,
    counts: Vec<u64>,
}

impl Timeline {
    pub(super) fn new() -> Self {
        Self {
            width: Duration::from_millis(250),
            counts: Vec::new(),
        }
    }

    /// A request ended this long after the start.
    pub(super) fn add(&mut self, after: Duration) {
        loop {
            let index = after.as_nanos() / self.width.as_nanos();
            match usize::try_from(index) {
                Ok(index) if index < MOST => {
                    if self.counts.len() <= index {
                        self.counts.resize(index + 1, 0);
                    }
                    self.counts[index] += 1;
                    return;
                }
                _ => self.join(),
            }
        }
    }

    fn join(&mut self) {
        self.counts = self.counts.chunks(2).map(|two| two.iter().sum()).collect();
        self.width *= 2;
    }

    /// The end of each span of time after the start, and how many requests ended in it.
    pub(crate) fn spans(&self) -> impl Iterator<Item = (Duration, u64)> {
        let width = self.width;
        (1..)
            .zip(self.counts.iter())
            .map(move |(end, count)| (width * end, *count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_request_is_counted_however_long_the_run() {
        let mut timeline = Timeline::new();
        let mut added = 0;
        for second in (0..100_000).step_by(37) {
            timeline.add(Duration::from_secs(second));
            added += 1;
        }
        let spans: Vec<_> = timeline.spans().collect();
        assert!(spans.len() <= MOST, "{}", spans.len());
        assert_eq!(spans.iter().map(|(_, count)| count).sum::<u64>(), added);
        assert!(spans.last().unwrap().0 >= Duration::from_secs(99_900));
    }
}
