//! One command's way to a gateway: its context, the settings that hold for it, the connection, one call, and the signals
//! that end it. It runs no command.

pub(crate) mod call;
mod command_line;
pub(crate) mod connection;
mod context;
mod gateway;
pub(crate) mod journal;
pub(crate) mod probe;
mod question;
pub(crate) mod signals;

pub(crate) use command_line::CommandLine;
pub(crate) use context::Context;
pub(crate) use gateway::{OpenGateway, Session, read_connection, sandbox_failure};
pub(crate) use question::Questions;
