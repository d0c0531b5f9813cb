//! A piece of text that is shown both at a terminal and in a manual page.

use clap_mangen::roff::{Roff, bold, roman};

/// No line is wider, however wide the terminal is.
const WIDEST: usize = 100;

/// A piece of a text.
#[derive(Clone, Debug)]
pub(crate) enum Block {
    /// Sentences, wrapped to the width there is.
    Text(String),
    /// A name and what it means, on each line.
    Table(Vec<(String, String)>),
    /// Lines that stay as they are.
    Code(String),
}

impl Block {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub(crate) fn table<N: Into<String>, D: Into<String>>(rows: impl IntoIterator<Item = (N, D)>) -> Self {
        let rows = rows.into_iter().map(|(name, doc)| (name.into(), doc.into()));
        Self::Table(rows.collect())
    }
}

/// Reads paragraphs between empty lines. One may be
/// - sentences, and below them indented lines that stay as they are;
/// - a table: lines such as ``- `name`: what it means``, which go on with an indent;
/// - `<!-- NAME -->`, which is what `table` has by this name.
pub(crate) fn parse(text: &str, table: impl Fn(&str) -> Block) -> Vec<Block> {
    let paragraphs = text
        .split("\n\n")
        .map(|paragraph| paragraph.trim_matches('\n'))
        .filter(|paragraph| !paragraph.is_empty());
    let mut blocks = Vec::new();
    for paragraph in paragraphs {
        let marked = paragraph
            .strip_prefix("<!-- ")
            .and_then(|rest| rest.strip_suffix(" -->"));
        if let Some(name) = marked {
            blocks.push(table(name));
        } else if let Some(rows) = paragraph.strip_prefix("- `") {
            let rows = rows.split("\n- `").filter_map(|row| row.split_once("`: "));
            blocks.push(Block::table(rows));
        } else {
            let sentences = paragraph.lines().take_while(|line| !line.starts_with("  "));
            let sentences = sentences.collect::<Vec<_>>();
            let code = paragraph.lines().skip(sentences.len());
            let code = code.map(|line| {
                line.strip_prefix("    ")
                    .or(line.strip_prefix("  "))
                    .unwrap_or(line)
            });
            let code = code.collect::<Vec<_>>().join("\n");
            blocks.extend((!sentences.is_empty()).then(|| Block::Text(sentences.join(" "))));
            blocks.extend((!code.is_empty()).then_some(Block::Code(code)));
        }
    }
    blocks
}

/// The blocks for a terminal of `width` columns.
pub(crate) fn plain(blocks: &[Block], width: usize) -> String {
    let width = width.clamp(40, WIDEST);
    let shown: Vec<String> = blocks
        .iter()
        .map(|block| match block {
            Block::Text(text) => wrapped(text, width, 0),
            Block::Table(rows) => table(rows, width),
            Block::Code(text) => text.lines().flat_map(|line| ["  ", line, "\n"]).collect(),
        })
        .collect();
    shown.join("\n")
}

/// The blocks as a part of a manual page.
pub(crate) fn roff(page: &mut Roff, blocks: &[Block]) {
    for (index, block) in blocks.iter().enumerate() {
        let follows = index > 0;
        match block {
            Block::Text(text) => {
                if follows {
                    page.control("PP", []);
                }
                page.text([roman(text.as_str())]);
            }
            Block::Table(rows) => {
                for (name, doc) in rows {
                    page.control("TP", []);
                    page.text([bold(name.as_str())]);
                    page.text([roman(doc.as_str())]);
                }
            }
            Block::Code(text) => {
                if follows {
                    page.control("PP", []);
                }
                page.control("nf", []);
                for line in text.lines() {
                    page.text([roman(line)]);
                }
                page.control("fi", []);
            }
        }
    }
}

fn table(rows: &[(String, String)], width: usize) -> String {
    let columns = |name: &String| name.chars().count();
    let widest = rows
        .iter()
        .map(|(name, _)| columns(name))
        .max()
        .unwrap_or_default();
    // Where little room would be left beside the names, the meaning stands below them.
    let beside = widest + 4 + 30 <= width;
    rows.iter()
        .map(|(name, doc)| {
            if beside {
                let text = wrapped(doc, width, widest + 4);
                format!(
                    "  {name}{}{}",
                    " ".repeat(widest - columns(name) + 2),
                    text.trim_start()
                )
            } else {
                format!("  {name}\n{}", wrapped(doc, width, 6))
            }
        })
        .collect()
}

/// Lines of at most `width` columns, each begun with `indent` spaces. A longer word stands alone.
fn wrapped(text: &str, width: usize, indent: usize) -> String {
    let mut lines = String::new();
    let mut line = String::new();
    let mut length = 0;
    for word in text.split_whitespace() {
        let columns = word.chars().count();
        if length > 0 && indent + length + 1 + columns > width {
            add_line(&mut lines, indent, &line);
            line.clear();
            length = 0;
        }
        if length > 0 {
            line.push(' ');
            length += 1;
        }
        line.push_str(word);
        length += columns;
    }
    add_line(&mut lines, indent, &line);
    lines
}

fn add_line(lines: &mut String, indent: usize, line: &str) {
    lines.extend(std::iter::repeat_n(' ', indent));
    lines.push_str(line);
    lines.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_fits_into_the_width_that_there_is() {
        let rows = Block::table([
            (
                "one",
                "a text that is long enough to need a second line at forty columns",
            ),
            ("a-longer-name", "short"),
        ]);
        for width in [40, 60, 80, 200] {
            let shown = plain(std::slice::from_ref(&rows), width);
            let widest = shown.lines().map(|line| line.chars().count()).max();
            assert!(widest <= Some(width), "{width}:\n{shown}");
        }
        let narrow = "  one\n      a text that is long enough to need\n      a second line at forty columns\n  \
                      a-longer-name\n      short\n";
        assert_eq!(plain(&[rows], 40), narrow);
    }

    #[test]
    fn a_page_is_read_paragraph_by_paragraph() {
        let text = "\nTwo\nlines:\n    a line\n  another\n\n- `a, b`: one\n  and more\n- `c`: two\n\n<!-- mine -->\n\n    code\n";
        let blocks = parse(text, |name| Block::text(format!("the table {name}")));
        let shown = plain(&blocks, 80);
        let expected = "Two lines:\n\n  a line\n  another\n\n  a, b  one and more\n  c     two\n\nthe table mine\n\n  code\n";
        assert_eq!(shown, expected);
    }

    #[test]
    fn what_looks_like_a_request_of_roff_is_text() {
        let mut page = Roff::new();
        roff(
            &mut page,
            &[Block::Code(".so /etc/passwd\n'x".into()), Block::text("a-b")],
        );
        let text = page.to_roff();
        assert!(
            !text
                .lines()
                .any(|line| line.starts_with(".so") || line.starts_with("'x")),
            "{text}"
        );
    }
}
