//! The walk through `docs/delivery-reports.md`, typed as it stands there.

use crate::support::home::Home;
use std::path::Path;
use std::process::Command;

const PAGE: &str = include_str!("../../docs/delivery-reports.md");

#[test]
fn the_documented_walk_settles_the_unknown_row() {
    let script = PAGE.split("```sh\n").nth(1).unwrap().split("```").next().unwrap();
    let home = Home::new();
    let bin = Path::new(env!("CARGO_BIN_EXE_smspin")).parent().unwrap();
    // The sandbox is a background job, which ends with its shell.
    let script = format!("trap 'kill %1' EXIT\n{script}");
    let output = Command::new("bash")
        .args(["-c", &script])
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", bin.display()))
        .env("HOME", home.path())
        .current_dir(home.path())
        .output()
        .unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    let told = format!("{shown}\n---\n{}", String::from_utf8_lossy(&output.stderr));
    for piece in [
        " 2 accepted, 1 unknown\n",
        "        6  with the id of a request\n",
        "2 delivered, 1 not delivered; time to delivery: median ",
    ] {
        assert!(shown.contains(piece), "lacks {piece:?}: {told}");
    }
    let results = std::fs::read_to_string(home.file("users.results.csv")).unwrap();
    let of = |name: &str| {
        let line = results.lines().find(|line| line.contains(name));
        line.unwrap_or_else(|| panic!("{told}")).to_owned()
    };
    for (name, delivery) in [("Ana", "DELIVRD"), ("Ben", "DELIVRD"), ("Eva", "UNDELIV")] {
        let line = of(name);
        assert!(
            line.contains(",accepted,") && line.contains(delivery) && line.ends_with(",exact,"),
            "{line}"
        );
    }
    assert!(of("Ben").contains("a delivery report shows that the SMS was sent"));
}
