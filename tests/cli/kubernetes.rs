//! The Job of `docs/kubernetes.md`, its container started as Kubernetes would: by its arguments and its variables.

use crate::support::gateway::{Gateway, Reply};
use crate::support::home::{Home, Run};
use crate::support::postgres::Cluster;
use serde_json::Value;
use std::process::Command;

const PAGE: &str = include_str!("../../docs/kubernetes.md");

/// The container of the page's first manifest.
fn container() -> Value {
    let manifest = PAGE.split("```yaml\n").nth(1).unwrap();
    let job: Value = yaml_serde::from_str(manifest.split("```").next().unwrap()).unwrap();
    job["spec"]["template"]["spec"]["containers"][0].clone()
}

/// A pod: folders of its own, and the secrets of a cluster that trusts each caller of its socket.
fn pod(home: &Home, gateway: &Gateway, cluster: &Cluster) -> Run {
    let container = container();
    let folder = |name: &str| {
        let path = home.file(name);
        std::fs::create_dir_all(&path).unwrap();
        format!("{}/", path.display())
    };
    let (input, results) = (folder("input"), folder("results"));
    let args = container["args"].as_array().unwrap().iter().map(|argument| {
        let argument = argument.as_str().unwrap();
        argument.replace("/input/", &input).replace("/results/", &results)
    });
    let mut run = home
        .smspin(args.collect::<Vec<_>>())
        .env("SMSPIN_BASE_URL", &gateway.base_url);
    for variable in container["env"].as_array().unwrap() {
        let name = variable["name"].as_str().unwrap();
        run = match name {
            "SMSPIN_API_KEY" => run.env(name, "0123456789abcdef0123456789abcdef\n"),
            "SMSPIN_JOURNAL" => run.env(name, cluster.url("me")),
            "PGPASSWORD" => run.env(name, "not asked for"),
            _ => run.env(name, variable["value"].as_str().unwrap()),
        };
    }
    run
}

#[test]
#[ignore = "needs PostgreSQL"]
fn a_second_pod_of_the_job_sends_nothing_and_writes_the_results_again() {
    let cluster = Cluster::start();
    let gateway = Gateway::by_number(|_, _| Reply::Ok);
    let home = Home::new();
    std::fs::create_dir(home.file("input")).unwrap();
    std::fs::write(home.file("input/users.csv"), "Tel\n34600000001\n34600000002\n").unwrap();
    for pods in 1..=2 {
        pod(&home, &gateway, &cluster).exits(0);
        assert_eq!(gateway.numbers().len(), 2, "after {pods}");
        let results = std::fs::read_to_string(home.file("results/users.results.csv")).unwrap();
        assert_eq!(results.matches("accepted").count(), 2, "{results}");
        std::fs::remove_dir_all(home.file("results")).unwrap();
    }
}

#[test]
#[ignore = "needs kubernetes-validate"]
fn the_manifests_are_what_kubernetes_takes() {
    let home = Home::new();
    let manifests = PAGE.split("```yaml\n").skip(1);
    let files: Vec<_> = manifests
        .enumerate()
        .map(|(nth, manifest)| {
            let file = home.file(&format!("{nth}.yaml"));
            std::fs::write(&file, manifest.split("```").next().unwrap()).unwrap();
            file
        })
        .collect();
    let validate = std::env::var("KUBERNETES_VALIDATE").unwrap_or_else(|_| "kubernetes-validate".to_owned());
    // The oldest that the page speaks of, and the newest that the program knows.
    for version in [&["-k", "1.31"][..], &[]] {
        let mut command = Command::new(&validate);
        let output = command
            .args(version)
            .arg("--strict")
            .args(&files)
            .output()
            .unwrap();
        assert!(output.status.success(), "{version:?}: {output:?}");
    }
}
