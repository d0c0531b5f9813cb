//! What a command asks of a batch, as it was typed. The settings are read beside it.

use crate::journal::Resend;
use crate::rows::InputOptions;
use std::path::{Path, PathBuf};

/// What a command asks of a batch, beside the settings.
#[derive(Clone, Debug, Default)]
pub(crate) struct BatchRequest {
    /// The list as it was named; `-` is standard input.
    pub(crate) file: PathBuf,
    pub(crate) reading: InputOptions,
    /// Digits without a `+` begin with a calling code.
    pub(crate) international: bool,
    /// Looks, and sends nothing.
    pub(crate) is_dry: bool,
    /// Where the results go; `-` is standard output.
    pub(crate) output: Option<PathBuf>,
    /// Files that reports are written to at the end.
    pub(crate) reports: Vec<PathBuf>,
    pub(crate) exclude: Vec<PathBuf>,
    pub(crate) resend: Resend,
    /// What people receive may differ from what the unfinished list has sent.
    pub(crate) change_settings: bool,
    /// Send even if the balance is less than the estimate.
    pub(crate) partial: bool,
    /// How many rows this run may send.
    pub(crate) limit: Option<u64>,
    pub(crate) concurrency: u16,
    pub(crate) rate: Option<String>,
    pub(crate) max_failures: u32,
    pub(crate) max_duration: Option<String>,
}

impl BatchRequest {
    /// To look at a list, and send nothing.
    pub(crate) fn of(file: &Path) -> Self {
        Self {
            file: file.to_owned(),
            is_dry: true,
            concurrency: 1,
            max_failures: 1,
            ..Self::default()
        }
    }
}
