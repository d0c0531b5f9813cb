//! The journal of single requests, in an SQLite file: the numbers that `--once-per` keeps from a second PIN.
//!
//! Many processes use it at once, each for two short transactions. It is kept small, and every transaction reads all of
//! it: a row that was damaged or lost is noticed before anything is sent.

mod clock;
mod tables;
#[cfg(test)]
mod tests;

use super::file_kind::{FileKind, SideFile};
use super::header::{self, Present};
use super::place::JournalPath;
use super::presence::FileId;
use super::schema::{self, Durability};
use crate::batch::journal::error::JournalError;
use crate::batch::journal::requests::{Claimed, RequestClaim, SentRecently, may_be_taken};
use crate::batch::state::AttemptResult;
use crate::domain::msisdn::Msisdn;
use crate::domain::once_per::OncePer;
use crate::files::{self, AtomicFile, AtomicFileError};
use clock::{ClockReading, JournalTime};
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use std::io;
use std::path::Path;
use std::time::Duration;
use tables::{HeadRow, RequestRow};

/// The journal of single requests, open for writing.
#[derive(Debug)]
pub(crate) struct FileRequests {
    place: JournalPath,
    file: FileId,
    connection: Connection,
    sandbox: bool,
}

impl FileRequests {
    /// Opens the journal, or makes it, with its folder. The sandbox's can't be used for real requests, nor the other way round.
    pub(crate) fn open(path: &Path, sandbox: bool) -> Result<Self, JournalError> {
        let folder = files::directory(path);
        files::create_directory(folder).map_err(JournalError::io("create", folder))?;
        let place = place(path)?;
        place.refuse_network()?;
        if header::examine(&place, &FileKind::REQUESTS)? == Present::Nothing {
            create(&place, sandbox)?;
            header::examine(&place, &FileKind::REQUESTS)?;
        }
        let path = place.main();
        let file = FileId::of(path).map_err(JournalError::io("look at", path))?;
        let connection = schema::open_writer(path, Durability::RollbackJournal)?;
        let protect = JournalError::io("protect", path);
        files::make_private(path).map_err(protect)?;
        connection
            .pragma_update(None, "secure_delete", true)
            .map_err(JournalError::sqlite("open", path))?;
        schema::require_tables(&connection, path, &tables::TABLES)?;
        Ok(Self {
            place,
            file,
            connection,
            sandbox,
        })
    }

    /// Looks whether a request would be refused, and changes nothing.
    pub(crate) fn look(
        path: &Path,
        sandbox: bool,
        msisdn: Msisdn,
        once_per: OncePer,
    ) -> Result<Option<SentRecently>, JournalError> {
        if !files::directory(path).exists() {
            return Ok(None);
        }
        let place = place(path)?;
        if header::examine(&place, &FileKind::REQUESTS)? == Present::Nothing {
            return Ok(None);
        }
        let path = place.main();
        let failed = JournalError::sqlite("read", path);
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
        schema::set_up(&connection).map_err(failed)?;
        schema::require_tables(&connection, path, &tables::TABLES)?;
        let transaction = connection.unchecked_transaction().map_err(failed)?;
        let head = HeadRow::read(&transaction, path, sandbox)?;
        let last = head.last_request(&transaction, path, msisdn)?;
        let now = head.time.advanced_to(ClockReading::now());
        Ok(last.and_then(|last| last.within(once_per, now.at)))
    }

    /// Claims the right to send one PIN. When it is granted, the claim is on disk.
    pub(crate) fn claim(&mut self, msisdn: Msisdn, once_per: OncePer) -> Result<Claimed, JournalError> {
        let claimed = self.claim_at(msisdn, once_per, ClockReading::now());
        // SQLite notices it too, and calls it a database that is read-only.
        claimed.map_err(|error| self.require_presence().err().unwrap_or(error))
    }

    fn claim_at(
        &mut self,
        msisdn: Msisdn,
        once_per: OncePer,
        reading: ClockReading,
    ) -> Result<Claimed, JournalError> {
        let (path, sandbox) = (self.place.main(), self.sandbox);
        let failed = JournalError::sqlite("write", path);
        let transaction = begin(&mut self.connection).map_err(failed)?;
        let mut head = HeadRow::read(&transaction, path, sandbox)?;
        let last = head.last_request(&transaction, path, msisdn)?;
        head.time = head.time.advanced_to(reading);
        if let Some(recent) = last.and_then(|last| last.within(once_per, head.time.at)) {
            return Ok(Claimed::Refused(recent));
        }
        let request = head.next_request;
        (|| {
            head.requests -= forget_old(&transaction, &head.time)?;
            RequestRow::begun(request, msisdn, &head.time).write(&transaction)?;
            head.requests += 1;
            head.next_request += 1;
            head.write(&transaction)?;
            transaction.commit()
        })()
        .map_err(failed)?;
        self.require_presence()?;
        Ok(Claimed::Granted(RequestClaim { id: request, msisdn }))
    }

