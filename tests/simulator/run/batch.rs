//! A command whose list is a file: the batch's own preflight, plan, beginning, pass over the rows, results and summary.

use super::ending::worse_code;
use super::{Begun, Started};
use crate::batch::plan::BatchPlan;
use crate::batch::preflight::Survey;
use crate::batch::send::feed::Feed;
use crate::batch::send::simulator::journal;
use crate::batch::send::simulator::list::{self, List};
use crate::batch::send::{RowJob, SentRun, StopReason, begin_in, mark};
use crate::batch::summary::{Summary, look_once_settled, rules_after};
use crate::batch::{Batch, BatchError};
use crate::failure::Failure;
use crate::journal::{JournalFault, JournalPlace, PlaceChoice, RunId, Store};
use crate::session::Session;
use std::path::Path;
use tokio::time::sleep;

impl Started {
    pub(super) async fn run_list(self, file: &Path) {
        let list = List::write(&self, file);
        let context = list::context();
        let session = list::session(&context, &self);
        let store = journal::open(&self.world, &self.process, &self.command, None);
        let asked = store.asked;
        let Some((mut batch, survey, plan)) = self.prepare(&session, &list, Box::new(store)) else {
            return;
        };
        if plan.is_finished() {
            self.world.account(|account| account.count("nothing to send"));
            return;
        }
        sleep(self.command.hesitates).await;
        let store = journal::open(&self.world, &self.process, &self.command, Some(asked));
        let Ok(mut begun) = begin_in(Box::new(store), &mut batch, &survey) else {
            return;
        };
        let marking = match mark(&batch, &context.ui, &survey, &mut begun) {
            Ok(marking) => marking,
            Err(failure) => return self.refused(&failure),
        };
        // What looks follows the journal that is in its place.
        batch.journal = Some(Box::new(journal::open(
            &self.world,
            &self.process,
            &self.command,
            None,
        )));
        let replaced = self.world.replaced();
        let (jobs, fed) = jobs(&mut batch);
        let is_planned = batch.options.limited(plan.outlook.sends) == jobs.len() as u64;
        self.check(is_planned, || {
            "a run sends other rows than it has planned".to_owned()
        });
        let begun = Begun {
            id: begun.id,
            store: begun.store,
            marking,
            rules: plan.rules,
            runs: plan.standings.runs.clone(),
            options: batch.options.run,
            jobs,
        };
        let mut sent = self.send(begun).await;
        sent.result.input_error = fed.err();
        let (rules, id) = (rules_after(&plan), sent.id);
        let is_stopped = sent.result.stop.is_some();
        let look = || batch.look(&rules, Some(id)).unwrap().counts.under_way;
        if self.settle(replaced, is_stopped, look).await {
            self.conclude(&list, batch, (&survey, &plan), sent);
        }
    }

