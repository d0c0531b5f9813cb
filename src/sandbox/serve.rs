//! The gateway for others: on an address of its own, with the inbox and with delivery reports, until it is told to stop.

use super::DEFAULT_KEY;
use super::bind::Bind;
use super::gateway::SandboxGateway;
use super::options::GatewayOptions;
use super::reports::{self, PostRules};
use super::store::{Db, Millis, SandboxStore, StoreError, clock};
use super::traffic::SeenExchange;
use crate::domain::api_key::ApiKey;
use crate::server::{ServerLimits, StopSignal, listen_on, serve};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// Everything that can be chosen about a served sandbox.
#[derive(Clone, Debug)]
pub(crate) struct ServeOptions {
    pub(crate) bind: Bind,
    pub(crate) db: Db,
    /// Each is an account of its own; empty is the sandbox's own key.
    pub(crate) keys: Vec<ApiKey>,
    /// What the sandbox's clock shows in the beginning; `None` leaves it as it is.
    pub(crate) clock: Option<jiff::Timestamp>,
    /// Whether it may listen where other machines reach it.
    pub(crate) allow_remote: bool,
    pub(crate) post_rules: PostRules,
    pub(crate) gateway: GatewayOptions,
}

/// Why the sandbox can't be served.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServeError {
    #[error("{0} can be reached from other machines, and the sandbox shows PINs to every client")]
    Remote(SocketAddr),
    #[error("can't listen on {address}")]
    Bind { address: Bind, source: std::io::Error },
    #[error("--clock takes a time within ten years")]
    Clock,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A sandbox that listens, and doesn't answer yet.
pub(crate) struct Serving {
    listener: TcpListener,
    address: SocketAddr,
    gateway: Arc<SandboxGateway>,
    stop: StopSignal,
    post_rules: PostRules,
}

impl Serving {
    /// Opens the state and takes the address. From here on clients can connect; [`Serving::run`] answers them.
    pub(crate) async fn bind(options: ServeOptions) -> Result<Self, ServeError> {
        let failed = |source| ServeError::Bind {
            address: options.bind.clone(),
            source,
        };
        let addresses = options.bind.addresses().map_err(failed)?;
        let remote = addresses
            .iter()
            .find(|address| !address.ip().to_canonical().is_loopback());
        if let Some(remote) = remote.filter(|_| !options.allow_remote) {
            return Err(ServeError::Remote(*remote));
        }
        let listener = listen_on(&addresses).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let clock = options.clock.map(|at| Millis(at.as_millisecond()));
        if clock.is_some_and(|at| !clock::is_near(at)) {
            return Err(ServeError::Clock);
        }
        let store = SandboxStore::open(&options.db)?;
        if let Some(at) = clock {
            store.write(move |state| clock::start_at(state, at)).await?;
        }
        let stop = StopSignal::new();
        let keys = match options.keys.as_slice() {
            [] => vec![DEFAULT_KEY.to_owned()],
            keys => keys.iter().map(|key| key.expose().to_owned()).collect(),
        };
        let gateway = SandboxGateway::new(store, keys, options.gateway, stop.clone()).await?;
        Ok(Self {
            listener,
            address,
            gateway: Arc::new(gateway),
            stop,
            post_rules: options.post_rules,
        })
    }

    /// Every request with what became of it, from now on.
    pub(crate) fn follow(&self) -> mpsc::UnboundedReceiver<Arc<SeenExchange>> {
        self.gateway.traffic().follow()
    }

    /// Where it listens, with the port that it got.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends [`Serving::run`], once what is in flight is answered.
    pub(crate) fn stop(&self) -> StopSignal {
        self.stop.clone()
    }

    /// Answers until it is stopped. `tell` hears of delivery reports that are given up, in words.
    pub(crate) async fn run(self, tell: impl Fn(String) + Send + Sync) {
        let Self {
            listener,
            gateway,
            stop,
            post_rules,
            ..
        } = self;
        let post = reports::run(gateway.store(), &stop, &post_rules, &tell);
        let answer = serve(
            listener,
            Arc::clone(&gateway),
            ServerLimits::default(),
            stop.clone(),
        );
        tokio::join!(answer, post);
    }
}
