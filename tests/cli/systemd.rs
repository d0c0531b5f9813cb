//! The units for systemd, in `docs/systemd/`.

use crate::readme::typed;
use crate::support::home::Home;
use std::path::{Path, PathBuf};
use std::process::Command;

fn units(kind: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/systemd");
    let entries = std::fs::read_dir(folder).unwrap();
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    found.retain(|path| path.extension().is_some_and(|extension| extension == kind));
    found.sort();
    found
}

#[test]
fn every_service_starts_a_command_of_the_program() {
    let home = Home::new();
    let services = units("service");
    assert_eq!(services.len(), 3);
    for service in services {
        let text = std::fs::read_to_string(&service).unwrap();
        let commands: Vec<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix("ExecStart=/usr/bin/"))
            .collect();
        let [command] = commands[..] else {
            panic!("{}: {commands:?}", service.display())
        };
        let (shown, status) = typed(&home, &format!("{command} --help"));
        assert_eq!(status, 0, "{command}: {}", shown.join("\n"));
    }
}

/// systemd reads each unit without a warning, and sees nothing in it that a service of this kind could do without.
#[test]
#[ignore = "needs systemd-analyze"]
fn systemd_takes_every_unit_and_finds_it_hardened() {
    let home = Home::new();
    let analyze = |arguments: &[&str]| {
        let output = Command::new("systemd-analyze").args(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let complains = !output.status.success() || said.contains("smspin");
        assert!(
            !complains,
            "{arguments:?}: {said}{}",
            String::from_utf8_lossy(&output.stdout)
        );
    };
    // The program is where the packages put it; here it is where Cargo put it.
    let copies = [units("service"), units("timer")]
        .concat()
        .into_iter()
        .map(|unit| {
            let text = std::fs::read_to_string(&unit).unwrap();
            let copy = home.file(unit.file_name().unwrap().to_str().unwrap());
            std::fs::write(
                &copy,
                text.replace("/usr/bin/smspin", env!("CARGO_BIN_EXE_smspin")),
            )
            .unwrap();
            copy.to_str().unwrap().to_owned()
        });
    for copy in copies.collect::<Vec<_>>() {
        analyze(&["verify", "--man=no", &copy]);
        if copy.ends_with(".service") {
            analyze(&[
                "security",
                "--offline=true",
                "--no-pager",
                "--threshold=15",
                &copy,
            ]);
        }
    }
}
