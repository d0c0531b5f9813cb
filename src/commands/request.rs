//! `smspin request`: check everything, then send one PIN, or show what would be sent.

mod once_per;

use super::Context;
use crate::answers::{CallReport, CurlReport, DryRunReport, RequestAnswer};
use crate::batch::request::valid_for;
use crate::cli::{RequestArgs, Show};
use crate::curl;
use crate::domain::numbering::{Finding, Region};
use crate::domain::segments::Segmentation;
use crate::domain::sms_text::SmsText;
use crate::failure::{Exit, Failure, Kind};
use crate::outcome::OutcomeWord;
use crate::sandbox::{Embedded, Sms};
use crate::session::call;
use crate::session::connection::{self, Reach, Target};
use crate::session::{OpenGateway, Questions, Session};
use crate::settings::pin_request::{self, Checked};
use crate::settings::{NumberFault, keys, place_of};
use crate::wire::{self, Call};
use once_per::OncePerCheck;
use std::time::Duration;

/// What a person has to do when the outcome is unknown.
const UNKNOWN_HINT: &str = "the SMS may have been sent: do not repeat this from a script; first ask the person whether it arrived, \
                            since a second request costs a second SMS and invalidates the first PIN";

pub(super) fn run(context: &Context, args: &RequestArgs) -> Result<Exit, Failure> {
    let session = Session::open(context, args.flags.0.clone())?;
    let mut reader = session.reader();
    let reach = connection::read(&mut reader, &context.environment, 1);
    let retries = connection::retries(&mut reader);
    let test_numbers = reach
        .as_ref()
        .is_some_and(|reach| reach.target.takes_test_numbers());
    let checked = pin_request::check(&mut reader, &args.msisdn, test_numbers);
    let once_per = reader.read(keys::ONCE_PER);
    let both = reach.zip(checked);
    let (reach, checked) = reader.finish("nothing was sent: invalid request", both)?;
    for warning in &checked.warnings {
        context.ui.warn(warning);
    }
    if let Some(doubt) = &checked.two_countries {
        settle_country(context, doubt, &checked.number)?;
    }
    let once_per = OncePerCheck::of(&session, once_per, reach.tuning.timeout)?;
    match args.show() {
        Show::DryRun => {
            if let Some(check) = &once_per {
                check.look(checked.request.msisdn)?;
            }
            Ok(dry_run(&session, &reach, checked))
        }
        Show::Curl => {
            if once_per.is_some() {
                context
                    .ui
                    .warn("once_per is set, and the curl command sends whatever was sent before");
            }
            curl_command(&session, &reach, &checked)
        }
        Show::Send => {
            let gateway = session.gateway(reach)?;
            send(&session, &gateway, checked, retries, once_per.as_ref())
        }
    }
}

/// Comes back if a person says that the number is the one that it would be sent to as.
fn settle_country(context: &Context, doubt: &NumberFault, found: &Finding) -> Result<(), Failure> {
    if !context.ui.interactive {
        let failure = Failure::message(Kind::Invalid, format_args!("nothing was sent: {doubt}"));
        return Err(doubt.hint().into_iter().fold(failure, Failure::hint));
    }
    context.ui.warn(doubt);
    let question = format!("Is +{} ({}) the right number?", found.msisdn, place_of(found));
    Questions::new(context, "nothing was sent").agreed(&question)
}

