//! A batch: a PIN for every row of a file, each at most once. Each module below has one job, and imports between them point
//! one way: only `journal` knows SQL, and `decision` knows neither files nor clocks.

pub(crate) mod course;
pub(crate) mod decision;
pub(crate) mod fingerprint;
pub(crate) mod journal;
pub(crate) mod numbers;
pub(crate) mod outcomes;
pub(crate) mod pace;
pub(crate) mod preflight;
pub(crate) mod request;
pub(crate) mod results;
pub(crate) mod rows;
pub(crate) mod send;
pub(crate) mod state;

/// Why a pass over the input after the preflight ended early, or why the results are not there. The journal is true
/// whichever it is, and the same command goes on from it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BatchError {
    #[error(transparent)]
    Read(#[from] rows::ReadError),
    #[error("line {line} differs from what the preflight read: the input has changed")]
    Changed { line: u64 },
    #[error(transparent)]
    Journal(#[from] journal::JournalError),
    #[error(transparent)]
    Results(#[from] results::ResultsError),
}
