//! `smspin listen`: delivery reports into a file, until a signal, the time or the last awaited report ends it.

mod awaited;
mod forward;
mod observer;

use crate::answers::{ListenEnd, ListenReadyReport, ListenSummaryReport};
use crate::cli::ListenArgs;
use crate::domain::report_url::ReportUrl;
use crate::failure::{Exit, Failure, Kind, Signal};
use crate::listen::{
    Door, ListenError, ListenOptions, ListenToken, Refusals, ReportFile, ReportFileError, ReportListener,
    WriterHandle,
};
use crate::outcome::OutcomeWord;
use crate::output::{AnswerTo, Ui};
use crate::runtime;
use crate::server::{StopSignal, listening_hint};
use crate::session::Context;
use crate::session::signals::{self, HangUps};
use crate::settings;
use crate::text::count;
use awaited::Awaited;
use forward::Forwarding;
use observer::ListenObserver;
use std::convert::Infallible;
use std::io::IsTerminal;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

pub(super) fn run(context: &Context, args: &ListenArgs) -> Result<Exit, Failure> {
    let runtime =
        runtime::current_thread().map_err(|error| Failure::system("cannot start the listener", error))?;
    let door = door(context, args)?;
    let awaited = args
        .until_final
        .as_deref()
        .map(|text| Awaited::parse(context, text, &args.out));
    let awaited = awaited.transpose()?.map(Arc::new);
    let forwarding = forward::open(context, args)?;
    runtime.block_on(listen(context, args, door, awaited, forwarding))
}

async fn listen(
    context: &Context,
    args: &ListenArgs,
    door: Door,
    awaited: Option<Arc<Awaited>>,
    forwarding: Option<Forwarding>,
) -> Result<Exit, Failure> {
    let ui = &context.ui;
    let file = open(ui, &args.out)?;
    let options = ListenOptions {
        bind: args.bind,
        door: door.clone(),
        forward: forwarding.as_ref().map(Forwarding::queue),
    };
    let observer = ListenObserver::new(ui.clone(), awaited.clone());
    let listener = ReportListener::bind(options, file, observer, refusals(ui))
        .await
        .map_err(not_listening)?;
    // Before it says that it is ready: a signal from then on must find its handler.
    let (signal, hang_ups) = signals(listener.writer());
    let report_url = args.public_url.as_deref().map_or_else(
        || format!("http://{}{}", listener.address(), door.path()),
        |url| with_path(url, &door),
    );
    let ready = ListenReadyReport::new(listener.address(), report_url, &args.out);
    let exit = ui.answer(&ready);
    if exit != Exit::Done {
        return Ok(exit);
    }
    let stop = StopSignal::new();
    let ends = async {
        let end = tokio::select! {
            end = end(signal, args.end_after, awaited.as_ref()) => end,
            never = hang_ups => match never {},
        };
        stop.now();
        end
    };
    let forwarder = forwarding.map(|forwarding| forwarding.start(ui.clone()));
    let ((observer, answers), end) = tokio::join!(listener.run(stop.clone()), ends);
    let (tally, disk_refuses) = observer.finish();
    let end = end?;
    let why = end.as_ref().map_or(ListenEnd::Signal, |end| *end);
    let counts = awaited.as_deref().map(Awaited::counts);
    let is_late = why == ListenEnd::Timeout && counts.is_some();
    let outcome = if is_late {
        OutcomeWord::TimedOut
    } else {
        OutcomeWord::Done
    };
    let mut summary = ListenSummaryReport::new(outcome, why, tally, answers);
    summary.awaited = counts;
    if let Some(forwarder) = forwarder {
        summary.forwarded = Some(forwarder.finish(ui).await);
    }
    let exit = match (end, counts) {
        _ if disk_refuses => Exit::Disk,
        (Err(signal), Some(_)) => Exit::Signal(signal),
        (Ok(ListenEnd::Timeout), Some(_)) => Exit::No,
        (Ok(_), Some(counts)) if counts.missing + counts.not_delivered > 0 => Exit::No,
        _ => Exit::Done,
    };
    Ok(ui.report(&summary, exit, AnswerTo::Local))
}

fn open(ui: &Ui, path: &Path) -> Result<ReportFile, Failure> {
    let (file, cut) = ReportFile::open(path).map_err(|error| not_listening(error.into()))?;
    if cut > 0 {
        ui.warn(format_args!(
            "a crash left an unfinished line at the end of {}: {} of it, which no sender was told are kept, were cut off",
            path.display(),
            count(cut, "byte", "bytes")
        ));
    }
    Ok(file)
}

