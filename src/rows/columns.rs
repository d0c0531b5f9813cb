//! Which column means what: by the header's own words, or by what the person said. Two columns that could both hold the number
//! are an error, never a choice.

use super::role::{Role, names_a_number};
use super::workbook::Sheet;
use crate::domain::suggest::{nearest, question};
use crate::text::quote;

/// One `--column NAME=HEADER`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ColumnMapping {
    role: Role,
    column: String,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ColumnError {
    #[error("--column {} is not NAME=HEADER, as in --column msisdn=Tel", quote(.0))]
    NotAMapping(String),
    #[error("--column {}: {} is not the name of a parameter{}; the names are {}", quote(.text), quote(.name), meant(.nearest.as_deref()), Role::ALL.map(Role::name).join(", "))]
    UnknownName {
        text: String,
        name: String,
        nearest: Option<String>,
    },
    #[error("--column {}: the name of the parameter comes first: --column {role}={column}", quote(.text))]
    WrongWayRound {
        text: String,
        role: &'static str,
        column: String,
    },
    #[error("--column {0} is given twice")]
    MappedTwice(&'static str),
    #[error("--column {role}: the file has no column {}{}; its columns are {}", quote(.column), meant(.nearest.as_deref()), list(.headers))]
    UnknownColumn {
        role: &'static str,
        column: String,
        nearest: Option<String>,
        headers: Vec<String>,
    },
    #[error("--column {role}: without a header, a column is a number from 1 to {width}, not {}", quote(.column))]
    NotAPosition {
        role: &'static str,
        column: String,
        width: usize,
    },
    #[error("both {} and {} could hold the {role}: add --column {role}={} or the other", quote(.first), quote(.second), .first.trim())]
    Ambiguous {
        role: &'static str,
        first: String,
        second: String,
    },
    #[error("columns {first} and {second} are both called {}: add --column {role}=#{first} or --column {role}=#{second}", quote(.name))]
    SameName {
        role: &'static str,
        name: String,
        /// Counted from 1.
        first: usize,
        second: usize,
    },
    #[error("no column is known to hold the phone numbers, among {}: name it with --column msisdn=HEADER", list(.0))]
    NoNumbers(Vec<String>),
    #[error("the first row is not a header, it holds {}: add --no-header", quote(.0))]
    NoHeader(String),
    #[error(
        "no column is known to hold the phone numbers, but row {0} looks like the header: add --header-row {0}"
    )]
    HeaderBelow(u64),
    #[error("the column {} of the {role} is hidden: add --column {role}={} if it is the right one", quote(.name), crate::text::shell_word(.name))]
    Hidden { role: &'static str, name: String },
    #[error("there is no row {0}, which --header-row names")]
    NoSuchRow(u64),
    #[error("--no-header has no meaning for JSON lines, whose keys are the columns")]
    HeaderOfJson,
}

/// The name that was probably meant, in brackets, within a sentence that goes on.
fn meant(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |nearest| format!(" ({})", question(quote(nearest))))
}

/// `#2` is the second column, whatever it is called. Counted from 0.
fn position(name: &str) -> Option<usize> {
    name.strip_prefix('#')?.parse::<usize>().ok()?.checked_sub(1)
}

/// The first few headers, quoted.
pub(super) fn list(headers: &[String]) -> String {
    const SHOWN: usize = 8;
    let mut list: Vec<_> = headers
        .iter()
        .take(SHOWN)
        .map(|header| quote(header.trim()))
        .collect();
    if headers.len() > SHOWN {
        list.push("…".to_owned());
    }
    list.join(", ")
}

impl std::str::FromStr for ColumnMapping {
    type Err = ColumnError;

