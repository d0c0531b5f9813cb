//! smspin sends SMS verification PINs through an HTTP JSON gateway, and checks the PINs that people type back.
//!
//! Imports point one way: `commands → {client, sandbox} → {outcome, wire} → domain`. The sandbox never imports the
//! client, and `domain` imports nothing of ours.

#[cfg_attr(
    not(test),
    expect(dead_code, unused_imports, reason = "the batch command is not wired up yet")
)]
mod batch;
pub mod domain;
#[cfg_attr(not(test), expect(dead_code, reason = "no command sends yet"))]
mod retry;

use std::process::ExitCode;

/// Runs the program with this process's arguments and environment.
#[must_use]
pub fn run() -> ExitCode {
    ExitCode::SUCCESS
}
