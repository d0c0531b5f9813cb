//! Tables of tests, as text: a line a case, and its fields between bars.

/// The lines of a table, each with its fields; spaces around a bar are none of them. `\n`, `\r`, `\t`, `\0`, `\\` and `\u{…}` are
/// written as in a program, and `\s` is a space at the end of a field.
pub(crate) fn rows<const FIELDS: usize>(table: &str) -> Vec<[&'static str; FIELDS]> {
    let lines = table.lines().filter(|line| !line.is_empty());
    let row = |line: &str| {
        let fields: Vec<&str> = line
            .split('|')
            .map(|field| read(field.trim_matches(' ')))
            .collect();
        fields.try_into().unwrap_or_else(|_| panic!("{line}"))
    };
    lines.map(row).collect()
}

fn read(field: &str) -> &'static str {
    let mut text = String::new();
    let mut rest = field.chars();
    while let Some(character) = rest.next() {
        if character != '\\' {
            text.push(character);
            continue;
        }
        text.push(match rest.next() {
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('0') => '\0',
            Some('s') => ' ',
            Some('\\') => '\\',
            Some('u') => {
                let code: String = rest.by_ref().skip(1).take_while(|digit| *digit != '}').collect();
                u32::from_str_radix(&code, 16)
                    .ok()
                    .and_then(char::from_u32)
                    .expect("a character")
            }
            other => panic!("“\\{other:?}” in “{field}”"),
        });
    }
    // It is as good as a part of the program's text, and tests end soon.
    text.leak()
}
