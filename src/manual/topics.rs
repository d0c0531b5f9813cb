//! `smspin help TOPIC`: what belongs to no single command. The prose is in `docs/topics`, the tables are the code's own.

use super::block::{self, Block};
use crate::batch::results::DOCUMENTED;
use crate::env;
use crate::failure::{Exit, Kind};
use crate::outcome::OutcomeWord;
use crate::rows::Role;
use crate::sandbox::TEST_NUMBERS;
use crate::settings::Key;
use crate::wire::ErrorId;

/// Something to read about.
pub(crate) struct Topic {
    pub(crate) name: &'static str,
    /// Its heading, and below it what [`block::parse`] reads.
    page: &'static str,
}

/// The topic of a page below `docs/topics`.
macro_rules! topic {
    ($name:literal) => {
        Topic {
            name: $name,
            page: include_str!(concat!("../../docs/topics/", $name, ".md")),
        }
    };
}

/// Every topic.
pub(crate) const TOPICS: &[Topic] = &[
    topic!("topics"),
    topic!("exit-codes"),
    topic!("environment"),
    topic!("config-file"),
    topic!("json"),
    topic!("csv"),
    topic!("numbers"),
    topic!("journal"),
    topic!("database"),
    topic!("once-per"),
    topic!("error-ids"),
    topic!("sandbox"),
    topic!("test-numbers"),
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

    /// What it is about, on one line.
    pub(crate) fn about(&self) -> &'static str {
        let heading = self.page.lines().next().unwrap_or_default();
        heading.trim_start_matches("# ")
    }

    /// The text for a terminal of `width` columns.
    pub(crate) fn text(&self, width: usize) -> String {
        block::plain(&self.blocks(), width)
    }

    fn blocks(&self) -> Vec<Block> {
        let (_, text) = self.page.split_once('\n').unwrap_or_default();
        block::parse(text, table)
    }
}

/// The environment variables, with what they do.
pub(super) fn variables() -> Vec<Block> {
    let topic = Topic::find("environment").expect("there is this topic");
    topic.blocks().split_off(1)
}

pub(super) fn codes(wanted: impl Fn(Exit) -> bool) -> Block {
    let exits = Exit::ALL.iter().copied().filter(|exit| wanted(*exit));
    Block::table(exits.map(|exit| (exit.code().to_string(), exit.doc())))
}

/// A table that a page names.
fn table(name: &str) -> Block {
    match name {
        "topics" => {
            let others = TOPICS.iter().filter(|topic| topic.name != "topics");
            Block::table(others.map(|topic| (topic.name, topic.about())))
        }
        "exit codes" => codes(|_| true),
        "variables" => {
            let settings = Key::variables().map(|(name, key)| (name, key.doc()));
            Block::table(env::PROGRAM.iter().copied().chain(settings))
        }
        "common variables" => Block::table(env::FOREIGN.iter().copied()),
        "settings" => Block::table(Key::ALL.iter().map(|key| (key.name(), setting(*key)))),
        "outcomes" => Block::table(OutcomeWord::ALL.iter().map(|word| (word.as_str(), word.doc()))),
        "kinds of failures" => Block::table(Kind::ALL.iter().map(|kind| {
            let meaning = format!("{} (exit {})", kind.doc(), kind.exit().code());
            (kind.name(), meaning)
        })),
        "columns" => Block::table(Role::ALL.map(|role| (role.name(), column(role)))),
        "result columns" => Block::table(DOCUMENTED),
        "error ids" => Block::table(ErrorId::LISTED.iter().map(|id| (id.as_str(), refusal(id)))),
        "test numbers" => Block::table(
            TEST_NUMBERS
                .iter()
                .map(|number| (number.msisdn.to_string(), number.what)),
        ),
        unknown => unreachable!("a test reads every page, and none names a table {unknown}"),
    }
}

fn setting(key: Key) -> String {
    let doc = format!("{}. Example: {}", key.help(), key.example());
    let places = [key.flag(), key.variable()];
    let places: Vec<&str> = places.into_iter().flatten().collect();
    if places.is_empty() {
        doc
    } else {
        format!("{doc} (also {})", places.join(", "))
    }
}

fn column(role: Role) -> &'static str {
    match Key::from_name(role.name()) {
        Some(key) => key.doc(),
        None => {
            "The number, in any form that `smspin request` takes; phone, mobile, tel and the like mean it too"
        }
    }
}

fn refusal(id: &ErrorId) -> String {
    let exit = Exit::from(id.scope());
    format!("{} Exit {}; {}", id.message(), exit.code(), id.hint(false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_has_a_heading_a_text_and_tables_that_there_are() {
        for topic in TOPICS {
            assert!(topic.page.starts_with("# "), "{}", topic.name);
            assert!(
                !topic.about().ends_with('.') && topic.about().len() < 80,
                "{}",
                topic.name
            );
            let text = topic.text(80);
            assert!(text.lines().count() > 3, "{}: {text}", topic.name);
            for mark in ["<!--", "-->", "- `"] {
                assert!(
                    !text.contains(mark),
                    "{}: {mark} was not read:\n{text}",
                    topic.name
                );
            }
        }
        let pages = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/topics")).unwrap();
        assert_eq!(pages.count(), TOPICS.len(), "each page has its topic");
    }
}
