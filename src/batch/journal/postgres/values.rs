//! What the columns hold, read back.

use crate::batch::journal::database_error::DatabaseError;
use crate::batch::state::AttemptResult;
use crate::domain::msisdn::Msisdn;
use jiff::Timestamp;

pub(super) fn damaged(what: &str) -> DatabaseError {
    DatabaseError::Damaged {
        place: "the journal".to_owned(),
        what: format!("{what} holds a value that smspin never writes"),
    }
}

pub(super) fn time(millis: i64) -> Result<Timestamp, DatabaseError> {
    Timestamp::from_millisecond(millis).map_err(|_| damaged("a time"))
}

pub(super) fn number(digits: i64) -> Result<Msisdn, DatabaseError> {
    let number = u64::try_from(digits).ok().and_then(Msisdn::from_u64);
    number.ok_or_else(|| damaged("a number"))
}

pub(super) fn ended(state: i16) -> Result<AttemptResult, DatabaseError> {
    AttemptResult::from_code(state.into()).ok_or_else(|| damaged("an outcome"))
}
