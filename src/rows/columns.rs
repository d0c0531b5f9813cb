//! Which column means what: by the header's own words, or by what the person said. Two columns that could both hold the number
//! are an error, never a choice.

use super::role::{Role, names_a_number};
use super::workbook::Sheet;
use crate::domain::invalid::Invalid;
use crate::domain::suggest::{nearest, question};
use crate::text::{quote, quoted_list};

/// One `--column NAME=HEADER`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ColumnMapping {
    role: Role,
    column: String,
}

/// The name that was probably meant, in brackets, within a sentence that goes on.
fn meant(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |nearest| format!(" ({})", question(quote(nearest))))
}

/// `#2` is the second column, whatever it is called. Counted from 0.
fn position(name: &str) -> Option<usize> {
    name.strip_prefix('#')?.parse::<usize>().ok()?.checked_sub(1)
}

impl std::str::FromStr for ColumnMapping {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let wrong = || Invalid::new("--column ").and_quote(text);
        let (name, column) = text
            .split_once('=')
            .map(|(name, column)| (name.trim(), column.trim()))
            .filter(|(name, column)| !name.is_empty() && !column.is_empty())
            .ok_or_else(|| wrong().and(" is not NAME=HEADER, as in --column msisdn=Tel"))?;
        let role_of = |name: &str| {
            Role::ALL
                .into_iter()
                .find(|role| role.name().eq_ignore_ascii_case(name))
        };
        let role = match (role_of(name), role_of(column)) {
            (Some(role), _) => role,
            (None, Some(role)) => {
                let right = format!("--column {}={}", role.name(), crate::text::shell_word(name));
                return Err(wrong()
                    .and(": the name of the parameter comes first: ")
                    .and(right));
            }
            (None, None) if names_a_number(name) => Role::Msisdn,
            (None, None) => {
                let names = Role::ALL.map(Role::name);
                return Err(wrong()
                    .and(": ")
                    .and_quote(name)
                    .and(" is not the name of a parameter")
                    .and(meant(nearest(name, names)))
                    .and("; the names are ")
                    .and(names.join(", ")));
            }
        };
        Ok(Self {
            role,
            column: column.to_owned(),
        })
    }
}

/// The columns of a file, in its order, and what they mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Columns {
    names: Vec<String>,
    roles: [Option<usize>; Role::ALL.len()],
}

impl Columns {
    /// From a header, or from the keys of JSON lines.
    pub(super) fn named(names: Vec<String>, mappings: &[ColumnMapping]) -> Result<Self, Invalid> {
        let mut columns = Self {
            names,
            roles: [None; Role::ALL.len()],
        };
        for mapping in mappings {
            let index = columns
                .find(&mapping.column)
                .map_err(|found| columns.not_one(mapping, &found))?;
            columns.map(mapping.role, index)?;
        }
        for role in Role::ALL {
            if columns.role(role).is_none() {
                columns.roles[role.slot()] = columns.meant(role)?;
            }
        }
        if columns.role(Role::Msisdn).is_none() {
            return Err(columns.no_numbers());
        }
        Ok(columns)
    }

    /// For a file without a header: the columns are called 1, 2, and so on, and the first is the number unless mapped.
    pub(super) fn numbered(width: usize, mappings: &[ColumnMapping]) -> Result<Self, Invalid> {
        let names = (1..=width).map(|position| position.to_string()).collect();
        let mut columns = Self {
            names,
            roles: [None; Role::ALL.len()],
        };
        for ColumnMapping { role, column } in mappings {
            let index = columns.names.iter().position(|name| name == column);
            let index = index.or(position(column).filter(|&index| index < width));
            let index = index.ok_or_else(|| {
                Invalid::new(format_args!(
                    "--column {}: without a header, a column is a number from 1 to {width}, not ",
                    role.name()
                ))
                .and_quote(column)
            })?;
            columns.map(*role, index)?;
        }
        columns.roles[Role::Msisdn.slot()].get_or_insert(0);
        Ok(columns)
    }

    /// For rows whose columns are not asked what they mean.
    pub(super) const fn without_a_meaning() -> Self {
        Self {
            names: Vec::new(),
            roles: [None; Role::ALL.len()],
        }
    }

    /// The headers as they stand in the file; `1`, `2`… without a header.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// Whether a column is the one of the number, by the header or by what the person said.
    pub(super) fn name_a_number(names: &[String], mappings: &[ColumnMapping]) -> bool {
        let is_said = mappings.iter().any(|mapping| mapping.role == Role::Msisdn);
        is_said || names.iter().any(|name| names_a_number(name))
    }

    /// Which column has a meaning, counted from 0.
    pub(crate) const fn role(&self, role: Role) -> Option<usize> {
        self.roles[role.slot()]
    }