    fn from_str(text: &str) -> Result<Self, ColumnError> {
        let (name, column) = text
            .split_once('=')
            .filter(|(name, column)| !name.trim().is_empty() && !column.trim().is_empty())
            .ok_or_else(|| ColumnError::NotAMapping(text.to_owned()))?;
        let name = name.trim();
        let role_of = |name: &str| {
            Role::ALL
                .into_iter()
                .find(|role| role.name().eq_ignore_ascii_case(name))
        };
        let role = match (role_of(name), role_of(column.trim())) {
            (Some(role), _) => role,
            (None, Some(role)) => {
                return Err(ColumnError::WrongWayRound {
                    text: text.to_owned(),
                    role: role.name(),
                    column: crate::text::shell_word(name),
                });
            }
            (None, None) if names_a_number(name) => Role::Msisdn,
            (None, None) => {
                return Err(ColumnError::UnknownName {
                    text: text.to_owned(),
                    name: name.to_owned(),
                    nearest: nearest(name, Role::ALL.map(Role::name)).map(str::to_owned),
                });
            }
        };
        Ok(Self {
            role,
            column: column.trim().to_owned(),
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
    pub(super) fn named(names: Vec<String>, mappings: &[ColumnMapping]) -> Result<Self, ColumnError> {
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
    pub(super) fn numbered(width: usize, mappings: &[ColumnMapping]) -> Result<Self, ColumnError> {
        let names = (1..=width).map(|position| position.to_string()).collect();
        let mut columns = Self {
            names,
            roles: [None; Role::ALL.len()],
        };
        for ColumnMapping { role, column } in mappings {
            let index = columns.names.iter().position(|name| name == column);
            let index = index.or(position(column).filter(|&index| index < width));
            let index = index.ok_or_else(|| ColumnError::NotAPosition {
                role: role.name(),
                column: column.clone(),
                width,
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

    /// Which column has a meaning, counted from 0.
    pub(crate) const fn role(&self, role: Role) -> Option<usize> {
        self.roles[role.slot()]
    }

    /// Where the number stands, counted from 0.
    pub(crate) fn number(&self) -> usize {
        self.role(Role::Msisdn)
            .expect("columns are built with a number or not at all")
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
    pub(super) fn refuse_hidden(&self, sheet: &Sheet, mappings: &[ColumnMapping]) -> Result<(), ColumnError> {
        let is_said = |role: &Role| mappings.iter().any(|mapping| mapping.role == *role);
        let mut unsaid = Role::ALL.into_iter().filter(|role| !is_said(role));
        let hidden =
            unsaid.find_map(|role| Some((role, self.role(role).filter(|index| sheet.hides(*index))?)));
        hidden.map_or(Ok(()), |(role, index)| {
            Err(ColumnError::Hidden {
                role: role.name(),
                name: self.names[index].trim().to_owned(),
            })
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
        (!names.is_empty()).then(|| format!("{what}: {}", list(&names)))
    }

    fn map(&mut self, role: Role, index: usize) -> Result<(), ColumnError> {
        match self.roles[role.slot()].replace(index) {
            None => Ok(()),
            Some(_) => Err(ColumnError::MappedTwice(role.name())),
        }
    }

    fn meant(&self, role: Role) -> Result<Option<usize>, ColumnError> {
        let mut meant = (0..self.names.len()).filter(|&index| role.is_meant_by(&self.names[index]));
        match (meant.next(), meant.next()) {
            (Some(first), Some(second)) => Err(self.ambiguous(role, first, second)),
            (only, _) => Ok(only),
        }
    }

    fn ambiguous(&self, role: Role, first: usize, second: usize) -> ColumnError {
        let name = |index: usize| self.names[index].trim().to_owned();
        let role = role.name();
        if name(first).to_lowercase() == name(second).to_lowercase() {
            return ColumnError::SameName {
                role,
                name: name(first),
                first: first + 1,
                second: second + 1,
            };
        }
        ColumnError::Ambiguous {
            role,
            first: name(first),
            second: name(second),
        }
    }

    fn not_one(&self, ColumnMapping { role, column }: &ColumnMapping, found: &[usize]) -> ColumnError {
        if let [first, second, ..] = *found {
            return self.ambiguous(*role, first, second);
        }
        let nearest = nearest(column, self.names.iter().map(String::as_str)).map(str::to_owned);
        ColumnError::UnknownColumn {
            role: role.name(),
            column: column.clone(),
            nearest,
            headers: self.names.clone(),
        }
    }

    fn no_numbers(&self) -> ColumnError {
        match self
            .names
            .iter()
            .find(|name| super::unclosed_quote::looks_like_a_number(name))
        {
            Some(number) => ColumnError::NoHeader(number.clone()),
            None => ColumnError::NoNumbers(self.names.clone()),
        }
    }
}

#[cfg(test)]
mod tests;
