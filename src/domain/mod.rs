//! What a PIN request is made of: each value has a private field and one parser, which says in words why a
//! text is not such a value.
//!
//! Nothing here knows a file, a network, a setting or a policy of ours.

pub(crate) mod api_key;
pub(crate) mod base_url;
pub(crate) mod call_path;
pub(crate) mod campaign_name;
pub(crate) mod database_url;
pub(crate) mod duration;
pub(crate) mod gsm7;
pub(crate) mod host_name;
#[cfg(test)]
pub(crate) mod hostile;
pub(crate) mod invalid;
pub(crate) mod money;
pub(crate) mod msisdn;
pub(crate) mod numbering;
pub(crate) mod pin;
pub(crate) mod pin_params;
pub(crate) mod pin_request;
pub(crate) mod placeholder;
pub(crate) mod report_url;
pub(crate) mod segments;
pub(crate) mod sender;
pub(crate) mod sms_text;
pub(crate) mod suggest;
#[cfg(test)]
pub(crate) mod text_table;
mod web_url;
pub(crate) mod written_number;

#[cfg(test)]
mod refusals;
