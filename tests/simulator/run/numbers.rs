//! A command over numbers in place of a file: quicker than a batch, and a single request has no list.

use super::{Begun, Started};
use crate::batch::numbers::{Numbers, NumbersBuilder, Occurrence, Tag};
use crate::batch::options::RunOptions;
use crate::batch::plan;
use crate::batch::send::RowJob;
use crate::batch::send::marking::Marking;
use crate::batch::send::simulator::account::msisdn;
use crate::batch::send::simulator::journal::{self, FaultyStore};
use crate::batch::standings::Standings;
use crate::domain::msisdn::Msisdn;
use crate::domain::pin_request::PinRequest;
use crate::domain::report_url::ReportUrl;
use crate::journal::{
    Detail, JournalError, Lookup, NewRun, Resend, Rules, RunEnd, RunId, RunName, Runs, Store,
};
use crate::wire;
use tokio::time::sleep;

/// What the preflight found.
struct Planned {
    numbers: Numbers,
    excluded: Vec<Msisdn>,
    rules: Rules,
    runs: Runs,
    jobs: Vec<RowJob>,
}

impl Started {
    pub(super) async fn run_numbers(self) {
        let Some((begun, mut planned)) = self.begin_numbers().await else {
            return;
        };
        let (id, replaced) = (begun.id, self.world.replaced());
        let sent = self.send(begun).await;
        let rules = Rules {
            resend: Resend::default(),
            ..planned.rules
        };
        let excluded = planned.excluded;
        let look = || {
            let mut looks = journal::open(&self.world, &self.process, &self.command, None);
            let lookup = Lookup {
                campaign: looks.campaign(self.command.campaign).unwrap(),
                rules: &rules,
                exclude: &excluded,
                ended: Some(id),
                detail: Detail::State,
            };
            let looked = Standings::look(&lookup, Some(&mut looks), &mut planned.numbers);
            looked.unwrap().counts.under_way
        };
        if !self.settle(replaced, sent.result.stop.is_some(), look).await {
            return;
        }
        let worst = self.check_numbers(id, &excluded, &planned.numbers);
        if let Ok(mut store) = sent.store {
            let left = planned.numbers.decisions();
            let end = RunEnd {
                at: crate::clock::now(),
                exit: worst.code(),
                left: left.filter(|(_, _, decision)| decision.is_left()).count() as u64,
            };
            let _ = store.end(end);
        }
    }

    /// Looks, plans, hesitates and begins. `None` where nothing is to be sent.
    async fn begin_numbers(&self) -> Option<(Begun, Planned)> {
        let mut store = journal::open(&self.world, &self.process, &self.command, None);
        let mut planned = self.plan(&mut store).ok()?;
        if planned.jobs.is_empty() {
            self.world.account(|account| account.count("nothing to send"));
            return None;
        }
        sleep(self.command.hesitates).await;
        let looked_at = store.identity().clone();
        let mut store = journal::open(&self.world, &self.process, &self.command, Some(store.asked));
        if *store.identity() != looked_at {
            return None;
        }
        let begun = Begun {
            id: self.begin(&mut store, &planned).ok()?,
            store: Box::new(store),
            marking: Marking::new(None),
            rules: planned.rules,
            runs: planned.runs.clone(),
            options: self.run_options(),
            jobs: std::mem::take(&mut planned.jobs),
        };
        Some((begun, planned))
    }

    fn plan(&self, store: &mut FaultyStore) -> Result<Planned, JournalError> {
        let command = &self.command;
        let campaign = store.campaign(command.campaign)?;
        let asked = campaign.map(|campaign| (&mut *store as &mut dyn Store, campaign));
        let rules = plan::rules(asked, command.once_per, command.resend)?;
        let mut builder = NumbersBuilder::default();
        for number in &command.list {
            builder.add(msisdn(*number), Tag::NONE);
        }
        let mut numbers = builder.finish();
        let mut excluded: Vec<_> = command.exclude.iter().map(|number| msisdn(*number)).collect();
        excluded.sort_unstable();
        let lookup = Lookup {
            campaign,
            rules: &rules,
            exclude: &excluded,
            ended: None,
            detail: Detail::State,
        };
        let standings = Standings::look(&lookup, Some(store), &mut numbers)?;
        let mut jobs = Vec::new();
        for (line, number) in (2..).zip(&command.list) {
            let Occurrence::First(decision) = numbers.meet(msisdn(*number), line) else {
                continue;
            };
            if decision.sends() && command.limit.is_none_or(|limit| (jobs.len() as u64) < limit) {
                jobs.push(RowJob {
                    number: msisdn(*number),
                    line,
                    body: body(msisdn(*number)),
                    expires_in: command.expires_in,
                    decision,
                });
            }
        }
        numbers.rewind();
        Ok(Planned {
            numbers,
            excluded,
            rules,
            runs: standings.runs,
            jobs,
        })
    }

    fn begin(&self, store: &mut FaultyStore, planned: &Planned) -> Result<RunId, JournalError> {
        let run = NewRun {
            name: RunName::random(),
            campaign: self.command.campaign.to_owned(),
            began: crate::clock::now(),
            timeout: self.command.timeout,
            list: "people.csv".to_owned(),
            digest: None,
            settings: String::new(),
        };
        let (id, _) = store.begin(&run)?;
        store.exclude(&planned.excluded)?;
        Ok(id)
    }

    fn run_options(&self) -> RunOptions {
        RunOptions {
            concurrency: self.command.concurrency,
            rate: self.command.rate.map(|rate| rate.parse().unwrap()),
            retries: self.command.retries,
            max_failures: 4,
            max_duration: None,
            limit: None,
        }
    }
}

fn body(number: Msisdn) -> wire::Body {
    wire::request::body(&PinRequest {
        msisdn: number,
        sender: None,
        hlr_lookup: None,
        sms_text: None,
        report_url: Some(ReportUrl::parse("https://a.example/dlr").unwrap()),
        pin_params: crate::domain::pin_params::PinParams::default(),
    })
}
