//! From settings and flags to what a batch works with. Everything that can be wrong before the file is read row by row is
//! wrong here.

use super::course::SentPolicy;
use super::decision::RetryUnknown;
use super::fingerprint::{Fingerprint, Subject};
use super::journal::JournalLocation;
use super::pace::Rate;
use super::places::{Places, is_dash};
use super::preflight::UnitPrices;
use super::request::Defaults;
use crate::cli::{AgainRound, BatchArgs};
use crate::domain::duration;
use crate::domain::money::Money;
use crate::domain::pin_params::PinType;
use crate::domain::placeholder::PLACEHOLDER;
use crate::domain::report_url::ReportUrl;
use crate::domain::sender::Sender;
use crate::failure::{Failure, Fault, Kind};
use crate::rows::{ContentHash, Input, Template};
use crate::session::Session;
use crate::session::connection::{self, Reach, Target};
use crate::settings::{BoxError, Key, NumberPolicy, Origin, Raw, Reader, keys, pin_request};
use std::fmt::Display;
use std::path::PathBuf;
use std::time::Duration;

/// Where the outcomes of the rows go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Destination {
    File(PathBuf),
    /// Standard output, this run's rows as JSON lines.
    Stream,
}

/// How a run goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RunOptions {
    /// Requests under way at once.
    pub(crate) concurrency: usize,
    pub(crate) rate: Option<Rate>,
    /// How often what certainly never left is tried again.
    pub(crate) retries: u32,
    /// Stop after so many failures in a row.
    pub(crate) max_failures: u32,
    /// Stop launching after this time.
    pub(crate) max_duration: Option<Duration>,
}

/// What a batch works with, checked.
pub(crate) struct BatchOptions {
    /// The input as it was named.
    pub(crate) file: PathBuf,
    pub(crate) journal: JournalLocation,
    pub(crate) destination: Destination,
    pub(crate) defaults: Defaults,
    pub(super) reach: Reach,
    /// The profile in force.
    pub(crate) profile: Option<String>,
    /// Send even if the balance is less than the estimate.
    pub(crate) partial: bool,
    pub(crate) run: RunOptions,
    pub(super) prices: UnitPrices,
    pub(crate) max_sends: Option<u64>,
    /// The most that the estimate may be.
    pub(crate) max_cost: Option<Money>,
    /// How many rows this run may send.
    pub(super) limit: Option<u64>,
    /// Files of numbers that never get an SMS.
    pub(super) exclude: Vec<PathBuf>,
    pub(super) sent: SentPolicy,
    pub(crate) retry: RetryUnknown,
    /// Only looks: takes no lock, and sends nothing.
    pub(super) dry_run: bool,
    /// The template as it was written, for the fingerprint.
    text: Option<String>,
    country: Option<String>,
    /// The command that goes on with the batch, for the journal.
    command: String,
}

impl BatchOptions {
    pub(super) fn read(
        session: &Session<'_>,
        args: &BatchArgs,
        input: &Input,
        places: &Places,
    ) -> Result<Self, Failure> {
        let mut reader = session.reader();
        let pool = usize::from(args.run.concurrency);
        let reach = connection::read(&mut reader, &session.context.environment, pool);
        let run = run_options(&mut reader, args);
        let mut text = None;
        let template = reader.read_with(Key::SmsText, |written| {
            text = Some(written.to_owned());
            compile(written, input)
        });
        let test_numbers = reach
            .as_ref()
            .is_some_and(|reach| reach.target.takes_test_numbers());
        let defaults = Defaults {
            policy: if args.input.international {
                NumberPolicy::read(&mut reader, test_numbers).with_calling_codes()
            } else {
                NumberPolicy::read(&mut reader, test_numbers)
            },
            sender: reader.read(keys::SENDER),
            hlr_lookup: reader.read(keys::HLR_LOOKUP),
            report_url: reader.read(keys::REPORT_URL),
            pin_params: pin_request::pin_params(&mut reader),
            text: template,
        };
        let prices = UnitPrices {
            sms: reader.read(keys::PRICE_SMS),
            hlr: reader.read(keys::PRICE_HLR),
        };
        let max_sends = reader.read(keys::MAX_SENDS);
        let max_cost = reader.read(keys::MAX_COST);
        let country = reader
            .read_with(Key::Country, |text| Ok::<_, String>(text.to_ascii_uppercase()))
            .filter(|_| !args.input.international);
        let results = places.results(input.source().path(), input.shape().format);
        let (reach, run) = reader.finish(
            "nothing was sent: the settings of the batch are not valid",
            reach.zip(run),
        )?;
        Ok(Self {
            file: args.file().to_owned(),
            journal: places.journal.clone(),
            destination: results.map_or(Destination::Stream, Destination::File),
            defaults,
            reach,
            profile: session.layers.profile().map(|name| name.value.to_string()),
            partial: args.run.partial,
            run,
            prices,
            max_sends,
            max_cost,
            limit: args.run.limit,
            exclude: args.run.exclude.clone(),
            sent: sent(args),
            retry: retry(args),
            dry_run: args.run.is_dry(),
            text,
            country,
            command: command(session),
        })
    }

    /// The gateway as a person knows it: its host, or the sandbox.
    pub(crate) fn gateway_name(&self) -> String {
        match &self.reach.target {
            Target::Gateway(base_url) => base_url.host().to_owned(),
            Target::Sandbox => "the sandbox: no SMS will be sent".to_owned(),
        }
    }

    /// How many of so many numbers this run may send.
    pub(crate) fn limited(&self, sends: u64) -> u64 {
        self.limit.map_or(sends, |limit| limit.min(sends))
    }

