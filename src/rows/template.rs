//! A text with gaps: `{column}` is filled from the row, `{PIN}` stays for the gateway, `{{` and `}}` are braces. What is filled
//! in is never looked at for gaps again. Whether the result is a good SMS is judged elsewhere.

use super::columns::Columns;
use super::fault::RowDefect;
use super::row::Row;
use crate::domain::invalid::Invalid;
use crate::domain::placeholder::{PLACEHOLDER as PIN, sent_as_they_stand};
use crate::domain::suggest::{did_you_mean, nearest};
use crate::text::{quote, quoted_list};

/// A text compiled against the columns of one input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template {
    parts: Vec<TemplatePart>,
    /// How often the text itself says `{PIN}`.
    pins: usize,
    /// Whether a brace that is only a brace stands in it.
    braces: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum TemplatePart {
    Text(String),
    Column(usize),
}

/// The name of a column in braces, as a message shows it.
fn gap(name: &str) -> String {
    format!("{{{}}}", quote(name).trim_matches(['“', '”']))
}

impl Template {
    /// Compiles `text`. A column is named as in the header, without regard to case if none is spelt the same.
    pub(crate) fn compile(text: &str, columns: &Columns) -> Result<Self, Invalid> {
        let mut template = Self {
            parts: Vec::new(),
            pins: 0,
            braces: false,
        };
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            template.push(&rest[..at]);
            rest = &rest[at..];
            let taken = if rest.starts_with("{{") || rest.starts_with("}}") {
                template.push_brace(&rest[..1]);
                2
            } else if rest.starts_with('}') {
                template.push_brace("}");
                1
            } else if rest.starts_with(PIN) {
                template.pins += 1;
                template.push(PIN);
                PIN.len()
            } else {
                let end = rest[1..]
                    .find(['{', '}'])
                    .filter(|&end| rest[1 + end..].starts_with('}'));
                let open = || {
                    let at = text[..text.len() - rest.len()].chars().count() + 1;
                    Invalid::new(format_args!(
                        "character {at} of the text is a {{ that is never closed: write {{{{ for a brace"
                    ))
                };
                let name = &rest[1..=end.ok_or_else(open)?];
                template.parts.push(TemplatePart::Column(find(name, columns)?));
                name.len() + 2
            };
            rest = &rest[taken..];
        }
        template.push(rest);
        template.check()
    }

    /// Writes the text for `row` into `text`, in place of what it held, and says whether a cell that it needs is blank or missing.
    /// On a fault `text` holds nothing of use.
    pub(crate) fn fill(&self, row: &Row<'_>, text: &mut String) -> Result<bool, RowDefect> {
        text.clear();
        let (mut suspect, mut blank) = (None, false);
        for part in &self.parts {
            match part {
                TemplatePart::Text(fixed) => text.push_str(fixed),
                TemplatePart::Column(column) => {
                    if let Some(defect) = row.spoils_text(*column) {
                        return Err(defect);
                    }
                    let value = row.cell(*column).unwrap_or_default();
                    blank |= value.trim().is_empty();
                    if value.chars().any(char::is_control) {
                        return Err(RowDefect::ControlCharacter(name(row, *column)));
                    }
                    if value.contains(['{', '}']) || (self.braces && suspect.is_none()) {
                        suspect = Some(*column);
                    }
                    text.push_str(value);
                }
            }
        }
        match suspect {
            Some(column) if text.matches(PIN).count() != self.pins => {
                Err(RowDefect::PinFromRow(name(row, column)))
            }
            _ => Ok(blank),
        }
    }

    /// The columns that the text needs and that are blank or missing in this row.
    pub(crate) fn blanks<'a>(&'a self, row: &'a Row<'_>) -> impl Iterator<Item = &'a str> {
        self.parts.iter().filter_map(|part| match part {
            TemplatePart::Column(column) if row.cell(*column).unwrap_or_default().trim().is_empty() => {
                Some(row.columns().names()[*column].trim())
            }
            _ => None,
        })
    }

    /// What in the text looks as if it were filled in, and isn't.
    pub(crate) fn concerns(&self) -> Vec<String> {
        let fixed = self.parts.iter().filter_map(|part| match part {
            TemplatePart::Text(text) => Some(sent_as_they_stand(text)),
            TemplatePart::Column(_) => None,
        });
        fixed.flatten().collect()
    }

    fn push(&mut self, fixed: &str) {
        match self.parts.last_mut() {
            Some(TemplatePart::Text(last)) => last.push_str(fixed),
            _ if fixed.is_empty() => {}
            _ => self.parts.push(TemplatePart::Text(fixed.to_owned())),
        }
    }

    fn push_brace(&mut self, brace: &str) {
        self.braces = true;
        self.push(brace);
    }

    /// No escaped braces may make one more `{PIN}` out of the text.
    fn check(self) -> Result<Self, Invalid> {
        let pins = |part: &TemplatePart| match part {
            TemplatePart::Text(text) => text.matches(PIN).count(),
            TemplatePart::Column(_) => 0,
        };
        let found: usize = self.parts.iter().map(pins).sum();
        if found == self.pins {
            Ok(self)
        } else {
            Err(Invalid::new(
                "the gateway would take {{PIN}} for its own {PIN}: the text can't hold that word in braces",
            ))
        }
    }
}

fn name(row: &Row<'_>, column: usize) -> String {
    quote(row.columns().names()[column].trim())
}

