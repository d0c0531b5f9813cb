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
    let digest = ring::digest::digest(&ring::digest::SHA256, key.as_bytes());
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

/// Puts the balance back to what it was in the beginning.
pub(crate) fn top_up(state: &Connection, account: AccountId) -> rusqlite::Result<()> {
    state
        .prepare_cached("UPDATE account SET balance = initial WHERE id = ?1")?
        .execute([account])?;
    Ok(())
}
