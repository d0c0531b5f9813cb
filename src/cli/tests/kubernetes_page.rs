//! The manifests in `docs/kubernetes.md`: they are YAML, what they start is understood, and what they say of exit codes and of
//! times is what the program does.

use crate::cli::{Cli, Command};
use crate::domain::duration;
use crate::env;
use crate::failure::{Exit, Signal};
use crate::settings::Key;
use clap::Parser;
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;

const PAGE: &str = include_str!("../../../docs/kubernetes.md");

/// Every manifest: its kind, and the specification of its job.
fn jobs() -> Vec<(String, Value)> {
    let blocks = PAGE.split("```yaml\n").skip(1);
    let texts = blocks.map(|block| block.split("```").next().unwrap());
    texts
        .map(|text| {
            let manifest: Value = yaml_serde::from_str(text).unwrap();
            let kind = manifest["kind"].as_str().unwrap().to_owned();
            let spec = match kind.as_str() {
                "CronJob" => &manifest["spec"]["jobTemplate"]["spec"],
                _ => &manifest["spec"],
            };
            (kind, spec.clone())
        })
        .collect()
}

fn pod(job: &Value) -> &Value {
    &job["template"]["spec"]
}

fn smspin(job: &Value) -> &Value {
    let containers = pod(job)["containers"].as_array().unwrap();
    assert_eq!((containers.len(), &containers[0]["name"]), (1, &"smspin".into()));
    &containers[0]
}

#[test]
fn the_page_has_a_job_and_a_cron_job() {
    let kinds: Vec<_> = jobs().into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, ["Job", "CronJob"]);
    let page = PAGE.split("```yaml\n").nth(2).unwrap();
    assert!(page.contains("concurrencyPolicy: Forbid"));
}

#[test]
fn what_a_pod_starts_is_a_batch_that_asks_nothing() {
    for (kind, job) in jobs() {
        let arguments = smspin(&job)["args"].as_array().unwrap();
        let words = arguments.iter().map(|argument| argument.as_str().unwrap());
        let cli = Cli::try_parse_from(std::iter::once("smspin").chain(words)).unwrap();
        let Command::Batch(args) = cli.command else {
            panic!("{kind}: not a batch")
        };
        assert!(args.run.yes, "{kind}");
    }
}

#[test]
fn every_variable_is_one_that_smspin_reads_and_no_secret_is_written_out() {
    for (kind, job) in jobs() {
        let mut given = BTreeSet::new();
        for variable in smspin(&job)["env"].as_array().unwrap() {
            let name = variable["name"].as_str().unwrap();
            given.insert(name);
            let key = Key::variables().find(|(known, _)| *known == name);
            let foreign = env::FOREIGN.iter().any(|(known, _)| *known == name);
            assert!(key.is_some() || foreign, "{kind}: {name}");
            let value = variable["value"].as_str();
            if let (Some((_, key)), Some(value)) = (key, value) {
                key.check(&key.kind().read_text(value).unwrap()).unwrap();
            }
            if name == "PGPASSWORD" || key.is_some_and(|(_, key)| key.is_secret()) {
                assert!(
                    variable["valueFrom"]["secretKeyRef"].is_object(),
                    "{kind}: {name}"
                );
            }
        }
        let wanted = [
            "SMSPIN_API_KEY",
            "SMSPIN_JOURNAL",
            "PGPASSWORD",
            "SMSPIN_CAMPAIGN",
        ];
        assert_eq!(given, BTreeSet::from(wanted), "{kind}");
        assert!(!PAGE.contains("persistentVolumeClaim"));
    }
}

#[test]
fn a_pod_that_can_do_nothing_more_is_not_started_again() {
    for (kind, job) in jobs() {
        assert_eq!(pod(&job)["restartPolicy"], "Never", "{kind}");
        let rules = job["podFailurePolicy"]["rules"].as_array().unwrap();
        assert_eq!(rules[0]["action"], "Ignore", "{kind}");
        let codes = &rules[1]["onExitCodes"];
        assert_eq!(
            (&rules[1]["action"], &codes["operator"], &codes["containerName"]),
            (&"FailJob".into(), &"In".into(), &"smspin".into()),
            "{kind}"
        );
        let listed: BTreeSet<_> = codes["values"]
            .as_array()
            .unwrap()
            .iter()
            .map(|code| code.as_u64().unwrap())
            .collect();
        let useless = Exit::ALL.iter().filter(|exit| !another_pod_may_help(**exit));
        let useless: BTreeSet<_> = useless.map(|exit| u64::from(exit.code())).collect();
        assert_eq!(listed, useless, "{kind}");
    }
}

fn another_pod_may_help(exit: Exit) -> bool {
    match exit {
        // Done is not a failure, and can't be in a list of failures.
        Exit::Done
        | Exit::Unsent
        | Exit::Disk
        | Exit::Signal(Signal::HangUp | Signal::Interrupt | Signal::Terminate) => true,
        Exit::No | Exit::Usage | Exit::Refused | Exit::Unknown | Exit::Account | Exit::Bug => false,
    }
}

#[test]
fn there_is_time_to_stop_in_order() {
    let timeout = duration::parse(Key::Timeout.built_in().unwrap()).unwrap();
    let recording = Duration::from_secs(60);
    for (kind, job) in jobs() {
        let grace = pod(&job)["terminationGracePeriodSeconds"].as_u64().unwrap();
        assert!(grace >= (timeout + recording).as_secs() + 10, "{kind}");
    }
}

#[test]
fn the_table_of_the_page_has_every_exit_code() {
    let rows = PAGE.lines().filter(|line| line.starts_with("| ")).skip(1);
    let first: String = rows
        .map(|line| line.split('|').nth(1).unwrap())
        .collect::<Vec<_>>()
        .join(",");
    let told: BTreeSet<u8> = first
        .split([',', ' '])
        .filter_map(|word| word.parse().ok())
        .collect();
    let all: BTreeSet<u8> = Exit::ALL.iter().map(|exit| exit.code()).collect();
    assert_eq!(told, all);
}
