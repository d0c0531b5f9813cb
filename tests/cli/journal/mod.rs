//! `smspin journal`: what the journal knows, what it is told, and what it must never lose.

mod commands;
mod losses;
