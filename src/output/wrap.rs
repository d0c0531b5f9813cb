//! Lines that are no wider than a terminal, broken between words alone. A command is broken so that it can still be pasted.

/// One word, with the spaces before it.
struct Word<'a> {
    text: &'a str,
    /// The word before it belongs to the same command: a break between them needs a backslash.
    goes_on: bool,
}

/// The same text in lines of at most so many characters, as far as its words allow. Further lines are indented.
pub(super) fn wrapped(text: &str, width: usize) -> String {
    let lines = text.split('\n').map(|line| wrapped_line(line, width));
    lines.collect::<Vec<_>>().join("\n")
}

fn wrapped_line(line: &str, width: usize) -> String {
    if seen(line) <= width {
        return line.to_owned();
    }
    let indent = line.len() - line.trim_start_matches(' ').len() + 2;
    let words = words(line);
    let mut wrapped = String::with_capacity(line.len() + 16);
    let (mut used, mut is_fresh) = (0, true);
    for (at, word) in words.iter().enumerate() {
        // Room for the backslash that the next word may need.
        let more = if words.get(at + 1).is_some_and(|next| next.goes_on) {
            2
        } else {
            0
        };
        let is_first = std::mem::take(&mut is_fresh);
        if !is_first && used + seen(word.text) + more > width {
            wrapped.push_str(if word.goes_on { " \\\n" } else { "\n" });
            wrapped.extend(std::iter::repeat_n(' ', indent));
            wrapped.push_str(word.text.trim_start());
            used = indent + seen(word.text.trim_start());
        } else {
            wrapped.push_str(word.text);
            used += seen(word.text);
        }
    }
    wrapped
}

/// A command begins with the program's name, behind a backquote or a colon, and ends with its backquote or before three spaces.
/// What is quoted in it is one word.
fn words(line: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let (mut start, mut is_command, mut is_quoted, mut is_named) = (0, false, false, true);
    let mut letters = line.char_indices().peekable();
    while let Some((at, c)) = letters.next() {
        if is_command && c == '\'' && (is_quoted || !line[..at].ends_with('\\')) {
            is_quoted = !is_quoted;
        }
        let ends = !is_quoted && c != ' ' && letters.peek().is_none_or(|(_, next)| *next == ' ');
        if !ends {
            continue;
        }
        let text = &line[start..at + c.len_utf8()];
        let word = text.trim_start();
        let is_apart = text.len() - word.len() >= 3;
        let goes_on = is_command && !is_apart;
        words.push(Word { text, goes_on });
        is_command = goes_on || word == "`smspin" || (word == "smspin" && is_named);
        is_command &= !word.trim_start_matches('`').contains('`');
        is_named = word.ends_with(':') || seen(word) < word.len() && word.contains(':');
        start = at + c.len_utf8();
    }
    words
}

/// How many characters a terminal shows of it: those that set a colour are not seen.
fn seen(text: &str) -> usize {
    let mut parts = text.split('\u{1b}');
    let first = parts.next().map_or(0, |part| part.chars().count());
    let rest = parts.map(|part| part.split_once('m').map_or(0, |(_, shown)| shown.chars().count()));
    first + rest.sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_line_is_broken_between_words_and_a_command_with_a_backslash() {
        for (line, width, expected) in [
            ("one two", 10, "one two"),
            ("one two three", 8, "one two\n  three"),
            ("  one  two three", 10, "  one  two\n    three"),
            ("a-word-that-is-too-long x", 8, "a-word-that-is-too-long\n  x"),
            ("\u{1b}[1mone\u{1b}[0m two", 7, "\u{1b}[1mone\u{1b}[0m two"),
            (
                "next: smspin batch a.csv --sms-text 'Hi, it'\\''s {PIN}' --sender ME   (line 3)",
                40,
                "next: smspin batch a.csv --sms-text \\\n  'Hi, it'\\''s {PIN}' --sender ME\n  (line 3)",
            ),
            (
                "hint: `smspin batch users.csv --country ES` sends them",
                30,
                "hint: `smspin batch \\\n  users.csv --country ES`\n  sends them",
            ),
            (
                "what smspin sends to people",
                12,
                "what smspin\n  sends to\n  people",
            ),
        ] {
            assert_eq!(wrapped(line, width), expected);
        }
    }

    proptest! {
        #[test]
        fn no_word_is_lost_or_cut(text in "[ a-z']{0,200}", width in 5_usize..60) {
            let broken = wrapped(&text, width);
            let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            prop_assert_eq!(words(&broken), words(&text));
            for line in broken.lines().filter(|line| seen(line.trim_end()) > width) {
                prop_assert!(line.split_whitespace().count() <= 1, "{}", line);
            }
        }
    }
}
