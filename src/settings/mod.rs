//! What the user has settled before a command runs: where each value comes from, which one wins, and how the
//! configuration file is read and edited.
//!
//! A value here has a shape (text, a whole number, a list) and an origin, and no meaning yet: the commands parse it with
//! the domain's own doors. Nothing here prints or asks.

pub(crate) mod api_key_source;
pub(crate) mod edit;
pub(crate) mod error;
pub(crate) mod file;
mod file_access;
mod key_command;
pub(crate) mod keys;
pub(crate) mod kind;
pub(crate) mod layers;
pub(crate) mod list;
pub(crate) mod number_check;
pub(crate) mod origin;
pub(crate) mod paths;
pub(crate) mod secret;
mod splice;
mod template;
#[cfg(test)]
mod testing;
mod write;

pub(crate) use keys::Key;
