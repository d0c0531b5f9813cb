//! What a machine lacks that every command needs. Nothing was sent.

use super::{Failure, Kind};

impl Failure {
    /// The system gives no thread, or no more open files. Nothing was sent.
    pub(crate) fn system(doing: &'static str, error: std::io::Error) -> Self {
        Self::new(Kind::System, error)
            .doing(doing)
            .hint("close other programs of this user, or raise the limits: `ulimit -n` is of open files, `ulimit -u` of threads")
    }

    /// This process may have only so many open files, which is fewer than any command needs.
    pub(crate) fn too_few_open_files(allowed: u64, needed: u64) -> Self {
        let error =
            format!("nothing was done: this process may have {allowed} open files, and needs {needed}");
        Self::message(Kind::System, error).hint(format!(
            "run `ulimit -n {needed}` or more in this shell; where that is refused, ask the administrator who set the limit"
        ))
    }

    /// No date can be written, no certificate can be checked, and the end of a PIN's life is not known.
    pub(crate) fn clock_not_set() -> Self {
        let error = "nothing was done: this machine's clock is set to a time before 1970 or after 9998";
        Self::message(Kind::System, error).hint("set its date and time: `date` shows them")
    }
}