fn send(
    session: &Session<'_>,
    gateway: &OpenGateway,
    checked: Checked,
    retries: u32,
    once_per: Option<&OncePerCheck>,
) -> Result<Exit, Failure> {
    let ui = &session.context.ui;
    let (msisdn, place) = (checked.request.msisdn, place_of(&checked.number));
    if !ui.json {
        let making = if gateway.sandbox.is_some() {
            "sandbox: making a PIN for"
        } else {
            "sending a PIN to"
        };
        ui.note(format_args!("{making} +{msisdn} ({place})"));
    }
    let body = wire::request::body(&checked.request);
    let claimed = once_per
        .map(|check| check.claim(ui, gateway, (msisdn, valid_for(&checked.request.pin_params))))
        .transpose()?;
    let result = match (call::call(ui, gateway, &body, retries, |_| Some(())), claimed) {
        (Ok(result), Some(claimed)) => {
            claimed.settle(ui, &result.verdict);
            result
        }
        (Err(failure), Some(claimed)) => {
            claimed.give_back(ui);
            return Err(failure);
        }
        (result, None) => result?,
    };
    let (summary, _) = result.conclude(gateway, UNKNOWN_HINT, |()| OutcomeWord::Accepted);
    let messages = gateway
        .sandbox
        .as_ref()
        .map(Embedded::take_messages)
        .unwrap_or_default();
    if !ui.json {
        show_messages(session, &messages);
    }
    let report = CallReport {
        summary,
        msisdn: Some(msisdn.to_string()),
        answer: Some(RequestAnswer {
            country: checked.number.region.map(Region::code),
            place,
            in_sandbox: gateway.sandbox.is_some(),
            warnings: checked.warnings,
        }),
    };
    let exit = report.show(ui);
    if let Some(sandbox) = gateway
        .sandbox
        .as_ref()
        .filter(|_| checked.request.report_url.is_some())
    {
        post_reports(session, sandbox, &messages);
    }
    Ok(exit)
}

/// The SMS that the sandbox would have sent.
fn show_messages(session: &Session<'_>, messages: &[Sms]) {
    for sms in messages {
        let from = sms.from.as_deref().unwrap_or("the account's own sender");
        session.context.ui.note(format_args!(
            "sandbox: no SMS was sent; this is the one that {} would get",
            sms.to
        ));
        session.context.ui.note(format_args!("  from  {from}"));
        session.context.ui.note(format_args!("  text  {}", sms.text));
    }
}

/// How long delivery reports are waited for: the sandbox's own take a second.
const REPORTS: Duration = Duration::from_secs(3);

/// Has the sandbox post the delivery reports of what was sent, before it ends with this command.
fn post_reports(session: &Session<'_>, sandbox: &Embedded, messages: &[Sms]) {
    let ui = &session.context.ui;
    for sms in messages {
        let reports = match sandbox.reports_of(sms, REPORTS) {
            Ok(reports) => reports,
            Err(error) => return ui.warn(format_args!("the delivery reports can't be seen: {error}")),
        };
        for report in reports.iter().rev() {
            let (status, url) = (&report.status, &report.url);
            match (report.state.as_str(), &report.problem) {
                ("taken", _) => ui.note(format_args!(
                    "sandbox: the delivery report {status} was posted to {url}"
                )),
                (_, problem) => {
                    let problem = problem.as_deref().unwrap_or("there was no answer in time");
                    ui.warn(format_args!(
                        "the delivery report {status} was not taken by {url}: {problem}; `smspin sandbox serve` goes on trying"
                    ));
                }
            }
        }
    }
}

fn dry_run(session: &Session<'_>, reach: &Reach, checked: Checked) -> Exit {
    let body_text = wire::request::body(&checked.request).masked();
    let segmentation = checked.request.sms_text.as_ref().map(SmsText::segmentation);
    let report = DryRunReport {
        url: url(reach),
        country: checked.number.region.map(Region::code),
        place: place_of(&checked.number),
        body: serde_json::from_str(&body_text).unwrap_or_default(),
        encoding: segmentation
            .as_ref()
            .map(|segmentation| segmentation.encoding().name()),
        segments: segmentation.as_ref().map(Segmentation::segments),
        warnings: checked.warnings,
        body_text,
    };
    session.context.ui.answer(&report)
}

fn url(reach: &Reach) -> String {
    match &reach.target {
        Target::Gateway(base_url) => reach.paths.first_url(base_url, Call::RequestPin).to_string(),
        // Its port is taken when it starts, and a dry run starts nothing.
        Target::Sandbox => format!("http://127.0.0.1/api/3.0/{}", Call::RequestPin.path()),
    }
}

fn curl_command(session: &Session<'_>, reach: &Reach, checked: &Checked) -> Result<Exit, Failure> {
    let Target::Gateway(base_url) = &reach.target else {
        let error = "--curl cannot be used with --sandbox: the sandbox stops when this command ends";
        return Err(Failure::message(Kind::Usage, error).hint("use --dry-run to see the request"));
    };
    let body = wire::request::body(&checked.request);
    let command = curl::command(base_url, &reach.paths, &reach.tuning, &body);
    let report = CurlReport { command };
    Ok(session.context.ui.answer(&report))
}