    /// The one column that `name` means: spelt the same, or else the same but for case, or else `#2` for the second. The error holds the columns that it
    /// could mean: none, or several.
    pub(super) fn find(&self, name: &str) -> Result<usize, Vec<usize>> {
        let matching = |same: &dyn Fn(&str) -> bool| -> Vec<usize> {
            (0..self.names.len())
                .filter(|&index| same(self.names[index].trim()))
                .collect()
        };
        let name = name.trim();
        let mut found = matching(&|header| header == name);
        if found.is_empty() {
            let lower = name.to_lowercase();
            found = matching(&|header| header.to_lowercase() == lower);
        }
        if found.is_empty() {
            found.extend(position(name).filter(|&index| index < self.names.len()));
        }
        if let [only] = found[..] {
            Ok(only)
        } else {
            Err(found)
        }
    }

    /// Adds a key that a later JSON row has, with its meaning if no other column has it. Returns its index.
    pub(super) fn add(&mut self, name: &str) -> usize {
        let index = self.names.len();
        self.names.push(name.to_owned());
        for role in Role::ALL {
            if self.role(role).is_none() && role.is_meant_by(name) {
                self.roles[role.slot()] = Some(index);
            }
        }
        index
    }

    /// What people don't see is read as something only where it is said.
    pub(super) fn refuse_hidden(&self, sheet: &Sheet, mappings: &[ColumnMapping]) -> Result<(), Invalid> {
        let is_said = |role: &Role| mappings.iter().any(|mapping| mapping.role == *role);
        let mut unsaid = Role::ALL.into_iter().filter(|role| !is_said(role));
        let hidden =
            unsaid.find_map(|role| Some((role, self.role(role).filter(|index| sheet.hides(*index))?)));
        hidden.map_or(Ok(()), |(role, index)| {
            let (role, name) = (role.name(), self.names[index].trim());
            Err(Invalid::new("the column ").and_quote(name).and(format_args!(
                " of the {role} is hidden: add --column {role}={} if it is the right one",
                crate::text::shell_word(name)
            )))
        })
    }

    /// A sentence about the columns that people don't see.
    pub(super) fn hidden_names(&self, sheet: &Sheet) -> Option<String> {
        let hidden = self
            .names
            .iter()
            .enumerate()
            .filter(|(index, _)| sheet.hides(*index));
        let names: Vec<String> = hidden.map(|(_, name)| name.clone()).collect();
        let what = crate::text::count(names.len() as u64, "hidden column", "hidden columns");
        (!names.is_empty()).then(|| format!("{what}: {}", quoted_list(&names)))
    }

    fn map(&mut self, role: Role, index: usize) -> Result<(), Invalid> {
        match self.roles[role.slot()].replace(index) {
            None => Ok(()),
            Some(_) => Err(Invalid::new(format_args!(
                "--column {} is given twice",
                role.name()
            ))),
        }
    }

    fn meant(&self, role: Role) -> Result<Option<usize>, Invalid> {
        let mut meant = (0..self.names.len()).filter(|&index| role.is_meant_by(&self.names[index]));
        match (meant.next(), meant.next()) {
            (Some(first), Some(second)) => Err(self.ambiguous(role, first, second)),
            (only, _) => Ok(only),
        }
    }

    fn ambiguous(&self, role: Role, first: usize, second: usize) -> Invalid {
        let name = |index: usize| self.names[index].trim();
        let role = role.name();
        if name(first).to_lowercase() == name(second).to_lowercase() {
            let (at, other) = (first + 1, second + 1);
            return Invalid::new(format_args!("columns {at} and {other} are both called "))
                .and_quote(name(first))
                .and(format_args!(
                    ": add --column {role}=#{at} or --column {role}=#{other}"
                ));
        }
        Invalid::new("both ")
            .and_quote(name(first))
            .and(" and ")
            .and_quote(name(second))
            .and(format_args!(
                " could hold the {role}: add --column {role}={} or the other",
                name(first)
            ))
    }

    fn not_one(&self, ColumnMapping { role, column }: &ColumnMapping, found: &[usize]) -> Invalid {
        if let [first, second, ..] = *found {
            return self.ambiguous(*role, first, second);
        }
        Invalid::new(format_args!("--column {}: the file has no column ", role.name()))
            .and_quote(column)
            .and(meant(nearest(column, self.names.iter().map(String::as_str))))
            .and("; its columns are ")
            .and(quoted_list(&self.names))
    }

    fn no_numbers(&self) -> Invalid {
        match self
            .names
            .iter()
            .find(|name| super::unclosed_quote::looks_like_a_number(name))
        {
            Some(number) => Invalid::new("the first row is not a header, it holds ")
                .and_quote(number)
                .and(": add --no-header"),
            None => Invalid::new("no column is known to hold the phone numbers, among ")
                .and(quoted_list(&self.names))
                .and(": name it with --column msisdn=HEADER"),
        }
    }
}

#[cfg(test)]
mod tests;
