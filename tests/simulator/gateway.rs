//! The gateway of a simulated world. Its account of who was sent what is the truth.

use super::list::{API_KEY, PIN};
use super::process::{Process, World};
use super::step::Chance;
use crate::batch::send::{Attempting, PinGateway};
use crate::domain::api_key::ApiKey;
use crate::outcome::{AnswerBody, Exchange, NotSent, judge};
use crate::wire::{Body, ReceivedBody, Secrets};
use std::cell::RefCell;
use std::time::Duration;

/// What becomes of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Accepted,
    /// The SMS leaves, and the answer is lost.
    AnswerLost,
    /// The request is lost, and that can't be told from the other.
    RequestLost,
    NotSent,
    TooMany,
    /// An error of the gateway's own, after the SMS or before.
    Broken(bool),
    /// Half an answer.
    Half,
    Refused(&'static str),
}

impl Fate {
    const fn is_taken(self) -> bool {
        matches!(
            self,
            Self::Accepted | Self::AnswerLost | Self::Broken(true) | Self::Half
        )
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Accepted => "SMS accepted",
            Self::AnswerLost => "answer lost",
            Self::RequestLost => "request lost",
            Self::NotSent => "no connection",
            Self::TooMany => "429",
            Self::Broken(_) => "5xx",
            Self::Half => "half an answer",
            Self::Refused(id) => id,
        }
    }
}

impl Fate {
    /// What comes back, and when it comes in time. The gateway says the key back, and tells the PIN.
    fn exchange(self) -> Exchange {
        let secrets = Secrets::new(&ApiKey::parse(API_KEY).unwrap(), None);
        let answered = |http, body: String| Exchange::Answered {
            http,
            retry_after: None,
            body: AnswerBody::Whole(ReceivedBody::new(body.into(), secrets.clone())),
        };
        match self {
            Self::Accepted => answered(200, format!(r#"{{"status":"ok","pin":"{PIN}"}}"#)),
            Self::AnswerLost | Self::RequestLost => Exchange::NoAnswer {
                detail: "the connection was reset".to_owned(),
            },
            Self::NotSent => Exchange::NotSent(NotSent::default()),
            Self::TooMany => answered(429, String::new()),
            Self::Broken(_) => answered(503, "<html>".to_owned()),
            Self::Half => Exchange::Answered {
                http: 200,
                retry_after: None,
                body: AnswerBody::Broken {
                    detail: "half".to_owned(),
                },
            },
            Self::Refused(id) => {
                let says = format!("the key {API_KEY} may not");
                answered(
                    400,
                    format!(r#"{{"status":"error","error_id":"{id}","error_msg":"{says}"}}"#),
                )
            }
        }
    }
}

/// The gateway as one process sees it.
pub(super) struct SimulatedGateway {
    pub(super) world: World,
    pub(super) process: Process,
    pub(super) timeout: Duration,
    pub(super) chance: RefCell<Chance>,
    /// It accepts everything at once.
    pub(super) is_kind: bool,
}

impl SimulatedGateway {
    fn fate(&self) -> Fate {
        if self.is_kind {
            return Fate::Accepted;
        }
        let mut chance = self.chance.borrow_mut();
        match chance.below(40) {
            0..=15 => Fate::Accepted,
            16..=19 => Fate::AnswerLost,
            20..=21 => Fate::RequestLost,
            22..=23 => Fate::NotSent,
            24..=26 => Fate::TooMany,
            27..=28 => Fate::Broken(chance.once_in(2)),
            29 => Fate::Half,
            30..=32 => Fate::Refused("INVALID_NUMBER"),
            33..=34 => Fate::Refused("BAD_PARAMS"),
            35..=36 => Fate::Refused("NOT_ENOUGH_BALANCE"),
            37 => Fate::Refused("UNAUTHORIZED"),
            38 => Fate::Refused("UNKNOWN_ERROR"),
            _ => Fate::Refused("BRAND_NEW"),
        }
    }

    async fn answer(&self, body: &Body) -> Exchange {
        if self.process.state().is_dead {
            std::future::pending::<()>().await;
        }
        let request: serde_json::Value = serde_json::from_str(&body.masked()).unwrap();
        let number: u64 = request["msisdn"].as_str().unwrap().parse().unwrap();
        let report_url = request["report_url"].as_str().unwrap();
        let id = report_url.rsplit_once("r=").unwrap().1.to_owned();
        let fate = self.fate();
        // The longest that a request may be on its way, whatever became of its client.
        let longest = self.timeout + Duration::from_secs(100);
        let latency = {
            let mut chance = self.chance.borrow_mut();
            let most = chance.pick(&[1, 40, 40, 4000, 400_000]);
            Duration::from_millis(if self.is_kind { 1 } else { chance.below(most) })
        };
        let taken = fate.is_taken().then_some((latency / 2).min(longest));
        self.world.account(|account| {
            account.departed(&self.process.state(), (number, id), taken);
            account.count(fate.name());
        });
        if self.process.dies_after_launch() {
            std::future::pending::<()>().await;
        }
        let is_late = latency >= self.timeout;
        tokio::time::sleep(latency.min(self.timeout)).await;
        if is_late && !matches!(fate, Fate::NotSent) {
            self.world.account(|account| account.count("answer too late"));
            return Exchange::NoAnswer {
                detail: "no answer".to_owned(),
            };
        }
        fate.exchange()
    }
}

impl PinGateway for SimulatedGateway {
    fn attempt<'a>(&'a self, body: &'a Body) -> Attempting<'a> {
        Box::pin(async { judge(self.answer(body).await, |_| Some(())) })
    }
}
