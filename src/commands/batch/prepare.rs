//! Everything that can be wrong before the file is read row by row: settings, paths, columns, template.

use super::errors;
use crate::batch::fingerprint::{Fingerprint, Subject};
use crate::batch::pace::Rate;
use crate::batch::preflight::UnitPrices;
use crate::batch::request::{Checker, Defaults};
use crate::batch::results;
use crate::batch::rows::{Input, InputFile, InputOptions, OpenedInput, Template, spool};
use crate::batch::send::RunOptions;
use crate::cli::{BatchArgs, InputArgs};
use crate::domain::placeholder::PLACEHOLDER;
use crate::domain::report_url::ReportUrl;
use crate::domain::sender::Sender;
use crate::failure::{Failure, Fault, Kind};
use crate::session::Session;
use crate::session::connection::{self, Reach, Target};
use crate::settings::{BoxError, Key, NumberPolicy, Reader, keys, pin_request};
use std::path::{Path, PathBuf};

/// Where the outcomes of the rows go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Destination {
    File(PathBuf),
    /// Standard output, this run's rows as JSON lines.
    Stream,
}

impl Destination {
    /// Results appear by a rename: they would replace what says who was sent to.
    fn refuse_journal(&self, journal: &Path) -> Result<(), Failure> {
        let Self::File(path) = self else { return Ok(()) };
        let beside = ["", "-wal", "-shm", ".lock", ".new", ".input"];
        let mut taken = beside.iter().map(|suffix| {
            let mut name = resolved(journal).into_os_string();
            name.push(suffix);
            PathBuf::from(name)
        });
        if taken.any(|taken| taken == resolved(path)) {
            let error = format!("the results file would overwrite the journal {}", path.display());
            return Err(Failure::message(Kind::Usage, error).hint("choose another file with --output"));
        }
        Ok(())
    }
}

/// The path with its links resolved, as far as it exists.
fn resolved(path: &Path) -> PathBuf {
    let folder = || {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new(".")).canonicalize().ok()?;
        Some(folder.join(path.file_name()?))
    };
    let found = path.canonicalize().ok().or_else(folder);
    found.unwrap_or_else(|| path.to_owned())
}

/// A batch that may begin.
pub(super) struct BatchSetup {
    pub(super) input: Input,
    pub(super) checker: Checker,
    pub(super) defaults: Defaults,
    pub(super) reach: Reach,
    pub(super) conduct: RunOptions,
    pub(super) prices: UnitPrices,
    pub(super) max_sends: Option<u64>,
    pub(super) journal: PathBuf,
    pub(super) destination: Destination,
    /// The template as it was written, for the fingerprint.
    text: Option<String>,
    country: Option<String>,
}

