//! `smspin config`.

use clap::{Args, Subcommand};

/// Read and change the configuration file
#[derive(Args, Clone, Debug)]
#[command(
    subcommand_required = true,
    arg_required_else_help = true,
    disable_help_subcommand = true
)]
pub(crate) struct ConfigArgs {
    #[command(subcommand)]
    pub(crate) command: ConfigCommand,
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    Init(InitArgs),
    List(ListArgs),
    Get(GetArgs),
    Set(SetArgs),
    /// Remove a setting from the file, or from one profile with --profile
    Unset(EditArgs),
    Use(UseArgs),
    /// Print the path of the configuration file
    Path,
}

/// Write a configuration file, from your answers at a terminal or from flags and standard input
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  smspin config init
  pass show sms-gateway | smspin config init --api-key-stdin --set sender=SHOP --set country=ES
  smspin config init --set base_url=https://staging.example/api/3.0")]
pub(crate) struct InitArgs {
    /// Read the API key from standard input
    #[arg(long)]
    pub(crate) api_key_stdin: bool,

    /// A setting to put into the file; can be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) settings: Vec<String>,

    /// Replace an existing file
    #[arg(long)]
    pub(crate) force: bool,
}

/// Show every setting that has a value, where it comes from, and what it overrides
#[derive(Args, Clone, Debug)]
pub(crate) struct ListArgs {
    /// Show every setting there is, set or not, with its meaning
    #[arg(long)]
    pub(crate) all: bool,
}

/// Print the value of one setting
#[derive(Args, Clone, Debug)]
pub(crate) struct GetArgs {
    /// The name of the setting, such as `sender`
    pub(crate) key: String,
}

/// Change a setting in the file, or in one profile with --profile
///
/// Comments and order are kept. The API key is never an argument: smspin asks for it without showing it, or reads it from
/// standard input.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  smspin config set sender SHOP
  smspin config set --profile live api_key
  pass show sms-gateway | smspin config set api_key
  smspin config set api_key_command '[\"pass\", \"show\", \"sms-gateway\"]'")]
pub(crate) struct SetArgs {
    /// The name of the setting, such as `sender`
    pub(crate) key: String,
    /// Its new value; leave it out for `api_key`
    #[arg(allow_hyphen_values = true)]
    pub(crate) value: Option<String>,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct EditArgs {
    /// The name of the setting, such as `sender`
    pub(crate) key: String,
}

/// Choose the profile that commands use when --profile is not given
#[derive(Args, Clone, Debug)]
pub(crate) struct UseArgs {
    /// The name of the profile, which must be in the file
    #[arg(value_name = "PROFILE")]
    pub(crate) name: String,
}
