//! Which numbers may have got an SMS, by what reached the gateway alone: the account that a batch's decisions are compared with.
//!
//! It knows the commands that were typed and the requests that came, and nothing of journals. Where a kill leaves open what was
//! recorded, it allows both.

use crate::fickle::{Came, Taken};
use std::collections::{BTreeMap, BTreeSet};

/// What became of the latest request that may have been taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Reached {
    #[default]
    No,
    Doubtful,
    Accepted,
}

/// What the account has of a number in a campaign.
#[derive(Clone, Debug, Default)]
pub(crate) struct Entry {
    asked: bool,
    reached: Reached,
    /// The last request was refused for the number.
    is_invalid: bool,
    /// An attempt may stand behind the others of which it isn't known what became: of a run that was killed, or adopted.
    may_be_unknown: bool,
    /// It was adopted, and no request for it was taken.
    is_adopted: bool,
}

impl Entry {
    fn allows(&self) -> bool {
        self.reached == Reached::No && !self.is_adopted && !self.is_invalid
    }

    fn enter(&mut self, came: &Came, killed: bool) {
        self.asked = true;
        self.is_invalid = came.taken == Taken::Invalid;
        if matches!(came.taken, Taken::No | Taken::Invalid) {
            return;
        }
        self.reached = Reached::Doubtful;
        if came.taken == Taken::Yes && !killed {
            self.reached = Reached::Accepted;
            self.may_be_unknown = false;
        }
    }

    fn adopt(&mut self) {
        self.may_be_unknown = true;
        self.is_adopted |= self.reached == Reached::No;
    }

    fn admits(&self, word: &str) -> bool {
        let is_sure = !self.may_be_unknown;
        match word {
            "accepted" => self.reached != Reached::No,
            _ if is_sure && self.reached == Reached::Accepted => false,
            "unknown" => !is_sure || self.reached == Reached::Doubtful,
            "refused" => self.reached == Reached::No && self.asked && !self.is_adopted,
            "pending" | "unsent" => self.reached == Reached::No && !self.is_adopted,
            _ => false,
        }
    }
}

/// A line in the marker of a list.
#[derive(Clone, Debug)]
struct Mark {
    list: String,
    campaign: String,
    run: u64,
    adopts: bool,
}

/// What one journal knows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    entries: BTreeMap<(String, u64), Entry>,
    runs: BTreeSet<u64>,
}

#[derive(Debug, Default)]
pub(crate) struct Account {
    pub(crate) known: Known,
    marks: Vec<Mark>,
    runs: u64,
    /// Numbers were forgotten, or a journal was lost.
    pub(crate) may_be_refused: bool,
}

impl Account {
    fn entry(&mut self, campaign: &str, number: u64) -> &mut Entry {
        self.known
            .entries
            .entry((campaign.to_owned(), number))
            .or_default()
    }

    fn of(&self, campaign: &str, number: u64) -> Entry {
        let found = self.known.entries.get(&(campaign.to_owned(), number));
        found.cloned().unwrap_or_default()
    }

    /// Which numbers a run may ask the gateway for.
    pub(crate) fn allowed(&self, campaign: &str, numbers: &[u64]) -> BTreeSet<u64> {
        let numbers = numbers.iter().copied();
        numbers
            .filter(|number| self.of(campaign, *number).allows())
            .collect()
    }

    /// A run has sent to a list, or adopted it: the marker beside the list has a line of it.
    pub(crate) fn mark(&mut self, campaign: &str, list: &str, adopts: bool) {
        self.runs += 1;
        self.known.runs.insert(self.runs);
        self.marks.push(Mark {
            list: list.to_owned(),
            campaign: campaign.to_owned(),
            run: self.runs,
            adopts,
        });
    }

    /// Enters what came in a run that might ask for these. Of a run that was killed no answer is certain to have been recorded.
    pub(crate) fn enter(&mut self, campaign: &str, allowed: &BTreeSet<u64>, came: &[Came], killed: bool) {
        for number in allowed.iter().filter(|_| killed) {
            self.entry(campaign, *number).may_be_unknown = true;
        }
        for came in came {
            self.entry(campaign, came.number).enter(came, killed);
        }
    }

    pub(crate) fn adopt(&mut self, campaign: &str, list: &str, numbers: &[u64]) {
        self.mark(campaign, list, true);
        for number in numbers {
            self.entry(campaign, *number).adopt();
        }
    }

    pub(crate) fn forget_number(&mut self, number: u64) {
        self.may_be_refused = true;
        self.known.entries.retain(|(_, known), _| *known != number);
    }

    pub(crate) fn forget_campaign(&mut self, campaign: &str) {
        self.may_be_refused = true;
        self.known.entries.retain(|(known, _), _| known != campaign);
    }

    /// The journal is one that knows less. What only the lost one knew counts again where a list is adopted.
    pub(crate) fn lose(&mut self, older: Known) -> Known {
        self.may_be_refused = true;
        std::mem::replace(&mut self.known, older)
    }

    /// A list that a lost run sent to certainly, so that its marker has a line of which the journal doesn't know.
    pub(crate) fn has_lost(&self, campaign: &str, list: &str) -> bool {
        let of_list = |mark: &&Mark| mark.list == list && mark.campaign == campaign;
        let lost = |mark: &Mark| !mark.adopts && !self.known.runs.contains(&mark.run);
        let marks: Vec<&Mark> = self.marks.iter().filter(of_list).collect();
        let adopted = marks
            .iter()
            .rposition(|mark| mark.adopts && self.known.runs.contains(&mark.run));
        marks[adopted.map_or(0, |at| at + 1)..]
            .iter()
            .any(|mark| lost(mark))
    }

    /// A list is adopted whose numbers another journal knew.
    pub(crate) fn adopt_lost(&mut self, lost: &Known, campaign: &str, list: &str, numbers: &[u64]) {
        for number in numbers {
            if let Some(known) = lost.entries.get(&(campaign.to_owned(), *number)) {
                let reached = known.reached;
                let entry = self.entry(campaign, *number);
                entry.asked |= known.asked && reached != Reached::No;
                if reached != Reached::No {
                    entry.reached = Reached::Doubtful;
                }
            }
        }
        self.adopt(campaign, list, numbers);
    }

    /// Whether the results may say this of a number.
    pub(crate) fn admits(&self, campaign: &str, number: u64, word: &str) -> bool {
        self.of(campaign, number).admits(word)
    }
}
