//! What happens in a simulated world, as steps that are drawn from a seed.

use super::process::Kind;
use crate::journal::{Resend, ResendUnknown};
use std::time::Duration;

/// Random numbers that depend on the seed alone (`SplitMix64`).
#[derive(Clone, Debug)]
pub(super) struct Chance(pub(super) u64);

impl Chance {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    pub(super) fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    pub(super) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::try_from(self.below(choices.len() as u64)).unwrap()]
    }
}

/// The numbers of a world: few, so that runs meet.
pub(super) const NUMBERS: u64 = 8;

/// The last one is that of single requests.
pub(super) const CAMPAIGNS: [&str; 3] = ["default", "spring", "request"];

/// One command: what decides who is sent an SMS, and how fast.
#[derive(Clone, Debug)]
pub(super) struct Command {
    pub(super) campaign: &'static str,
    pub(super) list: Vec<u64>,
    pub(super) exclude: Vec<u64>,
    pub(super) limit: Option<u64>,
    pub(super) once_per: Option<Duration>,
    pub(super) resend: Resend,
    pub(super) concurrency: usize,
    pub(super) rate: Option<&'static str>,
    pub(super) retries: u32,
    pub(super) timeout: Duration,
    pub(super) expires_in: u32,
    /// Between the preflight and the yes.
    pub(super) hesitates: Duration,
    pub(super) chance: u64,
}

impl Command {
    /// Whether the age of an SMS may let its number in.
    pub(super) fn asks_ages(&self) -> bool {
        self.once_per.is_some() || self.resend.unknown == ResendUnknown::PinOver
    }

    /// The flags that decide who is sent an SMS.
    pub(super) fn flags(&self) -> impl Iterator<Item = &'static str> {
        let flags = [
            ("--exclude", !self.exclude.is_empty()),
            ("--limit", self.limit.is_some()),
            ("--once-per", self.once_per.is_some()),
            ("--campaign", self.campaign == "spring"),
            ("request --once-per", self.campaign == "request"),
            ("--resend unknown", self.resend.unknown == ResendUnknown::PinOver),
            ("--resend all-unknown", self.resend.unknown == ResendUnknown::All),
            ("--resend refused", self.resend.refused),
            ("--resend undelivered", self.resend.undelivered),
            ("--rate", self.rate.is_some()),
        ];
        flags
            .into_iter()
            .filter(|(_, is_given)| *is_given)
            .map(|(flag, _)| flag)
    }
}

/// What a journal does to a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum JournalTrouble {
    /// It is not made, and that is said.
    Refused,
    /// It is made, and the answer is lost.
    AnswerLost,
    /// It is not made, and the journal doesn't come back.
    Gone,
}

/// When a process is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    Now,
    BeforeCommit,
    AfterCommit,
    /// The request has left, and nothing else has happened since.
    AfterLaunch,
}

/// One thing that happens. A process is named by its place among those at work.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Start(Command),
    /// Milliseconds in which the processes work.
    Wait(u64),
    Kill(usize, Moment),
    /// A stopped process keeps its lock.
    Freeze(usize),
    Thaw(usize),
    LoseSession(usize),
    Signal(usize),
    Trouble(usize, JournalTrouble),
    /// The time of day is set anew, by seconds.
    Jump(i64),
    /// The machine sleeps for seconds.
    Sleep(u64),
    /// A report about one of the SMS that were taken, and how it says that it ended.
    Report(usize, &'static str, bool),
    Forget(&'static str),
    Adopt(&'static str),
    Readmit(u64),
    CopyJournal,
    /// The journal goes, and one of its copies comes into its place, or a new one; true where it moves to another machine.
    ReplaceJournal(Option<usize>, bool),
}

impl Step {
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Start(_) => "start",
            Self::Wait(_) => "wait",
            Self::Kill(_, Moment::Now) => "kill",
            Self::Kill(_, Moment::BeforeCommit) => "kill before a commit",
            Self::Kill(_, Moment::AfterCommit) => "kill after a commit",
            Self::Kill(_, Moment::AfterLaunch) => "kill after a launch",
            Self::Freeze(_) => "stop a process",
            Self::Thaw(_) => "let it go on",
            Self::LoseSession(_) => "lose a session",
            Self::Signal(_) => "signal",
            Self::Trouble(_, JournalTrouble::Refused) => "commit refused",
            Self::Trouble(_, JournalTrouble::AnswerLost) => "answer of a commit lost",
            Self::Trouble(_, JournalTrouble::Gone) => "journal gone",
            Self::Jump(..0) => "clock set back",
            Self::Jump(_) => "clock set forward",
            Self::Sleep(_) => "machine sleeps",
            Self::Report(_, _, true) => "report with id",
            Self::Report(_, _, false) => "report without id",
            Self::Forget(_) => "forget",
            Self::Adopt(_) => "adopt",
            Self::Readmit(_) => "readmit",
            Self::CopyJournal => "copy of the journal",
            Self::ReplaceJournal(None, _) => "journal lost",
            Self::ReplaceJournal(Some(_), false) => "journal from a copy",
            Self::ReplaceJournal(Some(_), true) => "journal from a copy, on another machine",
        }
    }
}

