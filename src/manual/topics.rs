//! `smspin help TOPIC`: what belongs to no single command.

mod database;
mod once_per;

use super::block::{self, Block};
use crate::answers;
use crate::batch::results::DOCUMENTED;
use crate::env;
use crate::failure::{Exit, Kind};
use crate::rows::Role;
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
    topic("topics", "The list of topics", topics),
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
        "numbers",
        "How phone numbers are read, and whose they are",
        numbers,
    ),
    topic("resume", "How a batch continues after a crash", resume),
    topic(
        "database",
        "A journal in PostgreSQL, which several machines share",
        database::blocks,
    ),
    topic(
        "once-per",
        "How a script that repeats a request sends one PIN",
        once_per::blocks,
    ),
    topic(
        "error-ids",
        "Why the gateway may refuse a request, and what to do about it",
        error_ids,
    ),
    topic(
        "sandbox",
        "The gateway for your own tests, and what a test can ask of it",
        sandbox,
    ),
    topic(
        "test-numbers",
        "The sandbox's test numbers, and what each of them causes",
        test_numbers,
    ),
];

impl Topic {
    pub(crate) fn find(name: &str) -> Option<&'static Self> {
        TOPICS.iter().find(|topic| topic.name == name)
    }

    /// The one topic whose name begins with this word, as `exit-codes` does with `exit`.
    pub(crate) fn beginning_with(word: &str) -> Option<&'static Self> {
        let mut found = TOPICS
            .iter()
            .filter(|topic| !word.is_empty() && topic.name.starts_with(word));
        found.next().filter(|_| found.next().is_none())
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
             invalid, so a script must never loop on 5. Only 4 says that a request was not sent: the same command may be run \
             again. A batch ends with 4 if it has rows left to send, as --limit and --max-duration leave them, and nothing \
             worse has happened: the same command goes on with them, until it ends with another code.",
        ),
    ]
}

pub(super) fn codes(wanted: impl Fn(Exit) -> bool) -> Block {
    let exits = Exit::ALL.iter().copied().filter(|exit| wanted(*exit));
    Block::table(exits.map(|exit| (exit.code().to_string(), exit.doc())))
}

fn environment() -> Vec<Block> {
    let mut blocks = vec![Block::text(
        "An empty variable counts as unset. A flag overrides a variable, and so does the profile that --profile names. A \
         variable overrides the default profile and the rest of the configuration file.",
    )];
    blocks.extend(variables());
    blocks
}

pub(super) fn variables() -> Vec<Block> {
    let settings = Key::variables().map(|(name, key)| (name, key.doc()));
    vec![
        Block::table(env::PROGRAM.iter().copied().chain(settings)),
        Block::text("Common variables that smspin respects:"),
        Block::table(env::FOREIGN.iter().copied()),
    ]
}

fn config_file() -> Vec<Block> {
    vec![
        Block::text(
            "A TOML file. `smspin config path` prints where it is, and `smspin config init` writes it. If it holds an API key, \
             only its owner may be able to read it (mode 0600). A setting that smspin doesn't know is an error, so that a \
             mistyped limit is never silently off.",
        ),
        Block::Code(
            "api_key_command = [\"pass\", \"show\", \"sms\"]\nsender = \"SHOP\"\n\n[profiles.staging]\n\
             base_url = \"https://staging.example.com/api/3.0\""
                .to_owned(),
        ),
        Block::text(
            "Flags come first, then the profile that --profile names, then SMSPIN_* variables, then the default profile, \
             then the file's top level, then the built-in values. `smspin config list` shows each value, where it comes \
             from, and what it overrides. With --sandbox, the settings for gateway, key, proxy and certificate \
             authorities are ignored, wherever they are.",
        ),
        keys(),
    ]
}

