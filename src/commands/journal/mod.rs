//! `smspin journal`: what the journal knows, and what it is told beside a batch. None of it needs a key or the network.

mod change;
mod list;
pub(super) mod reconcile;
mod show;

use super::Context;
use crate::answers::journal::{CampaignRow, JournalReport};
use crate::cli::{MemoryArgs, MemoryCommand};
use crate::failure::{Exit, Failure, Kind};
use crate::journal::PlaceChoice;
use crate::journal::{JournalPlace, Store, count_campaigns};
use crate::session::{Questions, Session, journal};
use crate::settings::Directories;

pub(super) fn run(context: &Context, args: &MemoryArgs) -> Result<Exit, Failure> {
    let session = Session::open(context, args.given())?;
    let opened = OpenedJournal {
        place: journal::place(&session)?,
        session: &session,
    };
    match &args.command {
        None => campaigns(&opened),
        Some(MemoryCommand::Show(args)) => show::run(&opened, args),
        Some(MemoryCommand::Reconcile(args)) => reconcile::run(&opened, args),
        Some(MemoryCommand::Readmit(args)) => change::readmit(&opened, args),
        Some(MemoryCommand::Forget(command)) => change::forget(&opened, command),
        Some(MemoryCommand::Status(args)) => list::status(&opened, args),
        Some(MemoryCommand::Results(args)) => list::results(&opened, args),
        Some(MemoryCommand::Adopt(args)) => change::adopt(&opened, args),
    }
}

/// The settings of the command, and the journal that they name.
struct OpenedJournal<'a> {
    session: &'a Session<'a>,
    place: JournalPlace,
}

impl OpenedJournal<'_> {
    const fn context(&self) -> &Context {
        self.session.context
    }

    /// The journal for reading alone; an error where there is none.
    fn look(&self) -> Result<Box<dyn Store>, Failure> {
        let doing = "the journal can't be read";
        let found = self
            .place
            .look()
            .map_err(|error| journal::failure(error, doing))?;
        found.ok_or_else(|| self.is_missing())
    }

    /// The journal for changes; an error where there is none.
    fn open(&self, doing: &'static str) -> Result<Box<dyn Store>, Failure> {
        drop(self.look()?);
        self.place.open().map_err(|error| journal::failure(error, doing))
    }

    /// Where the names of the campaigns are.
    fn campaigns_hint(&self) -> String {
        let list = journal::place_flags(self.session);
        format!("`smspin journal{list}` lists the campaigns, and --campaign NAME names another one")
    }

    fn is_missing(&self) -> Failure {
        let error = format!("there is no journal yet at {}", self.place);
        let failure = Failure::message(Kind::NotFound, error);
        let rehearsals = Directories::of_system().sandbox_journal();
        failure.hint(match &self.place {
            JournalPlace::Database(_) => "the first batch makes it; --journal URL names another database",
            JournalPlace::File { choice, .. } => match choice {
                PlaceChoice::Default if rehearsals.is_ok_and(|path| path.exists()) => {
                    "the first batch makes it; `smspin --sandbox journal` shows what was sent in the sandbox"
                }
                PlaceChoice::Default | PlaceChoice::Named => {
                    "the first batch makes it; --journal FILE names another, and each user and each gateway has one of its own"
                }
                PlaceChoice::Sandbox => "the first batch with --sandbox makes it",
            },
        })
    }

    /// Comes back if the user agrees, or has with `--yes`.
    fn ask(&self, yes: bool, question: &str, not_done: &'static str) -> Result<(), Failure> {
        if yes {
            return Ok(());
        }
        if !self.context().ui.interactive {
            let error = format!("{not_done}: there is no terminal to ask for confirmation on");
            return Err(Failure::message(Kind::Usage, error).hint("--yes does it without asking"));
        }
        let questions = Questions::new(self.context(), not_done);
        questions.agreed(question)?;
        questions.answered();
        Ok(())
    }
}

/// The campaigns, and the runs at work.
fn campaigns(opened: &OpenedJournal<'_>) -> Result<Exit, Failure> {
    let ui = &opened.context().ui;
    let mut store = opened.look()?;
    let failed = |error| journal::failure(error, "the journal can't be read");
    let counts = ui.saying_if_slow("counting the numbers of the journal…", || {
        count_campaigns(store.as_mut())
    });
    let counts = counts.map_err(failed)?;
    let runs = store.runs().map_err(failed)?;
    let report = JournalReport {
        journal: opened.place.to_string(),
        knows_since: store.knows_since().map_err(failed)?.map(|at| at.to_string()),
        campaigns: counts
            .into_iter()
            .map(|counts| CampaignRow::new(counts, &runs))
            .collect(),
    };
    Ok(ui.answer(&report))
}
