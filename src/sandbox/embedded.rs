//! The gateway inside another command: on a thread and a runtime of its own, reached over loopback like any other.

use super::gateway::{GatewayOptions, SandboxGateway, SandboxPrices};
use super::store::inbox::Sms;
use super::store::{Db, Store, StoreError};
use super::{DEFAULT_KEY, default_balance};
use crate::server::{ServerLimits, StopSignal, serve};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::net::TcpListener;

/// A gateway that runs as long as this value lives.
pub(crate) struct Embedded {
    address: SocketAddr,
    gateway: Arc<SandboxGateway>,
    stop: StopSignal,
    thread: Option<JoinHandle<()>>,
}

/// Why the embedded gateway can't start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the sandbox can't start")]
    Io(#[from] std::io::Error),
}

impl Embedded {
    /// Starts the gateway on a free loopback port. It is ready when this returns.
    pub(crate) fn start(db: &Db) -> Result<Self, StartError> {
        let stop = StopSignal::new();
        let (ready, started) = mpsc::channel();
        let (db, stop_inside) = (db.clone(), stop.clone());
        let thread = std::thread::Builder::new()
            .name("sandbox".to_owned())
            .spawn(move || {
                run(&db, &stop_inside, &ready);
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

    /// The one key that it accepts. It is no secret and opens nothing else.
    #[expect(clippy::unused_self, reason = "a key belongs to a running gateway")]
    pub(crate) const fn api_key(&self) -> &'static str {
        DEFAULT_KEY
    }

    /// The SMS that would have been sent since the last time this was asked. Only the first sixteen are kept.
    pub(crate) fn take_messages(&self) -> Vec<Sms> {
        self.gateway.take_messages()
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        self.stop.now();
        if let Some(thread) = self.thread.take() {
            // A panic in there has already cost the client its answer; there is nobody left to tell.
            let _ = thread.join();
        }
    }
}

type Started = Result<(SocketAddr, Arc<SandboxGateway>), StartError>;

fn run(db: &Db, stop: &StopSignal, ready: &mpsc::Sender<Started>) {
    let runtime = match crate::runtime::current_thread() {
        Ok(runtime) => runtime,
        Err(error) => return drop(ready.send(Err(error.into()))),
    };
    runtime.block_on(async {
        match prepare(db, stop).await {
            Err(error) => drop(ready.send(Err(error))),
            Ok((listener, address, gateway)) => {
                // If nobody hears it any more, `stop` is set as well.
                let _ = ready.send(Ok((address, Arc::clone(&gateway))));
                serve(listener, gateway, limits(), stop.clone()).await;
            }
        }
    });
}

/// A client in this process that still waits when the process ends waits for nothing.
fn limits() -> ServerLimits {
    ServerLimits {
        grace: Duration::from_millis(200),
        ..ServerLimits::default()
    }
}

async fn prepare(
    db: &Db,
    stop: &StopSignal,
) -> Result<(TcpListener, SocketAddr, Arc<SandboxGateway>), StartError> {
    let store = Store::open(db)?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let options = GatewayOptions {
        balance: default_balance(),
        set_balance: false,
        // A batch of a million must be possible to rehearse without counting money first.
        top_up: true,
        prices: SandboxPrices::default(),
        serve_inbox: false,
        show: true,
        seed: None,
        latency: None,
        faults: Vec::new(),
        dlr_delay: Duration::from_secs(1),
    };
    let keys = vec![DEFAULT_KEY.to_owned()];
    let gateway = SandboxGateway::new(store, keys, options, limits(), stop.clone()).await?;
    Ok((listener, address, Arc::new(gateway)))
}
