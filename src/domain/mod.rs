//! What a PIN request is made of: each value has a private field, one door that parses it, and an error of its own.
//!
//! Nothing here knows a file, a network, a setting or a policy of ours.

pub mod api_key;
pub mod base_url;
pub mod duration;
pub mod gsm7;
#[cfg(test)]
pub(crate) mod hostile;
pub mod money;
pub mod msisdn;
pub mod numbering;
pub mod pin;
pub mod pin_params;
pub mod pin_request;
pub mod placeholder;
pub mod report_url;
pub mod segments;
pub mod sender;
pub mod sms_text;
pub(crate) mod suggest;
mod web_url;

#[cfg(test)]
mod doors;
