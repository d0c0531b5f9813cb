//! The gateway for others: on an address of its own, with the inbox and with delivery reports, until it is told to stop.

use super::bind::Bind;
use super::control::Control;
use super::gateway::SandboxGateway;
use super::options::{ChanceFault, FixedPin, GatewayOptions, Latency, SandboxPrices};
use super::reports::{self, PostRules};
use super::store::{Db, Millis, Store, StoreError, clock};
use super::tls::TrustedRoots;
use super::traffic::Exchange;
use super::{DEFAULT_KEY, default_balance};
use crate::domain::api_key::ApiKey;
use crate::domain::host_name::HostName;
use crate::domain::money::Money;
use crate::server::{ServerLimits, StopSignal, listen_on, serve};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// Everything that can be chosen about a served sandbox.
#[derive(Clone, Debug)]
pub(crate) struct ServeOptions {
    pub(crate) bind: Bind,
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
    /// What the sandbox's clock shows in the beginning; `None` leaves it as it is.
    pub(crate) clock: Option<jiff::Timestamp>,
    /// How many messages are kept.
    pub(crate) keep: u32,
    pub(crate) fixed_pins: Vec<FixedPin>,
    pub(crate) replace_accents: bool,
    pub(crate) allowed_hosts: Vec<HostName>,
    /// What is believed when reports are posted over https.
    pub(crate) roots: TrustedRoots,
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
    Bind { address: Bind, source: std::io::Error },
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
        let store = Store::open(&options.db)?;
        if let Some(at) = options.clock {
            let at = Millis(at.as_millisecond());
            store.write(move |state| clock::start_at(state, at)).await?;
        }
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
            keep: options.keep,
            fixed_pins: options.fixed_pins,
            replace_accents: options.replace_accents,
            allowed_hosts: options.allowed_hosts,
        };
        let control = Control {
            own_key: options.keys.is_empty().then_some(DEFAULT_KEY),
        };
        let gateway = SandboxGateway::new(store, keys, gateway_options, control, stop.clone()).await?;
        Ok(Self {
            listener,
            address,
            gateway: Arc::new(gateway),
            stop,
            post_rules: PostRules {
                allow_remote: options.allow_remote_reports,
                gives_up: true,
                roots: options.roots,
            },
        })
    }

    /// Every request with what became of it, from now on.
    pub(crate) fn follow(&self) -> mpsc::UnboundedReceiver<Arc<Exchange>> {
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
