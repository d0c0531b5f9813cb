//! The one kind of runtime that smspin uses: many calls in flight, all on the thread that starts it.

use std::io;
use tokio::runtime::{Builder, Runtime};

/// A runtime on the calling thread, with timers and the network.
///
/// # Errors
/// When the system gives no file descriptor for it.
pub(crate) fn current_thread() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}
