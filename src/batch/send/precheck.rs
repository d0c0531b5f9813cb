//! How many connections this system allows.

use crate::output::Ui;
use crate::process::{OPEN_FILES, raise_open_files};
use crate::text::count;

/// As many open files as the requests need; where the system gives fewer, fewer requests.
pub(super) fn raise_file_limit(ui: &Ui, concurrency: usize) -> usize {
    let needed = 2 * concurrency as u64 + OPEN_FILES;
    let Err(given) = raise_open_files(needed) else {
        return concurrency;
    };
    let fits = usize::try_from(given.saturating_sub(OPEN_FILES) / 2)
        .unwrap_or(1)
        .clamp(1, concurrency);
    ui.warn(format_args!(
        "this system allows {given} open files: {} at once in place of {concurrency}",
        count(fits as u64, "request", "requests")
    ));
    fits
}
