//! The configuration file that `config init` writes: every setting with a line of documentation, set or commented out.

use std::fmt::Write as _;

use toml_edit::Value;

use crate::settings::keys::Key;

const HEAD: &str = "\
# The configuration of smspin. `smspin config list` shows what is in force, and where it comes from.
# Flags outrank this file. So do SMSPIN_* variables, but not the profile that --profile names. Keep it to yourself: chmod 600.
";

const PROFILES: &str = "
# A profile is a set of values with a name, for `--profile NAME`. It outranks what is above.
# [profiles.staging]
# base_url = \"http://127.0.0.1:8465/api/3.0\"
";

/// The text of a new file, with the values given and everything else commented out.
pub(crate) fn render(values: &[(Key, Value)]) -> String {
    let mut text = HEAD.to_owned();
    for key in Key::ALL.iter().copied() {
        let given = values.iter().find(|(known, _)| *known == key);
        // Writing to a String can't fail.
        let _ = match given {
            Some((_, value)) => write!(text, "\n# {}.\n{key} = {}\n", key.doc(), value.to_string().trim()),
            None => write!(text, "\n# {}.\n# {key} = {}\n", key.doc(), key.example()),
        };
    }
    text.push_str(PROFILES);
    text
}
