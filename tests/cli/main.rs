//! The program as its users meet it: real processes, real sockets, and stdout, stderr and status compared together.

mod check;
mod config;
mod help;
mod hostile;
mod offline;
mod outcomes;
mod run;
mod sandbox;
mod sandbox_page;
mod secrecy;
mod served;
mod server;
mod structure;
mod wire;
