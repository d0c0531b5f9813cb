//! The gateway inside another command: on a thread and a runtime of its own, reached over loopback like any other.

use super::DEFAULT_KEY;
use super::gateway::SandboxGateway;
use super::options::GatewayOptions;
use super::reports::{self, PostRules};
use super::served::Served;
use super::store::inbox::Sms;
use super::store::reports::{self as store_reports, ShownReport};
use super::store::{Db, SandboxStore, StoreError, accounts};
use crate::server::{ServerLimits, StopSignal, listen_on, listening_hint, serve};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

/// How often the reports of an SMS are looked at while they are waited for.
const LOOK_AGAIN: Duration = Duration::from_millis(10);
/// More than any SMS has.
const REPORTS: u32 = 10;

/// A free port of this machine alone. Some machines have one of the two only.
const LOOPBACK: [SocketAddr; 2] = [
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
    SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), 0),
];

/// A gateway that runs as long as this value lives.
pub(crate) struct Embedded {
    address: SocketAddr,
    gateway: Arc<SandboxGateway>,
    stop: StopSignal,
    thread: Option<JoinHandle<()>>,
}

/// What a gateway inside a command is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// The gateway's calls, with the sandbox's own key.
    Calls,
    /// What scripts look at and set. It has no account, and posts no reports.
    Control,
}

/// Why the embedded gateway can't start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("this machine can't be reached on its loopback address")]
    NoLoopback(#[source] std::io::Error),
    #[error("the sandbox can't start")]
    Io(#[from] std::io::Error),
}

impl StartError {
    /// What to try where it is not the disk's fault.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::NoLoopback(error) => Some(listening_hint(error, 0)),
            Self::Store(error) => error.hint().map(str::to_owned),
            Self::Io(_) => None,
        }
    }
}

impl Embedded {
    /// Starts the gateway on a free loopback port. It is ready when this returns.
    pub(crate) fn start(db: &Db) -> Result<Self, StartError> {
        Self::start_for(Purpose::Calls, db)
    }

    /// The same for a command that looks into the state or sets something.
    pub(crate) fn for_control(db: &Db) -> Result<Self, StartError> {
        Self::start_for(Purpose::Control, db)
    }

    fn start_for(purpose: Purpose, db: &Db) -> Result<Self, StartError> {
        let stop = StopSignal::new();
        let (ready, started) = mpsc::channel();
        let (db, stop_inside) = (db.clone(), stop.clone());
        let thread = std::thread::Builder::new()
            .name("sandbox".to_owned())
            .spawn(move || {
                run(purpose, &db, &stop_inside, &ready);
            })?;
        let ended = || std::io::Error::other("the sandbox's thread ended at once");
        let (address, gateway) = started.recv().map_err(|_| ended())??;
        Ok(Self {
            address,
            gateway,
            stop,
            thread: Some(thread),
        })
    }

    /// The base URL, without a slash at its end.
    pub(crate) fn base_url(&self) -> String {
        format!("http://{}/api/3.0", self.address)
    }

    /// The one key that it accepts. It is not a secret and opens nothing else.
    #[expect(clippy::unused_self, reason = "a key belongs to a running gateway")]
    pub(crate) const fn api_key(&self) -> &'static str {
        DEFAULT_KEY
    }

    /// The same gateway, to be asked what scripts ask.
    pub(crate) fn served(&self) -> Served {
        Served::at(self.address)
    }

    /// The SMS that would have been sent since the last time this was asked. Only the first sixteen are kept.
    pub(crate) fn take_messages(&self) -> Vec<Sms> {
        self.gateway.take_messages()
    }

    /// The delivery reports of an SMS, once each was posted and taken or can't be, or `within` is over.
    pub(crate) fn reports_of(&self, sms: &Sms, within: Duration) -> Result<Vec<ShownReport>, StoreError> {
        let deadline = Instant::now() + within;
        let message = sms.id;
        loop {
            let all = accounts::AccountPrefix::default();
            let store = self.gateway.store();
            let listed = store.look(move |state| store_reports::list(state, Some(message), &all, REPORTS))?;
            let is_settled = |report: &ShownReport| report.state != "waiting" || report.problem.is_some();
            if listed.iter().all(is_settled) || Instant::now() >= deadline {
                return Ok(listed);
            }
            std::thread::sleep(LOOK_AGAIN);
        }
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        self.stop.now();
        if let Some(thread) = self.thread.take() {
            // A panic in there has already cost the client its answer; no one else waits for it.
            let _ = thread.join();
        }
    }
}

type Started = Result<(SocketAddr, Arc<SandboxGateway>), StartError>;

fn run(purpose: Purpose, db: &Db, stop: &StopSignal, ready: &mpsc::Sender<Started>) {
    let runtime = match crate::runtime::current_thread() {
        Ok(runtime) => runtime,
        Err(error) => return drop(ready.send(Err(error.into()))),
    };
    runtime.block_on(async {
        match prepare(purpose, db, stop).await {
            Err(error) => drop(ready.send(Err(error))),
            Ok((listener, address, gateway)) => {
                // If no receiver hears it any more, `stop` is set as well.
                let _ = ready.send(Ok((address, Arc::clone(&gateway))));
                let post = async {
                    if purpose == Purpose::Calls {
                        let rules = PostRules::default();
                        reports::run(gateway.store(), stop, &rules, &|_| {}).await;
                    }
                };
                tokio::join!(
                    serve(listener, Arc::clone(&gateway), limits(), stop.clone()),
                    post
                );
            }
        }
    });
    // A look-up of a name that takes its time must not hold the command.
    runtime.shutdown_background();
}

/// A client in this process that still waits when the process ends waits for nothing.
fn limits() -> ServerLimits {
    ServerLimits {
        grace: Duration::from_millis(200),
        ..ServerLimits::default()
    }
}

async fn prepare(
    purpose: Purpose,
    db: &Db,
    stop: &StopSignal,
) -> Result<(TcpListener, SocketAddr, Arc<SandboxGateway>), StartError> {
    let store = SandboxStore::open(db)?;
    let listener = listen_on(&LOOPBACK).await.map_err(StartError::NoLoopback)?;
    let address = listener.local_addr()?;
    let keys = match purpose {
        Purpose::Calls => vec![DEFAULT_KEY.to_owned()],
        Purpose::Control => Vec::new(),
    };
    let options = GatewayOptions {
        serves_inbox: purpose == Purpose::Control,
        ..GatewayOptions::default()
    };
    let gateway = SandboxGateway::new(store, keys, options, stop.clone()).await?;
    Ok((listener, address, Arc::new(gateway)))
}
