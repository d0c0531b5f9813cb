//! What smspin says of itself: its version, and where its users find more.

/// The version; an optimized build from git adds its commit and the date of it.
pub(crate) const VERSION: &str = env!("VERSION_AND_COMMIT");

/// Where faults are reported and the pages are found. The address of the repository belongs here once it has one.
pub(crate) const HOME: &str = "see CONTRIBUTING.md";

/// What `smspin --version` prints.
pub(crate) const VERSION_LINE: &str = concat!("smspin ", env!("VERSION_AND_COMMIT"), "\n");
