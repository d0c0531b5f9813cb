//! How an error repeats what a person or a file gave: short, and harmless to a terminal.

const LIMIT: usize = 40;

/// At most some forty characters of `input`, with control, invisible and unprintable ones escaped.
pub(crate) fn echo(input: &str) -> String {
    let mut shown = String::new();
    for (count, character) in input.chars().enumerate() {
        if count == LIMIT || shown.len() >= 2 * LIMIT {
            shown.push('…');
            break;
        }
        match character {
            '\'' | '"' | '\\' => shown.push(character),
            _ => shown.extend(character.escape_debug()),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::echo;

    #[test]
    fn repeats_short_printable_text_as_it_is() {
        assert_eq!(echo("+34 666-ñ 'x'"), "+34 666-ñ 'x'");
    }

    #[test]
    fn escapes_what_could_act_on_a_terminal() {
        assert_eq!(
            echo("a\u{1b}[2J\n\u{202e}\u{200b}"),
            "a\\u{1b}[2J\\n\\u{202e}\\u{200b}"
        );
    }

    #[test]
    fn cuts_long_input() {
        assert_eq!(echo(&"9".repeat(100_000)), format!("{}…", "9".repeat(40)));
        assert!(echo(&"\u{202e}".repeat(100_000)).len() < 100);
    }
}
