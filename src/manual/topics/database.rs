//! The topic `database`.

use crate::manual::block::Block;

pub(super) fn blocks() -> Vec<Block> {
    vec![
        Block::text(
            "A journal beside the file is lost with its disk, and a container or a CI runner has none that lasts. A journal in \
             PostgreSQL (13 or newer) is there for every machine. All runs that name the same campaign share it:",
        ),
        Block::Code(
            "smspin batch users.csv --journal postgres://me@db.example.com/sms --campaign spring --yes\n\
             smspin batch --status --journal postgres://me@db.example.com/sms --campaign spring"
                .to_owned(),
        ),
        Block::text(
            "Several runs may be at work at once, with the same file or with parts of it that overlap: the database gives each \
             number to one of them, and nobody gets a second SMS. The settings that change who gets what must be the same; the \
             file may be another one. --rate, --max-sends and --concurrency hold for each run alone, and the preflight names the \
             other runs. --again and --skip-sent with other settings have to wait until no other run is at work.",
        ),
        Block::table([
            (
                "under_way",
                "Another run is sending to the number. Once that run has ended without an outcome, the number is unknown",
            ),
            (
                "connection lost",
                "Nothing more is sent. Outcomes of what is in flight are written as soon as the database is back, for up to a \
                 minute; what can't be written goes to standard error, and the run ends with 7",
            ),
            (
                "another server",
                "After a failover the run stops, and so does the next one until it is given --accept-failover",
            ),
        ]),
        Block::text(
            "That nobody gets a second SMS across a failover needs a synchronous standby: any other may lack the last commits, and \
             those numbers would be sent to again. A server with fsync off, a standby and a pooler in transaction mode are refused.",
        ),
        Block::text(
            "The password comes from PGPASSWORD, or from ~/.pgpass or the file in PGPASSFILE (mode 0600), and never from an \
             argument. Beyond loopback and sockets the server's certificate is checked, as by sslmode=verify-full. SMSPIN_JOURNAL \
             and SMSPIN_CAMPAIGN, or journal and campaign in the configuration, are the same as the flags. The tables are in the \
             schema smspin; where the role may not create it, the error has the statements for its owner. The role needs SELECT, \
             INSERT, UPDATE and DELETE on them.",
        ),
    ]
}
