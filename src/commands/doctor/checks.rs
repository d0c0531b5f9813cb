//! The checks, in order: the configuration, then those that need the gateway, all on one runtime, so that they share a
//! connection.

use super::configuration::{self, Configuration, Proxy};
use super::{DoctorLimits, privacy};
use crate::answers::{Step, StepEnd, StepName, StepResult};
use crate::cli::DoctorArgs;
use crate::client::probe;
use crate::domain::money::Money;
use crate::domain::pin::Pin;
use crate::domain::pin_request::PinRequest;
use crate::failure::Exit;
use crate::outcome::OutcomeWord;
use crate::session::Context;
use crate::session::call::{CallResult, attempts};
use crate::session::probe::{self as path_probe, ProbeFailure};
use crate::wire::balance::Balance;
use crate::wire::{self, Call, ErrorId, balance, verify};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use url::Url;

/// Makes every check that the ones before it allow.
pub(super) fn run(context: &Context, args: &DoctorArgs, limits: &DoctorLimits) -> Vec<Step> {
    let started = Instant::now();
    let (end, configuration) = match configuration::read(context, args) {
        Ok((configuration, found)) => (StepEnd::passed(found), Some(configuration)),
        Err(failed) => (failed, None),
    };
    let mut steps = vec![Step::new(StepName::Configuration, started.elapsed(), end)];
    let sends = args.send_to.is_some();
    let mut planned = StepName::ALL[1..].iter().filter(|name| sends || !name.sends());
    if let Some(configuration) = configuration {
        let doctor = Doctor {
            context,
            configuration,
            limits,
            addresses: Vec::new(),
            balance: None,
        };
        match crate::runtime::current_thread() {
            Ok(runtime) => {
                runtime.block_on(doctor.run(&mut planned, &mut steps));
                // A name resolution that hangs must not keep the program from ending.
                runtime.shutdown_background();
            }
            Err(error) => {
                let failed = StepEnd::failed(format!("nothing can be asked: {error}"), Exit::Usage);
                let name = planned.next().copied().unwrap_or(StepName::Resolve);
                steps.push(Step::new(name, Duration::ZERO, failed));
            }
        }
    }
    let missing = planned.map(|name| Step::new(*name, Duration::ZERO, StepEnd::not_reached()));
    steps.extend(missing);
    steps
}

/// A run of the checks, with what earlier ones leave for later ones.
struct Doctor<'a> {
    context: &'a Context,
    configuration: Configuration,
    limits: &'a DoctorLimits,
    addresses: Vec<SocketAddr>,
    balance: Option<Balance>,
}