    /// What decides who gets what, with the content that the preflight read.
    pub(super) fn fingerprint(&self, input: &Input, content: &ContentHash) -> Fingerprint {
        let defaults = &self.defaults;
        let pin = &defaults.pin_params;
        let reading = input.reading();
        Fingerprint::of(&Subject {
            input: *content.as_bytes(),
            base_url: match &self.reach.target {
                Target::Gateway(base_url) => base_url.as_str(),
                Target::Sandbox => "sandbox",
            },
            format: &input.described(),
            columns: &reading,
            country: self.country.as_deref(),
            sms_text: self.text.as_deref(),
            sender: defaults.sender.as_ref().map(Sender::as_str),
            hlr_lookup: defaults.hlr_lookup,
            pin_type: pin.pin_type.map(PinType::as_str),
            pin_length: pin.length.map(|length| length.get().into()),
            expires_in: pin.expires_in.map(|expires_in| expires_in.secs().into()),
            max_tries: pin.max_tries.map(|tries| tries.get().into()),
            report_url: defaults.report_url.as_ref().map(ReportUrl::as_str),
        })
        .given_by(self.command.clone())
    }
}

/// The command with the settings that variables gave, which another shell may not have. A report URL may hold a token, and is
/// left out.
fn command(session: &Session<'_>) -> String {
    const KEYS: [Key; 9] = [
        Key::BaseUrl,
        Key::Country,
        Key::SmsText,
        Key::Sender,
        Key::HlrLookup,
        Key::PinType,
        Key::PinLength,
        Key::ExpiresIn,
        Key::MaxTries,
    ];
    let mut command = session.context.command_line.going_on().without_report_url();
    for key in KEYS {
        let Some(found) = session.layers.get(key) else {
            continue;
        };
        let (Some(flag), Raw::Text(text)) = (key.flag(), found.value) else {
            continue;
        };
        if matches!(found.origin, Origin::Env { .. }) {
            command = match (key, text.as_str()) {
                (Key::HlrLookup, "false" | "0") => command.with_switch("--no-hlr-lookup"),
                (Key::HlrLookup, _) => command.with_switch("--hlr-lookup"),
                _ => command.with(flag, text),
            };
        }
    }
    command.to_shell()
}

fn run_options(reader: &mut Reader<'_>, args: &BatchArgs) -> Option<RunOptions> {
    let rate = flag_value(reader, "--rate", args.run.rate.as_deref(), str::parse::<Rate>);
    let max_duration = flag_value(
        reader,
        "--max-duration",
        args.run.max_duration.as_deref(),
        |text| match duration::parse(text) {
            Ok(Duration::ZERO) => Err("it must be longer than nothing".to_owned()),
            Ok(duration) => Ok(duration),
            Err(error) => Err(error.to_string()),
        },
    );
    let (rate, max_duration) = (rate?, max_duration?);
    Some(RunOptions {
        concurrency: usize::from(args.run.concurrency),
        rate,
        retries: connection::retries(reader),
        max_failures: args.run.max_failures,
        max_duration,
    })
}

/// The value of a flag that is no setting: `None` after a fault, which is told with those of the settings.
#[expect(clippy::option_option, reason = "a fault, and no flag")]
fn flag_value<T, E: Display>(
    reader: &mut Reader<'_>,
    flag: &str,
    text: Option<&str>,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Option<Option<T>> {
    match text.map(parse).transpose() {
        Ok(value) => Some(value),
        Err(error) => {
            reader.fault(Fault {
                what: flag.to_owned(),
                message: error.to_string(),
                hint: None,
            });
            None
        }
    }
}

/// A text without its PIN, or with two, would make every row invalid, so it is told once.
fn compile(written: &str, input: &Input) -> Result<Template, BoxError> {
    match written.matches(PLACEHOLDER).count() {
        0 => Err(format!("the text has no {PLACEHOLDER}, so the PIN would not be in it").into()),
        1 => Ok(Template::compile(written, input.columns())?),
        many => Err(format!(
            "the text has {PLACEHOLDER} {many} times, and the gateway takes it exactly once"
        )
        .into()),
    }
}

/// Standard output holds one document with `--json`, and a line for each row with `--output -`.
pub(super) fn refuse_two_answers(session: &Session<'_>, args: &BatchArgs) -> Result<(), Failure> {
    let streamed = args.run.output.as_ref().is_some_and(|path| is_dash(path));
    if streamed && args.run.is_dry() {
        let error = "--output - streams the rows that a run sends, and a dry run sends none";
        return Err(Failure::message(Kind::Usage, error)
            .hint("--output FILE writes every row with what is wrong with it"));
    }
    if !session.context.ui.json || !streamed {
        return Ok(());
    }
    let error = "--json and --output - both write to standard output";
    Err(Failure::message(Kind::Usage, error)
        .hint("leave out --json: the rows are JSON lines, and the summary goes to standard error"))
}

fn retry(args: &BatchArgs) -> RetryUnknown {
    match args.repeat.retry_unknown.as_deref() {
        None => RetryUnknown::Never,
        Some("all") => RetryUnknown::All,
        Some(_) => RetryUnknown::Expired,
    }
}

const fn sent(args: &BatchArgs) -> SentPolicy {
    match (args.repeat.again, args.repeat.skip_sent) {
        (Some(AgainRound::Next), _) => SentPolicy::Again { round: None },
        (Some(AgainRound::Number(round)), _) => SentPolicy::Again { round: Some(round) },
        (None, true) => SentPolicy::Skip,
        (None, false) => SentPolicy::Protect,
    }
}