fn keys() -> Block {
    Block::table(Key::ALL.iter().map(|key| {
        let mut doc = format!("{}. Example: {}", key.help(), key.example());
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
             failure. Its `outcome` is one of these words; `sandbox` is true under --sandbox, where no SMS is sent; `status`, \
             `error_id` and `error_msg` are the gateway's words as received; `hint` says what to do.",
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
            "`smspin batch` reads CSV, TSV, files with other delimiters, and JSON lines. The delimiter, a byte \
             order mark and UTF-16 are detected; --format, --delimiter and --encoding override that. These column \
             headers are recognised, in upper or lower case:",
        ),
        Block::table(roles),
        Block::text(
            "Where a cell is empty, the setting applies. --column msisdn=Tel takes the number from another column; \
             with --no-header, the columns are named 1, 2, 3. In --sms-text, {name} stands for the row's cell in that \
             column, {PIN} for the PIN, and {{ for a brace. A number that a spreadsheet has damaged is repaired if no \
             digit is lost, and refused if one is.",
        ),
        Block::text(
            "A workbook (.xlsx, .ods) is read from its first sheet that is not hidden, or the one of --sheet NAME; its results \
             are CSV. Numbers in it must be whole and have at most 15 digits. Formulas (their last result counts), dates, \
             hidden rows and columns, merged cells and other sheets are counted and told before anything is sent. A row \
             is refused if a cell that it needs holds a date, a fraction, an error or a formula without a result; the \
             message names the cell, such as Users!B17. A sheet may have 1,000,000 rows; its rows are kept in an unnamed \
             file beside the journal while the run lasts, and its shared texts (at most 256 MiB) in memory while it is read.",
        ),
        Block::text(
            "The results have the input's rows in the same order, with its columns and the columns below. A cell from the \
             gateway can't run as a formula in a spreadsheet:",
        ),
        Block::table(DOCUMENTED),
    ]
}

fn numbers() -> Vec<Block> {
    vec![
        Block::text(
            "A number with + or 00 before it is sent as it is written. Spaces, hyphens, points, slashes and parentheses are \
             left out, and so are tel: and invisible marks from the page that it was copied from.",
        ),
        Block::text(
            "Digits without + or 00 may be the number of one country, or begin with a calling code. --country ES (the \
             setting `country`) says that they are written as in Spain. Without it, digits that begin with a calling code \
             and are a known number are read so, and anything else is refused.",
        ),
        Block::text(
            "A cell can't tell the two apart, but a column can. Before a batch sends anything, it looks at all numbers \
             without + or 00. It stops (exit 2) if many of them are no known mobiles behind a calling code while one \
             country reads them as its own, or if most belong to nobody. It also stops if a country is set but the column is \
             written with calling codes. The message shows a number read both ways. The ways out:",
        ),
        Block::table([
            (
                "--country ES",
                "The numbers without + or 00 are written as in Spain",
            ),
            (
                "--international",
                "All numbers without + or 00 begin with a calling code",
            ),
        ]),
        Block::text(
            "Refused with the number that was probably meant: +31 06 12345678, whose zero has no place behind the calling \
             code. Numbers of Italy, Congo, Benin, Gabon and Côte d'Ivoire keep their zero. A spreadsheet's number such as \
             34600000014.5 or -34600000014 is refused; a fraction of zeros is dropped.",
        ),
    ]
}

fn resume() -> Vec<Block> {
    vec![
        Block::text(
            "Before a request is sent, smspin writes its intent to a journal beside the file and makes sure that it is on \
             the disk. After the request it writes the outcome. So you can run the same command again after a crash, a \
             full disk, Ctrl-C or a power cut. It continues where it stopped, and what becomes of a row depends on its \
             outcome:",
        ),
        Block::table([
            ("accepted, refused", "Finished: not sent again"),
            (
                "unknown",
                "May have been sent: sent again only with --retry-unknown, once the PIN has expired. It stays unknown if \
                 that request is refused, since the one before may still have been taken",
            ),
            ("unsent, pending", "Was not sent: will be sent"),
            (
                "refused for key or funds",
                "Will be sent, once the account is in order",
            ),
            ("duplicate, invalid", "Never sent"),
        ]),
        Block::Code(
            "smspin batch users.csv --yes\nsmspin batch users.csv --status      (while it runs, or after)\n\
             smspin batch users.csv --yes         (the rest)"
                .to_owned(),
        ),
        Block::text(
            "If the file or the settings have changed since the journal began, nothing is sent if anybody would get a \
             second SMS: --skip-sent skips those people, --again sends to them anyway, once; another time needs its number, \
             as in --again=2. A link has the journal of the file that it leads to, a copy beside a journal of the same rows is \
             refused, and journals that were set aside (users.csv.smspin.DATE) and results without their journal still \
             say who was reached. All this relies on the journal: don't delete it, and don't restore an old copy. What other machines send, or what a proxy repeats by \
             itself, is not in it.",
        ),
        Block::text(
            "Until a run has ended, the last records are in a file beside the journal, whose name ends in -wal. Every row \
             of the journal has a checksum, and the .lock file beside it counts its commits. So damage, an old copy and a \
             missing -wal are noticed, and nothing is sent. Put the right files back. If they are gone for good, \
             --accept-lost-records goes on without them: every number that the last run may have sent to, and that is not \
             recorded as accepted or refused, then counts as unknown. A journal that is renamed or deleted during a run \
             stops the run, which says where the records are.",
        ),
        Block::text(
            "--forget deletes the numbers of a finished batch from the journal and the files beside it, for good; the results \
             stay as they are. What is left says which batch it was. So the same file, or any other with that journal, is not \
             sent to unasked: --again is needed, and counts everyone as perhaps sent to. Delete a journal and nothing \
             of this is known. In a database the rows of the campaign are deleted; the server overwrites their place on its \
             disk in its own time, and its backups are its own.",
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
        Block::text("The gateway's `error_id`, its message, the exit status it leads to, and what to do:"),
        Block::table(ErrorId::LISTED.iter().map(row)),
        Block::text("An id that isn't listed here is a refusal too (exit 3), shown as it was received."),
    ]
}

fn sandbox() -> Vec<Block> {
    let commands = [
        (
            "sandbox serve",
            "Serves the gateway, offline, with an inbox for the browser; -v shows each request and why it was refused",
        ),
        ("sandbox ready --wait 10s", "Waits until it answers (GET /readyz)"),
        (
            "sandbox pin MSISDN --wait 5s",
            "Waits for a PIN that can be typed back; --after REVISION or --after now takes only a later one",
        ),
        (
            "sandbox inbox",
            "The SMS that would have been sent; --revision prints what --after takes",
        ),
        (
            "sandbox requests --refused",
            "What was refused, with the reason and the rule that it broke; keys and PINs are masked",
        ),
        (
            "sandbox behave",
            "A fixed PIN, a fault for the next calls, another lookup or delivery, from now on",
        ),
        (
            "sandbox advance 10m",
            "Puts the clock forward: PINs expire and delivery reports fall due, and nobody waits",
        ),
        (
            "sandbox reset",
            "Back to the beginning; with --account for one key alone",
        ),
    ];
    vec![
        Block::text(
            "With --sandbox a command has a gateway of its own, which sends no SMS. `smspin sandbox serve` serves the same one \
             to your own programs, and the commands below set it and look into it: on its state file, or with --url where it is \
             served. They never need a sleep.",
        ),
        Block::table(commands),
        Block::text(
            "Tests that run side by side don't meet if each has a key of its own (--accept-key): --account takes the beginning of \
             the key's SHA-256. In a container network give the service's name with --allow-host; smspin as a client takes plain \
             http to it where the setting sandbox_host names it. GET /openapi.json describes all paths.",
        ),
    ]
}

fn test_numbers() -> Vec<Block> {
    vec![
        Block::text(
            "The numbers +1 202 555 0100 to 0199 are reserved for fiction: no telephone has them. In the sandbox, each of \
             these causes one thing; the others are ordinary numbers. Without the sandbox they are all refused.",
        ),
        Block::table(TEST_NUMBERS.iter().map(|number| (number.msisdn(), number.what))),
        Block::text("`smspin sandbox reset` sets the counts back (“once”, “three times”)."),
    ]
}