impl Doctor<'_> {
    async fn run(mut self, planned: &mut impl Iterator<Item = &StepName>, steps: &mut Vec<Step>) {
        for &name in planned {
            let started = Instant::now();
            let end = self.check(name).await.unwrap_or_else(|failed| failed);
            steps.push(Step::new(name, started.elapsed(), end));
            // The latency is measured also where the balance is too low.
            let has_failed = steps.iter().any(|step| step.end.result == StepResult::Failed);
            if has_failed && name != StepName::Balance {
                break;
            }
        }
    }

    async fn check(&mut self, name: StepName) -> Result<StepEnd, StepEnd> {
        match name {
            StepName::Configuration => unreachable!("it comes before there is a doctor"),
            StepName::Resolve => self.resolve().await,
            StepName::Connect => self.connect().await,
            StepName::Tls => self.tls().await,
            StepName::Key => self.key().await,
            StepName::Paths => self.paths().await,
            StepName::Balance => self.enough(),
            StepName::Latency => self.latency().await,
            StepName::Request => self.request().await,
            StepName::Verify => self.verify().await,
        }
    }

    fn in_sandbox(&self) -> bool {
        self.configuration.gateway.sandbox.is_some()
    }

    /// The host to connect to, whose it is, and the setting that names it; nothing where the environment's proxy does it.
    fn host(&self) -> Option<(&Url, &'static str, &str)> {
        let found = &self.configuration;
        match &found.proxy {
            Proxy::None => Some((&found.base_url, "", &found.base_url_name)),
            Proxy::Setting(url) => Some((url, " (the proxy)", &found.proxy_name)),
            Proxy::Environment => None,
        }
    }

    async fn resolve(&mut self) -> Result<StepEnd, StepEnd> {
        let Some((url, whose, setting)) = self.host() else {
            return Ok(by_environment());
        };
        let found = probe::resolve(url, self.configuration.connect_timeout).await;
        let addresses = found.map_err(|detail| {
            let hint = format!("check the name in {setting}, and this machine's DNS");
            StepEnd::failed(detail, Exit::Unsent).hint(hint)
        })?;
        let list: Vec<String> = addresses.iter().map(|address| address.ip().to_string()).collect();
        let host = url.host_str().unwrap_or_default();
        let found = format!("{host}{whose} is {}", list.join(", "));
        self.addresses = addresses;
        Ok(StepEnd::passed(found))
    }

    async fn connect(&self) -> Result<StepEnd, StepEnd> {
        let Some((_, whose, setting)) = self.host() else {
            return Ok(by_environment());
        };
        match probe::connect(&self.addresses, self.configuration.connect_timeout).await {
            Ok(address) => Ok(StepEnd::passed(format!("to {address}"))),
            Err(detail) => {
                let way_out = if whose.is_empty() && !self.configuration.loopback {
                    ", or set proxy"
                } else {
                    ""
                };
                let hint = format!("check host and port in {setting}, and the firewall{way_out}");
                Err(StepEnd::failed(detail, Exit::Unsent).hint(hint))
            }
        }
    }

    async fn tls(&self) -> Result<StepEnd, StepEnd> {
        let base_url = &self.configuration.base_url;
        if base_url.scheme() == "http" {
            let why = if self.configuration.loopback {
                "plain http on loopback"
            } else {
                "plain http"
            };
            return Ok(StepEnd::skipped(why));
        }
        match self.configuration.gateway.client.handshake(base_url).await {
            Ok(()) => Ok(StepEnd::passed("the certificate is trusted")),
            Err(found) => {
                let remedy = found.remedy.map(str::to_owned);
                Err(StepEnd::failed(found.detail, Exit::Unsent).hint(remedy))
            }
        }
    }

    async fn key(&mut self) -> Result<StepEnd, StepEnd> {
        let found = self.ask_balance().await.map_err(|mut failure| {
            let setting = match (failure.exit, &self.configuration.key_from) {
                (Exit::Account, Some(from)) => Some(format!("the key is from {from}")),
                (Exit::Unknown, _) => Some(format!("check {}", self.configuration.base_url_name)),
                _ => None,
            };
            let hints: Vec<String> = setting.into_iter().chain(failure.hint).collect();
            failure.hint = (!hints.is_empty()).then(|| hints.join("; "));
            failure
        })?;
        self.balance = Some(found);
        Ok(StepEnd::passed("accepted"))
    }

    /// The key can be good and the paths wrong: a proxy or a brand may know the balance call alone.
    async fn paths(&self) -> Result<StepEnd, StepEnd> {
        for call in [Call::RequestPin, Call::VerifyPin, Call::Lookup] {
            let found = path_probe::path(&self.context.ui, &self.configuration.gateway, call).await;
            let (detail, exit, hint) = match found {
                Ok(()) => continue,
                Err(ProbeFailure::Account { id, detail }) => (
                    format!("{id}: {detail}"),
                    Exit::Account,
                    id.hint(self.in_sandbox()),
                ),
                Err(ProbeFailure::NotTheGateway { detail, remedy }) => (detail, Exit::Unsent, remedy),
                Err(ProbeFailure::Interrupted(signal)) => {
                    ("interrupted".to_owned(), Exit::Signal(signal), "")
                }
            };
            let hint = (!hint.is_empty()).then(|| hint.to_owned());
            return Err(StepEnd::failed(privacy::masked(&detail, None), exit).hint(hint));
        }
        let found = "request, verify and lookup answer a call without parameters as the gateway does";
        Ok(StepEnd::passed(found).hint(self.fixed_paths()))
    }

    /// How the paths that were found out are made fixed, so that no request has to find them out.
    fn fixed_paths(&self) -> Option<String> {
        let found = path_probe::found_paths(&self.configuration.gateway.client).into_iter();
        let commands: Vec<String> = found
            .map(|(key, path)| format!("`smspin config set {key} {path}`"))
            .collect();
        let list = commands.join(", ");
        (!list.is_empty()).then(|| format!("{list}: no request has to find its path out then"))
    }

    fn enough(&self) -> Result<StepEnd, StepEnd> {
        let found = self.balance.as_ref().expect("the step before has asked for it");
        let currency = found.currency.as_deref().map(|currency| format!(" {currency}"));
        let shown = format!("{}{}", found.balance, currency.unwrap_or_default());
        let Some(least) = self.limits.min_balance else {
            return Ok(StepEnd::passed(shown));
        };
        match found.balance.parse::<Money>() {
            Ok(left) if left >= least => Ok(StepEnd::passed(format!("{shown}, at least {least} required"))),
            Ok(_) => {
                let detail = format!("{shown}, less than the required {least}");
                Err(StepEnd::failed(detail, Exit::Account)
                    .hint(ErrorId::NotEnoughBalance.hint(self.in_sandbox()).to_owned()))
            }
            Err(error) => Err(StepEnd::failed(error.to_string(), Exit::Unknown)),
        }
    }

    async fn latency(&self) -> Result<StepEnd, StepEnd> {
        const CALLS: usize = 3;
        let mut times = Vec::new();
        for _ in 0..CALLS {
            let started = Instant::now();
            self.ask_balance().await?;
            times.push(started.elapsed());
        }
        times.sort_unstable();
        let middle = times[CALLS / 2];
        let detail = format!("{} ms, the median of {CALLS} free calls", middle.as_millis());
        match self.limits.max_latency.filter(|max| middle > *max) {
            None => Ok(StepEnd::passed(detail)),
            Some(max) => {
                let detail = format!("{detail}; the limit is {} ms", max.as_millis());
                let hint = "check the network between here and the gateway, or raise --max-latency";
                Err(StepEnd::failed(detail, Exit::No).hint(hint.to_owned()))
            }
        }
    }

    async fn ask_balance(&self) -> Result<Balance, StepEnd> {
        let gateway = &self.configuration.gateway;
        let result = attempts(&self.context.ui, gateway, &balance::body(), 0, balance::read).await;
        let hint = "`smspin balance -v` shows what was answered; asking is free";
        self.answer_of(result, hint)
    }

    /// The answer, or the line that says why there is none.
    fn answer_of<T>(&self, result: CallResult<T>, unknown: &'static str) -> Result<T, StepEnd> {
        let (summary, answer) =
            result.conclude(&self.configuration.gateway, unknown, |_| OutcomeWord::Answered);
        answer.ok_or_else(|| {
            let detail = privacy::masked(&summary.trouble(&|_, text| text.to_owned()), None);
            StepEnd::failed(detail, summary.exit()).hint(summary.hint.map(str::to_owned))
        })
    }

    fn asked(&self) -> &PinRequest {
        let checked = self.configuration.checked.as_ref();
        &checked
            .expect("--send-to was checked with the configuration")
            .request
    }

    /// The request of `--send-to`.
    async fn request(&self) -> Result<StepEnd, StepEnd> {
        let request = self.asked();
        let gateway = &self.configuration.gateway;
        let body = wire::request::body(request);
        let retries = self.configuration.retries;
        let result = attempts(&self.context.ui, gateway, &body, retries, |_| Some(())).await;
        self.answer_of(
            result,
            "the SMS may have been sent: ask whether it arrived before trying again",
        )?;
        let what = if gateway.sandbox.is_some() {
            "no SMS was sent"
        } else {
            "an SMS is on its way"
        };
        let number = privacy::number(&request.msisdn.to_string());
        Ok(StepEnd::passed(format!("accepted for {number}; {what}")))
    }

    /// In the sandbox, which shows the PIN of the request before.
    async fn verify(&self) -> Result<StepEnd, StepEnd> {
        let gateway = &self.configuration.gateway;
        let Some(sandbox) = &gateway.sandbox else {
            let why = "the PIN is on that telephone: `smspin verify MSISDN PIN` checks it";
            return Ok(StepEnd::skipped(why));
        };
        let sent = sandbox.take_messages().pop();
        let no_pin = || StepEnd::failed("the sandbox has no PIN for the number", Exit::Disk);
        let sent = sent.ok_or_else(no_pin)?;
        let pin = Pin::parse(&sent.pin).map_err(|_| no_pin())?;
        let request = self.asked();
        let body = verify::body(request.msisdn, &pin);
        let read = |answer: &wire::Answer| Some(verify::read(answer));
        let result = attempts(&self.context.ui, gateway, &body, 0, read).await;
        if self.answer_of(result, "a try may have been used up")?.verified {
            Ok(StepEnd::passed("verified"))
        } else {
            Err(StepEnd::failed(
                "the sandbox did not accept its own PIN",
                Exit::No,
            ))
        }
    }
}

fn by_environment() -> StepEnd {
    StepEnd::skipped("done by the proxy that is set in the environment")
}
