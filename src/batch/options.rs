//! From settings and flags to what a batch works with. Everything that can be wrong before the file is read row by row is
//! wrong here.

use super::asked::BatchRequest;
use super::destination::{Destination, Places, is_dash, is_nameless};
use super::pace::Rate;
use super::preflight::UnitPrices;
use super::receives::Receives;
use super::request::Defaults;
use crate::domain::duration;
use crate::domain::money::Money;
use crate::domain::placeholder::PLACEHOLDER;
use crate::failure::{Failure, Fault, Kind};
use crate::files;
use crate::journal::{JournalPlace, ResendUnknown};
use crate::rows::{Input, Template};
use crate::session::connection::{self, Reach, Target};
use crate::session::{Session, journal};
use crate::settings::{BoxError, Key, NumberPolicy, Origin, Raw, Reader, keys, pin_request};
use crate::text;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::time::Duration;

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
    /// How many rows this run may send.
    pub(crate) limit: Option<u64>,
}

/// What a batch works with, checked.
pub(crate) struct BatchOptions {
    pub(crate) asked: BatchRequest,
    pub(crate) journal: JournalPlace,
    pub(crate) campaign: String,
    /// The gateway's host, and its port where it is not the scheme's own; empty in the sandbox.
    pub(super) gateway: String,
    /// The flags that lead another command to the same journal and campaign.
    journal_flags: String,
    /// The flags that say how the list is read.
    reading_flags: String,
    pub(crate) destination: Destination,
    pub(crate) defaults: Defaults,
    pub(super) reach: Reach,
    /// The profile in force.
    pub(crate) profile: Option<String>,
    pub(crate) run: RunOptions,
    pub(super) prices: UnitPrices,
    pub(crate) max_sends: Option<u64>,
    /// The most that the estimate may be.
    pub(crate) max_cost: Option<Money>,
    /// Files of numbers that never get an SMS.
    pub(super) exclude: Vec<PathBuf>,
    pub(crate) once_per: Option<Duration>,
    pub(super) in_sandbox: bool,
    /// What people receive, and the command that goes on, for the journal.
    pub(super) receives: Receives,
}

impl BatchOptions {
    pub(super) fn read(
        session: &Session<'_>,
        asked: &BatchRequest,
        input: &Input,
        places: &Places,
        place: JournalPlace,
    ) -> Result<Self, Failure> {
        let mut reader = session.reader();
        let pool = usize::from(asked.concurrency);
        let reach = connection::read(&mut reader, &session.context.environment, pool);
        let run = run_options(&mut reader, asked);
        let (defaults, text) = defaults(&mut reader, asked, reach.as_ref(), input);
        let receives = Receives::of(text, &defaults, input, command(session));
        let prices = UnitPrices {
            sms: reader.read(keys::PRICE_SMS),
            hlr: reader.read(keys::PRICE_HLR),
        };
        let max_sends = reader.read(keys::MAX_SENDS);
        let max_cost = reader.read(keys::MAX_COST);
        let once_per = reader.read(keys::BATCH_ONCE_PER);
        let mut exclude = reader.read(keys::EXCLUDE).unwrap_or_default();
        exclude.extend(asked.exclude.iter().cloned());
        let (reach, run) = reader.finish(
            "nothing was sent: the settings of the batch are not valid",
            reach.zip(run),
        )?;
        let destination = places.destination(input.shape().format);
        Ok(Self {
            asked: asked.clone(),
            journal: place,
            campaign: journal::campaign(session)?.to_string(),
            gateway: if session.in_sandbox() {
                String::new()
            } else {
                journal::gateway(session)?
            },
            journal_flags: journal::flags(session),
            reading_flags: session.context.command_line.reading(),
            receives: receives.with_files(destination.file(), &exclude),
            destination,
            defaults,
            reach,
            profile: session.layers.profile().map(|name| name.value.to_string()),
            run,
            prices,
            max_sends,
            max_cost,
            exclude,
            once_per,
            in_sandbox: session.in_sandbox(),
        })
    }

    /// The gateway as a person knows it: its host, or the sandbox.
    pub(crate) fn gateway_name(&self) -> String {
        match &self.reach.target {
            Target::Gateway(base_url) => base_url.host().to_owned(),
            Target::Sandbox => "the sandbox: no SMS will be sent".to_owned(),
        }
    }

    /// True where this machine's clock decides how old an SMS is, and by that whether its number gets another one.
    pub(super) fn goes_by_this_clock(&self) -> bool {
        let asks_ages = self.once_per.is_some() || self.asked.resend.unknown == ResendUnknown::PinOver;
        asks_ages && !self.in_sandbox && matches!(self.journal, JournalPlace::File { .. })
    }

