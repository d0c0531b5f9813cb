//! How a person's own words are shown back to them: escaped, so that they cannot steer a terminal, and cut short.

/// How many characters of a value an error repeats.
const SHOWN: usize = 40;

/// `text` in quotation marks, with everything unprintable escaped and at most 40 characters of it.
pub fn quote(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN).map(escape).collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    format!("“{shown}”")
}

fn escape(character: char) -> String {
    match character {
        '\'' | '"' | '\\' => character.to_string(),
        _ => character.escape_debug().to_string(),
    }
}
