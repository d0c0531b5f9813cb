//! The last questions before money is spent: what is about to happen is shown, limits are kept, and the user says yes.

use crate::answers::batch::{PreflightPart, planned, sample};
use crate::batch::Batch;
use crate::batch::connect::Connected;
use crate::batch::funds::{self, FundsProblem};
use crate::batch::plan::BatchPlan;
use crate::batch::row_fault::InvalidRow;
use crate::cli::BatchArgs;
use crate::domain::money::Money;
use crate::failure::{Failure, Fault, Kind};
use crate::session::{Context, Questions};
use crate::text::{self, count, grouped};

/// What this run would send, at most, and for how much.
struct Spending {
    sends: u64,
    estimate: Option<Money>,
    in_sandbox: bool,
}

impl Spending {
    fn of(batch: &Batch, plan: &BatchPlan, in_sandbox: bool) -> Self {
        let sends = batch.options.limited(plan.outlook.sends);
        let share = |estimate| funds::share(estimate, sends, plan.outlook.sends);
        Self {
            sends,
            estimate: plan.outlook.estimate.map(share),
            in_sandbox,
        }
    }
}

/// Shows what is about to happen, and refuses what no answer of the gateway could change.
pub(super) fn show(
    context: &Context,
    args: &BatchArgs,
    batch: &Batch,
    plan: &BatchPlan,
    preflight: &PreflightPart,
) -> Result<(), Failure> {
    let ui = &context.ui;
    self::preflight(context, preflight);
    let spending = Spending::of(batch, plan, context.global.sandbox);
    if args.run.strict && preflight.invalid > 0 {
        let error = format!(
            "nothing was sent: {}, and --strict is given",
            count(preflight.invalid, "row is invalid", "rows are invalid")
        );
        let hint = "fix them, or leave out --strict to send the others; `--dry-run -o FILE` writes every row with what is wrong with it";
        let failure = Failure::message(Kind::Input, error).hint(hint);
        return Err(with_faults(context, failure, preflight));
    }
    if let Some(most) = batch.options.max_sends {
        refuse_too_many(most, spending.sends)?;
    }
    funds::within_max_cost(spending.estimate, plan.spent, batch.options.max_cost)
        .map_err(|problem| too_dear(problem, ""))?;
    if !args.run.yes && !ui.interactive {
        let error = "nothing was sent: there is no terminal to ask for confirmation on";
        let failure = Failure::message(Kind::Usage, error).hint("--yes sends without asking");
        return Err(with_faults(context, failure, preflight));
    }
    Ok(())
}

/// Shows what was found.
pub(super) fn preflight(context: &Context, preflight: &PreflightPart) {
    let ui = &context.ui;
    for line in planned(preflight, ui.is_loud(), &|style, text| ui.paint_err(style, text)) {
        ui.note_line(&line);
    }
}

/// Comes back if the run may send: the money suffices, and the user has said yes.
pub(super) fn ask(
    context: &Context,
    args: &BatchArgs,
    batch: &Batch,
    plan: &BatchPlan,
    preflight: &PreflightPart,
    connected: &Connected,
) -> Result<(), Failure> {
    let ui = &context.ui;
    let spending = Spending::of(batch, plan, context.global.sandbox);
    if let Some(line) = sample(preflight, connected.balance(), connected.currency()) {
        ui.note_line(&line);
    }
    if let Some(balance) = connected
        .amount()
        .filter(|_| !spending.in_sandbox && !batch.options.asked.partial)
    {
        let currency = connected.currency();
        funds::within_balance(spending.estimate, balance).map_err(|problem| too_dear(problem, currency))?;
    }
    let what = what(&spending, batch);
    if args.run.yes {
        ui.note_line(&format!("sending {what}"));
        return Ok(());
    }
    let second = match plan.outlook.second_sms {
        0 => String::new(),
        second => format!(", {} of them perhaps a second one", grouped(second)),
    };
    Questions::new(context, "nothing was sent").agreed(&format!("Send {what}{second}?"))
}

/// A run that would send more is refused as a whole: a limit that cuts a list in silence would leave people out.
fn refuse_too_many(most: u64, sends: u64) -> Result<(), Failure> {
    if sends <= most {
        return Ok(());
    }
    let error = format!(
        "nothing was sent: this run would send {}, and max_sends is {}",
        count(sends, "SMS", "SMS"),
        grouped(most)
    );
    Err(Failure::message(Kind::Input, error).hint(format!("--limit {most} sends the first ones")))
}

/// How many SMS, and where to.
fn what(spending: &Spending, batch: &Batch) -> String {
    let sends = count(spending.sends, "SMS", "SMS");
    if spending.in_sandbox {
        return format!("{sends} to the sandbox, which sends none");
    }
    let profile = batch.options.profile.as_ref();
    let profile = profile.map(|name| format!(" (profile {})", text::line(name)));
    format!(
        "{sends} through {}{}",
        text::line(&batch.options.gateway_name()),
        profile.unwrap_or_default()
    )
}

fn too_dear(problem: FundsProblem, currency: &str) -> Failure {
    let currency = text::line(currency);
    match problem {
        FundsProblem::Balance { estimate, balance } => Failure::message(
            Kind::Account,
            format!("nothing was sent: the estimate is {estimate}{currency}, and the balance is {balance}{currency}"),
        )
        .hint("top up the account, or send fewer with --limit N; --partial sends until the balance is used up"),
        FundsProblem::MaxCost {
            estimate,
            spent,
            most,
        } => Failure::message(
            Kind::Input,
            if spent == Money::ZERO {
                format!("nothing was sent: the estimate is {estimate}, and max_cost is {most}")
            } else {
                format!(
                    "nothing was sent: the estimate is {estimate}, the runs before have spent {spent} on this list, and max_cost is \
                     {most}"
                )
            },
        )
        .hint("--limit N sends fewer; --max-cost AMOUNT allows more"),
        FundsProblem::NoPrice { most } => Failure::message(
            Kind::Usage,
            format!("nothing was sent: max_cost is {most}, and no price is set to estimate the cost with"),
        )
        .hint("`smspin config set price_sms AMOUNT` sets what one segment costs"),
    }
}

/// People have seen them in the preflight already.
fn with_faults(context: &Context, failure: Failure, preflight: &PreflightPart) -> Failure {
    if !context.ui.json {
        return failure;
    }
    let fault = |row: &InvalidRow| Fault {
        what: preflight.row_name(row.line),
        message: row.faults.to_string(),
        hint: None,
    };
    let rows = preflight.faults.iter();
    failure.with_masked(rows.map(|row| (fault(row), fault(&row.masked()))))
}