    /// The command that counts everyone on a list as reached, where the journal doesn't know them. Without the flags that say how
    /// this list is read, it would adopt other numbers than those that were sent to.
    pub(super) fn adopt_command(&self, list: &Path) -> String {
        let name = list.to_string_lossy();
        let (list, is_own) = if is_nameless(&name) {
            ("-".to_owned(), is_dash(&self.asked.file))
        } else {
            let is_own = files::is_same(list, &self.asked.file);
            (text::shell_word(&text::line(&name)), is_own)
        };
        let reading = if is_own { self.reading_flags.as_str() } else { "" };
        format!("smspin journal adopt {list}{reading}{}", self.journal_flags)
    }

    /// The command that takes the server of a database as it is.
    pub(super) fn nothing_lost_command(&self) -> String {
        format!("smspin journal adopt --nothing-lost{}", self.journal_flags)
    }

    /// How many of so many numbers this run may send.
    pub(crate) fn limited(&self, sends: u64) -> u64 {
        self.run.limit.map_or(sends, |limit| limit.min(sends))
    }

    /// How long the PIN of a row is valid that doesn't say otherwise, in seconds; 0 is for ever.
    pub(crate) fn expires_in(&self) -> u32 {
        super::request::valid_for(&self.defaults.pin_params)
    }

    /// What people receive, as the journal keeps it.
    pub(crate) fn settings(&self) -> String {
        self.receives.to_json()
    }

    /// How long one request may take.
    pub(super) const fn timeout(&self) -> Duration {
        self.reach.tuning.timeout
    }
}

/// What holds for every row that doesn't say otherwise, and the text as it was written.
fn defaults(
    reader: &mut Reader<'_>,
    asked: &BatchRequest,
    reach: Option<&Reach>,
    input: &Input,
) -> (Defaults, Option<String>) {
    let mut written = None;
    let template = reader.read_with(Key::SmsText, |text| {
        written = Some(text.to_owned());
        compile(text, input)
    });
    let test_numbers = reach.is_some_and(|reach| reach.target.takes_test_numbers());
    let policy = NumberPolicy::read(reader, test_numbers);
    let defaults = Defaults {
        policy: if asked.international {
            policy.with_calling_codes()
        } else {
            policy
        },
        sender: reader.read(keys::SENDER),
        hlr_lookup: reader.read(keys::HLR_LOOKUP),
        report_url: reader.read(keys::REPORT_URL),
        pin_params: pin_request::pin_params(reader),
        text: template,
    };
    (defaults, written)
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
    let typed = &session.context.command_line;
    let mut command = typed.batch_of_list().as_ref().unwrap_or(typed).going_on();
    for key in KEYS {
        let Some(found) = session.layers.get(key) else {
            continue;
        };
        let (Some(flag), Raw::Text(text)) = (key.flag(), &found.value) else {
            continue;
        };
        if matches!(found.origin, Origin::Env { .. }) {
            command = match (key, text.as_str()) {
                (Key::HlrLookup, "false" | "0") => command.with_word("--no-hlr-lookup"),
                (Key::HlrLookup, _) => command.with_word("--hlr-lookup"),
                _ => command.with(flag, text),
            };
        }
    }
    command.to_shell()
}

fn run_options(reader: &mut Reader<'_>, asked: &BatchRequest) -> Option<RunOptions> {
    let rate = flag_value(reader, "--rate", asked.rate.as_deref(), str::parse::<Rate>);
    let max_duration =
        flag_value(
            reader,
            "--max-duration",
            asked.max_duration.as_deref(),
            |text| match duration::parse(text) {
                Ok(Duration::ZERO) => Err("it must be more than 0".to_owned()),
                Ok(duration) => Ok(duration),
                Err(error) => Err(error.to_string()),
            },
        );
    let (rate, max_duration) = (rate?, max_duration?);
    Some(RunOptions {
        concurrency: usize::from(asked.concurrency),
        rate,
        retries: connection::retries(reader),
        max_failures: asked.max_failures,
        max_duration,
        limit: asked.limit,
    })
}

/// The value of a flag that is not a setting: `None` after a fault, which is told with those of the settings.
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
pub(super) fn refuse_two_answers(session: &Session<'_>, asked: &BatchRequest) -> Result<(), Failure> {
    let streamed = asked.output.as_ref().is_some_and(|path| is_dash(path));
    if streamed && asked.is_dry {
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
