//! The command that was typed, for a person to paste: whole, or as it goes on with a batch.

use crate::text;

/// The words behind the program's name. The API key is in no argument, so it is not in here.
#[derive(Clone, Debug, Default)]
pub(crate) struct CommandLine(Vec<String>);

/// Flags that send again or without a question, or that only look: what goes on with a batch has none of them. Each with
/// whether it takes a value. A report URL may hold a token.
const ONCE: [(&str, bool); 6] = [
    ("--yes", false),
    ("-y", false),
    ("--report-url", true),
    ("--dry-run", false),
    ("--change-settings", false),
    ("--resend", true),
];

/// Flags that say which numbers a list has. Each with whether it takes a value.
const READING: [(&str, bool); 10] = [
    ("--column", true),
    ("--country", true),
    ("--international", false),
    ("--sheet", true),
    ("--hidden-rows", true),
    ("--header-row", true),
    ("--no-header", false),
    ("--format", true),
    ("--delimiter", true),
    ("--encoding", true),
];

impl CommandLine {
    /// The flags that say how the list is read, as they were typed, each behind a space.
    pub(crate) fn reading(&self) -> String {
        let (_, reading) = self.parted(&READING);
        let words = reading.iter().map(|word| text::shell_word(word));
        words.flat_map(|word| [" ".to_owned(), word]).collect()
    }

    pub(crate) fn of_process() -> Self {
        Self::new(
            std::env::args_os()
                .skip(1)
                .map(|word| word.to_string_lossy().into_owned()),
        )
    }

    fn new(words: impl IntoIterator<Item = String>) -> Self {
        Self(words.into_iter().collect())
    }

    /// As it goes on with a batch, after a question.
    pub(crate) fn going_on(&self) -> Self {
        self.without(&ONCE)
    }

    fn without(&self, flags: &[(&str, bool)]) -> Self {
        Self(self.parted(flags).0)
    }

    /// The words but these flags and their values, and these.
    fn parted(&self, flags: &[(&str, bool)]) -> (Vec<String>, Vec<String>) {
        let (mut others, mut found) = (Vec::new(), Vec::new());
        let mut words = self.0.iter();
        while let Some(word) = words.next() {
            let flag = word.split_once('=').map_or(word.as_str(), |(flag, _)| flag);
            let Some((_, takes_value)) = flags.iter().find(|(name, _)| *name == flag) else {
                others.push(word.clone());
                continue;
            };
            found.push(word.clone());
            // Its value is the next word, unless it stands behind an equals sign.
            if *takes_value && flag == word {
                found.extend(words.next().cloned());
            }
        }
        (others, found)
    }

    /// With a flag and its value behind it.
    #[must_use]
    pub(crate) fn with(mut self, flag: &str, value: &str) -> Self {
        self.0.push(format!("{flag}={value}"));
        self
    }

    /// With one more word behind it.
    #[must_use]
    pub(crate) fn with_word(mut self, word: &str) -> Self {
        self.0.push(word.to_owned());
        self
    }

    /// The batch of a list that a command about the journal leads to, with the flags that were typed there: they say how the
    /// list is read, and where its journal is. `None` where no such command was typed.
    pub(crate) fn batch_of_list(&self) -> Option<Self> {
        let mut words = self.without(&[("--report", true), ("--json", false)]).0;
        let journal = words.iter().position(|word| word == "journal")?;
        // Flags of all commands about the journal may stand between the two words.
        let about_a_list = |word: &String| matches!(word.as_str(), "status" | "adopt");
        let behind = words[journal + 1..].iter().position(about_a_list)?;
        words.remove(journal + 1 + behind);
        "batch".clone_into(&mut words[journal]);
        Some(Self(words))
    }

    /// As a shell takes it.
    pub(crate) fn to_shell(&self) -> String {
        let words = self.0.iter().map(|word| text::shell_word(word));
        std::iter::once("smspin".to_owned())
            .chain(words)
            .collect::<Vec<_>>()
            .join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(words: &[&str]) -> CommandLine {
        CommandLine::new(words.iter().map(|word| (*word).to_owned()))
    }

    #[test]
    fn what_goes_on_sends_nothing_again() {
        let typed = line(&[
            "batch",
            "my users.csv",
            "--resend=unknown,refused",
            "--resend",
            "unknown",
            "--dry-run",
            "--change-settings",
            "--sms-text",
            "Hi, {PIN}",
        ]);
        assert_eq!(
            typed.going_on().to_shell(),
            "smspin batch 'my users.csv' --sms-text 'Hi, {PIN}'"
        );
    }

    #[test]
    fn how_a_list_is_read_is_found_among_the_words() {
        let typed = line(&[
            "batch",
            "a b.csv",
            "--column=msisdn=Tel 2",
            "--yes",
            "--country",
            "ES",
            "--no-header",
        ]);
        assert_eq!(
            typed.reading(),
            " '--column=msisdn=Tel 2' --country ES --no-header"
        );
    }

    #[test]
    fn what_goes_on_asks_and_holds_no_report_url() {
        for words in [
            &["batch", "--yes", "--report-url", "https://x/?t=s3cret", "a.csv"][..],
            &["batch", "-y", "--report-url=https://x/?t=s3cret", "a.csv"],
        ] {
            assert_eq!(line(words).going_on().to_shell(), "smspin batch a.csv");
        }
        let with = line(&["batch"]).with("--sender", "MY SHOP");
        assert_eq!(with.to_shell(), "smspin batch '--sender=MY SHOP'");
    }

    #[test]
    fn a_look_at_a_list_leads_to_the_batch_that_reads_it_alike() {
        let typed = line(&[
            "--sandbox",
            "journal",
            "status",
            "a.csv",
            "--country",
            "ES",
            "--report",
            "r.md",
        ]);
        assert_eq!(
            typed.batch_of_list().map(|command| command.to_shell()).as_deref(),
            Some("smspin --sandbox batch a.csv --country ES")
        );
        let apart = line(&[
            "journal",
            "--campaign",
            "march",
            "adopt",
            "a.csv",
            "--journal=j.db",
        ]);
        assert_eq!(
            apart.batch_of_list().map(|command| command.to_shell()).as_deref(),
            Some("smspin batch --campaign march a.csv --journal=j.db")
        );
        assert!(line(&["batch", "a.csv"]).batch_of_list().is_none());
    }
}