/// What a seed's world has as files: in one of four a journal is lost, and one of fifty has its journal in SQLite.
pub(super) fn kind(seed: u64) -> Kind {
    match seed {
        _ if seed.is_multiple_of(4) => Kind::Lists,
        _ if seed % 50 == 1 => Kind::Journal,
        _ => Kind::InMemory,
    }
}

/// The steps of a seed.
pub(super) fn draw(seed: u64) -> Vec<Step> {
    let mut steps = draw_whole(seed);
    if seed % 16 == 3 {
        steps.splice(0..0, sent_again_after_a_report(&mut Chance(!seed)));
    }
    if kind(seed) == Kind::Lists {
        let mut chance = Chance(!seed);
        if chance.once_in(3) {
            steps.splice(0..0, copied_while_sending(&mut chance));
        } else {
            lose_journals(&mut steps, &mut chance);
        }
    }
    steps
}

/// The journal is copied, replaced and adopted between the steps.
fn lose_journals(steps: &mut Vec<Step>, chance: &mut Chance) {
    let mut at = 1;
    for _ in 0..=chance.below(3) {
        let place = |at: usize, chance: &mut Chance, steps: &[Step]| {
            let left = (steps.len() + 1).saturating_sub(at).max(1);
            (at + usize::try_from(chance.below(left as u64)).unwrap()).min(steps.len())
        };
        if !chance.once_in(4) {
            at = place(at, chance, steps);
            steps.insert(at, Step::CopyJournal);
        }
        at = place(at, chance, steps);
        let copy = (!chance.once_in(4)).then(|| usize::try_from(chance.below(4)).unwrap());
        steps.insert(at, Step::ReplaceJournal(copy, chance.once_in(3)));
        for campaign in &CAMPAIGNS[..2] {
            if !chance.once_in(3) {
                at = place(at + 1, chance, steps).min(at + 3);
                steps.insert(at, Step::Adopt(campaign));
            }
        }
        at += 1;
    }
}

/// What a list got is reported, and then the list is sent once more.
fn sent_again_after_a_report(chance: &mut Chance) -> Vec<Step> {
    let mut steps = vec![Step::Start(to_everyone(chance)), Step::Wait(400_000)];
    for which in 0..3 {
        steps.push(Step::Report(which, chance.pick(&["UNDELIV", "REJECTD"]), true));
    }
    let mut again = to_everyone(chance);
    again.resend.undelivered = true;
    steps.extend([Step::Start(again), Step::Wait(30_000)]);
    steps
}

/// A command with any flags but those that leave a number of the list out.
fn to_everyone(chance: &mut Chance) -> Command {
    Command {
        campaign: "default",
        list: (0..NUMBERS).collect(),
        exclude: Vec::new(),
        limit: None,
        hesitates: Duration::ZERO,
        once_per: Some(Duration::from_secs(3600)),
        ..command(chance)
    }
}

/// The journal is copied in the middle of a run, the run ends, perhaps another one sends once more, and then the copy is put
/// back: the marker alone tells of it, by its counts and its lines.
fn copied_while_sending(chance: &mut Chance) -> Vec<Step> {
    let mut steps = vec![
        Step::Start(to_everyone(chance)),
        Step::Wait(1 + chance.below(20_000)),
        Step::CopyJournal,
        Step::Wait(900_000),
    ];
    if chance.once_in(2) {
        steps.extend([
            Step::Sleep(4000),
            Step::Start(to_everyone(chance)),
            Step::Wait(400_000),
        ]);
    }
    steps.push(Step::ReplaceJournal(Some(0), chance.once_in(2)));
    if chance.once_in(2) {
        steps.push(Step::Adopt("default"));
        if chance.once_in(3) {
            steps.push(Step::ReplaceJournal(Some(0), false));
        }
    }
    steps.extend([Step::Start(to_everyone(chance)), Step::Wait(2000)]);
    steps
}

