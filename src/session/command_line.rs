//! The command that was typed, for a person to paste: whole, or as it goes on with a batch.

use crate::text;

/// The words behind the program's name. The API key is in no argument, so it is not in here.
#[derive(Clone, Debug, Default)]
pub(crate) struct CommandLine(Vec<String>);

/// Flags that send again, or that only look: what goes on with a batch has none of them. Each with whether it takes a value.
const ONCE: [(&str, bool); 3] = [
    ("--dry-run", false),
    ("--change-settings", false),
    ("--resend", true),
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
        self.without(&ONCE)
    }

    /// Without `--report-url`, whose value may hold a token.
    pub(crate) fn without_report_url(&self) -> Self {
        self.without(&[("--report-url", true)])
    }

    fn without(&self, flags: &[(&str, bool)]) -> Self {
        let mut kept = Vec::new();
        let mut words = self.0.iter();
        while let Some(word) = words.next() {
            let flag = word.split_once('=').map_or(word.as_str(), |(flag, _)| flag);
            match flags.iter().find(|(name, _)| *name == flag) {
                // Its value is the next word, unless it stands behind an equals sign.
                Some((_, true)) if flag == word => drop(words.next()),
                Some(_) => {}
                None => kept.push(word.clone()),
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
