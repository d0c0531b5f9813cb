//! How many connections this system allows.

use crate::output::Ui;

/// As many open files as the requests need; where the system gives fewer, fewer requests.
#[cfg(unix)]
pub(super) fn raise_file_limit(ui: &Ui, concurrency: usize) -> usize {
    use rustix::process::{Resource, getrlimit, setrlimit};
    /// The journal, the input, the results, the standard streams, the sandbox's side.
    const OTHERS: u64 = 64;
    let mut limit = getrlimit(Resource::Nofile);
    let needed = 2 * concurrency as u64 + OTHERS;
    if limit.current.is_none_or(|current| current >= needed) {
        return concurrency;
    }
    limit.current = Some(limit.maximum.map_or(needed, |most| most.min(needed)));
    let raised = setrlimit(Resource::Nofile, limit).is_ok();
    let given = if raised {
        limit.current
    } else {
        getrlimit(Resource::Nofile).current
    };
    match given {
        Some(given) if given < needed => {
            let fits = usize::try_from(given.saturating_sub(OTHERS) / 2)
                .unwrap_or(1)
                .clamp(1, concurrency);
            ui.warn(format_args!(
                "this system allows {given} open files: {fits} requests at once in place of {concurrency}"
            ));
            fits
        }
        _ => concurrency,
    }
}

#[cfg(not(unix))]
pub(super) fn raise_file_limit(_: &Ui, concurrency: usize) -> usize {
    concurrency
}
