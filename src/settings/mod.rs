//! The settings of a run: where each value comes from, which one wins, and how the configuration file is read and edited.
//!
//! A value is read in two steps. `kind` checks its shape (text, a whole number, a list) when flags, variables and file are
//! read; the parser in its line of `keys` says what it means when a command reads it. Nothing here prints or asks.

mod api_key_source;
pub(crate) mod edit;
mod file;
pub(crate) mod key_command;
mod key_words;
pub(crate) mod keys;
pub(crate) mod kind;
mod layers;
pub(crate) mod list;
mod number_check;
mod number_fault;
mod origin;
mod paths;
pub(crate) mod pin_request;
mod policy;
mod reader;
mod secret;
mod template;
#[cfg(test)]
pub(crate) mod testing;
mod toml_text;
mod trust;
pub(crate) mod values;
mod write;

pub(crate) use edit::Edited;
pub(crate) use file::ConfigFile;
pub(crate) use keys::Key;
pub(crate) use kind::{BoxError, Raw};
pub(crate) use layers::{Flags, Layers};
pub(crate) use number_check::NumberCheck;
pub(crate) use number_fault::NumberFault;
pub(crate) use origin::Origin;
pub(crate) use paths::{ConfigPath, Directories};
pub(crate) use policy::{NumberPolicy, place_of, with_lost_zero};
pub(crate) use reader::Reader;
pub(crate) use trust::read_secret_file;
pub(crate) use values::JournalSetting;
