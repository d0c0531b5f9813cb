//! Keeps the marker beside the list up to date while a run commits groups.

use crate::journal::{JournalError, Marker};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// The marker of the run, where it has one. The journal's thread tells of each group that is durable.
#[derive(Clone, Debug)]
pub(super) struct Marking(Arc<Mutex<Marked>>);

#[derive(Debug)]
struct Marked {
    marker: Option<Marker>,
    groups: u64,
    noted: Instant,
    /// Why the marker is behind the journal.
    error: Option<JournalError>,
}

impl Marking {
    const PERIOD: Duration = Duration::from_secs(60);

    pub(super) fn new(marker: Option<Marker>) -> Self {
        Self(Arc::new(Mutex::new(Marked {
            marker,
            groups: 0,
            noted: Instant::now(),
            error: None,
        })))
    }

    /// So many groups are durable.
    pub(super) fn committed(&self, groups: u64) {
        let mut marked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        marked.groups = groups;
        if marked.noted.elapsed() >= Self::PERIOD {
            marked.note();
        }
    }

    /// The run commits no more. Returns why the marker could not be written.
    pub(super) fn finish(&self) -> Option<JournalError> {
        let mut marked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        marked.note();
        marked.error.take()
    }
}

impl Marked {
    fn note(&mut self) {
        self.noted = Instant::now();
        if let Some(marker) = &mut self.marker {
            self.error = marker.note_groups(self.groups).err();
        }
    }
}
