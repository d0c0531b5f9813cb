//! The checks, in order: the configuration, then those that need the gateway, all on one runtime, so that they share a
//! connection.

use super::configuration::{self, Configuration, Proxy};
use super::{DoctorLimits, privacy};
use crate::answers::{Step, StepResult};
use crate::cli::DoctorArgs;
use crate::client::probe;
use crate::domain::money::Money;
use crate::domain::msisdn::Msisdn;
use crate::domain::pin::Pin;
use crate::failure::Exit;
use crate::outcome::OutcomeWord;
use crate::session::Context;
use crate::session::call::{CallResult, attempts};
use crate::session::probe::{self as path_probe, ProbeFailure};
use crate::wire::balance::Balance;
use crate::wire::{self, Call, balance, verify};
use std::time::{Duration, Instant};

/// The checks, in this order.
const STEPS: [&str; 8] = [
    "configuration",
    "resolve",
    "connect",
    "tls",
    "key",
    "paths",
    "balance",
    "latency",
];
/// What `--send-to` adds.
const SENDING: [&str; 2] = ["request", "verify"];

/// Makes every check that the ones before it allow.
pub(super) fn run(context: &Context, args: &DoctorArgs, limits: &DoctorLimits) -> Vec<Step> {
    let mut steps = match configuration::check(context, args) {
        Err(step) => vec![step],
        Ok((configuration, step)) => {
            let mut doctor = Doctor {
                context,
                configuration,
                steps: vec![step],
            };
            let runtime = crate::runtime::current_thread();
            match runtime {
                Ok(runtime) => {
                    runtime.block_on(doctor.run(limits));
                    // A name resolution that hangs must not keep the program from ending.
                    runtime.shutdown_background();
                }
                Err(error) => {
                    let detail = format!("nothing can be asked: {error}");
                    doctor
                        .steps
                        .push(Step::failed("resolve", Duration::ZERO, detail, Exit::Usage));
                }
            }
            doctor.steps
        }
    };
    let sending = SENDING.iter().filter(|_| args.send_to.is_some());
    let planned = STEPS.iter().chain(sending);
    for missing in planned.skip(steps.len()) {
        steps.push(Step::unreached(missing));
    }
    steps
}

/// A run of the checks, with what they have found so far.
struct Doctor<'a> {
    context: &'a Context,
    configuration: Configuration,
    steps: Vec<Step>,
}

