//! A kill at every moment at which a batch changes something on the disk, and the same command again: it goes on to its end,
//! no number gets two SMS, and nothing is left lying about.

use crate::batch::smspin;
use crate::support::gateway::Gateway;
use crate::support::home::{Home, Run};
use rustix::process::Signal;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus};

/// The system calls that change what is on the disk.
const CALLS: [&str; 6] = ["rename", "unlink", "fsync", "fdatasync", "ftruncate", "pwrite64"];
const FIRST: u64 = 34_600_000_000;

/// What a batch finds, and the command that is killed.
struct Scene<'a> {
    gateway: &'a Gateway,
    /// The lists that were sent before, under the same name.
    before: Vec<Range<u64>>,
    list: Range<u64>,
}

impl Scene<'_> {
    fn list(home: &Home, numbers: &Range<u64>) {
        let rows: Vec<_> = numbers.clone().map(|number| number.to_string()).collect();
        std::fs::write(home.file("users.csv"), format!("tel\n{}\n", rows.join("\n"))).unwrap();
    }

    fn command(&self, home: &Home) -> Run {
        smspin(home, &self.gateway.base_url, &["batch", "users.csv", "--yes"])
    }

    fn home(&self) -> Home {
        let home = Home::new();
        for list in &self.before {
            Self::list(&home, list);
            let ended = self.command(&home).end();
            assert_eq!(ended.json()["outcome"], "finished", "{ended}");
        }
        Self::list(&home, &self.list);
        home
    }

    /// Runs the command below strace with these flags.
    fn traced(&self, home: &Home, flags: &[&str]) -> ExitStatus {
        let command = self.command(home).into_command();
        let variables = command.get_envs().map(|(name, value)| (name, value.unwrap()));
        Command::new("strace")
            .args(["-f", "-qq"])
            .args(flags)
            .arg(command.get_program())
            .args(command.get_args())
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .envs(variables)
            .current_dir(home.path())
            .output()
            .unwrap()
            .status
    }

    /// How often each of the calls is made.
    fn calls(&self) -> BTreeMap<&'static str, usize> {
        let home = self.home();
        let trace = home.file("trace");
        let only = format!("trace={}", CALLS.join(","));
        self.traced(&home, &["-o", trace.to_str().unwrap(), "-e", &only]);
        let trace = std::fs::read_to_string(trace).unwrap();
        let times = |call: &str| trace.matches(&format!(" {call}(")).count();
        CALLS.iter().map(|call| (*call, times(call))).collect()
    }

    /// Kills the command at the n-th of these calls. Gives back whether it lived to make it.
    fn play(&self, call: &str, nth: usize) -> bool {
        let home = self.home();
        let before = self.gateway.requests().len();
        let inject = format!("inject={call}:signal=KILL:when={nth}");
        let status = self.traced(&home, &["-o", "/dev/null", "-e", &inject]);
        let killed = status.signal() == Some(Signal::KILL.as_raw());
        let ended = self.command(&home).end();
        let asked: Vec<u64> = self.gateway.requests()[before..]
            .iter()
            .filter_map(|request| request.number)
            .collect();
        let different: BTreeSet<u64> = asked.iter().copied().collect();
        assert_eq!(different.len(), asked.len(), "{call} {nth}: {asked:?}, {ended}");
        assert_eq!(ended.json()["outcome"], "finished", "{call} {nth}: {ended}");
        let left = |name: &&String| [".new", ".tmp"].iter().any(|end| name.contains(end));
        assert_eq!(ended.files.iter().find(left), None, "{call} {nth}: {ended}");
        killed
    }
}

/// Plays every moment of a scene, or one in so many. Gives back how many processes were killed.
pub(crate) fn play(gateway: &Gateway, one_in: usize) -> usize {
    let (first, longer, other) = (FIRST..FIRST + 3, FIRST..FIRST + 5, FIRST + 100..FIRST + 103);
    let scenes = [
        (vec![], first.clone()),
        (vec![first.clone()], longer.clone()),
        // And what was reached counts when that list returns.
        (vec![first, other], longer),
    ];
    let mut killed = 0;
    for (before, list) in scenes {
        let scene = Scene {
            gateway,
            before,
            list,
        };
        for (call, times) in scene.calls() {
            for nth in (1..=times).step_by(one_in) {
                killed += usize::from(scene.play(call, nth));
            }
        }
    }
    killed
}
