//! The store's own thread: takes what has queued and commits it as one group, so that a transaction's cost is shared by
//! all that wait for it. Nobody hears of a change before it is committed.

use super::{Db, SandboxState, StoreError, bump_revision};
use rusqlite::Connection;
use std::sync::mpsc;
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// Jobs in one transaction; more would only make the first wait for the last.
const GROUP: usize = 128;

/// What is left of a job once its part of the transaction is done: telling the one who waits how the commit went.
type CommitNotice = Box<dyn FnOnce(Result<(), StoreError>) + Send>;
type Work = Box<dyn FnOnce(&Connection) -> rusqlite::Result<CommitNotice> + Send>;

struct StoreJob {
    changes: bool,
    work: Work,
}

/// The state, for many that work on it at once. Dropping it ends the thread, after what has queued.
pub(crate) struct Store {
    jobs: Option<mpsc::Sender<StoreJob>>,
    thread: Option<JoinHandle<()>>,
}

impl Store {
    pub(crate) fn open(db: &Db) -> Result<Self, StoreError> {
        let state = SandboxState::open(db)?;
        let (jobs, queue) = mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("sandbox-store".to_owned())
            .spawn(move || run(state, &queue))
            .map_err(|error| StoreError::Group(error.to_string()))?;
        Ok(Self {
            jobs: Some(jobs),
            thread: Some(thread),
        })
    }

    /// Changes the state. When it returns `Ok` the change is committed; otherwise nothing of it is.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.run(true, work).await
    }

    /// Looks at the state.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.run(false, work).await
    }

    async fn run<T: Send + 'static>(
        &self,
        changes: bool,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (sender, receiver) = oneshot::channel();
        let work: Work = Box::new(move |state| {
            let value = work(state)?;
            Ok(Box::new(move |committed: Result<(), StoreError>| {
                // One who no longer waits has gone with its connection; the change stands.
                let _ = sender.send(committed.map(|()| value));
            }))
        });
        let jobs = self.jobs.as_ref().ok_or(StoreError::Ended)?;
        jobs.send(StoreJob { changes, work })
            .map_err(|_| StoreError::Ended)?;
        receiver.await.map_err(|_| StoreError::Ended)?
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // It ends when its queue is empty; a panic in it has been told to those who waited.
            let _ = thread.join();
        }
    }
}

fn run(mut state: SandboxState, queue: &mpsc::Receiver<StoreJob>) {
    while let Ok(first) = queue.recv() {
        let mut group = vec![first];
        group.extend(queue.try_iter().take(GROUP - 1));
        let mut verdicts = Vec::with_capacity(group.len());
        let committed = commit(&mut state, group, &mut verdicts);
        let failure = committed.err().map(|error| error.to_string());
        for verdict in verdicts {
            verdict(
                failure
                    .clone()
                    .map_or(Ok(()), |text| Err(StoreError::Group(text))),
            );
        }
    }
}

/// Runs a group as one transaction. On an error everything is rolled back; a job that was not reached is dropped, which
/// tells its waiter that the store failed.
fn commit(
    state: &mut SandboxState,
    group: Vec<StoreJob>,
    verdicts: &mut Vec<CommitNotice>,
) -> rusqlite::Result<()> {
    let changes = group.iter().any(|job| job.changes);
    let transaction = if changes { state.write()? } else { state.read()? };
    for job in group {
        verdicts.push((job.work)(&transaction)?);
    }
    if changes {
        bump_revision(&transaction)?;
    }
    transaction.commit()
}
