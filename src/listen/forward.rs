//! Posts that are on disk and wait to be passed on. The queue is bounded: a receiver that is slow or gone must not slow the
//! answers down, nor fill the memory.

use bytes::Bytes;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

/// Bytes of all posts that wait.
const ROOM: usize = 64 * 1024 * 1024;

/// What was posted, as it came.
#[derive(Debug)]
pub(crate) struct ForwardedPost {
    pub(crate) query: Option<String>,
    pub(crate) body: Bytes,
    _room: OwnedSemaphorePermit,
}

/// The way in; clones lead into the same queue.
#[derive(Clone, Debug)]
pub(crate) struct ForwardQueue {
    sender: mpsc::UnboundedSender<ForwardedPost>,
    room: Arc<Semaphore>,
    offered: Arc<AtomicU64>,
    dropped: Arc<AtomicU64>,
}

impl ForwardQueue {
    /// The way in and the way out, which ends when every way in is gone.
    pub(crate) fn new() -> (Self, mpsc::UnboundedReceiver<ForwardedPost>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        let queue = Self {
            sender,
            room: Arc::new(Semaphore::new(ROOM)),
            offered: Arc::default(),
            dropped: Arc::default(),
        };
        (queue, receiver)
    }

    /// Puts a post into the queue, or counts it as dropped if there is no room.
    pub(super) fn offer(&self, query: Option<String>, body: Bytes) {
        let bytes = u32::try_from(body.len()).unwrap_or(u32::MAX);
        let queued = Arc::clone(&self.room)
            .try_acquire_many_owned(bytes)
            .is_ok_and(|room| {
                let post = ForwardedPost {
                    query,
                    body,
                    _room: room,
                };
                self.sender.send(post).is_ok()
            });
        let counter = if queued { &self.offered } else { &self.dropped };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// How many posts were put into the queue.
    pub(crate) fn offered(&self) -> u64 {
        self.offered.load(Ordering::Relaxed)
    }

    /// How many posts were not passed on because the queue was full.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}
