//! The command that was typed, for a person to paste: whole, or as it goes on with a batch.

use crate::text;

/// The words behind the program's name. The API key is in no argument, so it is not in here.
#[derive(Clone, Debug, Default)]
pub(crate) struct CommandLine(Vec<String>);

/// Flags that send again, or that only look: what goes on with a batch has none of them.
const ONCE: [&str; 5] = [
    "--again",
    "--skip-sent",
    "--retry-unknown",
    "--status",
    "--dry-run",
];

impl CommandLine {
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

    /// As it goes on with a batch.
    pub(crate) fn going_on(&self) -> Self {
        let flag = |word: &str| word.split_once('=').map_or(word, |(flag, _)| flag).to_owned();
        Self::new(
            self.0
                .iter()
                .filter(|word| !ONCE.contains(&flag(word).as_str()))
                .cloned(),
        )
    }

    /// Without `--report-url`, whose value may hold a token.
    pub(crate) fn without_report_url(&self) -> Self {
        let mut kept = Vec::new();
        let mut words = self.0.iter();
        while let Some(word) = words.next() {
            if word == "--report-url" {
                words.next();
            } else if !word.starts_with("--report-url=") {
                kept.push(word.clone());
            }
        }
        Self(kept)
    }

    /// With a flag and its value behind it.
    #[must_use]
    pub(crate) fn with(mut self, flag: &str, value: &str) -> Self {
        self.0.push(format!("{flag}={value}"));
        self
    }

    /// With a flag that takes no value behind it.
    #[must_use]
    pub(crate) fn with_switch(mut self, flag: &str) -> Self {
        self.0.push(flag.to_owned());
        self
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
            "--again",
            "--again=2",
            "--retry-unknown=all",
            "--retry-unknown",
            "--skip-sent",
            "--status",
            "--sms-text",
            "Hi, {PIN}",
        ]);
        assert_eq!(
            typed.going_on().to_shell(),
            "smspin batch 'my users.csv' --sms-text 'Hi, {PIN}'"
        );
    }

    #[test]
    fn a_report_url_is_left_out_in_both_ways_of_writing_it() {
        for words in [
            &["batch", "--report-url", "https://x/?t=s3cret", "a.csv"][..],
            &["batch", "--report-url=https://x/?t=s3cret", "a.csv"],
        ] {
            assert_eq!(line(words).without_report_url().to_shell(), "smspin batch a.csv");
        }
        let with = line(&["batch"]).with("--sender", "MY SHOP");
        assert_eq!(with.to_shell(), "smspin batch '--sender=MY SHOP'");
    }
}
