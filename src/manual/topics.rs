//! `smspin help TOPIC`: what belongs to no single command.

use super::block::{self, Block};
use crate::answers;
use crate::batch::results::DOCUMENTED;
use crate::batch::rows::Role;
use crate::env;
use crate::failure::{Exit, Kind};
use crate::sandbox::TEST_NUMBERS;
use crate::settings::Key;
use crate::wire::{ErrorId, Scope};

/// Something to read about.
pub(crate) struct Topic {
    pub(crate) name: &'static str,
    /// One line.
    pub(crate) about: &'static str,
    blocks: fn() -> Vec<Block>,
}

const fn topic(name: &'static str, about: &'static str, blocks: fn() -> Vec<Block>) -> Topic {
    Topic { name, about, blocks }
}

/// Every topic.
pub(crate) const TOPICS: &[Topic] = &[
    topic("topics", "What there is to read", topics),
    topic(
        "exit-codes",
        "The exit status of every command, for scripts",
        exit_codes,
    ),
    topic("environment", "The environment variables", environment),
    topic("config-file", "The configuration file and its keys", config_file),
    topic(
        "json",
        "What --json promises, and the word for each outcome",
        json,
    ),
    topic(
        "csv",
        "Which files a batch reads, and what it writes beside them",
        csv,
    ),
    topic(
        "resume",
        "How a batch goes on after a crash, and what it never does",
        resume,
    ),
    topic(
        "error-ids",
        "What the gateway may refuse a request for, and what helps",
        error_ids,
    ),
    topic(
        "test-numbers",
        "The sandbox's numbers, each of which makes one thing happen",
        test_numbers,
    ),
];

impl Topic {
    pub(crate) fn find(name: &str) -> Option<&'static Self> {
        TOPICS.iter().find(|topic| topic.name == name)
    }

    /// The text for a terminal of `width` columns.
    pub(crate) fn text(&self, width: usize) -> String {
        block::plain(&(self.blocks)(), width)
    }
}

fn topics() -> Vec<Block> {
    let others = TOPICS.iter().filter(|topic| topic.name != "topics");
    vec![
        Block::text("Topics, each shown by `smspin help TOPIC`:"),
        Block::table(others.map(|topic| (topic.name, topic.about))),
    ]
}

pub(super) fn exit_codes() -> Vec<Block> {
    vec![
        Block::text("Scripts may branch on these codes. They change only with a new major version."),
        codes(|_| true),
        Block::text(
            "A request that ended with 5 may have been sent. A second one costs a second SMS and makes the first PIN \
             invalid, so a script must never loop on 5; only 4 says that nothing left.",
        ),
    ]
}

pub(super) fn codes(wanted: impl Fn(Exit) -> bool) -> Block {
    let exits = Exit::ALL.iter().copied().filter(|exit| wanted(*exit));
    Block::table(exits.map(|exit| (exit.code().to_string(), exit.doc())))
}

fn environment() -> Vec<Block> {
    let mut blocks = vec![Block::text(
        "An empty variable counts as unset. A flag outranks a variable, and so does the profile that --profile names; a \
         variable outranks the default profile and the rest of the configuration file.",
    )];
    blocks.extend(variables());
    blocks
}

pub(super) fn variables() -> Vec<Block> {
    vec![
        Block::table(env::OURS.iter().map(|variable| (variable.name, variable.doc()))),
        Block::text("Conventions of others that smspin follows:"),
        Block::table(env::FOREIGN.iter().copied()),
    ]
}

fn config_file() -> Vec<Block> {
    vec![
        Block::text(
            "A TOML file, which `smspin config path` names and `smspin config init` writes. With a key in it, it must be \
             readable by its owner alone (mode 0600). A key that smspin doesn't know refuses the whole file, so that a \
             mistyped guard rail is never silently off.",
        ),
        Block::Code(
            "api_key_command = [\"pass\", \"show\", \"sms\"]\nsender = \"SHOP\"\n\n[profiles.staging]\n\
             base_url = \"https://staging.example.com/api/3.0\""
                .to_owned(),
        ),
        Block::text(
            "Flags come first, then the profile that --profile names, then SMSPIN_* variables, then the default profile, \
             then the file's top level, then what is built in. `smspin config list` shows what is in force, where it \
             comes from, and what it hides. With --sandbox the gateway, key, proxy and authorities of every place are \
             ignored.",
        ),
        keys(),
    ]
}

