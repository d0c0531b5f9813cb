//! The program as its users meet it: real processes, real sockets, and stdout, stderr and status compared together.

mod check;
mod completion;
mod config;
mod doctor;
mod generated;
mod help;
mod hostile;
mod offline;
mod outcomes;
mod run;
mod schema;
mod secrecy;
mod server;
mod structure;
mod wire;
