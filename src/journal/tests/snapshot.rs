//! All that can be read of a journal, as lines that are the same whichever ids an engine gives.

use crate::domain::msisdn::Msisdn;
use crate::journal::attempt::{Attempt, Detail};
use crate::journal::reading;
use crate::journal::run::{CampaignId, RunId};
use crate::journal::store::{Forget, Store};
use jiff::Timestamp;
use std::collections::HashMap;

/// The names of runs by their ids in one engine: an attempt's run may be gone.
pub(super) type RunNames = HashMap<RunId, String>;

/// Reads all of a journal. `moment` is what [`Forget::OlderThan`] is asked about.
pub(super) fn lines(
    store: &mut dyn Store,
    names: &RunNames,
    campaigns: &[&str],
    numbers: &[Msisdn],
    moment: Timestamp,
) -> Vec<String> {
    let mut lines = vec![format!("knows since {:?}", store.knows_since().unwrap())];
    for name in campaigns {
        let Some(campaign) = store.campaign(name).unwrap() else {
            lines.push(format!("no campaign {name}"));
            continue;
        };
        for (msisdn, attempts) in read(store, campaign, numbers) {
            for attempt in attempts {
                let run = &names[&attempt.run];
                let attempt = Attempt {
                    run: RunId(0),
                    ..attempt
                };
                lines.push(format!("{name} {msisdn} run {run}: {attempt:?}"));
            }
        }
        let count = store.count_to_forget(&Forget::Campaign(campaign)).unwrap();
        lines.push(format!("{name}: {count} to forget"));
    }
    lines.extend(counts(store));
    lines.extend(runs(store));
    let mut excluded = Vec::new();
    store
        .excluded(&mut numbers.iter().copied(), &mut |msisdn, run| {
            excluded.push(format!("{msisdn} excluded by {}", names[&run]));
        })
        .unwrap();
    lines.extend(excluded);
    for what in [Forget::OlderThan(moment), Forget::Number(numbers[0])] {
        let count = store.count_to_forget(&what).unwrap();
        lines.push(format!("{what:?}: {count}"));
    }
    for (_, campaign) in store.campaigns().unwrap() {
        assert_eq!(store.lost_runs(&campaign).unwrap(), [], "no records were lost");
    }
    lines
}

/// The attempts in full, which are those that a decision reads, and answers beside.
fn read(store: &mut dyn Store, campaign: CampaignId, numbers: &[Msisdn]) -> Vec<(Msisdn, Vec<Attempt>)> {
    let mut read = |detail| {
        let mut found = Vec::new();
        let each = |msisdn, attempts: &[Attempt]| found.push((msisdn, attempts.to_vec()));
        reading::read(store, campaign, &mut numbers.iter().copied(), detail, each).unwrap();
        found
    };
    let full = read(Detail::Full);
    let mut without_answers = full.clone();
    for (_, attempts) in &mut without_answers {
        assert!(!attempts.is_empty());
        for attempt in attempts {
            attempt.answer = None;
        }
    }
    assert_eq!(read(Detail::State), without_answers);
    full
}

fn counts(store: &mut dyn Store) -> Vec<String> {
    let counted = reading::count_campaigns(store).unwrap();
    let lines = counted.into_iter().map(|counts| {
        let mut counts = counts;
        counts.id = CampaignId(0);
        format!("{counts:?}")
    });
    lines.collect()
}

fn runs(store: &mut dyn Store) -> Vec<String> {
    let runs = store.runs().unwrap();
    let campaigns: HashMap<CampaignId, String> = store.campaigns().unwrap().into_iter().collect();
    let lines = runs.into_iter().map(|mut run| {
        let campaign = &campaigns[&run.campaign];
        (run.id, run.campaign) = (RunId(0), CampaignId(0));
        (run.host, run.pid) = (String::new(), 0);
        format!("{campaign}: {run:?}")
    });
    let mut lines: Vec<String> = lines.collect();
    lines.sort();
    lines
}
