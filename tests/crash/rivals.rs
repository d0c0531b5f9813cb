//! One list under several names, all of them sent in one moment, and then one after the other: every number gets one SMS.

use crate::batch::smspin;
use crate::support::gateway::{Gateway, Reply};
use crate::support::home::{Home, Running};

const FIRST: u64 = 34_600_000_000;
const ROWS: u64 = 4;
const NAMES: [&str; 4] = ["users.csv", "copy.csv", "hard.csv", "link.csv"];

pub(crate) fn play() {
    let (home, gateway) = (Home::new(), Gateway::by_number(|_, _| Reply::Ok));
    let rows: Vec<_> = (FIRST..FIRST + ROWS).map(|number| number.to_string()).collect();
    std::fs::write(home.file(NAMES[0]), format!("tel\n{}\n", rows.join("\n"))).unwrap();
    std::fs::copy(home.file(NAMES[0]), home.file(NAMES[1])).unwrap();
    std::fs::hard_link(home.file(NAMES[0]), home.file(NAMES[2])).unwrap();
    std::os::unix::fs::symlink(NAMES[0], home.file(NAMES[3])).unwrap();
    let start = |name| smspin(&home, &gateway.base_url, &["batch", name, "--yes"]).start();
    let at_once = NAMES.map(start);
    let mut ended: Vec<_> = at_once.map(Running::end).into();
    ended.extend(NAMES.map(|name| start(name).end()));
    let mut asked = gateway.numbers();
    asked.sort_unstable();
    let said: Vec<_> = ended.iter().map(ToString::to_string).collect();
    let none_refused = ended.iter().all(|ended| matches!(ended.status, Some(0 | 4)));
    assert!(
        none_refused && asked.iter().copied().eq(FIRST..FIRST + ROWS),
        "{asked:?}: {}",
        said.join("\n")
    );
}