/// Says at once that a post was refused, since a report URL that is wrong brings no reports.
fn refusals(ui: &Ui) -> Refusals {
    let ui = ui.clone();
    Box::new(move |status, reason| {
        ui.warn(format_args!(
            "a post was refused with HTTP {status}: {reason}; further ones are counted in the summary"
        ));
    })
}

/// The signal that ends it, and the work at hang-ups, which goes on for ever. Without a terminal a hang-up asks for the file to be
/// opened again, as programs that rotate logs do; at a terminal it is the terminal's end.
fn signals(writer: WriterHandle) -> (BoxFuture<Signal>, BoxFuture<Infallible>) {
    if std::io::stdin().is_terminal() {
        return (Box::pin(signals::listen()), Box::pin(std::future::pending()));
    }
    let mut asked = HangUps::new();
    let reopening = async move {
        loop {
            asked.next().await;
            writer.reopen();
        }
    };
    (Box::pin(signals::listen_but_for_hang_ups()), Box::pin(reopening))
}

type BoxFuture<T> = Pin<Box<dyn Future<Output = T>>>;

/// Waits for whatever ends it first.
async fn end(
    signal: impl Future<Output = Signal>,
    end_after: Option<Duration>,
    awaited: Option<&Arc<Awaited>>,
) -> Result<Result<ListenEnd, Signal>, Failure> {
    let time = async {
        match end_after {
            Some(time) => tokio::time::sleep(time).await,
            None => std::future::pending().await,
        }
    };
    let complete = async {
        match awaited {
            Some(awaited) => awaited.complete().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        signal = signal => Ok(Err(signal)),
        complete = complete => complete.map(|()| Ok(ListenEnd::Final)),
        () = time => Ok(Ok(ListenEnd::Timeout)),
    }
}

/// Who may post, from the flags.
fn door(context: &Context, args: &ListenArgs) -> Result<Door, Failure> {
    let token = args
        .token_file
        .as_deref()
        .map(|path| token(context, path))
        .transpose()?;
    if token.is_none() && !args.bind.ip().to_canonical().is_loopback() {
        let text = format_args!(
            "{} can be reached from other machines, and without a token any of them could post reports",
            args.bind
        );
        let hint = "(umask 077; openssl rand -hex 24 > token) && smspin listen --token-file token";
        return Err(Failure::message(Kind::Usage, text).hint(hint));
    }
    let path = match &args.public_url {
        None => String::new(),
        Some(url) => {
            let parsed = ReportUrl::parse(url)
                .map_err(|error| Failure::new(Kind::Usage, error).doing("--public-url can't be used"))?;
            if parsed.to_url().query().is_some() {
                return Err(Failure::message(
                    Kind::Usage,
                    "--public-url has a query, the part after ?; take it out",
                ));
            }
            parsed.to_url().path().to_owned()
        }
    };
    Ok(Door::new(token, &path))
}

/// The public URL as it was written, and what the door wants after it.
fn with_path(public_url: &str, door: &Door) -> String {
    let last = door.path();
    let last = last.rsplit('/').next().unwrap_or_default();
    match last {
        "" => public_url.to_owned(),
        token => format!("{}/{token}", public_url.trim_end_matches('/')),
    }
}

fn token(context: &Context, path: &Path) -> Result<ListenToken, Failure> {
    let doing = format!("cannot read the token from {}", path.display());
    let read = settings::read_secret_file(path);
    let (text, exposed) = read.map_err(|error| Failure::new(Kind::Config, error).doing(doing.clone()))?;
    if let Some(mode) = exposed {
        context.ui.warn(format_args!(
            "{} holds the token, and other users of this machine can get at it (mode {mode:04o})",
            path.display()
        ));
    }
    ListenToken::parse(&text).map_err(|error| Failure::new(Kind::Config, error).doing(doing))
}

fn not_listening(error: ListenError) -> Failure {
    let (kind, hint) = match &error {
        ListenError::Bind { address, source } => (Kind::Usage, Some(listening_hint(source, address.port()))),
        ListenError::File(
            ReportFileError::Held(_) | ReportFileError::Foreign(_) | ReportFileError::NotRegular(_),
        ) => (Kind::Usage, Some("--out FILE names another file".to_owned())),
        ListenError::File(_) => (Kind::Disk, None),
    };
    let failure = Failure::new(kind, error).doing("cannot receive delivery reports");
    match hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}
