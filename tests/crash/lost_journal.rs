//! What happens to the journal of a walk between two runs.

use crate::account::Known;
use crate::batch::JOURNAL;
use crate::dice::Dice;
use crate::step::{CAMPAIGNS, person, pick};
use crate::walk::Walk;

/// A copy of the journal's files, and what it knows.
pub(crate) struct Copy {
    files: Vec<(String, Vec<u8>)>,
    known: Known,
}

impl Walk {
    pub(crate) fn copy_journal(&mut self) -> Copy {
        self.done.push("the journal is copied".to_owned());
        let names = ["", "-wal"].map(|side| format!("{JOURNAL}{side}"));
        let files = names.into_iter().filter_map(|name| {
            let bytes = std::fs::read(self.home.file(&name)).ok()?;
            Some((name, bytes))
        });
        Copy {
            files: files.collect(),
            known: self.account.known.clone(),
        }
    }

    /// The journal is an older copy again, or gone. Then a list that a lost run sent to is refused, until it is adopted.
    pub(crate) fn lose_journal(&mut self, copy: Option<&Copy>) {
        for side in ["", "-wal", "-shm"] {
            drop(std::fs::remove_file(self.home.file(&format!("{JOURNAL}{side}"))));
        }
        for (name, bytes) in copy.iter().flat_map(|copy| &copy.files) {
            std::fs::write(self.home.file(name), bytes).unwrap();
        }
        let older = copy.map(|copy| copy.known.clone()).unwrap_or_default();
        let lost = self.account.lose(older);
        self.done
            .push(format!("the journal is lost; a copy: {}", copy.is_some()));
        let lists = self.lists.clone();
        for (list, numbers) in &lists {
            for campaign in CAMPAIGNS {
                let has_lost = self.account.has_lost(campaign, list);
                if has_lost {
                    let refused = self.refuses_to_send(list, campaign);
                    self.demand(refused, &format!("{list} is not refused in {campaign}"));
                }
                if has_lost || self.is_refused(list, campaign) {
                    let adopted = self.journal(&["adopt", list, "--campaign", campaign, "--yes"]);
                    self.demand(adopted.status == Some(0), &format!("{adopted}"));
                    self.account.adopt_lost(&lost, campaign, list, numbers);
                }
            }
        }
    }

    fn is_refused(&mut self, list: &str, campaign: &str) -> bool {
        let args = ["batch", list, "--dry-run", "--campaign", campaign];
        let ended = self.smspin(&args);
        ended.status == Some(2) && ended.stdout.contains("journal adopt")
    }

    pub(crate) fn adopt_one(&mut self, dice: &mut Dice) {
        let names: Vec<String> = self.lists.keys().cloned().collect();
        self.adopt(&pick(&names, dice), pick(&CAMPAIGNS, dice));
    }

    pub(crate) fn adopt(&mut self, list: &str, campaign: &str) {
        let adopted = self.journal(&["adopt", list, "--campaign", campaign, "--yes"]);
        self.demand(adopted.status == Some(0), &format!("{adopted}"));
        let numbers = self.lists[list].clone();
        self.account.adopt(campaign, list, &numbers);
    }

    pub(crate) fn forget(&mut self, dice: &mut Dice) {
        let number = person(dice);
        let campaign = pick(&CAMPAIGNS, dice);
        let forgets_number = dice.roll(2) == 0;
        let digits = number.to_string();
        let what = if forgets_number {
            ["--number", &digits]
        } else {
            ["--campaign", campaign]
        };
        let ended = self.journal(&["forget", what[0], what[1], "--yes"]);
        // Without a journal, or such a campaign.
        if ended.status == Some(1) {
            return;
        }
        self.demand(ended.status == Some(0), &format!("{ended}"));
        if forgets_number {
            self.account.forget_number(number);
        } else {
            self.account.forget_campaign(campaign);
        }
    }
}