    fn check(&self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.world.account(|account| account.check(false, &what()));
        }
    }

    /// Opens, surveys and plans. `None` where the run is refused.
    fn prepare(
        &self,
        session: &Session<'_>,
        list: &List,
        mut store: Box<dyn Store>,
    ) -> Option<(Batch, Survey, BatchPlan)> {
        let prepare = || {
            // This file is never made: the journal is the world's own.
            let place = JournalPlace::File {
                path: list.results.with_extension("db"),
                choice: PlaceChoice::Named,
            };
            let mut batch = Batch::open(session, &list.request(self), place)?;
            batch.campaign = store.campaign(self.command.campaign).unwrap();
            batch.journal = Some(store);
            let survey = batch.survey()?;
            self.check_survey(list, &batch, &survey);
            let plan = BatchPlan::new(&mut batch, &survey)?;
            Ok((batch, survey, plan))
        };
        prepare().map_err(|failure| self.refused(&failure)).ok()
    }

    /// A run doesn't begin: the journal lacks something, or has forgotten it.
    fn refused(&self, failure: &Failure) {
        let words = format!("{:#}", failure.error);
        let campaign = self.command.campaign;
        let exit = failure.kind.exit().code();
        self.check(exit == 2, || format!("the exit status is {exit}: {words}"));
        self.world.account(|account| {
            if words.contains("lost records") {
                account.refused(campaign, false);
            } else if words.contains("the marker") {
                account.refused(campaign, true);
            } else {
                let is_due = words.contains("were forgotten") && account.has_forgotten(campaign);
                account.check(is_due, &format!("a run is refused: {words}"));
            }
        });
    }

    fn check_survey(&self, list: &List, batch: &Batch, survey: &Survey) {
        let invalid = list.rows.iter().filter(|row| row.number.is_none()).count();
        let duplicates = list.rows.iter().filter(|row| row.is_duplicate).count();
        let found = (survey.counts.rows, survey.invalid, batch.numbers.duplicates());
        let is_same = found == (list.rows.len() as u64, invalid as u64, duplicates as u64);
        self.check(is_same, || format!("the preflight counts {found:?}"));
    }

    /// Ends the run, writes its results, and compares them and the summary with the account.
    fn conclude(&self, list: &List, mut batch: Batch, (survey, plan): (&Survey, &BatchPlan), sent: SentRun) {
        let id = sent.id;
        let standings = batch.look(&rules_after(plan), Some(id)).unwrap();
        let is_unanswered = matches!(&sent.store, Err(error) if error.fault == JournalFault::Unanswered);
        let is_stopped = sent.result.stop.is_some();
        // Where others have something under way, it would wait for them by a clock that is not simulated.
        let looked = if is_unanswered || is_stopped || standings.counts.under_way == 0 {
            look_once_settled(&mut batch, plan, &sent)
        } else {
            Ok(standings)
        };
        let mut worst = self.check_numbers(id, &batch.excluded, &batch.numbers).code();
        if survey.invalid > 0 {
            worst = worse_code(worst, 1);
        }
        let state = self.process.state();
        let is_disk = sent.store.is_err() || looked.is_err() || state.is_cut_off;
        let exit = match &sent.result.stop {
            Some(StopReason::Signal(_)) => 130,
            Some(StopReason::Journal(_)) => 7,
            _ if is_disk => 7,
            Some(StopReason::Account(_)) => 6,
            _ => worst,
        };
        let has_looked = looked.is_ok();
        let summary = Summary::after_run(batch, survey, plan, sent, looked);
        if state.is_dead {
            return;
        }
        self.world.account(|account| account.count("results and summary"));
        let says = summary.exit().code();
        self.check(says == exit, || {
            format!("the summary ends with {says} in place of {exit}")
        });
        self.check_secrets("the summary", &format!("{summary:?}"));
        if has_looked {
            self.check_rows(list, id, &summary);
            self.check_results(list, id);
        }
    }

    /// The word of the account for each row; `None` where an age decides it.
    fn words<'a>(&'a self, list: &'a List, id: RunId) -> impl Iterator<Item = Option<&'static str>> + 'a {
        list.rows.iter().map(move |row| match row.number {
            None => Some("invalid"),
            Some(_) if row.is_duplicate => Some("duplicate"),
            Some(_) if self.command.once_per.is_some() => None,
            Some(number) => {
                let campaign = self.command.campaign;
                let word = |account: &mut super::Account| account.word(campaign, number, Some(id)).0;
                Some(self.world.account(word))
            }
        })
    }

    /// Every row is counted once, by its word.
    fn check_rows(&self, list: &List, id: RunId, summary: &Summary) {
        let sum: u64 = summary.rows.values().sum();
        self.check(sum == list.rows.len() as u64, || {
            format!("the rows of the summary add up to {sum}")
        });
        if let Some(words) = self.words(list, id).collect::<Option<Vec<_>>>() {
            for (word, rows) in &summary.rows {
                let has = words.iter().filter(|one| *one == word).count() as u64;
                self.check(has == *rows, || {
                    format!("the summary has {rows} rows that are {word}, and {has} are")
                });
            }
        }
    }

    /// The results have the rows of the list in their order, each with what became of it.
    fn check_results(&self, list: &List, id: RunId) {
        let text = std::fs::read_to_string(&list.results).unwrap();
        self.check_secrets("the results", &text);
        let lines = list.parse(&text);
        self.check(lines.len() == list.rows.len() + 1, || {
            format!("the results are {text}")
        });
        let campaign = self.command.campaign;
        for ((row, word), line) in list
            .rows
            .iter()
            .zip(self.words(list, id))
            .zip(lines.iter().skip(1))
        {
            let has_cells = line.iter().zip(&row.cells).all(|(ours, theirs)| ours == theirs);
            let has_word = word.is_none_or(|word| line[2] == word);
            self.check(has_cells && has_word, || {
                format!("{:?} is {word:?}, and the results have {line:?}", row.cells)
            });
            if let Some(number) = row.number.filter(|_| !row.is_duplicate) {
                let tries = self.world.account(|account| account.tries(campaign, number));
                let is_same = line[6] == tries.to_string() && line[8] == super::msisdn(number).to_string();
                self.check(is_same, || format!("{number} was tried {tries} times: {line:?}"));
            }
        }
    }
}

/// The rows that a run sends, by its pass over the list.
fn jobs(batch: &mut Batch) -> (Vec<RowJob>, Result<(), BatchError>) {
    let mut jobs = Vec::new();
    let feed = Feed {
        input: &batch.input,
        checker: &mut batch.checker,
        numbers: &mut batch.numbers,
        limit: batch.options.run.limit,
    };
    let fed = feed.run(|job| {
        jobs.push(job);
        true
    });
    (jobs, fed)
}
