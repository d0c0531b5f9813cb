//! `smspin completions`.

use clap::{Args, ValueEnum};

/// Print the completion script for a shell
///
/// The script asks smspin for every completion, so it knows your profiles and stays up to date.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  smspin completions bash > ~/.local/share/bash-completion/completions/smspin
  smspin completions zsh > ~/.zfunc/_smspin        (a directory of $fpath, before compinit)
  smspin completions fish > ~/.config/fish/completions/smspin.fish
  smspin completions powershell | Out-String | Invoke-Expression        (in $PROFILE)
  eval (smspin completions elvish | slurp)                              (in rc.elv)")]
pub(crate) struct CompletionsArgs {
    /// The shell that the script is for: bash, zsh, fish, powershell or elvish
    #[arg(hide_possible_values = true)]
    pub(crate) shell: Shell,
}

/// The shells that know how to complete smspin's arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shell {
    Bash,
    Zsh,
    Fish,
    Powershell,
    Elvish,
}

impl Shell {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Bash => "bash",
            Self::Zsh => "zsh",
            Self::Fish => "fish",
            Self::Powershell => "powershell",
            Self::Elvish => "elvish",
        }
    }
}
