//! Accounts: one per API key, each with its own balance. The key itself is not kept, only its digest.

use crate::domain::money::Money;
use rusqlite::types::{FromSql, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension as _};

/// Which account a row belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct AccountId(i64);

impl ToSql for AccountId {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(self.0))
    }
}

impl FromSql for AccountId {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_i64().map(Self)
    }
}

/// The account of `key`, made with `initial` where there is none. `set` gives an account that exists a new balance too.
pub(crate) fn open(state: &Connection, key: &str, initial: Money, set: bool) -> rusqlite::Result<AccountId> {
    let digest = digest(key);
    let amount = initial.ten_thousandths();
    let found = state
        .query_row(
            "SELECT id FROM account WHERE key_digest = ?1",
            [digest.as_ref()],
            |row| row.get(0),
        )
        .optional()?;
    match found {
        Some(account) if set => {
            let update = "UPDATE account SET initial = ?2, balance = ?2 WHERE id = ?1";
            state.execute(update, (account, amount))?;
            Ok(account)
        }
        Some(account) => Ok(account),
        None => state.query_row(
            "INSERT INTO account (key_digest, initial, balance) VALUES (?1, ?2, ?2) RETURNING id",
            (digest.as_ref(), amount),
            |row| row.get(0),
        ),
    }
}

fn digest(key: &str) -> ring::digest::Digest {
    ring::digest::digest(&ring::digest::SHA256, key.as_bytes())
}

/// What an account is called: the beginning of the SHA-256 of its key, in hexadecimal digits.
pub(crate) fn name(key: &str) -> String {
    use std::fmt::Write as _;
    let digest = digest(key);
    let mut name = String::with_capacity(AccountPrefix::SHOWN);
    for byte in digest.as_ref().iter().take(AccountPrefix::SHOWN / 2) {
        write!(name, "{byte:02x}").expect("writing to a string");
    }
    name
}

/// The beginning of an account's name; without one, all accounts are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AccountPrefix(Option<String>);

impl AccountPrefix {
    /// How much of a digest is shown: enough to tell any number of test accounts apart.
    pub(crate) const SHOWN: usize = 12;
    const SHORTEST: usize = 4;

    /// Reads 4 to 64 hexadecimal digits.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let is_name =
            (Self::SHORTEST..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_name.then(|| Self(Some(text.to_ascii_lowercase())))
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        self.0.as_deref()
    }

    /// Whether an account of this name is meant.
    pub(crate) fn covers(&self, name: &str) -> bool {
        self.0
            .as_ref()
            .is_none_or(|prefix| prefix.starts_with(name) || name.starts_with(prefix))
    }

    /// For SQL's `LIKE`, against the digest in hexadecimal digits.
    pub(super) fn pattern(&self) -> String {
        format!("{}%", self.0.as_deref().unwrap_or_default())
    }
}

/// An account as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) name: String,
    pub(crate) balance: Money,
}

/// Every account, in the order in which they came.
pub(crate) fn list(state: &Connection) -> rusqlite::Result<Vec<Account>> {
    let sql = "SELECT lower(substr(hex(key_digest), 1, 12)), balance FROM account ORDER BY id";
    state
        .prepare_cached(sql)?
        .query_map([], |row| {
            Ok(Account {
                name: row.get(0)?,
                balance: Money::from_ten_thousandths(row.get(1)?),
            })
        })?
        .collect()
}

/// What is left.
pub(crate) fn balance(state: &Connection, account: AccountId) -> rusqlite::Result<Money> {
    state
        .prepare_cached("SELECT balance FROM account WHERE id = ?1")?
        .query_row([account], |row| row.get(0))
        .map(Money::from_ten_thousandths)
}

/// Takes `price` from the account; false, and nothing taken, when it holds less.
pub(crate) fn charge(state: &Connection, account: AccountId, price: Money) -> rusqlite::Result<bool> {
    let changed = state
        .prepare_cached("UPDATE account SET balance = balance - ?2 WHERE id = ?1 AND balance >= ?2")?
        .execute((account, price.ten_thousandths()))?;
    Ok(changed == 1)
}
