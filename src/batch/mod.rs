//! A PIN to every row of a file, each at most once: the rooms of a batch, with one-way arrows between them.
//!
//! `journal` is the only room that knows SQL, and `decide` knows neither files nor clocks.

pub(crate) mod decide;
pub(crate) mod fingerprint;
pub(crate) mod journal;
pub(crate) mod pace;
pub(crate) mod roster;
pub(crate) mod standing;
