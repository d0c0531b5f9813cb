//! The program as its users meet it: real processes, real sockets, and stdout, stderr and status compared together.

#![expect(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

mod batch;
mod certificates;
mod check;
mod clocks;
mod completion;
mod config;
mod config_access;
mod doctor;
mod full_output;
mod gateway;
mod gateway_clock;
mod generated;
mod help;
mod hostile;
mod journal;
mod kubernetes;
mod leftovers;
mod listen;
mod offline;
mod once_per;
mod open_files;
mod outcomes;
mod paths;
mod pictures;
mod questions;
mod readme;
mod report_walk;
mod sandbox;
mod sandbox_control;
mod sandbox_page;
mod sandbox_recipes;
mod sandbox_reports;
mod sandbox_state;
mod sandbox_wire;
mod schema;
mod secrecy;
mod served;
mod shells;
mod signals;
mod structure;
#[path = "../support/mod.rs"]
mod support;
mod systemd;
mod wire;
mod words;
