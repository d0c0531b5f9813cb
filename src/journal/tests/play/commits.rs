//! Groups of claims and outcomes, right ones and wrong ones.

use super::{Actor, Both, Game};
use crate::journal::attempt::{AnswerRecord, AttemptOutcome, AttemptState, Refusal, Ticket};
use crate::journal::decision::{Resend, ResendUnknown, Rules};
use crate::journal::store::{Claim, Claimed, Closing, Group};
use crate::journal::tests::Dice;
use crate::journal::{Attempt, Detail, Store};
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

impl Game<'_> {
    pub(super) fn commit(&mut self, actor: usize) {
        let group = self.group(actor);
        let rules = self.rules();
        self.log
            .push(format!("{actor} commits {group:?} by {rules:?} at {}", self.now));
        let Actor { store, run } = &mut self.actors[actor];
        let run = run.as_mut().unwrap();
        let engine = store.engine.commit(&group, &rules, &run.dead.engine, self.now);
        let memory = store.memory.commit(&group, &rules, &run.dead.memory, self.now);
        let is_done = |ticket: &Ticket| {
            group.taken_back.contains(ticket)
                || group.closings.iter().any(|closing| closing.ticket == *ticket)
        };
        run.open.retain(|ticket| !is_done(ticket));
        run.closed.extend(group.closings.iter().cloned());
        for claimed in memory.as_deref().unwrap() {
            if let Claimed::Granted(ticket) = claimed {
                run.open.push(*ticket);
                let id = Both {
                    engine: store.engine.report_key().id(ticket),
                    memory: store.memory.report_key().id(ticket),
                };
                self.ids.push((ticket.msisdn, id));
            }
        }
        self.same(engine, memory).unwrap();
    }

    fn group(&mut self, actor: usize) -> Group {
        let mut group = Group::default();
        for _ in 0..self.dice.below(5) {
            group.claims.push(Claim {
                msisdn: self.dice.pick(&self.numbers),
                expires_in: self.dice.pick(&[0, 60, 300]),
                is_repeat: self.dice.once_in(3),
            });
        }
        let run = self.actors[actor].run.as_ref().unwrap();
        for ticket in &run.open {
            match self.dice.below(4) {
                0 => group.taken_back.push(*ticket),
                1 | 2 => group.closings.push(Closing {
                    ticket: *ticket,
                    outcome: outcome(&mut self.dice, self.now),
                }),
                _ => {}
            }
        }
        // An outcome whose commit has had no answer is written again, as long as its attempt is there.
        if let Some(closing) = run.closed.last().filter(|_| self.dice.once_in(8)) {
            let is_last = run.open.iter().all(|open| open.msisdn != closing.ticket.msisdn);
            if is_last && self.stands(actor, closing.ticket) == Some(closing.outcome.state) {
                group.closings.push(closing.clone());
            }
        }
        group
    }

    /// How an attempt of this actor's campaign stands.
    fn stands(&self, actor: usize, ticket: Ticket) -> Option<AttemptState> {
        let campaign = self.actors[actor].run.as_ref().unwrap().campaign.memory;
        let mut state = None;
        let each = &mut |_, attempt: Attempt| {
            if attempt.nth == ticket.nth {
                state = Some(attempt.state);
            }
        };
        let mut number = std::iter::once(ticket.msisdn);
        let detail = Detail::State;
        self.memory
            .open()
            .read(campaign, &mut number, detail, each)
            .unwrap();
        state
    }

    /// Closes what is another run's, or what is not there, or is closed otherwise: nothing of the group may stay.
    pub(super) fn commit_wrong(&mut self, actor: usize) {
        let mut group = self.group(actor);
        let number = self.dice.pick(&self.numbers);
        group.closings.push(Closing {
            ticket: Ticket {
                msisdn: number,
                nth: self.dice.pick(&[1, 2, 99]),
            },
            outcome: outcome(&mut self.dice, self.now),
        });
        let rules = self.rules();
        self.log
            .push(format!("{actor} commits, perhaps wrongly, {group:?}"));
        let Actor { store, run } = &mut self.actors[actor];
        let own = run.as_mut().unwrap();
        let engine = store.engine.commit(&group, &rules, &own.dead.engine, self.now);
        let memory = store.memory.commit(&group, &rules, &own.dead.memory, self.now);
        let is_written = self.same(engine, memory).is_ok();
        if is_written {
            // What stands now is not what this actor has noted of its tickets: it begins anew.
            self.kill(actor);
        }
    }

    fn rules(&mut self) -> Rules {
        let unknown = [ResendUnknown::Never, ResendUnknown::PinOver, ResendUnknown::All];
        Rules {
            now: self.now,
            once_per: self.dice.once_in(3).then(|| Duration::from_hours(1)),
            since: self
                .dice
                .once_in(4)
                .then(|| self.now - SignedDuration::from_hours(2)),
            resend: Resend {
                unknown: self.dice.pick(&unknown),
                refused: self.dice.once_in(3),
                undelivered: self.dice.once_in(3),
            },
        }
    }
}

fn outcome(dice: &mut Dice, at: Timestamp) -> AttemptOutcome {
    let state = dice.pick(&[
        AttemptState::Accepted,
        AttemptState::Accepted,
        AttemptState::Refused(Refusal::Number),
        AttemptState::Refused(Refusal::Request),
        AttemptState::Refused(Refusal::Account),
        AttemptState::Unsent,
        AttemptState::Unknown,
    ]);
    let text = |dice: &mut Dice| dice.once_in(2).then(|| "por qué no".to_owned());
    AttemptOutcome {
        state,
        at,
        answer: AnswerRecord {
            http: dice.once_in(2).then_some(200),
            error_id: text(dice),
            error_msg: text(dice),
            detail: text(dice),
            latency_ms: dice.once_in(2).then_some(u32::MAX),
        },
    }
}
