//! Opens a journal in a database, and does work with it in transactions.

use super::clock::ServerClock;
use super::fault::PostgresFault;
use super::place::DatabasePlace;
use super::recover::Outage;
use super::schema::{self, Meta};
use super::session::DatabaseSession;
use super::{PostgresStore, check};
use crate::domain::msisdn::Msisdn;
use crate::journal::error::{JournalError, JournalFault};
use crate::journal::run::JournalIdentity;

/// The most numbers that are looked up or written in one transaction.
pub(super) const CHUNK: usize = 4096;

impl PostgresStore {
    /// Opens a journal for runs; makes its tables where there are none.
    pub(crate) fn open(place: &DatabasePlace) -> Result<Self, JournalError> {
        let opened = || {
            let session = DatabaseSession::open(place, None)?;
            check::server(&session, place)?;
            check::refuse_pooler(&session, place)?;
            schema::ensure(&session, place)?;
            let meta = schema::meta(&session, place)?;
            Self::with(place, session, meta, false)
        };
        let mut store: Self = opened().map_err(|fault: PostgresFault| fault.at(place))?;
        store.unfit.take().map_or(Ok(store), Err)
    }

    /// Opens a journal for reading alone: creates and changes nothing. `None` where there is none.
    pub(crate) fn look(place: &DatabasePlace) -> Result<Option<Self>, JournalError> {
        let opened = || {
            let session = DatabaseSession::open(place, None)?;
            check::server(&session, place)?;
            if !schema::is_there(&session)? {
                return Ok(None);
            }
            let meta = schema::meta(&session, place)?;
            Self::with(place, session, meta, true).map(Some)
        };
        opened().map_err(|fault: PostgresFault| fault.at(place))
    }

    pub(super) fn with(
        place: &DatabasePlace,
        session: DatabaseSession,
        meta: Meta,
        is_for_reading: bool,
    ) -> Result<Self, PostgresFault> {
        let server = check::identity(&session)?;
        let unfit = match check::tables(&session, place) {
            Err(PostgresFault::Said(error)) => Some(error),
            looked => looked.map(|()| None)?,
        };
        Ok(Self {
            is_same_server: server == meta.server,
            identity: JournalIdentity {
                id: meta.journal,
                place: place.to_string(),
                server,
                accepted_servers: meta.accepted,
            },
            place: place.clone(),
            secret: meta.secret,
            clock: ServerClock::of(&session)?,
            is_for_reading,
            unfit,
            session: Some(session),
            run: None,
            outage: Outage::default(),
        })
    }

    pub(super) fn reading<T>(
        &mut self,
        work: impl FnOnce(&DatabaseSession, ServerClock) -> Result<T, PostgresFault>,
    ) -> Result<T, JournalError> {
        let clock = self.clock;
        let renewed = self.renew();
        let result = renewed.and_then(|()| work(self.session()?, clock));
        self.noted(result)
    }

    /// A store in which no run has begun may have stood idle for hours: a session that is lost meanwhile is made anew.
    pub(super) fn renew(&mut self) -> Result<(), PostgresFault> {
        let is_there = self.session.as_ref().is_some_and(DatabaseSession::is_there);
        if self.run.is_some() || is_there {
            return Ok(());
        }
        let session = DatabaseSession::open(&self.place, None)?;
        check::server(&session, &self.place)?;
        if check::identity(&session)? != self.identity.server {
            return Err(self.other_server().into());
        }
        self.session = Some(session);
        Ok(())
    }

    /// Writes in one transaction.
    pub(super) fn writing<T>(
        &mut self,
        work: impl Fn(&DatabaseSession, ServerClock) -> Result<T, PostgresFault>,
    ) -> Result<T, JournalError> {
        if self.is_for_reading {
            let error = "the journal was opened for reading alone";
            return Err(JournalError::new(JournalFault::Unusable, error));
        }
        let clock = self.clock;
        let result = self
            .session()
            .and_then(|session| session.transaction(|session| work(session, clock)));
        self.noted(result)
    }

    /// Does the same with many numbers, in transactions that no other run has to wait long for. Returns how many it counts.
    pub(super) fn writing_each(
        &mut self,
        all: &[Msisdn],
        work: impl Fn(&DatabaseSession, ServerClock, &[Msisdn]) -> Result<u64, PostgresFault>,
    ) -> Result<u64, JournalError> {
        let mut count = 0;
        for chunk in all.chunks(CHUNK) {
            count += self.writing(|session, clock| work(session, clock, chunk))?;
        }
        Ok(count)
    }

    pub(super) fn session(&self) -> Result<&DatabaseSession, PostgresFault> {
        self.session.as_ref().ok_or(PostgresFault::Lost)
    }

    /// Gives a fault its words, and gives a session up that is lost.
    pub(super) fn noted<T>(&mut self, result: Result<T, PostgresFault>) -> Result<T, JournalError> {
        result.map_err(|fault| {
            if fault.is_lost() {
                self.session = None;
                self.outage.begin();
            }
            fault.at(&self.place)
        })
    }
}
