//! The store's own thread: takes what has queued and commits it as one group, so that a transaction's cost is shared by
//! all that wait for it. No caller hears of a change before it is committed.

use super::{Db, Millis, SandboxState, StateView, StoreError, bump_revision, clock};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc;
use std::thread::JoinHandle;
use tokio::sync::{oneshot, watch};

/// Jobs in one transaction; more would only make the first wait for the last.
const GROUP: usize = 128;

/// What is left of a job once its part of the transaction is done: telling the one who waits how the commit went.
type CommitNotice = Box<dyn FnOnce(Result<(), StoreError>) + Send>;
/// Works on the state, or hears why there is none to work on.
type Work = Box<dyn FnOnce(Result<&StateView<'_>, StoreError>) -> rusqlite::Result<CommitNotice> + Send>;

struct StoreJob {
    changes: bool,
    work: Work,
}

/// The state, for many that work on it at once. Dropping it ends the thread, after what has queued.
pub(crate) struct SandboxStore {
    jobs: Option<mpsc::Sender<StoreJob>>,
    thread: Option<JoinHandle<()>>,
    place: Arc<str>,
    outside: Arc<Outside>,
}

/// What others see of the state without asking it.
struct Outside {
    clock_offset: AtomicI64,
    /// Sends whenever this process has changed something.
    changed: watch::Sender<()>,
}

impl SandboxStore {
    pub(crate) fn open(db: &Db) -> Result<Self, StoreError> {
        let state = SandboxState::open(db)?;
        let place: Arc<str> = db.to_string().into();
        let outside = Arc::new(Outside {
            clock_offset: AtomicI64::new(0),
            changed: watch::Sender::new(()),
        });
        let (jobs, queue) = mpsc::channel();
        let inside = Arc::clone(&outside);
        let thread = std::thread::Builder::new()
            .name("sandbox-store".to_owned())
            .spawn(move || run(state, &queue, &inside))
            .map_err(|error| StoreError::Sqlite {
                place: place.to_string(),
                cause: error.to_string(),
            })?;
        Ok(Self {
            jobs: Some(jobs),
            thread: Some(thread),
            place,
            outside,
        })
    }

    /// The sandbox's clock, as it was when the state was last used.
    pub(crate) fn now(&self) -> Millis {
        Millis::now().plus_millis(self.outside.clock_offset.load(Ordering::Relaxed))
    }

    /// Resolves with every change that this process makes from now on.
    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.outside.changed.subscribe()
    }

    /// Changes the state. When it returns `Ok` the change is committed; otherwise nothing of it is.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&StateView<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.submit(true, work)?.await.map_err(|_| StoreError::Ended)?
    }

    /// Looks at the state.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&StateView<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.submit(false, work)?.await.map_err(|_| StoreError::Ended)?
    }

    /// The same for a thread without a runtime, which waits.
    pub(crate) fn look<T: Send + 'static>(
        &self,
        work: impl FnOnce(&StateView<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let looked = self.submit(false, work)?;
        looked.blocking_recv().map_err(|_| StoreError::Ended)?
    }

    /// Queues a job, whose result comes once its group is committed.
    fn submit<T: Send + 'static>(
        &self,
        changes: bool,
        work: impl FnOnce(&StateView<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<oneshot::Receiver<Result<T, StoreError>>, StoreError> {
        let (sender, receiver) = oneshot::channel();
        let place = Arc::clone(&self.place);
        let work: Work = Box::new(move |state| {
            let worked = match state {
                Ok(state) => work(state),
                Err(failure) => {
                    let _ = sender.send(Err(failure));
                    return Ok(Box::new(|_| {}));
                }
            };
            match worked {
                Ok(value) => Ok(Box::new(move |committed: Result<(), StoreError>| {
                    // One who no longer waits has gone with its connection; the change stands.
                    let _ = sender.send(committed.map(|()| value));
                })),
                Err(error) => {
                    let _ = sender.send(Err(group_failure(&place, &error)));
                    Err(error)
                }
            }
        });
        let jobs = self.jobs.as_ref().ok_or(StoreError::Ended)?;
        jobs.send(StoreJob { changes, work })
            .map_err(|_| StoreError::Ended)?;
        Ok(receiver)
    }
}

impl Drop for SandboxStore {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // It ends when its queue is empty; a panic in it has been told to those who waited.
            let _ = thread.join();
        }
    }
}

fn group_failure(place: &str, error: &rusqlite::Error) -> StoreError {
    StoreError::Sqlite {
        place: place.to_owned(),
        cause: error.to_string(),
    }
}

fn run(mut state: SandboxState, queue: &mpsc::Receiver<StoreJob>, outside: &Outside) {
    while let Ok(first) = queue.recv() {
        let mut group = VecDeque::from([first]);
        group.extend(queue.try_iter().take(GROUP - 1));
        let mut verdicts = Vec::with_capacity(group.len());
        let committed = commit(&mut state, &mut group, &mut verdicts, outside);
        let failure = committed.as_ref().err().map(ToString::to_string);
        let failed = |text: &String| StoreError::Sqlite {
            place: state.place.clone(),
            cause: text.clone(),
        };
        for verdict in verdicts {
            verdict(failure.as_ref().map_or(Ok(()), |text| Err(failed(text))));
        }
        // Those that were not reached.
        for job in group {
            let text = failure.clone().unwrap_or_default();
            let _ = (job.work)(Err(failed(&text)));
        }
        if committed.is_ok_and(|changed| changed) {
            outside.changed.send_replace(());
        }
    }
}

/// Runs a group as one transaction, and says whether it changed anything. On an error everything is rolled back, and the
/// jobs that were not reached stay in the group.
fn commit(
    state: &mut SandboxState,
    group: &mut VecDeque<StoreJob>,
    verdicts: &mut Vec<CommitNotice>,
    outside: &Outside,
) -> rusqlite::Result<bool> {
    let may_change = group.iter().any(|job| job.changes);
    let transaction = if may_change { state.write()? } else { state.read()? };
    let before = transaction.total_changes();
    let view = StateView::begin(&transaction)?;
    while let Some(job) = group.pop_front() {
        verdicts.push((job.work)(Ok(&view))?);
    }
    let changed = transaction.total_changes() != before;
    if changed {
        bump_revision(&transaction)?;
    }
    let offset = clock::offset(&transaction)?;
    outside.clock_offset.store(offset, Ordering::Relaxed);
    transaction.commit().map(|()| changed)
}
