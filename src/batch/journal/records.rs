//! What goes into a journal and comes out of it. Nothing here knows SQL or files.

use crate::batch::state::{AttemptResult, CampaignKind, NumberState};
use crate::dlr::{DeliveryReport, DeliveryStatus};
use crate::domain::msisdn::Msisdn;
use crate::outcome::Verdict;
use jiff::Timestamp;
use std::fmt;
use std::time::Duration;

/// What a journal is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// For a run: nobody else may write it, nor begin a run.
    Locked,
    /// For a look, also while a run is writing it.
    ReadOnly,
}

/// What to do with a journal whose last records are lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LostRecords {
    /// Refuse to open it.
    Refuse,
    /// Go on: every number that the run which lost them may have sent to is `unknown`.
    CountAsUnknown,
}

impl LostRecords {
    pub(crate) const fn accepted(accepted: bool) -> Self {
        if accepted {
            Self::CountAsUnknown
        } else {
            Self::Refuse
        }
    }
}

/// Names one attempt in its report URL: whoever knows it has seen that request, or a delivery report for it. Shown as 32
/// hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ReportId(pub(super) [u8; 16]);

impl ReportId {
    /// So many new ones, from the system's generator.
    pub(crate) fn random(ids: usize) -> Vec<Self> {
        let mut bytes = vec![[0; 16]; ids];
        getrandom::fill(bytes.as_flattened_mut()).expect("the operating system provides secure random bytes");
        bytes.into_iter().map(Self).collect()
    }
}

impl ReportId {
    /// Reads what `Display` writes. `None` for any other text, which is not an id of ours.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 32 {
            return None;
        }
        let mut bytes = [0; 16];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let value = |digit: u8| char::from(digit).to_digit(16);
            *byte = u8::try_from(value(pair[0])? * 16 + value(pair[1])?).ok()?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for ReportId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A PIN may have been made this long after its request began, or after we stopped waiting for the answer.
const GRACE_MILLIS: i64 = 120_000;

/// When the PIN of an attempt, if there is one, can't be valid any more, in milliseconds since 1970; `None` where it never ends.
/// `over` is when the attempt was last heard of, and `expires_in` is in seconds.
pub(super) fn pin_ends(over: i64, expires_in: i64) -> Option<i64> {
    let life = expires_in.saturating_mul(1000);
    (expires_in > 0).then(|| over.saturating_add(GRACE_MILLIS).saturating_add(life))
}

/// What is written before an attempt's first byte leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Intent {
    pub(crate) number: Msisdn,
    pub(crate) at: Timestamp,
    /// How long its PIN is valid, in seconds; 0 is for ever.
    pub(crate) expires_in: u32,
    /// True where somebody has agreed that this may be a second SMS.
    pub(crate) repeat: bool,
    pub(crate) report_id: ReportId,
}

/// The right to make one attempt: its intent is on disk. One that is dropped leaves the number `unknown`.
#[derive(Debug)]
#[must_use = "an intent without an outcome is unknown"]
pub(crate) struct Ticket {
    pub(super) attempt: i64,
    pub(super) report_id: ReportId,
}

impl Ticket {
    /// The id in the report URL of the attempt.
    pub(crate) const fn report_id(&self) -> ReportId {
        self.report_id
    }
}

/// What became of an intent.
#[derive(Debug)]
#[must_use = "an intent without an outcome is unknown"]
pub(crate) enum Grant {
    Granted(Ticket),
    /// Another run has this number: it has sent to it, is sending to it, or may have.
    Taken,
}

/// What became of a group of orders that is durable.
#[derive(Debug, Default)]
pub(super) struct Committed {
    /// For each intent of the group, in their order.
    pub(super) grants: Vec<Grant>,
    /// The error id with which the gateway refused the account to another run. Then no intent of the group was written.
    pub(super) account_refused: Option<String>,
}

