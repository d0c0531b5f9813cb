//! Which column means what: by the header's own words, or by what the person said. Two columns that could both hold the number
//! are an error, never a choice.

use super::role::Role;
use crate::domain::suggest::{did_you_mean, nearest};
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
    #[error("--column: unknown parameter {}{}", quote(.name), did_you_mean(.nearest.as_deref().map(quote)))]
    UnknownName { name: String, nearest: Option<String> },
    #[error("--column {0} is given twice")]
    MappedTwice(&'static str),
    #[error("--column {role}: the file has no column {}{}", quote(.column), did_you_mean(.nearest.as_deref().map(quote)))]
    UnknownColumn {
        role: &'static str,
        column: String,
        nearest: Option<String>,
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
    #[error("--no-header has no meaning for JSON lines, whose keys are the columns")]
    HeaderOfJson,
}

/// `#2` is the second column, whatever it is called. Counted from 0.
fn position(name: &str) -> Option<usize> {
    name.strip_prefix('#')?.parse::<usize>().ok()?.checked_sub(1)
}

/// The first few headers, quoted.
fn list(headers: &[String]) -> String {
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
        let role = Role::ALL
            .into_iter()
            .find(|role| role.name().eq_ignore_ascii_case(name));
        let role = role.ok_or_else(|| ColumnError::UnknownName {
            name: name.to_owned(),
            nearest: nearest(name, Role::ALL.map(Role::name)).map(str::to_owned),
        })?;
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
mod tests {
    use super::*;

    fn columns(header: &[&str], mappings: &[&str]) -> Result<Columns, ColumnError> {
        let mappings = mappings
            .iter()
            .map(|mapping| mapping.parse())
            .collect::<Result<Vec<_>, _>>()?;
        Columns::named(header.iter().map(|&name| name.to_owned()).collect(), &mappings)
    }

    #[test]
    fn the_number_is_found_by_its_name() {
        let cases: [(&[&str], &[&str], usize); 16] = [
            (&["phone", "name", "phone"], &["msisdn=#3"], 2),
            (&["#2", "phone"], &["msisdn=#2"], 0),
            (
                &["Name", "Phone 1 - Type", "Phone 1 - Value", "Phone 2 - Value"],
                &[],
                2,
            ),
            (&["phone", "tel"], &["msisdn=#1"], 0),
            (&["name", "phone"], &[], 1),
            (&["Phone Number"], &[], 0),
            (&[" MOBILE_NO. ", "name"], &[], 0),
            (&["nombre", "TELÉFONO"], &[], 1),
            (&["Handynummer"], &[], 0),
            (&["To", "Text"], &[], 0),
            (&["name", "Tel. privat"], &["msisdn=Tel. privat"], 1),
            (&["name", "Tel. privat"], &["MSISDN = tel. PRIVAT"], 1),
            (&["phone", "mobile"], &["msisdn=mobile"], 1),
            (&["Phone", "phone"], &["msisdn=phone"], 1),
            (&["a=b", "c"], &["msisdn=a=b"], 0),
            (&["phone", "phones"], &[], 0),
        ];
        for (header, mappings, expected) in cases {
            assert_eq!(
                columns(header, mappings).unwrap().number(),
                expected,
                "{header:?}"
            );
        }
    }

    #[test]
    fn overrides_have_exact_names() {
        let columns = columns(
            &["phone", "SENDER", "sms_text", "text", "brand"],
            &["sender=brand"],
        )
        .unwrap();
        assert_eq!(
            columns.role(Role::Sender),
            Some(4),
            "what was said outranks the header"
        );
        assert_eq!(columns.role(Role::SmsText), Some(2));
        assert_eq!(columns.role(Role::PinType), None);
    }

    #[test]
    fn what_is_not_certain_is_an_error_with_a_way_out() {
        let cases: [(&[&str], &[&str], &str); 12] = [
            (
                &["phone", "Mobile"],
                &[],
                "both “phone” and “Mobile” could hold the msisdn: add --column msisdn=phone",
            ),
            (
                &["phone", "name", "Phone"],
                &[],
                "columns 1 and 3 are both called “phone”: add --column msisdn=#1 or --column msisdn=#3",
            ),
            (
                &["phone", "sender", "Sender"],
                &[],
                "columns 2 and 3 are both called “sender”: add --column sender=#2 or",
            ),
            (
                &["Phone", "phone"],
                &["msisdn=PHONE"],
                "columns 1 and 2 are both called “Phone”",
            ),
            (
                &["name", "amount"],
                &[],
                "no column is known to hold the phone numbers, among “name”, “amount”: name it with --column msisdn=",
            ),
            (
                &["Ann", "+34 666 666 111"],
                &[],
                "the first row is not a header, it holds “+34 666 666 111”: add --no-header",
            ),
            (
                &["phone"],
                &["msisdn=phne"],
                "--column msisdn: the file has no column “phne”; did you mean “phone”?",
            ),
            (
                &["phone"],
                &["sendr=x"],
                "--column: unknown parameter “sendr”; did you mean “sender”?",
            ),
            (&["phone"], &["zzz=x"], "--column: unknown parameter “zzz”"),
            (&["phone"], &["msisdn"], "--column “msisdn” is not NAME=HEADER"),
            (
                &["phone", "tel"],
                &["msisdn=phone", "msisdn=tel"],
                "--column msisdn is given twice",
            ),
            (
                &["\x1b[2J"],
                &[],
                "no column is known to hold the phone numbers, among “\\u{1b}[2J”",
            ),
        ];
        for (header, mappings, expected) in cases {
            let message = columns(header, mappings).unwrap_err().to_string();
            assert!(message.starts_with(expected), "{message}");
        }
    }

    #[test]
    fn without_a_header_columns_are_positions() {
        let numbered = |mappings: &[&str]| {
            let mappings: Vec<_> = mappings.iter().map(|mapping| mapping.parse().unwrap()).collect();
            Columns::numbered(3, &mappings)
        };
        assert_eq!(numbered(&[]).unwrap().number(), 0);
        let columns = numbered(&["msisdn=3", "sender=1"]).unwrap();
        assert_eq!((columns.number(), columns.role(Role::Sender)), (2, Some(0)));
        assert_eq!(columns.names(), ["1", "2", "3"]);
        for wrong in ["msisdn=0", "msisdn=4", "msisdn=phone"] {
            let message = numbered(&[wrong]).unwrap_err().to_string();
            assert!(message.contains("a number from 1 to 3"), "{message}");
        }
    }
}
