//! The gateway for others: on an address of its own, with the inbox and with delivery reports, until it is told to stop.

use super::gateway::{ChanceFault, GatewayOptions, Latency, SandboxGateway, SandboxPrices};
use super::store::{Db, Store, StoreError};
use super::{DEFAULT_KEY, default_balance, reports};
use crate::domain::api_key::ApiKey;
use crate::domain::money::Money;
use crate::server::{ServerLimits, StopSignal, serve};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// Everything that can be chosen about a served sandbox.
#[derive(Clone, Debug)]
pub(crate) struct ServeOptions {
    pub(crate) bind: SocketAddr,
    pub(crate) db: Db,
    /// Each is an account of its own; empty is the sandbox's own key.
    pub(crate) keys: Vec<ApiKey>,
    /// What every account is given; `None` leaves those that exist with what they have.
    pub(crate) balance: Option<Money>,
    pub(crate) prices: SandboxPrices,
    pub(crate) seed: Option<u64>,
    pub(crate) latency: Option<Latency>,
    pub(crate) faults: Vec<ChanceFault>,
    pub(crate) dlr_delay: Duration,
    /// Whether it may listen where other machines reach it.
    pub(crate) allow_remote: bool,
    /// Whether delivery reports may go to other machines.
    pub(crate) allow_remote_reports: bool,
}

/// Why the sandbox can't be served.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServeError {
    #[error("{0} can be reached from other machines, and the sandbox shows PINs to whoever asks")]
    Remote(SocketAddr),
    #[error("can't listen on {address}")]
    Bind {
        address: SocketAddr,
        source: std::io::Error,
    },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A sandbox that listens, and doesn't answer yet.
pub(crate) struct Serving {
    listener: TcpListener,
    address: SocketAddr,
    gateway: Arc<SandboxGateway>,
    stop: StopSignal,
    allow_remote_reports: bool,
}

impl Serving {
    /// Opens the state and takes the address. From here on clients can connect; [`Serving::run`] answers them.
    pub(crate) async fn bind(options: ServeOptions) -> Result<Self, ServeError> {
        if !options.bind.ip().to_canonical().is_loopback() && !options.allow_remote {
            return Err(ServeError::Remote(options.bind));
        }
        let failed = |source| ServeError::Bind {
            address: options.bind,
            source,
        };
        let listener = TcpListener::bind(options.bind).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let store = Store::open(&options.db)?;
        let stop = StopSignal::new();
        let keys = match options.keys.as_slice() {
            [] => vec![DEFAULT_KEY.to_owned()],
            keys => keys.iter().map(|key| key.expose().to_owned()).collect(),
        };
        let gateway_options = GatewayOptions {
            balance: options.balance.unwrap_or(default_balance()),
            set_balance: options.balance.is_some(),
            top_up: false,
            prices: options.prices,
            serve_inbox: true,
            show: false,
            seed: options.seed,
            latency: options.latency,
            faults: options.faults,
            dlr_delay: options.dlr_delay,
        };
        let gateway = SandboxGateway::new(
            store,
            keys,
            gateway_options,
            ServerLimits::default(),
            stop.clone(),
        )
        .await?;
        let allow_remote_reports = options.allow_remote_reports;
        Ok(Self {
            listener,
            address,
            gateway: Arc::new(gateway),
            stop,
            allow_remote_reports,
        })
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
            allow_remote_reports,
            ..
        } = self;
        let post = reports::run(gateway.store(), &stop, allow_remote_reports, &tell);
        let answer = serve(
            listener,
            Arc::clone(&gateway),
            ServerLimits::default(),
            stop.clone(),
        );
        tokio::join!(answer, post);
    }
}
