//! Receives delivery reports: every report that is acknowledged is on disk, whatever happens afterwards.
//!
//! ```text
//! POST ─▶ door ─▶ handler ─▶ dlr::parse ─▶ writer (a thread) ─▶ report_file, synced ─▶ 200
//!         path,   body,                     groups, no repetitions      │
//!         token   limits                                                └▶ observer: tally, terminal, --until-final
//! ```
//! It knows no gateway and no journal, and sends nothing: [`ForwardQueue`] only holds what another room may pass on.

mod door;
mod forward;
mod handler;
mod recent;
mod report_file;
mod tally;
mod writer;

pub(crate) use door::{Door, ListenToken};
pub(crate) use forward::{ForwardQueue, ForwardedPost};
pub(crate) use handler::Refusals;
pub(crate) use report_file::{ReportFile, ReportFileError};
pub(crate) use tally::{DeliveryBucket, ReportCounts, ReportTally, RequestCounts};
pub(crate) use writer::{KeptReport, ReportObserver, WriterHandle};

use crate::server::{ServerLimits, StopSignal, listen_on, serve};
use handler::PostHandler;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::net::TcpListener;

/// Bytes of all bodies that are in memory at once.
const BODIES: usize = 64 * 1024 * 1024;

/// A post of 1,000 reports has some 250 KB.
const BODY: usize = 2 * 1024 * 1024;

/// What is chosen about a listener.
#[derive(Clone, Debug)]
pub(crate) struct ListenOptions {
    pub(crate) bind: SocketAddr,
    pub(crate) door: Door,
    /// Where posts go once they are on disk.
    pub(crate) forward: Option<ForwardQueue>,
}

/// Why nothing listens.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ListenError {
    #[error("can't listen on {address}")]
    Bind {
        address: SocketAddr,
        source: std::io::Error,
    },
    #[error(transparent)]
    File(#[from] ReportFileError),
}

/// A listener that has its address and its file, and doesn't answer yet.
pub(crate) struct ReportListener<O> {
    socket: TcpListener,
    address: SocketAddr,
    handler: PostHandler,
    handle: WriterHandle,
    writer: JoinHandle<O>,
}

impl<O: ReportObserver + 'static> ReportListener<O> {
    /// Takes the address. From here on clients can connect; [`ReportListener::run`] answers them. `tell` hears of posts that are
    /// refused, the first of each status.
    pub(crate) async fn bind(
        options: ListenOptions,
        file: ReportFile,
        observer: O,
        tell: Refusals,
    ) -> Result<Self, ListenError> {
        let failed = |source| ListenError::Bind {
            address: options.bind,
            source,
        };
        let socket = listen_on(&[options.bind]).await.map_err(failed)?;
        let address = socket.local_addr().map_err(failed)?;
        let (handle, writer) = writer::start(file, observer)?;
        let handler = PostHandler::new(options.door, handle.clone(), options.forward, tell);
        Ok(Self {
            socket,
            address,
            handler,
            handle,
            writer,
        })
    }

    /// A way to the thread that writes, to have it look at its file. It has to be gone when [`ReportListener::run`] ends.
    pub(crate) fn writer(&self) -> WriterHandle {
        self.handle.clone()
    }

    /// Where it listens, with the port that it got.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until `stop`, finishes what is in flight, and gives back the observer and what was turned away.
    pub(crate) async fn run(self, stop: StopSignal) -> (O, RequestCounts) {
        let handler = Arc::new(self.handler);
        serve(self.socket, Arc::clone(&handler), limits(), stop).await;
        let counts = handler.counts();
        // The thread ends with its last handle.
        drop((handler, self.handle));
        let observer = match self.writer.join() {
            Ok(observer) => observer,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        (observer, counts)
    }
}

fn limits() -> ServerLimits {
    ServerLimits {
        body: BODY,
        bodies: BODIES,
        idle: Duration::from_secs(30),
        ..ServerLimits::default()
    }
}