impl Committed {
    /// Every intent was granted.
    pub(super) fn all(tickets: Vec<Ticket>) -> Self {
        Self {
            grants: tickets.into_iter().map(Grant::Granted).collect(),
            account_refused: None,
        }
    }
}

/// What is written after an attempt. No text in it may hold a PIN or the key: whoever fills it has seen to that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AttemptOutcome {
    pub(crate) ended: AttemptResult,
    pub(crate) at: Timestamp,
    pub(crate) http: Option<u16>,
    pub(crate) error_id: Option<String>,
    pub(crate) error_msg: Option<String>,
    pub(crate) detail: Option<String>,
}

impl AttemptOutcome {
    /// The characters of a text that are kept.
    pub(crate) const LONGEST_TEXT: usize = 300;

    /// What an attempt brought, ended at a point in time.
    pub(crate) fn of<T>(verdict: &Verdict<T>, at: Timestamp) -> Self {
        Self {
            ended: AttemptResult::of(&verdict.outcome),
            at,
            http: verdict.http,
            error_id: verdict.error_id.as_ref().map(ToString::to_string),
            error_msg: verdict.error_msg.clone(),
            detail: verdict.detail.clone(),
        }
    }

    /// That of an attempt that was unknown until a delivery report for it came.
    pub(super) fn settled(before: Option<Self>, at: Timestamp) -> Self {
        Self {
            ended: AttemptResult::Accepted,
            at,
            http: before.and_then(|outcome| outcome.http),
            error_id: None,
            error_msg: None,
            detail: Some("unknown at first; a delivery report shows that the SMS was sent".to_owned()),
        }
    }
}

/// An attempt, read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PastAttempt {
    pub(crate) at: Timestamp,
    pub(crate) repeat: bool,
    /// `None` is an intent without an outcome.
    pub(crate) outcome: Option<AttemptOutcome>,
}

/// What the journal knows of one number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NumberHistory {
    pub(crate) standing: NumberState,
    /// The attempts of the campaign that the standing comes from.
    pub(crate) attempts: u32,
    /// Of these, the last that made the standing what it is; `None` for a number that was not tried.
    pub(crate) deciding: Option<PastAttempt>,
    /// For an unknown number: what the gateway said when it refused a later attempt. The number stays unknown.
    pub(crate) refused_later: Option<AttemptOutcome>,
    /// What the delivery reports say.
    pub(crate) delivery: Option<RowDelivery>,
}

impl NumberHistory {
    /// Of a number that no attempt was made for.
    pub(crate) const UNTRIED: Self = Self {
        standing: NumberState::NEW,
        attempts: 0,
        deciding: None,
        refused_later: None,
        delivery: None,
    };
}

/// A report that is to be added to a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReportToAdd {
    /// Of everything that it says, so that it is added once.
    pub(crate) digest: [u8; 16],
    /// What came with it in the URL.
    pub(crate) report_id: Option<String>,
    pub(crate) received_at: Timestamp,
    /// `None` for something that is no delivery report.
    pub(crate) report: Option<DeliveryReport>,
}

/// What became of reports that were added to a journal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ReconcileCounts {
    pub(crate) reports: u64,
    /// Things that are no delivery reports.
    pub(crate) foreign: u64,
    /// Those that the journal had already.
    pub(crate) known: u64,
    /// Those that it had not. Each of them is one of the next three.
    pub(crate) new: u64,
    /// Those that came with the id of an attempt.
    pub(crate) matched: u64,
    /// Those without an id, for a number that is unknown.
    pub(crate) probable: u64,
    /// Those that fit no attempt.
    pub(crate) unmatched: u64,
    /// Numbers that were unknown and are accepted now.
    pub(crate) settled: u64,
}

impl std::ops::AddAssign for ReconcileCounts {
    fn add_assign(&mut self, other: Self) {
        self.reports += other.reports;
        self.foreign += other.foreign;
        self.known += other.known;
        self.new += other.new;
        self.matched += other.matched;
        self.probable += other.probable;
        self.unmatched += other.unmatched;
        self.settled += other.settled;
    }
}

