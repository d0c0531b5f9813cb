//! The topic `once-per`.

use crate::manual::block::Block;

pub(super) fn blocks() -> Vec<Block> {
    vec![
        Block::text(
            "A second PIN costs a second SMS and makes the first one invalid. A script that repeats smspin request, two of \
             them at once, or a page that is sent twice can't do this with --once-per, or with once_per in the \
             configuration:",
        ),
        Block::Code(
            "smspin request 34600000000 --once-per 10m --json\nsmspin config set once_per 10m".to_owned(),
        ),
        Block::text(
            "The number is written to a journal, and is on the disk, before the request leaves. From then on every request \
             for it with --once-per is refused, in whatever process, until that time has passed: exit 2, and in the JSON \
             kind sent_recently, with the time to wait in wait_seconds. What becomes of the number depends on how the request \
             ends:",
        ),
        Block::table([
            ("accepted", "It was sent a PIN: refused until the time has passed"),
            (
                "unknown, or the process was killed",
                "It may have been sent a PIN: refused until the time has passed",
            ),
            ("refused, unsent", "It was sent none: free at once"),
        ]),
        Block::text(
            "Requests are remembered for 7 days, whatever their own time was, so a request with --once-per 24h finds one \
             that was made with 10m. --once-per 0 sends at once, and is remembered. Requests without it, and batches, are \
             neither refused nor remembered. Which gateway, profile or sender a request has makes no difference; the sandbox has \
             a journal of its own.",
        ),
        Block::text(
            "The journal is requests.smspin in smspin's state directory (Linux: ~/.local/state/smspin, or below \
             XDG_STATE_HOME), or where --journal says: for several services that each send their own PINs. It holds numbers \
             and times, never a PIN or the key. If it is damaged or can't be written, nothing is sent. A clock that goes back, or \
             that nobody has set, makes the time longer and never shorter.",
        ),
        Block::text(
            "With --journal postgres://USER@HOST/DATABASE, or SMSPIN_JOURNAL, the numbers are in that database, for programs on \
             several machines, and the time is that of its server. After another server was promoted, requests wait until \
             those that it may lack no longer matter; --accept-failover says that it lacks none.",
        ),
    ]
}
