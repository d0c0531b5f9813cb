//! `smspin verify`, `smspin lookup` and `smspin balance`: one call to the gateway, which sends no SMS.

use super::Context;
use crate::answers::CallReport;
use crate::cli::{BalanceArgs, LookupArgs, VerifyArgs};
use crate::domain::pin::Pin;
use crate::failure::{Exit, Failure, Kind};
use crate::outcome::OutcomeWord;
use crate::session::{Questions, Session, call, read_connection};
use crate::settings::NumberPolicy;
use crate::wire::verify::PinVerdict;
use crate::wire::{ErrorId, balance, lookup, verify};
use std::io::Read;

const VERIFY_UNKNOWN: &str =
    "one try may have been used up, or the PIN may have been verified: repeat the check with --accept-used";

const USED_HINT: &str = "a PIN is accepted once: request a new one; --accept-used is only for repeating a check whose answer \
                         was lost (exit 5)";

pub(super) fn verify(context: &Context, args: &VerifyArgs) -> Result<Exit, Failure> {
    let session = Session::open(context, args.flags.0.clone())?;
    let reach = read_connection(&session, "nothing was sent: invalid settings")?;
    let mut reader = session.reader();
    let policy = NumberPolicy::read(&mut reader, true);
    let number = match policy.parse(&args.msisdn) {
        Ok(found) => Some(found.msisdn),
        // What stands in its place is the PIN, which is not to be repeated.
        Err(_) if args.pin.as_deref().is_some_and(|pin| policy.parse(pin).is_ok()) => {
            let error = "nothing was sent: the number comes first, and the PIN behind it";
            return Err(Failure::message(Kind::Usage, error).hint("smspin verify NUMBER PIN"));
        }
        Err(fault) => {
            reader.fault(fault.into());
            None
        }
    };
    let msisdn = reader.finish("nothing was sent: invalid arguments", number)?;
    let pin = pin(&session, args)?;
    let gateway = session.gateway(reach)?;
    let body = verify::body(msisdn, &pin);
    // A repeated check may spend a second try only if the first arrived, and what is tried again never did.
    let result = call::call(&context.ui, &gateway, &body, 0, |answer| {
        Some(verify::read(answer))
    })?;
    let (mut summary, mut check) = result.conclude(&gateway, VERIFY_UNKNOWN, |check| {
        match check.verdict(args.accept_used) {
            PinVerdict::Right => OutcomeWord::Verified,
            PinVerdict::Used => OutcomeWord::AlreadyUsed,
            PinVerdict::Wrong => OutcomeWord::NotVerified,
        }
    });
    if let Some(check) = &mut check {
        check.verified = summary.outcome == OutcomeWord::Verified;
        if summary.outcome == OutcomeWord::AlreadyUsed {
            summary.hint = Some(USED_HINT);
        }
    }
    let report = CallReport {
        summary,
        msisdn: Some(msisdn.to_string()),
        answer: check,
    };
    Ok(report.show(&context.ui))
}

fn pin(session: &Session<'_>, args: &VerifyArgs) -> Result<Pin, Failure> {
    let typed = match args.pin.as_deref() {
        Some("-") if session.layers.key_is_on_stdin() => {
            let error = "standard input cannot hold both the API key and the PIN";
            return Err(
                Failure::message(Kind::Usage, error).hint("give the key in a file or in SMSPIN_API_KEY")
            );
        }
        Some("-") => first_line_of_stdin()?,
        Some(pin) => pin.to_owned(),
        None if session.context.ui.interactive => {
            Questions::new(session.context, "nothing was sent").secret("PIN")?
        }
        None => {
            return Err(Failure::message(
                Kind::Usage,
                "no PIN was given, and there is no terminal to ask for it on",
            )
            .hint("give it as the second argument, or on standard input with `-`"));
        }
    };
    Pin::parse(&typed)
        .map_err(|error| Failure::new(Kind::Invalid, error).doing("nothing was sent: invalid PIN"))
}

fn first_line_of_stdin() -> Result<String, Failure> {
    /// Far beyond any PIN, and not so far that a wrong file fills the memory.
    const MOST: u64 = 4096;
    let mut bytes = Vec::new();
    std::io::stdin()
        .lock()
        .take(MOST)
        .read_to_end(&mut bytes)
        .map_err(|error| {
            Failure::new(Kind::Invalid, error).doing("cannot read the PIN from standard input")
        })?;
    let text = String::from_utf8_lossy(&bytes);
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

const LOOKUP_UNKNOWN: &str = "the query may have been made, and charged to the account";

pub(super) fn lookup(context: &Context, args: &LookupArgs) -> Result<Exit, Failure> {
    let session = Session::open(context, args.flags.0.clone())?;
    let reach = read_connection(&session, "nothing was sent: invalid settings")?;
    let mut reader = session.reader();
    let policy = NumberPolicy::read(&mut reader, reach.target.takes_test_numbers());
    let number = match policy.admit(&args.msisdn) {
        Ok((found, doubt)) => {
            if let Some(doubt) = doubt {
                context.ui.warn(doubt);
            }
            Some(found.msisdn)
        }
        Err(fault) => {
            reader.fault(fault.into());
            None
        }
    };
    let msisdn = reader.finish("nothing was sent: invalid arguments", number)?;
    let gateway = session.gateway(reach)?;
    let result = call::call(&context.ui, &gateway, &lookup::body(msisdn), 0, lookup::read)?;
    let (mut summary, hlr) = result.conclude(&gateway, LOOKUP_UNKNOWN, |_| OutcomeWord::Answered);
    if hlr.as_ref().is_some_and(|hlr| !hlr.success) {
        summary.says_no();
    }
    // The gateway's own way to say that the number is unknown.
    let unknown = summary.is_refused_with(&ErrorId::InvalidNumber);
    if unknown {
        summary.hint = Some("no operator knows the number, or none answered the query");
    }
    let report = CallReport {
        summary,
        msisdn: Some(msisdn.to_string()),
        answer: hlr,
    };
    let exit = report.show(&context.ui);
    Ok(if unknown { Exit::No } else { exit })
}

const BALANCE_UNKNOWN: &str =
    "asking again is free; if this persists, check the base URL (`smspin config list`)";

pub(super) fn balance(context: &Context, args: &BalanceArgs) -> Result<Exit, Failure> {
    let session = Session::open(context, args.flags.0.clone())?;
    let reach = read_connection(&session, "nothing was sent: invalid settings")?;
    let gateway = session.gateway(reach)?;
    let result = call::call(&context.ui, &gateway, &balance::body(), 0, balance::read)?;
    let (summary, answer) = result.conclude(&gateway, BALANCE_UNKNOWN, |_| OutcomeWord::Answered);
    let report = CallReport {
        summary,
        msisdn: None,
        answer,
    };
    Ok(report.show(&context.ui))
}
