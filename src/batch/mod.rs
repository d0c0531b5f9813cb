//! A batch: a PIN for every row of a file, each at most once. Each room below has one job, and arrows between them point
//! one way.

pub(crate) mod input;
pub(crate) mod results;
mod staged;