/// What the reports say became of the SMS to a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RowDelivery {
    pub(crate) status: DeliveryStatus,
    /// When the SMS came into this status, where the report tells it.
    pub(crate) at: Option<Timestamp>,
    pub(crate) received_at: Timestamp,
    /// When the request began that the report came for. `None` where no id came with it: then it is only probable that it is
    /// about an SMS of this batch.
    pub(crate) sent_at: Option<Timestamp>,
}

impl RowDelivery {
    /// Of two reports for one number the one to show: that which came for a known attempt, then a final one, then the later.
    pub(crate) fn or_better(self, other: Self) -> Self {
        let rank = |delivery: &Self| {
            let at = delivery.at.unwrap_or(delivery.received_at);
            (delivery.sent_at.is_some(), delivery.status.is_final(), at)
        };
        if rank(&other) > rank(&self) { other } else { self }
    }

    /// From the request to this status. Dates of reports have whole seconds, so the request can seem to be later.
    pub(crate) fn taken(&self) -> Option<Duration> {
        let taken = self.at?.duration_since(self.sent_at?);
        Some(Duration::try_from(taken).unwrap_or_default())
    }
}

/// An accepted attempt whose SMS has a delivery report to come, or had one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AwaitedAttempt {
    pub(crate) msisdn: Msisdn,
    /// `None` for an attempt of a journal of format 1.
    pub(crate) report_id: Option<ReportId>,
    pub(crate) started_at: Timestamp,
}

/// What a run has before it, counted by its preflight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RunPlan {
    pub(crate) rows: u64,
    pub(crate) invalid: u64,
    pub(crate) duplicates: u64,
    /// Numbers to send to, whatever `--limit` says; those to be retried are not counted.
    pub(crate) open: u64,
}

impl RunPlan {
    /// The counts as databases hold them, in the order of the fields.
    pub(super) fn signed(self) -> [i64; 4] {
        [self.rows, self.invalid, self.duplicates, self.open]
            .map(|count| count.try_into().unwrap_or(i64::MAX))
    }
}

/// When the last run of a campaign began, and when it was last heard of: its end, where it is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RunSpan {
    pub(crate) began: Timestamp,
    pub(crate) ended: Timestamp,
}

/// The journal's last campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Campaign {
    pub(crate) kind: CampaignKind,
    pub(crate) begun_at: Timestamp,
    pub(crate) fingerprint: crate::batch::fingerprint::Fingerprint,
    /// True once a run has said that it is finished.
    pub(crate) concluded: bool,
    /// Its last run.
    pub(crate) plan: RunPlan,
    /// The attempt after which that run began.
    pub(super) after_attempt: i64,
}

/// A campaign of a database, as a list of them has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CampaignSummary {
    pub(crate) name: String,
    /// Its numbers were deleted.
    pub(crate) forgotten: bool,
    /// A run has said that it is finished.
    pub(crate) concluded: bool,
    /// When its last run began.
    pub(crate) last_run: Timestamp,
    /// Numbers that were tried.
    pub(crate) numbers: u64,
    /// Runs that are at work on it.
    pub(crate) runs: u64,
}

/// The numbers that stand for values in the file: one table for both directions.
macro_rules! codes {
    ($type:ident: $($variant:ident = $code:literal),*) => {
        impl $type {
            pub(super) const fn code(self) -> i64 {
                match self {
                    $(Self::$variant => $code,)*
                }
            }

            pub(super) const fn from_code(code: i64) -> Option<Self> {
                match code {
                    $($code => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

codes!(AttemptResult: Accepted = 1, Refused = 2, RefusedAccount = 3, Unsent = 4, Unknown = 5);
codes!(CampaignKind: First = 0, SkipSent = 1, Again = 2, Forgotten = 3);
