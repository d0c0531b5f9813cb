//! Flags that `smspin batch` had before there was one journal for all lists: what does the same now. A flag that is misspelt is
//! never answered with one that sends again or deletes.

use crate::text;

/// Each flag, and how the same is asked for now; `FILE` stands for the list.
const FLAGS: [(&str, &str); 8] = [
    (
        "--again",
        "`smspin batch FILE --campaign NAME` writes to everyone once more, and `--once-per 25d` to those whose SMS is older",
    ),
    (
        "--skip-sent",
        "`smspin batch FILE` sends only to numbers that got nothing yet; --change-settings lets the rest get another text",
    ),
    (
        "--retry-unknown",
        "`smspin batch FILE --resend unknown` sends again once the PIN is over, `--resend all-unknown` at once",
    ),
    ("--status", "`smspin journal status FILE`"),
    ("--reconcile", "`smspin journal reconcile REPORTS`"),
    (
        "--forget",
        "`smspin journal forget --campaign NAME`, or --older 90d, or --number NUMBER",
    ),
    (
        "--accept-lost-records",
        "`smspin journal adopt FILE` counts every number that the journal doesn't know as unknown",
    ),
    (
        "--accept-failover",
        "`smspin journal adopt --nothing-lost` takes the server as it is",
    ),
];

/// A message and a hint for a flag that was typed exactly as it was.
pub(super) fn explain(unknown: &str, args: &[String]) -> Option<(String, String)> {
    let name = unknown.split('=').next()?;
    let (flag, now) = FLAGS.iter().find(|(flag, _)| *flag == name)?;
    let batch = args.iter().position(|arg| arg == "batch")?;
    let file = args[batch + 1..].iter().find(|arg| !arg.starts_with('-'));
    let file = file.map_or_else(|| "FILE".to_owned(), |file| text::shell_word(file));
    let message = format!("there is no flag {flag} any more");
    Some((message, now.replace("FILE", &file)))
}
