//! The program as its users meet it: real processes, real sockets, and stdout, stderr and status compared together.

mod batch;
mod check;
mod config;
mod help;
mod hostile;
mod offline;
mod outcomes;
mod run;
mod scripted;
mod secrecy;
mod server;
mod structure;
mod wire;