    /// Records how a claimed request ended. One that was certainly not taken gives the number back.
    pub(crate) fn settle(&mut self, claim: &RequestClaim, ended: AttemptResult) -> Result<(), JournalError> {
        let (path, sandbox) = (self.place.main(), self.sandbox);
        let failed = JournalError::sqlite("write", path);
        let transaction = begin(&mut self.connection).map_err(failed)?;
        let mut head = HeadRow::read(&transaction, path, sandbox)?;
        if may_be_taken(ended) {
            let Some(row) = RequestRow::find(&transaction, path, claim.id)? else {
                // Its window is over: nobody needs to know.
                return Ok(());
            };
            row.ended(ended).write(&transaction).map_err(failed)?;
        } else {
            head.requests -= RequestRow::delete(&transaction, claim.id).map_err(failed)?;
            head.write(&transaction).map_err(failed)?;
        }
        transaction.commit().map_err(failed)
    }

    /// An error where the file is not where it was: another process may have begun another one, and have claimed the same.
    fn require_presence(&self) -> Result<(), JournalError> {
        let path = self.place.main();
        if FileId::of(path).is_ok_and(|found| found == self.file) {
            return Ok(());
        }
        Err(JournalError::Replaced {
            path: path.into(),
            file: path.into(),
        })
    }
}

/// What to do about a journal that can't be used.
pub(crate) fn request_journal_hint(error: &JournalError) -> Option<String> {
    match error {
        JournalError::CutShort { path } | JournalError::Damaged { path, .. } => Some(format!(
            "once the time of --once-per has passed since the last request, delete {path}: the next request begins a new one"
        )),
        JournalError::Replaced { .. } => Some("run the same command again".to_owned()),
        other => other.hint(),
    }
}

fn place(path: &Path) -> Result<JournalPath, JournalError> {
    let place = JournalPath::at(path)?;
    place.refuse_strangers_among(&[SideFile::Rollback])?;
    Ok(place)
}

/// Makes an empty journal, which appears under its name whole. Another process may be first: then it is that one's.
fn create(place: &JournalPath, sandbox: bool) -> Result<(), JournalError> {
    let path = place.main();
    let unwritten = |error: AtomicFileError| JournalError::io("create", path)(error.source);
    let file = AtomicFile::create(path).map_err(unwritten)?;
    let failed = JournalError::sqlite("create", path);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file.temporary_path(), flags).map_err(failed)?;
    (|| {
        // Nothing beside it: nobody knows this file yet.
        connection.pragma_update(None, "journal_mode", "MEMORY")?;
        connection.pragma_update(None, "application_id", FileKind::REQUESTS.application_id)?;
        connection.pragma_update(None, "user_version", FileKind::REQUESTS.version)?;
        let transaction = connection.unchecked_transaction()?;
        tables::TABLES
            .iter()
            .try_for_each(|table| transaction.execute_batch(table))?;
        HeadRow::new(sandbox, JournalTime::beginning(ClockReading::now())).write(&transaction)?;
        transaction.commit()
    })()
    .map_err(failed)?;
    connection.close().map_err(|(_, error)| failed(error))?;
    match file.publish_new() {
        Err(error) if error.source.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        published => published.map_err(unwritten),
    }
}

fn begin(connection: &mut Connection) -> rusqlite::Result<Transaction<'_>> {
    connection.transaction_with_behavior(TransactionBehavior::Immediate)
}

/// Removes what no `--once-per` reaches any more, whatever it was claimed with, and says how many rows that were.
fn forget_old(transaction: &Transaction<'_>, now: &JournalTime) -> rusqlite::Result<i64> {
    let kept = i64::try_from(OncePer::LONGEST.duration().as_millis()).unwrap_or(i64::MAX);
    RequestRow::delete_before(transaction, now.at.saturating_sub(kept))
}

impl RequestRow {
    /// The request, if it keeps its number from another one now.
    fn within(&self, once_per: OncePer, now: i64) -> Option<SentRecently> {
        let passed = u64::try_from(now.saturating_sub(self.begun_at)).unwrap_or_default();
        let accepted = self.state == Some(AttemptResult::Accepted);
        SentRecently::within(once_per, Duration::from_millis(passed), accepted)
    }
}
