//! Manual pages: what the tree of commands says, and the sections that every page of its kind has. They carry the version
//! and no date, so that the same source always makes the same pages.

use super::block::{self, Block};
use super::topics;
use crate::failure::Exit;
use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};
use std::io::{self, Write};

/// The files that smspin reads and writes besides those that a command line names.
const FILES: &[(&str, &str)] = &[
    (
        "~/.config/smspin/config.toml",
        "The configuration file, unless --config or SMSPIN_CONFIG names another; `smspin config path` says where it is",
    ),
    (
        "~/.local/state/smspin/sandbox.db",
        "What the sandbox remembers: PINs, their states, and the SMS that it would have sent",
    ),
    (
        "~/.local/state/smspin/journal/HOST.db",
        "The journal: what each number got through this gateway, unless --journal names another place; with --sandbox, sandbox.journal.db beside sandbox.db",
    ),
];

/// What a batch writes, of which only its page and the program's tell.
const BATCH_FILES: &[(&str, &str)] = &[
    (
        "FILE.smspin",
        "Which journal knows the people of FILE, so that a batch stops where that journal is lost; it holds no numbers",
    ),
    (
        "FILE.results.csv",
        "What became of each row, unless --output names another place; FILE is without its own ending",
    ),
];

/// Requests of roff: no word is cut at the end of a line, where a name could not be copied any more, and no line is stretched.
const NO_BROKEN_WORDS: &str = ".nh\n.ad l\n";

/// One manual page.
pub(crate) struct Page {
    /// The words of its command; none for the program's own page.
    pub(crate) words: Vec<String>,
    /// Such as `smspin-config-set.1`.
    pub(crate) file_name: String,
    pub(crate) text: String,
}

/// Every page: the program's, then each command's.
pub(crate) fn pages(mut root: Command) -> Vec<Page> {
    root.build();
    let mut found = Vec::new();
    collect(&root, &root, &[], &mut found);
    found
}

fn collect(root: &Command, command: &Command, words: &[String], found: &mut Vec<Page>) {
    found.push(page(root, command, words));
    for sub in command.get_subcommands() {
        let mut path = words.to_vec();
        path.push(sub.get_name().to_owned());
        collect(root, sub, &path, found);
    }
}

fn page(root: &Command, command: &Command, words: &[String]) -> Page {
    // Its end is ours to write, in sections of their own.
    let bare = command.clone().after_help("").after_long_help("");
    // What `-h` leaves out is in the page, and the library would leave out its text there too.
    let bare = bare.mut_args(|argument| argument.hide_short_help(false));
    let man = Man::new(bare)
        .source(concat!("smspin ", env!("CARGO_PKG_VERSION")))
        .manual("smspin");
    // The library leaves an empty date out, and then the version would stand in its place.
    let mut head = part(&man, Man::render_title).replace(" 1  ", " 1 \"\" ");
    head.push_str(NO_BROKEN_WORDS);
    head.push_str(&part(&man, Man::render_name_section));
    let mut synopsis = Roff::new();
    synopsis.control("SH", ["SYNOPSIS"]);
    let usage = command.clone().render_usage().to_string();
    synopsis.text([roman(usage.trim_start_matches("Usage: "))]);
    head.push_str(&synopsis.to_roff());
    head.push_str(&part(&man, Man::render_description_section));
    head.push_str(&part(&man, Man::render_options_section));
    if command.has_subcommands() {
        head.push_str(&part(&man, Man::render_subcommands_section));
    }
    let mut rest = Roff::new();
    for (heading, blocks) in sections(root, command, words) {
        rest.control("SH", [heading]);
        block::roff(&mut rest, &blocks);
    }
    Page {
        words: words.to_vec(),
        file_name: man.get_filename(),
        text: tidy(&head) + &rest.to_roff(),
    }
}

fn part(man: &Man, render: fn(&Man, &mut dyn Write) -> io::Result<()>) -> String {
    let mut bytes = Vec::new();
    render(man, &mut bytes).expect("a vector takes all text");
    String::from_utf8(bytes).expect("pages are text")
}

fn sections(root: &Command, command: &Command, words: &[String]) -> Vec<(&'static str, Vec<Block>)> {
    let connects = words.is_empty() || command.get_arguments().any(|arg| arg.get_id() == "base_url");
    let local = |exit| matches!(exit, Exit::Done | Exit::No | Exit::Usage | Exit::Disk | Exit::Bug);
    let end = command.get_after_long_help().or(command.get_after_help());
    let is_heading = |block: &Block| matches!(block, Block::Text(text) if text.starts_with("Example") && text.ends_with(':'));
    let examples = end.map(|text| {
        let mut blocks = block::parse(&text.to_string(), |_| Block::text(""));
        blocks.retain(|block| !is_heading(block));
        blocks
    });
    let reads_settings = connects || words.first().is_some_and(|word| word == "config");
    let environment = if reads_settings {
        topics::variables()
    } else {
        vec![Block::text("See smspin(1).")]
    };
    let batch = words.first().is_none_or(|word| word == "batch");
    let batch_files = BATCH_FILES.iter().filter(|_| batch);
    let files: Vec<(&str, &str)> = FILES.iter().chain(batch_files).copied().collect();
    let mut found = vec![
        ("EXIT STATUS", vec![topics::codes(|exit| connects || local(exit))]),
        ("ENVIRONMENT", environment),
        ("FILES", vec![Block::table(files)]),
        (
            "SEE ALSO",
            vec![
                Block::text(see_also(root, command, words)),
                Block::text("Topics, each explained by smspin help TOPIC:"),
                Block::table(topics::TOPICS.iter().map(|topic| (topic.name, topic.about()))),
            ],
        ),
    ];
    if let Some(examples) = examples.filter(|blocks| !blocks.is_empty()) {
        found.insert(0, ("EXAMPLES", examples));
    }
    found
}

/// The pages next to this one: its parent's, its children's, its siblings'.
fn see_also(root: &Command, command: &Command, words: &[String]) -> String {
    let name = |words: &[&str]| format!("{}(1)", [&["smspin"], words].concat().join("-"));
    let own: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut found = Vec::new();
    if let Some((_, parent)) = own.split_last() {
        found.push(name(&[]));
        if !parent.is_empty() {
            found.push(name(parent));
        }
    }
    let (prefix, family) = if command.has_subcommands() {
        (own.clone(), command)
    } else {
        (Vec::new(), root)
    };
    for sub in family.get_subcommands() {
        let path = [prefix.as_slice(), &[sub.get_name()]].concat();
        let other = name(&path);
        if path != own && !found.contains(&other) {
            found.push(other);
        }
    }
    found.join(", ")
}

/// An empty line within a help text begins a paragraph; and each part comes with a definition of the apostrophe, of
/// which one is enough.
fn tidy(text: &str) -> String {
    const APOSTROPHE: [&str; 2] = [r".ie \n(.g .ds Aq \(aq", r".el .ds Aq '"];
    let mut lines: Vec<&str> = APOSTROPHE.to_vec();
    for line in text.lines().filter(|line| !APOSTROPHE.contains(line)) {
        // The library breaks the line twice before possible values, with an empty one between.
        let broken = lines.last() == Some(&".br");
        match line {
            "" | ".br" if broken => {}
            "" => lines.push(".PP"),
            line => lines.push(line),
        }
    }
    lines.into_iter().flat_map(|line| [line, "\n"]).collect()
}
