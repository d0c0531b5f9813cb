//! What a PIN request is made of: each value has a private field, one door that parses it, and an error of its own.
//!
//! Nothing here knows a file, a network, a setting or a policy of ours.

mod echo;
pub mod msisdn;
pub mod numbering;
