//! A batch: a PIN for every row of a file, each at most once. Each room below has one job, and arrows between them point
//! one way: `journal` is the only one that knows SQL, `decide` knows neither files nor clocks.

pub(crate) mod check;
pub(crate) mod decide;
pub(crate) mod fingerprint;
pub(crate) mod input;
pub(crate) mod journal;
pub(crate) mod outcomes;
pub(crate) mod pace;
pub(crate) mod preflight;
pub(crate) mod results;
pub(crate) mod roster;
pub(crate) mod send;
mod staged;
pub(crate) mod standing;
