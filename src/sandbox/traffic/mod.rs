//! The log of what was asked and answered: the last requests, with the reason and the rule where one was refused. Keys and
//! PINs are masked before they are shown.

mod mask;
mod rule;

use super::fault::CallFault;
use super::store::Millis;
use crate::domain::msisdn::Msisdn;
use crate::server::{RequestBody, ServerReply};
use crate::wire::Call;
use crate::wire::server::RequestRefusal;
use bytes::Bytes;
use hyper::Request;
use mask::TrafficMask;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{mpsc, watch};

/// How many requests are remembered.
pub(crate) const REMEMBERED: usize = 1_000;
/// Bytes of a body that are remembered.
const BODY: usize = 4 * 1024;

/// The last requests. The newest is at the end.
pub(crate) struct Traffic {
    log: Mutex<TrafficLog>,
    /// The number of the last request.
    last: watch::Sender<u64>,
    /// The keys that are accepted.
    keys: Arc<[String]>,
}

#[derive(Default)]
struct TrafficLog {
    entries: VecDeque<Arc<SeenExchange>>,
    /// A reader who wants to see each request at once.
    follower: Option<mpsc::UnboundedSender<Arc<SeenExchange>>>,
}

/// One request and what became of it, with all its secrets. So there is no `Debug`.
pub(crate) struct SeenExchange {
    id: u64,
    at: Millis,
    method: String,
    /// Without the query, in which some clients put their key.
    path: String,
    call: Option<Call>,
    account: Option<String>,
    msisdn: Option<Msisdn>,
    refusal: Option<RequestRefusal>,
    fault: Option<CallFault>,
    request: Box<[u8]>,
    /// Whether more came than was kept.
    cut: bool,
    http: Option<u16>,
    answer: Option<Bytes>,
    /// What is masked wherever it stands.
    keys: Arc<[String]>,
}

/// A request with its secrets masked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ShownExchange {
    /// Grows with every request of a server.
    pub(crate) id: u64,
    /// In Unix milliseconds, by the sandbox's clock.
    pub(crate) at: i64,
    pub(crate) method: String,
    /// Without a query.
    pub(crate) path: String,
    /// The gateway's call, such as `2fa/request`; null for another path.
    pub(crate) call: Option<String>,
    /// The beginning of the SHA-256 of the key, where it is one that the sandbox knows.
    pub(crate) account: Option<String>,
    pub(crate) msisdn: Option<String>,
    /// The HTTP code; null where no answer was sent.
    pub(crate) http: Option<u16>,
    /// `ok`, or the `error_id`; null where the answer is not the gateway's.
    pub(crate) status: Option<String>,
    /// Why it was refused, in words.
    pub(crate) reason: Option<String>,
    /// The rule of the contract that it broke.
    pub(crate) rule: Option<String>,
    /// The fault that was made on purpose.
    pub(crate) fault: Option<String>,
    /// The body, masked.
    pub(crate) request: String,
    /// The answer's body, masked.
    pub(crate) answer: Option<String>,
}

/// Which requests to look at. What isn't said leaves none out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TrafficFilter {
    pub(crate) msisdn: Option<Msisdn>,
    pub(crate) account: super::store::accounts::AccountPrefix,
    pub(crate) call: Option<Call>,
    /// Those that got no success.
    pub(crate) refused: bool,
    /// Those after this one.
    pub(crate) after: Option<u64>,
}

impl Traffic {
    pub(crate) fn new(keys: Arc<[String]>) -> Self {
        Self {
            keys,
            log: Mutex::default(),
            last: watch::Sender::new(0),
        }
    }

    /// Takes a request in, and forgets the oldest where there are too many.
    pub(crate) fn add(&self, mut exchange: SeenExchange) {
        let mut log = self.lock();
        let id = *self.last.borrow() + 1;
        exchange.id = id;
        exchange.keys = Arc::clone(&self.keys);
        let exchange = Arc::new(exchange);
        if log.entries.len() == REMEMBERED {
            log.entries.pop_front();
        }
        if let Some(follower) = &log.follower {
            // A follower who has gone misses nothing.
            let _ = follower.send(Arc::clone(&exchange));
        }
        log.entries.push_back(exchange);
        self.last.send_replace(id);
    }

    /// Every request from now on, for one who shows them.
    pub(crate) fn follow(&self) -> mpsc::UnboundedReceiver<Arc<SeenExchange>> {
        let (sender, receiver) = mpsc::unbounded_channel();
        self.lock().follower = Some(sender);
        receiver
    }

    /// Resolves with every request from now on.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.last.subscribe()
    }

    /// The newest first, at most `limit`.
    pub(crate) fn list(&self, filter: &TrafficFilter, limit: usize) -> Vec<ShownExchange> {
        let entries: Vec<_> = {
            let log = self.lock();
            let fitting = log.entries.iter().rev().filter(|exchange| filter.fits(exchange));
            fitting.take(limit).map(Arc::clone).collect()
        };
        entries.iter().map(|exchange| exchange.show()).collect()
    }

    /// The number of the last request; 0 if there was none.
    pub(crate) fn last(&self) -> u64 {
        *self.last.borrow()
    }

    fn lock(&self) -> MutexGuard<'_, TrafficLog> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TrafficFilter {
    fn fits(&self, exchange: &SeenExchange) -> bool {
        self.msisdn.is_none_or(|msisdn| exchange.msisdn == Some(msisdn))
            && (self.account.as_str().is_none()
                || exchange
                    .account
                    .as_ref()
                    .is_some_and(|name| self.account.covers(name)))
            && self.call.is_none_or(|call| exchange.call == Some(call))
            && self.after.is_none_or(|after| exchange.id > after)
            && (!self.refused || !exchange.succeeded())
    }
}

