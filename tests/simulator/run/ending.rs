//! The end of a simulated run: how the numbers stand, and whether that is what the account says.

use super::Started;
use crate::batch::numbers::Numbers;
use crate::batch::send::simulator::account::{number_of, since_boot};
use crate::batch::send::simulator::list::{API_KEY, PIN};
use crate::batch::summary::worse;
use crate::domain::msisdn::Msisdn;
use crate::failure::Exit;
use crate::journal::{Detail, Lookup, Rules, RunId, deciding};
use std::time::Duration;
use tokio::time::sleep;

impl Started {
    /// Waits for what others have under way, as long as one of their requests may take. `under_way` looks how many those are.
    /// False where the journal has been replaced since, so that nothing can be said.
    pub(super) async fn settle(
        &self,
        replaced: usize,
        is_stopped: bool,
        mut under_way: impl FnMut() -> u64,
    ) -> bool {
        let deadline = since_boot() + self.command.timeout + Duration::from_secs(10);
        loop {
            if self.world.replaced() != replaced {
                self.world
                    .account(|account| account.count("journal gone under a run"));
                return false;
            }
            if under_way() == 0 || is_stopped || since_boot() >= deadline {
                self.world.account(|account| account.count("run ended"));
                return true;
            }
            sleep(Duration::from_secs(5)).await;
        }
    }

    /// Compares what a run says of each number with the account. Returns how it ends by them.
    pub(super) fn check_numbers(&self, id: RunId, excluded: &[Msisdn], numbers: &Numbers) -> Exit {
        self.check_told(excluded, numbers);
        let (mut worst, mut own_worst) = (Exit::Done, 0);
        for (one, _, decision) in numbers.decisions() {
            worst = worse(worst, decision.exit());
            let number = number_of(one);
            self.world.account(|account| {
                account.count(decision.word().as_str());
                if self.command.once_per.is_none() {
                    account.check_word(self.command.campaign, number, id, decision);
                    let exit = account.word(self.command.campaign, number, Some(id)).1;
                    own_worst = worse_code(exit, own_worst);
                }
            });
        }
        self.world.account(|account| {
            let is_same = self.command.once_per.is_some() || worst.code() == own_worst;
            account.check(is_same, "a run's exit status is not that of its worst row");
        });
        worst
    }

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
                .account(|account| account.check_told(campaign, number_of(found.msisdn), told));
            self.check_secrets("the journal", &format!("{:?}", found.attempts));
        });
        looked.unwrap();
    }

    /// Neither the key nor a PIN is in what the program writes.
    pub(super) fn check_secrets(&self, what: &str, text: &str) {
        for secret in [API_KEY, PIN] {
            let is_told = text.contains(secret);
            self.world
                .account(|account| account.check(!is_told, &format!("{secret} is in {what}")));
        }
    }
}

/// The worse of two exit codes that rows have.
pub(super) fn worse_code(one: u8, other: u8) -> u8 {
    let worst = [6, 5, 4, 1].into_iter().find(|code| [one, other].contains(code));
    worst.unwrap_or(0)
}
