//! What happens to the files of a batch between two runs of a walk, and what the program has to make of it.

use crate::account::End;
use crate::dice::Dice;
use crate::walk::{INPUT, JOURNAL, LISTS, NUMBERS, RESULTS, Step, Walk, wish};
use serde_json::Value;

impl Walk {
    /// The same rows by a copy or a hard link, where their journal is known to have begun.
    pub(crate) fn under_another_name(&mut self, dice: &mut Dice) {
        if !self.account.has_begun(&self.order) {
            return;
        }
        let (input, other) = (self.home.file(INPUT), self.home.file("other.csv"));
        if dice.roll(2) == 0 {
            std::fs::copy(input, &other).unwrap();
        } else {
            std::fs::hard_link(input, &other).unwrap();
        }
        let step = Step {
            input: "other.csv",
            ..Step::calm(wish(dice, 9))
        };
        self.refused(&step, JOURNAL[0]);
        std::fs::remove_file(other).unwrap();
    }

    /// The journal is gone, and the results that it led to are there.
    pub(crate) fn without_journal(&mut self, dice: &mut Dice) {
        let reached =
            |row: &csv::StringRecord| row.iter().any(|cell| ["accepted", "unknown"].contains(&cell));
        let results = csv::Reader::from_path(self.home.file(RESULTS));
        if !self.home.file(JOURNAL[0]).exists()
            || !results.is_ok_and(|mut rows| rows.records().any(|row| reached(&row.unwrap())))
        {
            return;
        }
        let aside = |name: &str| self.home.file(&format!("{name}.gone"));
        let there: Vec<_> = JOURNAL
            .iter()
            .filter(|name| std::fs::rename(self.home.file(name), aside(name)).is_ok())
            .collect();
        let step = Step::calm(wish(dice, 9));
        self.refused(&step, RESULTS);
        for name in there {
            std::fs::rename(self.home.file(&format!("{name}.gone")), self.home.file(name)).unwrap();
        }
    }

    /// The numbers of the journal are deleted on purpose.
    pub(crate) fn forget(&mut self) {
        let forget = ["--json", "batch", INPUT, "--forget=all", "--yes"];
        let ended = self.home.smspin(forget).end();
        let begun = self.home.file(JOURNAL[0]).exists();
        self.demand(
            (ended.status == Some(0)) == begun,
            &format!("it does not forget: {ended}"),
        );
        if begun {
            self.done.push("everybody is forgotten".to_owned());
            self.account
                .forget(LISTS.into_iter().flat_map(|first| first..first + NUMBERS));
        }
    }

    /// A command that says why it sends nothing: a file that tells who was reached. It leaves no journal.
    fn refused(&mut self, step: &Step, because_of: &str) {
        self.met().requests.clear();
        let ended = self.run(step, None);
        self.gateway.settle();
        let requests = std::mem::take(&mut self.met().requests);
        self.done.push(format!("{step:?}, to be refused: {requests:?}"));
        let document: Value = serde_json::from_str(&ended.stdout).unwrap_or_default();
        let said = document["error"]
            .as_str()
            .is_some_and(|error| error.contains(because_of));
        self.demand(
            requests.is_empty() && ended.status == Some(2) && said,
            &format!("it is not refused for {because_of}: {ended}"),
        );
        let journal = self.home.file(&format!("{}.smspin", step.input));
        self.demand(!journal.exists(), &format!("it left a journal: {ended}"));
    }

    /// What a run that sets a finished journal aside for a list of strangers leaves if it is killed before it has begun its own.
    pub(crate) fn set_aside_by_a_killed_run(&mut self) {
        let untouched = |number: &u64| {
            let entry = self.account.of(*number);
            entry.ever == 0 && !entry.ever_doubtful
        };
        if self.end != End::Finished || !self.order.numbers.iter().all(untouched) {
            return;
        }
        let now = jiff::Timestamp::try_from(std::time::SystemTime::now()).unwrap();
        let date = now.strftime("%Y-%m-%dT%H-%M-%SZ");
        let aside = self.home.file(&format!("{}.{date}", JOURNAL[0]));
        if !aside.exists() {
            std::fs::rename(self.home.file(JOURNAL[0]), aside).unwrap();
            self.done
                .push("the journal is set aside, and none has begun".to_owned());
        }
    }
}