impl Doctor<'_> {
    /// Notes a step, and says whether the next may be taken.
    fn note(&mut self, step: Step) -> bool {
        let goes_on = step.result != StepResult::Failed;
        self.steps.push(step);
        goes_on
    }

    async fn run(&mut self, limits: &DoctorLimits) {
        if !self.connection().await {
            return;
        }
        let (step, found) = self.key().await;
        let Some(found) = found.filter(|_| step.result == StepResult::Passed) else {
            self.note(step);
            return;
        };
        self.note(step);
        let paths = self.paths().await;
        if !self.note(paths) {
            return;
        }
        let balance = enough(&found, limits.min_balance);
        let enough = self.note(balance);
        let latency = self.latency(limits.max_latency).await;
        if self.note(latency) && enough {
            self.send().await;
        }
    }

    /// Name, connection, TLS.
    async fn connection(&mut self) -> bool {
        let limit = self.configuration.connect_timeout;
        let configuration = &self.configuration;
        let (url, whose, setting) = match &configuration.proxy {
            Proxy::None => (
                configuration.base_url.clone(),
                "",
                configuration.base_url_name.clone(),
            ),
            Proxy::Setting(url) => (url.clone(), " (the proxy)", configuration.proxy_name.clone()),
            Proxy::Environment => {
                for step in ["resolve", "connect"] {
                    self.note(Step::skipped(
                        step,
                        "done by the proxy that is set in the environment",
                    ));
                }
                return self.tls().await;
            }
        };
        let started = Instant::now();
        let found = probe::resolve(&url, limit).await;
        let took = started.elapsed();
        let addresses = match found {
            Ok(addresses) => addresses,
            Err(detail) => {
                let hint = format!("check the name in {setting}, and this machine's DNS");
                let step = Step::failed("resolve", took, detail, Exit::Unsent).hint(Some(hint));
                return self.note(step);
            }
        };
        let list: Vec<String> = addresses.iter().map(|address| address.ip().to_string()).collect();
        let host = url.host_str().unwrap_or_default();
        self.note(Step::passed(
            "resolve",
            took,
            format!("{host}{whose} is {}", list.join(", ")),
        ));
        let started = Instant::now();
        let found = probe::connect(&addresses, limit).await;
        let took = started.elapsed();
        let step = match found {
            Ok(address) => Step::passed("connect", took, format!("to {address}")),
            Err(detail) => {
                let way_out = if whose.is_empty() && !self.configuration.loopback {
                    ", or set proxy"
                } else {
                    ""
                };
                let hint = format!("check host and port in {setting}, and the firewall{way_out}");
                Step::failed("connect", took, detail, Exit::Unsent).hint(Some(hint))
            }
        };
        self.note(step) && self.tls().await
    }

    async fn tls(&mut self) -> bool {
        if self.configuration.base_url.scheme() == "http" {
            let why = if self.configuration.loopback {
                "plain http on loopback"
            } else {
                "plain http"
            };
            return self.note(Step::skipped("tls", why));
        }
        let started = Instant::now();
        let found = self
            .configuration
            .gateway
            .client
            .handshake(&self.configuration.base_url)
            .await;
        let took = started.elapsed();
        let step = match found {
            Ok(()) => Step::passed("tls", took, "the certificate is trusted"),
            Err(found) => {
                Step::failed("tls", took, found.detail, Exit::Unsent).hint(found.remedy.map(str::to_owned))
            }
        };
        self.note(step)
    }

    async fn key(&self) -> (Step, Option<Balance>) {
        let (took, found) = self.ask_balance().await;
        match found {
            Ok(found) => (Step::passed("key", took, "accepted"), Some(found)),
            Err((detail, exit, hint)) => {
                let setting = match (exit, &self.configuration.key_from) {
                    (Exit::Account, Some(from)) => Some(format!("the key is from {from}")),
                    (Exit::Unknown, _) => Some(format!("check {}", self.configuration.base_url_name)),
                    _ => None,
                };
                let hints: Vec<String> = setting.into_iter().chain(hint).collect();
                let hint = (!hints.is_empty()).then(|| hints.join("; "));
                (Step::failed("key", took, detail, exit).hint(hint), None)
            }
        }
    }

    /// The key can be good and the paths wrong: a proxy or a brand may know the balance call alone.
    async fn paths(&self) -> Step {
        let started = Instant::now();
        for call in [Call::RequestPin, Call::VerifyPin, Call::Lookup] {
            let found = path_probe::path(&self.context.ui, &self.configuration.gateway, call).await;
            let (detail, exit, hint) = match found {
                Ok(()) => continue,
                Err(ProbeFailure::Account { id, detail }) => {
                    (format!("{id}: {detail}"), Exit::Account, id.hint())
                }
                Err(ProbeFailure::NotTheGateway { detail, remedy }) => (detail, Exit::Unsent, remedy),
                Err(ProbeFailure::Interrupted(signal)) => {
                    ("interrupted".to_owned(), Exit::Signal(signal), "")
                }
            };
            let detail = privacy::masked(&detail, None);
            return Step::failed("paths", started.elapsed(), detail, exit)
                .hint((!hint.is_empty()).then(|| hint.to_owned()));
        }
        let detail = "request, verify and lookup answer a call without parameters as the gateway does";
        Step::passed("paths", started.elapsed(), detail).hint(self.fixed_paths())
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

    async fn latency(&self, max: Option<Duration>) -> Step {
        const CALLS: usize = 3;
        let mut times = Vec::new();
        for _ in 0..CALLS {
            let (took, found) = self.ask_balance().await;
            if let Err((detail, exit, hint)) = found {
                return Step::failed("latency", took, detail, exit).hint(hint);
            }
            times.push(took);
        }
        times.sort_unstable();
        let middle = times[CALLS / 2];
        let detail = format!("{} ms, the median of {CALLS} free calls", middle.as_millis());
        match max.filter(|max| middle > *max) {
            None => Step::passed("latency", times.iter().sum(), detail),
            Some(max) => {
                let detail = format!("{detail}; the limit is {} ms", max.as_millis());
                let hint = "check the network between here and the gateway, or raise --max-latency";
                Step::failed("latency", times.iter().sum(), detail, Exit::No).hint(Some(hint.to_owned()))
            }
        }
    }

    async fn ask_balance(&self) -> (Duration, Result<Balance, FailedCheck>) {
        let started = Instant::now();
        let gateway = &self.configuration.gateway;
        let result = attempts(&self.context.ui, gateway, &balance::body(), 0, balance::read).await;
        let took = started.elapsed();
        let hint = "`smspin balance -v` shows what was answered; asking is free";
        (took, self.answer_of(result, hint))
    }

    /// The answer, or the line that says why there is none.
    fn answer_of<T>(&self, result: CallResult<T>, unknown: &'static str) -> Result<T, FailedCheck> {
        let (summary, answer) =
            result.conclude(&self.configuration.gateway, unknown, |_| OutcomeWord::Answered);
        answer.ok_or_else(|| {
            let detail = privacy::masked(&summary.trouble(&|_, text| text.to_owned()), None);
            (detail, summary.exit(), summary.hint.map(str::to_owned))
        })
    }

    /// The request of `--send-to`, and in the sandbox its verification.
    async fn send(&mut self) {
        let Some(checked) = &self.configuration.checked else {
            return;
        };
        let msisdn = checked.request.msisdn;
        let number = privacy::number(&msisdn.to_string());
        let body = wire::request::body(&checked.request);
        let started = Instant::now();
        let gateway = &self.configuration.gateway;
        let result = attempts(
            &self.context.ui,
            gateway,
            &body,
            self.configuration.retries,
            |_| Some(()),
        )
        .await;
        let took = started.elapsed();
        let unknown = "the SMS may have been sent: ask whether it arrived before trying again";
        let in_sandbox = gateway.sandbox.is_some();
        match self.answer_of(result, unknown) {
            Err((detail, exit, hint)) => {
                self.note(Step::failed("request", took, detail, exit).hint(hint));
            }
            Ok(()) => {
                let what = if in_sandbox {
                    "no SMS was sent"
                } else {
                    "an SMS is on its way"
                };
                self.note(Step::passed(
                    "request",
                    took,
                    format!("accepted for {number}; {what}"),
                ));
                let verified = if in_sandbox {
                    self.verify(msisdn).await
                } else {
                    let hint = "the PIN is on that telephone: `smspin verify MSISDN PIN` checks it";
                    Step::skipped("verify", hint)
                };
                self.note(verified);
            }
        }
    }

    async fn verify(&self, msisdn: Msisdn) -> Step {
        let sandbox = self.configuration.gateway.sandbox.as_ref();
        let sent = sandbox.and_then(|sandbox| sandbox.take_messages().pop());
        let Some(pin) = sent.and_then(|sms| Pin::parse(&sms.pin).ok()) else {
            let detail = "the sandbox has no PIN for the number";
            return Step::failed("verify", Duration::ZERO, detail, Exit::Disk);
        };
        let started = Instant::now();
        let body = verify::body(msisdn, &pin);
        let read = |answer: &wire::Answer| Some(verify::read(answer));
        let result = attempts(&self.context.ui, &self.configuration.gateway, &body, 0, read).await;
        let took = started.elapsed();
        match self.answer_of(result, "a try may have been used up") {
            Err((detail, exit, hint)) => Step::failed("verify", took, detail, exit).hint(hint),
            Ok(check) if check.verified => Step::passed("verify", took, "verified"),
            Ok(_) => Step::failed("verify", took, "the sandbox did not accept its own PIN", Exit::No),
        }
    }
}

/// Detail, exit code, and what to do.
type FailedCheck = (String, Exit, Option<String>);

fn enough(found: &Balance, least: Option<Money>) -> Step {
    let currency = found.currency.as_deref().map(|currency| format!(" {currency}"));
    let shown = format!("{}{}", found.balance, currency.unwrap_or_default());
    let Some(least) = least else {
        return Step::passed("balance", Duration::ZERO, shown);
    };
    match found.balance.parse::<Money>() {
        Ok(left) if left >= least => Step::passed(
            "balance",
            Duration::ZERO,
            format!("{shown}, at least {least} required"),
        ),
        Ok(_) => {
            let detail = format!("{shown}, less than the required {least}");
            Step::failed("balance", Duration::ZERO, detail, Exit::Account)
                .hint(Some("top up the account".to_owned()))
        }
        Err(error) => Step::failed("balance", Duration::ZERO, error.to_string(), Exit::Unknown),
    }
}