fn keys() -> Block {
    Block::table(Key::ALL.iter().map(|key| {
        let mut doc = format!("{}. Such as {}", key.help(), key.example());
        let places = [key.flag(), key.variable()];
        let places: Vec<&str> = places.into_iter().flatten().collect();
        if !places.is_empty() {
            doc = format!("{doc} (also {})", places.join(", "));
        }
        (key.name(), doc)
    }))
}

fn json() -> Vec<Block> {
    vec![
        Block::text(
            "With --json, standard output holds exactly one JSON document, whatever happens: an answer, a refusal or a \
             failure. Its `outcome` is one of these words; `sandbox` is true where nothing was sent to anyone; `status`, \
             `error_id` and `error_msg` are the gateway's own, as received; `hint` says what to do.",
        ),
        Block::table(answers::OUTCOMES.iter().copied()),
        Block::text("A failure names its `kind`:"),
        Block::table(Kind::ALL.iter().map(|kind| (kind.name(), kind.doc()))),
        Block::text(
            "`smspin schema COMMAND` prints the JSON Schema of a command's documents. Fields may be added; none is \
             removed or changes its meaning before a new major version.",
        ),
    ]
}

fn csv() -> Vec<Block> {
    let roles = Role::ALL.map(|role| {
        let doc = match Key::from_name(role.name()) {
            Some(key) => key.doc(),
            None => "The number, in any form that `smspin request` takes; phone, mobile, tel and the like mean it too",
        };
        (role.name(), doc)
    });
    vec![
        Block::text(
            "`smspin batch` reads CSV, TSV, files with other delimiters, and JSON lines. Delimiter, byte order mark and \
             UTF-16 are recognised; --format, --delimiter and --encoding say what can't be. A header is matched without \
             regard to case:",
        ),
        Block::table(roles),
        Block::text(
            "A cell that is empty leaves the setting as it is. --column msisdn=Tel takes another column, --no-header \
             calls the columns 1, 2, 3. In --sms-text, {name} is the row's cell of that column, {PIN} the gateway's PIN, \
             and {{ a brace. A number that a spreadsheet has damaged is mended where no digit is lost, and refused where \
             one is.",
        ),
        Block::text(
            "The results have the input's rows, in its order and with its columns, and these besides; a cell from the \
             gateway can't run as a formula:",
        ),
        Block::table(DOCUMENTED),
    ]
}

fn resume() -> Vec<Block> {
    vec![
        Block::text(
            "Before the first byte of a request leaves, its intent is on the disk, in a journal beside the file; after \
             it, what became of it. So the same command, typed again after a crash, a full disk, Ctrl-C or a power cut, \
             goes on where the first one was:",
        ),
        Block::table([
            ("accepted, refused", "Has ended, and is not sent again"),
            (
                "unknown",
                "May have been sent, and is not sent again by itself; --retry-unknown does, once the PIN has expired",
            ),
            ("unsent, pending", "Never left, and is sent"),
            (
                "refused for key or funds",
                "Is sent, once the account is in order",
            ),
            ("duplicate, invalid", "Is never sent"),
        ]),
        Block::Code(
            "smspin batch users.csv --yes\nsmspin batch users.csv --status      (while it runs, or after)\n\
             smspin batch users.csv --yes         (the rest)"
                .to_owned(),
        ),
        Block::text(
            "With another file or other settings under the same journal, nothing is sent if anybody would get a second \
             SMS: --skip-sent leaves those people out, --again means it. This holds as long as the journal and its disk \
             do. What other machines send, and what a proxy repeats by itself, no journal can know.",
        ),
    ]
}

fn error_ids() -> Vec<Block> {
    let row = |id: &ErrorId| {
        let exit = match id.scope() {
            Scope::Account => Exit::Account,
            Scope::Unknown => Exit::Unknown,
            Scope::OurBug | Scope::Request | Scope::Number => Exit::Refused,
        };
        let doc = format!("{} Exit {}; {}", id.message(), exit.code(), id.hint());
        (id.as_str().to_owned(), doc)
    };
    vec![
        Block::text("The gateway's `error_id`, its message, the exit status that it makes, and what helps:"),
        Block::table(ErrorId::LISTED.iter().map(row)),
        Block::text("An id that isn't listed here is a refusal too (exit 3), shown as it was received."),
    ]
}

fn test_numbers() -> Vec<Block> {
    vec![
        Block::text(
            "The numbers +1 202 555 0100 to 0199 are reserved for fiction: no telephone has them. In the sandbox each of \
             these makes one thing happen; the others are ordinary numbers. Outside of the sandbox they are refused.",
        ),
        Block::table(TEST_NUMBERS.iter().map(|number| (number.msisdn(), number.what))),
        Block::text("What happens a number of times starts over with `smspin sandbox reset`."),
    ]
}
