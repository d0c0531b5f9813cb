//! What the runs of a walk say at their ends, compared with the account.

use crate::step::Step;
use crate::support::ended::Ended;
use crate::walk::Walk;
use serde_json::Value;
use std::collections::BTreeSet;

/// Why the results of another journal are not replaced.
pub(crate) const NO_RUN_OF_THIS: &str = "which no run of this journal has written";

impl Walk {
    /// A run that sent nothing says why, and there is a reason.
    pub(crate) fn judge_refusal(&self, step: &Step, ended: &Ended) {
        let hints = format!("{}{}", ended.stdout, ended.stderr);
        let kept = match ended.status {
            Some(129 | 130 | 143) => step.harm.is_some(),
            // The results may be of a run that only a lost journal knew.
            Some(2)
                if ["journal adopt", NO_RUN_OF_THIS]
                    .iter()
                    .any(|why| hints.contains(why)) =>
            {
                self.account.may_be_refused
            }
            Some(2) if hints.contains("--change-settings") => !step.changes_settings,
            _ => false,
        };
        self.demand(kept, &format!("no reason to refuse it: {ended}"));
    }

    /// What a run says at its end: the counts add up, each row is as it may be, and the exit code is that of the worst row.
    pub(crate) fn judge_run(&self, step: &Step, ended: &Ended) {
        let outcome = outcome(ended);
        if !["finished", "pending", "stopped"].contains(&outcome.as_str()) {
            return;
        }
        let document = ended.json();
        let count = |words: &[&str]| {
            words
                .iter()
                .filter_map(|word| document["rows"][*word].as_u64())
                .sum::<u64>()
        };
        let rows = document["rows"].as_object().unwrap();
        let sum: u64 = rows.values().filter_map(Value::as_u64).sum();
        self.demand(
            sum == self.lists[&step.list].len() as u64,
            &format!("it doesn't add up: {ended}"),
        );
        let by_table = if count(&["unknown"]) > 0 {
            5
        } else if count(&["pending", "unsent", "under_way"]) > 0 {
            4
        } else {
            i32::from(count(&["refused"]) > 0)
        };
        let kept = match ended.status {
            Some(143) => step.harm.is_some(),
            // The account: then it isn't finished.
            Some(6) => outcome != "finished",
            status => status == Some(by_table),
        };
        self.demand(kept, &format!("another exit than {by_table}: {ended}"));
        // Where nothing was sent, the results may be older than an adoption.
        if document["run"].is_object() {
            self.judge_rows(step, ended);
        }
    }

    pub(crate) fn judge_rows(&self, step: &Step, ended: &Ended) {
        let results = results_of(&step.list);
        let mut reader = csv::Reader::from_path(self.home.file(&results)).unwrap();
        let header = reader.headers().unwrap().clone();
        let outcome = header.iter().position(|name| name == "smspin_outcome").unwrap();
        let mut seen = BTreeSet::new();
        for (row, number) in reader.records().zip(&self.lists[&step.list]) {
            let word = row.unwrap()[outcome].to_owned();
            let kept = if seen.insert(*number) {
                self.account.admits(step.campaign, *number, &word)
            } else {
                word == "duplicate"
            };
            self.demand(kept, &format!("{number} can't be {word}: {ended}"));
        }
        let different: BTreeSet<_> = self.lists[&step.list].iter().collect();
        self.demand(seen.len() == different.len(), &format!("a row is lost: {ended}"));
    }

    /// The results, written again, say the same as the run.
    pub(crate) fn judge_results(&mut self, step: &Step, ended: &Ended) {
        let results = self.journal(&["results", &step.list, "--campaign", step.campaign]);
        let same = results.json()["rows"] == ended.json()["rows"];
        self.demand(same, &format!("{results} says something else than {ended}"));
        self.judge_rows(step, &results);
    }
}

pub(crate) fn results_of(list: &str) -> String {
    list.replace(".csv", ".results.csv")
}

/// The word that it ends with; none for one that was killed.
pub(crate) fn outcome(ended: &Ended) -> String {
    let document: Value = serde_json::from_str(&ended.stdout).unwrap_or_default();
    document["outcome"].as_str().unwrap_or_default().to_owned()
}

/// False for a run that ended by itself before anything was sent.
pub(crate) fn has_begun(ended: &Ended) -> bool {
    let outcome = outcome(ended);
    ended.signal.is_some() || ["finished", "pending", "stopped", "dry_run"].contains(&outcome.as_str())
}