impl BatchSetup {
    pub(super) fn new(session: &Session<'_>, args: &BatchArgs) -> Result<Self, Failure> {
        refuse_two_answers(session, args)?;
        let journal = journal_path(args, session.in_sandbox())?;
        let input = open(session, args, &journal)?;
        let mut reader = session.reader();
        let reach = connection::read(&mut reader, usize::from(args.run.concurrency));
        let conduct = conduct(&mut reader, args);
        let test_numbers = reach
            .as_ref()
            .is_some_and(|reach| reach.target.takes_test_numbers());
        let mut text = None;
        let template = reader.read_with(Key::SmsText, |written| {
            text = Some(written.to_owned());
            compile(written, &input)
        });
        let defaults = Defaults {
            policy: NumberPolicy::read(&mut reader, test_numbers),
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
        let country = reader.read_with(Key::Country, |text| Ok::<_, String>(text.to_ascii_uppercase()));
        let destination = destination(args, &input);
        destination.refuse_journal(&journal)?;
        let (reach, conduct) = reader.finish(
            "nothing was sent: the settings of the batch are not valid",
            reach.zip(conduct),
        )?;
        let checker = Checker::new(defaults.clone());
        Ok(Self {
            input,
            checker,
            defaults,
            reach,
            conduct,
            prices,
            max_sends,
            journal,
            destination,
            text,
            country,
        })
    }

    /// What decides who gets what, with the content that the preflight read.
    pub(super) fn fingerprint(&self, content: &crate::batch::rows::ContentHash) -> Fingerprint {
        let defaults = &self.defaults;
        let pin = &defaults.pin_params;
        let reading = self.input.reading();
        Fingerprint::of(&Subject {
            input: *content.as_bytes(),
            base_url: match &self.reach.target {
                Target::Gateway(base_url) => base_url.as_str(),
                Target::Sandbox => "sandbox",
            },
            format: &self.input.shape().to_string(),
            columns: &reading,
            country: self.country.as_deref(),
            sms_text: self.text.as_deref(),
            sender: defaults.sender.as_ref().map(Sender::as_str),
            hlr_lookup: defaults.hlr_lookup,
            pin_type: pin.pin_type.map(crate::domain::pin_params::PinType::as_str),
            pin_length: pin.length.map(|length| length.get().into()),
            expires_in: pin.expires_in.map(|expires_in| expires_in.secs().into()),
            max_tries: pin.max_tries.map(|tries| tries.get().into()),
            report_url: defaults.report_url.as_ref().map(ReportUrl::as_str),
        })
    }
}

fn conduct(reader: &mut Reader<'_>, args: &BatchArgs) -> Option<RunOptions> {
    let rate = match args.run.rate.as_deref().map(str::parse::<Rate>).transpose() {
        Ok(rate) => rate,
        Err(error) => {
            reader.fault(Fault {
                what: "--rate".to_owned(),
                message: error.to_string(),
                hint: None,
            });
            return None;
        }
    };
    Some(RunOptions {
        concurrency: usize::from(args.run.concurrency),
        rate,
        retries: connection::retries(reader),
        max_failures: args.run.max_failures,
    })
}

/// `users.csv` has its journal in `users.csv.smspin`; the sandbox's is another one.
pub(super) fn journal_path(args: &BatchArgs, sandbox: bool) -> Result<PathBuf, Failure> {
    if let Some(path) = &args.run.journal {
        return Ok(path.clone());
    }
    if is_dash(&args.file) {
        let error = "the rows come from standard input, so there is no file to keep the journal beside";
        return Err(Failure::message(Kind::Usage, error).hint("name it: --journal users.smspin"));
    }
    let mut name = args.file.clone().into_os_string();
    name.push(if sandbox { ".sandbox.smspin" } else { ".smspin" });
    Ok(name.into())
}

fn is_dash(path: &Path) -> bool {
    path.as_os_str() == "-"
}

fn open(session: &Session<'_>, args: &BatchArgs, journal: &Path) -> Result<Input, Failure> {
    let doing = format!("cannot read {}", args.file.display());
    let failed = |error: anyhow::Error| errors::failure(Kind::Invalid, error).doing(doing.clone());
    let options = options(&args.input)?;
    let spool_path = || {
        let mut name = journal.as_os_str().to_owned();
        name.push(".input");
        PathBuf::from(name)
    };
    let source = if is_dash(&args.file) {
        if session.layers.key_is_on_stdin() {
            let error = "standard input can supply the key or the rows, but not both";
            return Err(
                Failure::message(Kind::Usage, error).hint("give the key in a file or in SMSPIN_API_KEY")
            );
        }
        spool(std::io::stdin().lock(), &spool_path()).map_err(|error| failed(error.into()))?
    } else {
        match InputFile::open(&args.file).map_err(|error| failed(error.into()))? {
            OpenedInput::File(source) => source,
            OpenedInput::Stream(_) if args.run.journal.is_none() => {
                let error = format!(
                    "{} is a pipe, so there is no file to keep the journal beside",
                    args.file.display()
                );
                return Err(Failure::message(Kind::Usage, error).hint("name it: --journal users.smspin"));
            }
            OpenedInput::Stream(stream) => {
                spool(stream, &spool_path()).map_err(|error| failed(error.into()))?
            }
        }
    };
    Input::open(source, &options).map_err(|error| failed(error.into()))
}

fn options(args: &InputArgs) -> Result<InputOptions, Failure> {
    fn one<T: std::str::FromStr>(flag: &str, text: Option<&String>) -> Result<Option<T>, Failure>
    where
        T::Err: Into<anyhow::Error>,
    {
        let parsed = text.map(|text| text.parse::<T>()).transpose();
        parsed.map_err(|error| Failure::new(Kind::Usage, error).doing(format!("{flag} is not usable")))
    }
    let mut columns = Vec::new();
    for text in &args.columns {
        columns.extend(one("--column", Some(text))?);
    }
    Ok(InputOptions {
        format: one("--format", args.format.as_ref())?,
        delimiter: one("--delimiter", args.delimiter.as_ref())?,
        encoding: one("--encoding", args.encoding.as_ref())?,
        no_header: args.no_header,
        columns,
    })
}

/// A text without its PIN would make every row invalid, so it is told once.
fn compile(written: &str, input: &Input) -> Result<Template, BoxError> {
    if !written.contains(PLACEHOLDER) {
        return Err(format!("the text has no {PLACEHOLDER}, so the PIN would not be in it").into());
    }
    Ok(Template::compile(written, input.columns())?)
}

/// Standard output holds one document with `--json`, and a line for each row with `--output -`.
fn refuse_two_answers(session: &Session<'_>, args: &BatchArgs) -> Result<(), Failure> {
    let streamed = args.run.output.as_ref().is_some_and(|path| is_dash(path));
    if !session.context.ui.json || !streamed {
        return Ok(());
    }
    let error = "--json and --output - both write to standard output";
    Err(Failure::message(Kind::Usage, error)
        .hint("leave out --json: the rows are JSON lines, and the summary goes to standard error"))
}

fn destination(args: &BatchArgs, input: &Input) -> Destination {
    match &args.run.output {
        Some(path) if path.as_os_str() == "-" => Destination::Stream,
        Some(path) => Destination::File(path.clone()),
        None => Destination::File(results::default_path(input.source().path(), input.shape().format)),
    }
}
