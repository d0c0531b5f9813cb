//! A batch: a PIN for every row of a file, each at most once. Each room below has one job, and arrows between them point
//! one way: `journal` is the only one that knows SQL, `decision` knows neither files nor clocks.

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
