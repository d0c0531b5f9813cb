//! One line of JSON lines: an object, whose keys are columns. Numbers keep the digits they were written with.

use super::cells::{CellPlace, Cells};
use super::columns::Columns;
use super::fault::{MAX_CELL, MAX_COLUMNS, RowDefect};
use crate::text::quote;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::ops::Range;

/// The keys that have been met so far. It grows with the file's different keys, never with its rows.
#[derive(Debug)]
pub(super) struct Keys {
    columns: Columns,
    index: HashMap<String, usize>,
}

/// The values of one line as they were written, by column, in the line's order.
pub(super) type PairRanges = Vec<(usize, Range<usize>)>;

impl Keys {
    pub(super) fn new(columns: Columns) -> Self {
        let index = columns.names().iter().cloned().zip(0..).collect();
        Self { columns, index }
    }

    pub(super) const fn columns(&self) -> &Columns {
        &self.columns
    }

    fn column(&mut self, key: &str) -> Option<usize> {
        if let Some(&index) = self.index.get(key) {
            return Some(index);
        }
        if self.index.len() >= MAX_COLUMNS {
            return None;
        }
        let index = self.columns.add(key);
        self.index.insert(key.to_owned(), index);
        Some(index)
    }

    /// Reads the object in `text[line]` into `cells`, one for each column known so far.
    pub(super) fn read(
        &mut self,
        text: &str,
        line: Range<usize>,
        cells: &mut Cells,
        written: &mut PairRanges,
    ) -> Option<RowDefect> {
        cells.clear();
        written.clear();
        cells.resize(self.columns.names().len());
        let object = match parse(&text[line.clone()]) {
            Ok(object) => object,
            Err(fault) => return Some(fault),
        };
        for (Key(key), value) in object.0 {
            let Some(column) = self.column(&key) else {
                return Some(RowDefect::TooManyKeys);
            };
            cells.resize(self.columns.names().len().max(cells.len()));
            if written.iter().any(|(seen, _)| *seen == column) {
                return Some(RowDefect::DuplicateKey(quote(&key)));
            }
            let value = place_in(text, value.get());
            written.push((column, value.clone()));
            if let Err(fault) = set(text, value, cells, column) {
                return Some(fault);
            }
        }
        None
    }
}

/// The keys of an object, in its order; nothing where the line isn't one.
pub(super) fn keys(line: &str) -> Vec<String> {
    parse(line)
        .map(|object| object.0.into_iter().map(|(key, _)| key.0.into_owned()).collect())
        .unwrap_or_default()
}

fn parse(line: &str) -> Result<Object<'_>, RowDefect> {
    serde_json::from_str(line).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => RowDefect::NotAnObject,
        serde_json::error::Category::Eof => RowDefect::HalfJson,
        _ if line.ends_with(['\n', '\r']) && error.line() > 1 => RowDefect::HalfJson,
        // The line within the line is always 1.
        _ => RowDefect::BrokenJson(error.to_string().replace(" at line 1 column", " at column")),
    })
}

/// Makes the value that is written at `value` the cell of `column`.
fn set(text: &str, value: Range<usize>, cells: &mut Cells, column: usize) -> Result<(), RowDefect> {
    let written = &text[value.clone()];
    if written.len() > MAX_CELL {
        return Err(RowDefect::CellTooLong);
    }
    let place = match written.as_bytes() {
        [b'n', ..] => CellPlace::Absent,
        [b'{' | b'[', ..] => CellPlace::Nested,
        [b'"', ..] if written.contains('\\') => {
            let unescaped: String =
                serde_json::from_str(written).map_err(|error| RowDefect::BrokenJson(error.to_string()))?;
            if unescaped.contains('\0') {
                return Err(RowDefect::Nul);
            }
            cells.unescape(&unescaped)
        }
        [b'"', ..] => CellPlace::Text(value.start + 1..value.end - 1),
        _ => CellPlace::Text(value),
    };
    cells.put(column, place);
    Ok(())
}

/// Where `part`, a slice of `text`, stands in it.
fn place_in(text: &str, part: &str) -> Range<usize> {
    let start = part.as_ptr().addr() - text.as_ptr().addr();
    start..start + part.len()
}

/// An object with its keys in order and its values as they are written.
struct Object<'a>(Vec<(Key<'a>, &'a RawValue)>);