impl SeenExchange {
    /// What became of `request`; `reply` is what goes out.
    #[expect(clippy::too_many_arguments, reason = "one line of a log, made in one place")]
    pub(crate) fn new(
        at: Millis,
        call: Option<Call>,
        request: &Request<RequestBody>,
        reply: &ServerReply,
        account: Option<String>,
        msisdn: Option<Msisdn>,
        refusal: Option<RequestRefusal>,
        fault: Option<CallFault>,
    ) -> Self {
        let body: &[u8] = request.body().as_ref().map_or(&[], |body| body);
        let (http, answer) = match reply {
            ServerReply::Whole(response) | ServerReply::Half(response) => {
                (Some(response.status().as_u16()), Some(response.body().clone()))
            }
            ServerReply::Cut | ServerReply::Reset | ServerReply::Hang => (None, None),
        };
        Self {
            id: 0,
            at,
            method: request.method().to_string(),
            path: request.uri().path().to_owned(),
            call,
            account,
            msisdn,
            refusal,
            fault,
            request: body[..body.len().min(BODY)].into(),
            cut: body.len() > BODY,
            http,
            answer,
            keys: Arc::default(),
        }
    }

    fn succeeded(&self) -> bool {
        self.refusal.is_none()
            && self.http == Some(200)
            && self.call.is_some()
            && self
                .fault
                .as_ref()
                .is_none_or(|fault| fault.fault.keeps_the_answer())
    }

    /// With its secrets masked.
    pub(crate) fn show(&self) -> ShownExchange {
        let secrets = TrafficMask::of(&self.request, &self.keys);
        let answer = self.answer.as_deref().map(String::from_utf8_lossy);
        let sent: Option<serde_json::Value> =
            answer.as_deref().and_then(|text| serde_json::from_str(text).ok());
        let field = |name: &str| Some(sent.as_ref()?.get(name)?.as_str()?.to_owned());
        let status = field("error_id").or_else(|| field("status"));
        ShownExchange {
            id: self.id,
            at: self.at.0,
            method: self.method.clone(),
            path: secrets.masked(&self.path),
            call: self.call.map(|call| call.path().to_owned()),
            account: self.account.clone(),
            msisdn: self.msisdn.map(|msisdn| msisdn.to_string()),
            http: self.http,
            status,
            reason: self.reason().map(|reason| secrets.masked(&reason)),
            rule: self.refusal.as_ref().and_then(rule::broken).map(str::to_owned),
            fault: self.fault.as_ref().map(|fault| fault.fault.to_string()),
            request: secrets.body(&self.request, self.cut),
            answer: answer.map(|text| secrets.masked(&text)),
        }
    }

    fn reason(&self) -> Option<String> {
        let refused = self.refusal.as_ref().map(|refusal| match refusal.detail() {
            Some(detail) => format!("{} ({detail})", refusal.message()),
            None => refusal.message().to_owned(),
        });
        refused.or_else(|| match (&self.fault, self.http) {
            (Some(fault), _) => Some(format!("the fault {} was asked for", fault.fault)),
            (None, Some(404)) => Some("there is no such path".to_owned()),
            (None, Some(403)) => {
                Some("a page of another origin, or a host name that is not allowed".to_owned())
            }
            (None, Some(405)) => Some("a method that this path doesn't take".to_owned()),
            _ => None,
        })
    }
}

impl ShownExchange {
    /// One line for a terminal.
    pub(crate) fn line(&self) -> String {
        use std::fmt::Write as _;
        let http = self
            .http
            .map_or_else(|| "no answer".to_owned(), |code| code.to_string());
        let mut line = format!("{} {} {http}", self.method, self.path);
        if let Some(status) = &self.status {
            let _ = write!(line, " {status}");
        }
        if let Some(reason) = &self.reason {
            let _ = write!(line, ": {reason}");
        }
        if let Some(rule) = &self.rule {
            let _ = write!(line, "; rule: {rule}");
        }
        let _ = write!(line, "  {}", self.request);
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_forgets_the_oldest_and_numbers_go_on() {
        let traffic = Traffic::new(Arc::default());
        let request = Request::builder()
            .uri("/x?api_key=secret")
            .body(Ok(Bytes::new()))
            .unwrap();
        for _ in 0..REMEMBERED + 5 {
            let exchange = SeenExchange::new(
                Millis(1),
                None,
                &request,
                &ServerReply::Cut,
                None,
                None,
                None,
                None,
            );
            traffic.add(exchange);
        }
        let all = traffic.list(&TrafficFilter::default(), usize::MAX);
        assert_eq!((all.len(), all[0].id, traffic.last()), (REMEMBERED, 1_005, 1_005));
        assert_eq!((all[0].path.as_str(), all[0].http), ("/x", None));
        let after = TrafficFilter {
            after: Some(1_003),
            ..TrafficFilter::default()
        };
        assert_eq!(traffic.list(&after, 10).len(), 2);
        assert_eq!(traffic.list(&after, 1)[0].id, 1_005);
    }
}
