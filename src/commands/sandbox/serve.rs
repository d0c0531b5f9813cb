//! `smspin sandbox serve`: the gateway for others, until a signal ends it.

use crate::answers::SandboxReadyReport;
use crate::cli::ServeArgs;
use crate::domain::api_key::ApiKey;
use crate::domain::money::Money;
use crate::failure::{Exit, Failure, Kind, Signal};
use crate::sandbox::{
    DEFAULT_KEY, Db, GatewayOptions, PostRules, SandboxPrices, SeenExchange, ServeError, ServeOptions,
    Serving, TrustedRoots,
};
use crate::server::listening_hint;
use crate::session::{Context, signals};
use std::path::Path;
use std::sync::Arc;
use tokio::sync::mpsc;

pub(super) fn run(context: &Context, args: ServeArgs) -> Result<Exit, Failure> {
    let options = options(args)?;
    let runtime = crate::runtime::current_thread()
        .map_err(|error| Failure::system("cannot start the sandbox", error))?;
    let served = runtime.block_on(serve(context, options));
    // A look-up of a name that takes its time must not hold the end.
    runtime.shutdown_background();
    served
}

async fn serve(context: &Context, options: ServeOptions) -> Result<Exit, Failure> {
    if options.post_rules.allow_remote {
        context
            .ui
            .warn("each client of the sandbox can make this machine post to other machines");
    }
    if options.gateway.seed.is_some() {
        context.ui.warn("PINs come from a seed, and can be guessed");
    }
    let own_keys = options.keys.len();
    let serving = Serving::bind(options).await.map_err(unserved)?;
    if !serving.address().ip().to_canonical().is_loopback() {
        context
            .ui
            .warn("other machines can reach the sandbox and read every PIN");
    }
    let stop = serving.stop();
    let followed = context.global.verbose.then(|| serving.follow());
    // Before it says that it is ready: a signal from then on must find its handler.
    let signal = signals::listen();
    let report = SandboxReadyReport::new(serving.address(), (own_keys == 0).then_some(DEFAULT_KEY));
    let exit = context.ui.answer(&report);
    if exit != Exit::Done {
        return Ok(exit);
    }
    let ends = async {
        let signal = signal.await;
        stop.now();
        signal
    };
    let served = async { tokio::join!(serving.run(|text| context.ui.warn(text)), ends).1 };
    let signal = tokio::select! {
        signal = served => signal,
        () = show_requests(context, followed) => return Ok(Exit::Done),
    };
    Ok(match signal {
        // How a server is ended.
        Signal::Interrupt | Signal::Terminate => Exit::Done,
        Signal::HangUp => Exit::Signal(signal),
    })
}

/// Each request with what became of it, on standard error; never ends.
async fn show_requests(context: &Context, followed: Option<mpsc::UnboundedReceiver<Arc<SeenExchange>>>) {
    let Some(mut followed) = followed else {
        return std::future::pending::<()>().await;
    };
    while let Some(exchange) = followed.recv().await {
        let shown = exchange.show();
        if context.ui.json {
            let document = serde_json::to_string(&shown).expect("numbers and strings");
            context.ui.to_stderr(&format!("{document}\n"));
        } else {
            context.ui.trace('>', shown.line());
        }
    }
    std::future::pending::<()>().await;
}

fn options(args: ServeArgs) -> Result<ServeOptions, Failure> {
    let gateway = gateway_options(&args)?;
    let db = match args.db {
        None => Db::File(super::default_db()?),
        Some(path) if path == Path::new(":memory:") => Db::Memory,
        Some(path) => Db::File(path),
    };
    let keys = args
        .accept_key
        .iter()
        .map(|key| ApiKey::parse(&key.0))
        .collect::<Result<_, _>>();
    let keys =
        keys.map_err(|error| Failure::new(Kind::Usage, error).doing("--accept-key is not a valid API key"))?;
    let roots = match &args.ca_file {
        None => TrustedRoots::default(),
        Some(path) => TrustedRoots::with_file(path)
            .map_err(|error| Failure::new(Kind::Usage, error).doing("--ca-file is of no use"))?,
    };
    Ok(ServeOptions {
        bind: args.bind,
        db,
        keys,
        clock: args.clock,
        allow_remote: args.allow_remote,
        post_rules: PostRules {
            allow_remote: args.allow_remote_reports,
            gives_up: true,
            roots,
        },
        gateway,
    })
}

fn gateway_options(args: &ServeArgs) -> Result<GatewayOptions, Failure> {
    let refused = |words: &str| Err(Failure::message(Kind::Usage, words));
    let amounts = [args.balance, args.price_sms, args.price_hlr];
    if amounts.into_iter().flatten().any(Money::is_negative) {
        return refused("balance and prices can't be negative");
    }
    let chances = args.fault.iter().map(|fault| u64::from(fault.millionths));
    if chances.sum::<u64>() > 1_000_000 {
        return refused("the chances of all faults together are more than 100%");
    }
    let usual = SandboxPrices::default();
    Ok(GatewayOptions {
        balance: args.balance,
        prices: SandboxPrices {
            sms: args.price_sms.unwrap_or(usual.sms),
            hlr: args.price_hlr.unwrap_or(usual.hlr),
        },
        serves_inbox: true,
        seed: args.seed,
        latency: args.latency,
        faults: args.fault.clone(),
        dlr_delay: args.dlr_delay,
        keep: args.keep,
        fixed_pins: args.pin.clone(),
        allowed_hosts: args.allow_host.clone(),
    })
}

fn unserved(error: ServeError) -> Failure {
    let (kind, hint) = match &error {
        ServeError::Remote(_) => (Kind::Usage, Some("--allow-remote, if that is wanted".to_owned())),
        ServeError::Bind { address, source } => (Kind::Usage, Some(listening_hint(source, address.port()))),
        ServeError::Clock => (Kind::Usage, None),
        ServeError::Store(error) => match error.hint() {
            Some(hint) => (Kind::Usage, Some(hint.to_owned())),
            None => (Kind::Disk, None),
        },
    };
    let failure = Failure::new(kind, error).doing("cannot serve the sandbox");
    match hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}