#[derive(serde::Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;

        impl<'de> Visitor<'de> for Pairs {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::with_capacity(8);
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Object(pairs))
            }
        }

        deserializer.deserialize_map(Pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::text_table;
    use proptest::prelude::*;

    fn read(first: &str, line: &str) -> Result<Vec<Option<String>>, RowDefect> {
        let mut keys = Keys::new(Columns::named(keys(first), &[]).unwrap());
        let (mut cells, mut written) = (Cells::default(), PairRanges::new());
        match keys.read(line, 0..line.len(), &mut cells, &mut written) {
            Some(fault) => Err(fault),
            None => Ok((0..cells.len())
                .map(|index| cells.get(index, line).map(str::to_owned))
                .collect()),
        }
    }

    #[test]
    fn values_keep_what_was_written() {
        let first = r#"{"phone":"1","name":"a"}"#;
        let cases: [(&str, &[Option<&str>]); 9] = [
            (
                r#"{"phone":"34666666111","name":"Ann"}"#,
                &[Some("34666666111"), Some("Ann")],
            ),
            (
                r#" { "name" : "Ann" , "phone" : 34666666111 } "#,
                &[Some("34666666111"), Some("Ann")],
            ),
            (r#"{"phone":34666666111.0}"#, &[Some("34666666111.0"), None]),
            (r#"{"phone":3.46667E+10}"#, &[Some("3.46667E+10"), None]),
            (r#"{"phone":"1","name":null}"#, &[Some("1"), None]),
            (r#"{"phone":"1","name":true}"#, &[Some("1"), Some("true")]),
            (
                r#"{"phone":"1","name":"\u00d3 \"x\"\n"}"#,
                &[Some("1"), Some("Ó \"x\"\n")],
            ),
            (
                r#"{"phone":"1","name":["a"],"more":2}"#,
                &[Some("1"), None, Some("2")],
            ),
            (r#"{"ph\u006fne":"1"}"#, &[Some("1"), None]),
        ];
        for (line, expected) in cases {
            let expected: Vec<_> = expected.iter().map(|cell| cell.map(str::to_owned)).collect();
            assert_eq!(read(first, line).unwrap(), expected, "{line}");
        }
    }

    const FAULTS: &str = r#"
{"phone": | it is not a complete JSON object: the line ends before the object does
{"pho\n | it is not a complete JSON object: the line ends before the object does
{"phone":1} x | it is not JSON: trailing characters at column 13
{"phone":01} | it is not JSON: invalid number
{phone:1} | it is not JSON: key must be a string
{"phone":"\\ud800"} | it is not JSON:\s
[1] | it is JSON, but not an object
34666666111 | it is JSON, but not an object
"x" | it is JSON, but not an object
null | it is JSON, but not an object
{"phone":1,"phone":2} | the key “phone” appears twice
{"phone":"1\\u0000"} | it holds a NUL character
"#;

    #[test]
    fn lines_that_are_no_objects_are_at_fault() {
        for [line, expected] in text_table::rows(FAULTS) {
            let message = read("{\"phone\":1}", line).unwrap_err().to_string();
            assert!(message.starts_with(expected), "{line}: {message}");
        }
    }

    #[test]
    fn keys_are_limited_in_number() {
        let mut keys = Keys::new(Columns::named(vec!["phone".to_owned()], &[]).unwrap());
        let (mut cells, mut written) = (Cells::default(), PairRanges::new());
        let mut faults = 0;
        for key in 0..MAX_COLUMNS + 10 {
            let line = format!("{{\"key {key}\":1}}");
            faults += usize::from(
                keys.read(&line, 0..line.len(), &mut cells, &mut written)
                    .is_some(),
            );
        }
        assert_eq!((keys.columns().names().len(), faults), (MAX_COLUMNS, 11));
    }

    proptest! {
        #[test]
        fn any_text_comes_back(name in crate::domain::hostile::text()) {
            prop_assume!(!name.contains('\0') && name.len() < 10_000);
            let line = serde_json::json!({"phone": 1, "name": name}).to_string();
            let cells = read("{\"phone\":1,\"name\":1}", &line).unwrap();
            prop_assert_eq!(cells[1].as_deref(), Some(name.as_str()));
        }

        #[test]
        fn nothing_panics(line in crate::domain::hostile::text()) {
            let _ = read("{\"phone\":1}", &line);
        }
    }
}