fn find(name: &str, columns: &Columns) -> Result<usize, Invalid> {
    columns.find(name).map_err(|found| {
        let asks = format!("the text asks for {}", gap(name));
        if !found.is_empty() {
            let why = "and the file has several columns of that name";
            return Invalid::new(format_args!("{asks}, {why}"));
        }
        let candidates = columns.names().iter().map(|name| name.trim()).chain(["PIN"]);
        Invalid::new(format_args!(
            "{asks}, but the file has no such column{}; its columns are {}",
            did_you_mean(nearest(name, candidates).map(gap)),
            quoted_list(columns.names())
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::text_table;
    use crate::rows::sample::input;
    use proptest::prelude::*;

    const FILE: &str = "phone,Name,shop,Shop,box. 2\n1,Ann,Pizza,Bar,3\n";

    fn compile(text: &str) -> Result<Template, String> {
        Template::compile(text, input(FILE, &[]).unwrap().columns()).map_err(|error| error.to_string())
    }

    /// What becomes of `text` for a row whose name is `name`.
    fn fill(text: &str, name: &str) -> Result<String, String> {
        let input = input(
            serde_json::json!({"phone": "1", "Name": name, "gone": null}).to_string(),
            &[],
        )
        .unwrap();
        let template = Template::compile(text, input.columns()).map_err(|error| error.to_string())?;
        let mut rows = input.rows().unwrap();
        let mut filled = "left over".to_owned();
        template
            .fill(&rows.next().unwrap().unwrap(), &mut filled)
            .map_err(|fault| fault.to_string())?;
        Ok(filled)
    }

    #[test]
    fn gaps_are_filled() {
        let cases = [
            ("Your PIN is {PIN}", "Ann", "Your PIN is {PIN}"),
            ("{Name}: {PIN}", "Ann", "Ann: {PIN}"),
            ("{name}{NAME} {phone}", "Ann", "AnnAnn 1"),
            ("{ name }", "Ann", "Ann"),
            ("{{name}} {name}", "Ann", "{name} Ann"),
            ("{{{name}}}", "Ann", "{Ann}"),
            ("}{{a}}}", "Ann", "}{a}}"),
            ("{PIN}{name}", "{phone}{{", "{PIN}{phone}{{"),
            ("{PIN} {name}", "", "{PIN} "),
            ("", "Ann", ""),
            ("{PIN} {name}", "{PINS}", "{PIN} {PINS}"),
        ];
        for (text, name, expected) in cases {
            assert_eq!(fill(text, name).unwrap(), expected, "{text}");
        }
    }

    const REFUSED_VALUES: &str = r"
{PIN} {name} | {PIN} | with “Name” filled in, the text holds one {PIN} too many
{{{name}}} | PIN | with “Name” filled in
{{P{name}}} | IN | with “Name” filled in
{name}PIN}} | { | with “Name” filled in
{PIN} {name} | a\nb | “Name” holds a control character or a line break
{PIN} {name} | a\u{1b}b | “Name” holds a control character
{PIN} {name} | a\u{85}b | “Name” holds a control character
";

    #[test]
    fn values_never_become_gaps_or_controls() {
        for [text, name, expected] in text_table::rows(REFUSED_VALUES) {
            let fault = fill(text, name).unwrap_err();
            assert!(fault.starts_with(expected), "{text}: {fault}");
        }
    }

    const MISTAKES: &str = r"
Hi {nam} | the text asks for {nam}, but the file has no such column; did you mean {Name}?
{pin} | the text asks for {pin}, but the file has no such column; did you mean {PIN}?
{qwertz} | the text asks for {qwertz}, but the file has no such column
{SHOP} | the text asks for {SHOP}, and the file has several columns of that name
{} | the text asks for {}, but
ó { | character 3 of the text is a { that is never closed
a {b {name} | character 3 of the text is a { that is never closed
{{PIN}} | the gateway would take {{PIN}} for its own {PIN}
{{PIN} | the gateway would take
{\u{1b}[2J} | the text asks for {\\u{1b}[2J}, but
";

    #[test]
    fn mistakes_are_found_before_any_row() {
        for [text, expected] in text_table::rows(MISTAKES) {
            let message = compile(text).unwrap_err();
            assert!(message.starts_with(expected), "{text}: {message}");
        }
        assert!(
            compile("{shop}{Shop}{box. 2}").is_ok(),
            "spelt the same, a column is certain"
        );
    }

    #[test]
    fn a_text_without_gaps_is_the_same_for_all() {
        let fixed = |text| {
            let parts = compile(text).unwrap().parts;
            parts.iter().all(|part| matches!(part, TemplatePart::Text(_)))
        };
        assert!(fixed("{{x}} {PIN}"));
        assert!(!fixed("{name} {PIN}"));
    }

    proptest! {
        #[test]
        fn no_row_adds_a_pin(text in "[{}PIN ]{0,12}(\\{name\\})?[{}PIN ]{0,6}", name in "[{}PIN]{0,8}") {
            if let (Ok(template), Ok(filled)) = (compile(&text), fill(&text, &name)) {
                prop_assert_eq!(filled.matches(PIN).count(), template.pins);
            }
        }

        #[test]
        fn nothing_panics(text in crate::domain::hostile::text(), name in crate::domain::hostile::text()) {
            prop_assume!(name.len() < 10_000 && !name.contains('\0'));
            let _ = fill(&text, &name);
        }
    }
}
