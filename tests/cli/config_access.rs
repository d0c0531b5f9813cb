//! Who may have a hand in the configuration: it names a program to run, and where the key goes.

use crate::support::home::Home;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

#[test]
fn a_configuration_that_others_can_change_is_refused() {
    let home = Home::new();
    home.write_config("sender = \"SHOP\"\n");
    let file = std::fs::metadata(home.config_file()).unwrap();
    // A group with the user's own number has no other member.
    let by_the_group = if file.gid() == file.uid() { 0 } else { 2 };
    for (mode, status) in [
        (0o600, 0),
        (0o644, 0),
        (0o620, by_the_group),
        (0o664, by_the_group),
        (0o602, 2),
        (0o666, 2),
    ] {
        std::fs::set_permissions(home.config_file(), std::fs::Permissions::from_mode(mode)).unwrap();
        let ended = home.typed("config get sender").end();
        assert_eq!(ended.status, Some(status), "{mode:o}: {ended}");
        assert_eq!(
            ended.stderr.contains("chmod go-w"),
            status == 2,
            "{mode:o}: {ended}"
        );
    }
}

/// Root alone can give files away; where the tests run as another user, there is no one to take one from.
fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[test]
fn a_configuration_of_another_user_is_refused() {
    if !is_root() {
        return;
    }
    let home = Home::new();
    home.write_config("sender = \"SHOP\"\n");
    let given_to = |path: &std::path::Path| std::os::unix::fs::chown(path, Some(1234), None).unwrap();
    given_to(&home.config_file());
    let ended = home.typed("config get sender").end();
    ended.fails(2, "belongs to another user … (id 1234) … chown");
    // The file is root's, and the directory that it lies in is not.
    std::os::unix::fs::chown(home.config_file(), Some(0), None).unwrap();
    given_to(home.config_file().parent().unwrap());
    let ended = home.typed("config get sender").end();
    ended.fails(2, "can replace … the user with the id 1234");
}

#[test]
fn a_configuration_that_others_can_replace_is_refused() {
    let mode = |path: &std::path::Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    for (directory, refused) in [
        (0o700, false),
        (0o755, false),
        (0o1777, false),
        (0o777, true),
        (0o757, true),
    ] {
        let home = Home::new();
        let folder = home.file("shared");
        std::fs::create_dir_all(folder.join("inner")).unwrap();
        let file = folder.join("inner/config.toml");
        std::fs::write(&file, "sender = \"SHOP\"\n").unwrap();
        mode(&file, 0o600);
        // A directory above, and through a link, are as good as the one that the file is in.
        mode(&folder, directory);
        std::os::unix::fs::symlink(&file, home.file("link.toml")).unwrap();
        for named in [file.clone(), home.file("link.toml")] {
            let ended = home
                .typed(format!("config get sender --config {}", named.to_str().unwrap()))
                .end();
            assert_eq!(
                ended.status,
                Some(if refused { 2 } else { 0 }),
                "{directory:o}: {ended}"
            );
            assert_eq!(
                ended.stderr.contains("can replace"),
                refused,
                "{directory:o}: {ended}"
            );
        }
    }
}