fn draw_whole(seed: u64) -> Vec<Step> {
    let mut chance = Chance(seed);
    let mut steps = vec![Step::Start(command(&mut chance))];
    if chance.once_in(8) {
        steps.extend(clock_set_while_sending(&mut chance));
    }
    for _ in 0..6 + chance.below(14) {
        steps.push(step(&mut chance));
        if chance.once_in(2) {
            let most = chance.pick(&[5, 50, 2000, 30_000, 400_000, 5_000_000]);
            steps.push(Step::Wait(1 + chance.below(most)));
        }
    }
    steps
}

/// A run on a slow clock is killed with requests under way after that was put right, and another asks whose PIN is over.
fn clock_set_while_sending(chance: &mut Chance) -> Vec<Step> {
    let (mut first, mut next) = (command(chance), command(chance));
    (first.timeout, first.hesitates) = (Duration::from_secs(300), Duration::ZERO);
    (next.resend.unknown, next.hesitates) = (ResendUnknown::PinOver, Duration::ZERO);
    (next.campaign, next.once_per) = (first.campaign, first.once_per);
    first.once_per = None;
    vec![
        Step::Jump(-7200),
        Step::Start(first),
        Step::Wait(1000 + chance.below(20_000)),
        Step::Jump(7200),
        Step::Wait(9000 + chance.below(20_000)),
        Step::Kill(0, Moment::Now),
        Step::Kill(1, Moment::Now),
        Step::Start(next),
        Step::Wait(2000),
    ]
}

fn step(chance: &mut Chance) -> Step {
    let which = usize::try_from(chance.below(4)).unwrap();
    match chance.below(30) {
        0..=9 => Step::Start(command(chance)),
        10..=13 => Step::Kill(
            which,
            chance.pick(&[
                Moment::Now,
                Moment::BeforeCommit,
                Moment::AfterCommit,
                Moment::AfterLaunch,
            ]),
        ),
        14 => Step::Freeze(which),
        15 => Step::Thaw(which),
        16 => Step::LoseSession(which),
        17 => Step::Signal(which),
        18..=19 => Step::Trouble(
            which,
            chance.pick(&[
                JournalTrouble::Refused,
                JournalTrouble::AnswerLost,
                JournalTrouble::Gone,
            ]),
        ),
        20..=21 => Step::Jump(chance.pick(&[-7200, -90, 90, 3500, 7200, 100_000])),
        22 => Step::Sleep(chance.pick(&[8, 4000, 30_000])),
        23..=26 => Step::Report(
            usize::try_from(chance.below(8)).unwrap(),
            chance.pick(&["DELIVRD", "UNDELIV", "REJECTD", "ACCEPTD"]),
            !chance.once_in(3),
        ),
        27 => Step::Forget(chance.pick(&CAMPAIGNS)),
        28 => Step::Adopt(chance.pick(&CAMPAIGNS[..2])),
        _ => Step::Readmit(chance.below(NUMBERS)),
    }
}

fn command(chance: &mut Chance) -> Command {
    let some = |chance: &mut Chance, most: u64| -> Vec<u64> {
        (0..=chance.below(most)).map(|_| chance.below(NUMBERS)).collect()
    };
    let is_request = chance.once_in(5);
    let campaign = if is_request {
        "request"
    } else {
        chance.pick(&["default", "default", "spring"])
    };
    let unknown = chance.pick(&[
        ResendUnknown::Never,
        ResendUnknown::Never,
        ResendUnknown::PinOver,
        ResendUnknown::All,
    ]);
    let hours = |hours: u64| Duration::from_secs(hours * 3600);
    Command {
        campaign,
        list: some(chance, if is_request { 1 } else { 10 }),
        exclude: if !is_request && chance.once_in(8) {
            some(chance, 2)
        } else {
            Vec::new()
        },
        limit: (!is_request && chance.once_in(6)).then(|| 1 + chance.below(4)),
        once_per: match is_request {
            true => Some(Duration::from_secs(600)),
            false if chance.once_in(5) => Some(chance.pick(&[hours(1), hours(25)])),
            false => None,
        },
        resend: Resend {
            unknown: if is_request { ResendUnknown::Never } else { unknown },
            refused: is_request || chance.once_in(6),
            undelivered: !is_request && chance.once_in(6),
        },
        concurrency: chance.pick(&[1, 2, 3, 8]),
        rate: chance.pick(&[None, None, Some("5/s"), Some("20/min")]),
        retries: if is_request { 0 } else { chance.pick(&[0, 1, 3]) },
        timeout: Duration::from_secs(chance.pick(&[5, 30, 300])),
        expires_in: chance.pick(&[60, 600, 0]),
        hesitates: Duration::from_millis(chance.pick(&[0, 0, 20, 3000, 600_000])),
        chance: chance.next(),
    }
}
