//! What `smspin schema` promises, held against every document that any test produces.
//!
//! The checker knows the words that our schemas use, and refuses a schema with any other. It is stricter than the
//! standard in one thing: a field that no schema names is a fault, since what it promises would not be known.

use super::home::Home;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// The schema of one command's documents.
pub(crate) struct Schema {
    document: Value,
}

/// The schema of the command that `args` call, or that of a failure where they call none.
pub(crate) fn of(args: &[String]) -> &'static Schema {
    static ALL: OnceLock<BTreeMap<String, Schema>> = OnceLock::new();
    let all = ALL.get_or_init(|| {
        let home = Home::new();
        let names = home.smspin(["schema"]).end().stdout;
        let schema = |name: &str| {
            let words = ["schema"].into_iter().chain(name.split(' '));
            let ended = home.smspin(words).end();
            let document =
                serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {ended}"));
            (name.to_owned(), Schema { document })
        };
        names.lines().map(schema).collect()
    });
    let words: Vec<&str> = args
        .iter()
        .map(String::as_str)
        .filter(|arg| !arg.starts_with('-'))
        .collect();
    let named = |start: usize| {
        let one = words.get(start).copied().unwrap_or_default();
        let two = words.get(start + 1).map(|next| format!("{one} {next}"));
        two.and_then(|two| all.get(&two)).or_else(|| all.get(one))
    };
    (0..words.len()).find_map(named).unwrap_or(&all["balance"])
}

impl Schema {
    pub(crate) fn check(&self, document: &Value) -> Result<(), String> {
        self.holds(&self.document, document, "$")
    }

    fn holds(&self, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
        let schema = match schema {
            Value::Bool(true) => return Ok(()),
            Value::Object(words) => words,
            other => return Err(format!("{at}: no schema: {other}")),
        };
        for (word, rule) in schema {
            let fits = match word.as_str() {
                "$schema"
                | "title"
                | "description"
                | "$defs"
                | "format"
                | "required"
                | "properties"
                | "additionalProperties" => true,
                "type" => one_or_many(rule).any(|name| is_a(value, name)),
                "const" => rule == value,
                "enum" => rule.as_array().unwrap().contains(value),
                "minimum" => value
                    .as_f64()
                    .is_none_or(|number| number >= rule.as_f64().unwrap()),
                "maximum" => value
                    .as_f64()
                    .is_none_or(|number| number <= rule.as_f64().unwrap()),
                "$ref" => return self.holds(self.definition(rule), value, at),
                "oneOf" | "anyOf" => return self.one_of(rule, value, at),
                "items" => {
                    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.holds(rule, item, &format!("{at}[{index}]"))?;
                    }
                    true
                }
                other => return Err(format!("{at}: the checker doesn't know `{other}`")),
            };
            if !fits {
                return Err(format!("{at}: {value} against {word} {rule}"));
            }
        }
        value
            .as_object()
            .map_or(Ok(()), |fields| self.fields(schema, fields, at))
    }

    fn fields(
        &self,
        schema: &Map<String, Value>,
        fields: &Map<String, Value>,
        at: &str,
    ) -> Result<(), String> {
        for name in schema
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            if !fields.contains_key(name.as_str().unwrap()) {
                return Err(format!("{at}: {name} is missing"));
            }
        }
        let Some(known) = schema.get("properties").and_then(Value::as_object) else {
            return Ok(());
        };
        for (name, value) in fields {
            let rule = known.get(name).or_else(|| schema.get("additionalProperties"));
            let rule = rule.ok_or_else(|| format!("{at}: no schema names {name:?}"))?;
            self.holds(rule, value, &format!("{at}.{name}"))?;
        }
        Ok(())
    }

    fn one_of(&self, forms: &Value, value: &Value, at: &str) -> Result<(), String> {
        let forms = forms.as_array().unwrap();
        let judged: Vec<_> = forms.iter().map(|form| self.holds(form, value, at)).collect();
        match judged.iter().filter(|judged| judged.is_ok()).count() {
            1 => Ok(()),
            0 => {
                let faults: Vec<String> = judged.into_iter().filter_map(Result::err).collect();
                Err(faults.join(" | "))
            }
            several => Err(format!("{at}: {several} forms fit")),
        }
    }

    fn definition(&self, reference: &Value) -> &Value {
        let path = reference.as_str().unwrap().trim_start_matches('#');
        self.document
            .pointer(path)
            .unwrap_or_else(|| panic!("no {reference}"))
    }
}

fn one_or_many(rule: &Value) -> impl Iterator<Item = &str> {
    let many = rule.as_array().into_iter().flatten();
    many.chain(rule.is_string().then_some(rule))
        .filter_map(Value::as_str)
}

fn is_a(value: &Value, name: &str) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        _ => false,
    }
}
