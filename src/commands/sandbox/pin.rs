//! `smspin sandbox pin`: the last PIN of a number, alone, so that a script can read it.

use crate::cli::PinArgs;
use crate::commands::Context;
use crate::domain::msisdn::Msisdn;
use crate::failure::{Exit, Failure, Kind};
use crate::reports::SandboxPinReport;
use crate::sandbox::{self, Db};
use crate::settings::{Directories, SettingsError};

pub(super) fn run(context: &Context, args: &PinArgs) -> Result<Exit, Failure> {
    let msisdn = Msisdn::parse(&args.msisdn, None)
        .map_err(|error| Failure::new(Kind::Invalid, error).doing("the number is no number"))?;
    let db = Directories::of_system()
        .sandbox_db()
        .map_err(|error| Failure::from(SettingsError::from(error)))?;
    let found = if db.exists() {
        sandbox::last_pin(&Db::File(db), &msisdn)
            .map_err(|error| Failure::new(Kind::Disk, error).doing("cannot read the sandbox's state"))?
    } else {
        None
    };
    let Some(pin) = found else {
        return Err(Failure::message(
            Kind::NotFound,
            format_args!("the sandbox has sent no PIN to {msisdn}"),
        )
        .hint(format!("smspin --sandbox request {msisdn}")));
    };
    let report = SandboxPinReport {
        outcome: "done",
        sandbox: true,
        msisdn: msisdn.to_string(),
        pin,
    };
    Ok(context.ui.report(&report, Exit::Done, false))
}
