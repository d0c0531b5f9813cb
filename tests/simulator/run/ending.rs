//! The end of a simulated run: how the numbers stand, and whether that is what the account says.

use super::Started;
use crate::batch::numbers::Numbers;
use crate::batch::send::StopReason;
use crate::batch::send::simulator::account::since_boot;
use crate::batch::standings::{Looking, Standings};
use crate::batch::summary::worse;
use crate::domain::msisdn::Msisdn;
use crate::failure::Exit;
use crate::journal::{Detail, JournalError, Lookup, Rules, RunEnd, RunId, Store, deciding};
use std::time::Duration;
use tokio::time::sleep;

impl Started {
    /// Compares what the results tell of each number with the account.
    fn check_told(&self, excluded: &[Msisdn], numbers: &Numbers) {
        let mut looks = self.world.open();
        let campaign = self.command.campaign;
        let lookup = Lookup {
            campaign: looks.campaign(campaign).unwrap(),
            rules: &Rules::plain(crate::clock::now()),
            exclude: excluded,
            ended: None,
            detail: Detail::Full,
        };
        let mut all: Vec<_> = numbers.decisions().map(|(msisdn, ..)| msisdn).collect();
        all.sort_unstable();
        let looked = lookup.look(looks.as_mut(), all.into_iter(), |found| {
            let told = deciding(found.attempts).map(|attempt| (attempt.run, attempt.nth));
            self.world
                .account(|account| account.check_told(campaign, number(found.msisdn), told));
        });
        looked.unwrap();
    }

    /// Looks how all numbers stand, once others are through with them, compares that with the account, and ends the run.
    pub(super) async fn conclude(
        &self,
        store: Result<Box<dyn Store>, JournalError>,
        (id, replaced): (RunId, usize),
        (rules, excluded, mut numbers): (Rules, Vec<Msisdn>, Numbers),
        stop: Option<StopReason>,
    ) {
        let deadline = since_boot() + self.command.timeout + Duration::from_secs(10);
        loop {
            if self.world.replaced() != replaced {
                return self
                    .world
                    .account(|account| account.count("journal gone under a run"));
            }
            let mut looks = self.world.open();
            let campaign = looks.campaign(self.command.campaign).unwrap();
            let looking = Looking {
                campaign,
                rules: &rules,
                excluded: &excluded,
                ended: Some(id),
            };
            let standings = Standings::look(looking, looks.as_mut(), &mut numbers).unwrap();
            if standings.counts.under_way == 0 || stop.is_some() || since_boot() >= deadline {
                break;
            }
            sleep(Duration::from_secs(5)).await;
        }
        self.check_told(&excluded, &numbers);
        let (mut worst, mut left, mut own_worst) = (Exit::Done, 0, 0);
        for (one, _, decision) in numbers.decisions() {
            worst = worse(worst, decision.exit());
            left += u64::from(decision.is_left());
            let number = number(one);
            self.world.account(|account| {
                account.count(decision.word().as_str());
                if self.command.once_per.is_none() {
                    account.check_word(self.command.campaign, number, id, decision);
                    let exit = account.word(self.command.campaign, number, Some(id)).1;
                    own_worst = [6, 5, 4, 1]
                        .into_iter()
                        .find(|one| [exit, own_worst].contains(one))
                        .unwrap_or(0);
                }
            });
        }
        self.world.account(|account| {
            let is_same = self.command.once_per.is_some() || worst.code() == own_worst;
            account.check(is_same, "a run's exit status is not that of its worst row");
            account.count("run ended");
        });
        if let Ok(mut store) = store {
            let end = RunEnd {
                at: crate::clock::now(),
                exit: worst.code(),
                left,
            };
            let _ = store.end(end);
        }
    }
}

/// The number of a world.
fn number(msisdn: Msisdn) -> u64 {
    msisdn.as_u64() - 34_600_000_000
}
