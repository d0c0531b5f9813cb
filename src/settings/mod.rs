//! What the user has settled before a command runs: where each value comes from, which one wins, and how the
//! configuration file is read and edited.
//!
//! A value here has a shape (text, a whole number, a list) and an origin, and no meaning yet: the commands parse it with
//! the domain's own doors. Nothing here prints or asks.

mod api_key_source;
mod edit;
mod error;
mod file;
mod file_access;
mod key_command;
mod keys;
mod kind;
mod layers;
mod list;
mod number_check;
mod origin;
mod paths;
mod secret;
mod splice;
mod template;
#[cfg(test)]
mod testing;
mod write;

pub(crate) use keys::Key;
