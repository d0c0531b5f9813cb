//! What makes two runs the same batch: the input, and every setting that changes who gets what.
//!
//! Kept as named parts, so that a refusal can say what differs. The key, the rate and the concurrency are no part of it,
//! and a report URL, which may carry a token, is kept as a digest.

use crate::text;
use ring::digest::{SHA256, digest};
use std::fmt;

/// Everything that decides who gets what. Every field has to be given, so that none is forgotten; `None` is a setting
/// that was left alone.
#[derive(Clone, Debug)]
pub(crate) struct Subject<'a> {
    /// The SHA-256 of its bytes.
    pub(crate) input: [u8; 32],
    pub(crate) base_url: &'a str,
    /// Format, delimiter, encoding and header, as they are used.
    pub(crate) format: &'a str,
    /// Which column is read as what.
    pub(crate) columns: &'a str,
    pub(crate) country: Option<&'a str>,
    pub(crate) sms_text: Option<&'a str>,
    pub(crate) sender: Option<&'a str>,
    pub(crate) hlr_lookup: Option<bool>,
    pub(crate) pin_type: Option<&'a str>,
    pub(crate) pin_length: Option<u64>,
    /// In seconds.
    pub(crate) expires_in: Option<u64>,
    pub(crate) max_tries: Option<u64>,
    pub(crate) report_url: Option<&'a str>,
}

/// A part of a fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FingerprintPart {
    Input,
    BaseUrl,
    Format,
    Columns,
    Country,
    SmsText,
    Sender,
    HlrLookup,
    PinType,
    PinLength,
    ExpiresIn,
    MaxTries,
    ReportUrl,
}

impl FingerprintPart {
    pub(crate) const ALL: [Self; 13] = [
        Self::Input,
        Self::BaseUrl,
        Self::Format,
        Self::Columns,
        Self::Country,
        Self::SmsText,
        Self::Sender,
        Self::HlrLookup,
        Self::PinType,
        Self::PinLength,
        Self::ExpiresIn,
        Self::MaxTries,
        Self::ReportUrl,
    ];

    /// Its name, which a journal keeps: it must never change.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::BaseUrl => "base_url",
            Self::Format => "format",
            Self::Columns => "columns",
            Self::Country => "country",
            Self::SmsText => "sms_text",
            Self::Sender => "sender",
            Self::HlrLookup => "hlr_lookup",
            Self::PinType => "pin_type",
            Self::PinLength => "pin_length",
            Self::ExpiresIn => "expires_in",
            Self::MaxTries => "max_tries",
            Self::ReportUrl => "report_url",
        }
    }

    /// True where the value is a digest that tells a person nothing.
    const fn opaque(self) -> bool {
        matches!(self, Self::Input | Self::ReportUrl)
    }
}

/// The parts that have a value, each as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fingerprint {
    values: [Option<String>; FingerprintPart::ALL.len()],
    /// The command that the settings were given with, for a person to paste. It makes no difference.
    command: Option<String>,
}

/// The name under which a journal keeps the command.
pub(super) const COMMAND: &str = "command";

impl Fingerprint {
    pub(crate) fn of(subject: &Subject<'_>) -> Self {
        let word = |value: Option<&str>| value.map(str::to_owned);
        let count = |value: Option<u64>| value.map(|value| value.to_string());
        let value = |part| match part {
            FingerprintPart::Input => Some(text::hex(&subject.input)),
            FingerprintPart::BaseUrl => word(Some(subject.base_url)),
            FingerprintPart::Format => word(Some(subject.format)),
            FingerprintPart::Columns => word(Some(subject.columns)),
            FingerprintPart::Country => word(subject.country),
            FingerprintPart::SmsText => word(subject.sms_text),
            FingerprintPart::Sender => word(subject.sender),
            FingerprintPart::HlrLookup => subject.hlr_lookup.map(|asked| asked.to_string()),
            FingerprintPart::PinType => word(subject.pin_type),
            FingerprintPart::PinLength => count(subject.pin_length),
            FingerprintPart::ExpiresIn => count(subject.expires_in),
            FingerprintPart::MaxTries => count(subject.max_tries),
            FingerprintPart::ReportUrl => subject
                .report_url
                .map(|url| text::hex(digest(&SHA256, url.as_bytes()).as_ref())),
        };
        Self {
            values: FingerprintPart::ALL.map(value),
            command: None,
        }
    }

    /// With the command that the settings were given with, which must hold no secret.
    pub(crate) fn given_by(self, command: String) -> Self {
        Self {
            command: Some(command),
            ..self
        }
    }

    pub(crate) fn command(&self) -> Option<&str> {
        self.command.as_deref()
    }

    /// True where both are of the same rows, sent to the sandbox or not.
    pub(crate) fn has_input_of(&self, other: &Self) -> bool {
        let input = |of: &Self| of.values[FingerprintPart::Input as usize].clone();
        input(self) == input(other) && self.is_in_sandbox() == other.is_in_sandbox()
    }

    pub(crate) fn is_in_sandbox(&self) -> bool {
        self.values[FingerprintPart::BaseUrl as usize].as_deref() == Some("sandbox")
    }

    /// True where a report URL is set, of which a journal keeps no more than a digest.
    pub(crate) const fn has_report_url(&self) -> bool {
        self.values[FingerprintPart::ReportUrl as usize].is_some()
    }

    /// What a journal keeps: the parts that have a value, by name.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (&'static str, &str)> {
        FingerprintPart::ALL
            .iter()
            .zip(&self.values)
            .filter_map(|(part, value)| Some((part.name(), value.as_deref()?)))
            .chain(self.command.as_deref().map(|command| (COMMAND, command)))
    }

    /// Reads back what a journal kept. `None` where a name is not one of ours.
    pub(crate) fn from_parts(parts: impl IntoIterator<Item = (String, String)>) -> Option<Self> {
        let mut values = [const { None }; FingerprintPart::ALL.len()];
        let mut command = None;
        for (name, value) in parts {
            if name == COMMAND {
                command = Some(value);
                continue;
            }
            let index = FingerprintPart::ALL.iter().position(|part| part.name() == name)?;
            values[index] = Some(value);
        }
        Some(Self { values, command })
    }

    /// The parts in which `self`, the older one, differs from `now`; empty if they are the same.
    pub(crate) fn differences(&self, now: &Self) -> Vec<Difference> {
        let pairs = self.values.iter().zip(&now.values);
        let differing = FingerprintPart::ALL
            .into_iter()
            .zip(pairs)
            .filter(|(_, (was, now))| was != now);
        differing
            .map(|(part, (was, now))| Difference {
                part,
                was: was.clone(),
                now: now.clone(),
            })
            .collect()
    }
}

/// A part that is not what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Difference {
    pub(crate) part: FingerprintPart,
    was: Option<String>,
    now: Option<String>,
}

impl Difference {
    #[cfg(test)]
    pub(crate) const fn part(&self) -> FingerprintPart {
        self.part
    }
}

/// As in `sender: was "ACME", now not set`. Values are escaped and cut.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.part.name())?;
        if self.part.opaque() {
            return f.write_str(match (&self.was, &self.now) {
                (None, _) => ": was not set, now it is",
                (_, None) => ": was set, now it is not",
                _ if self.part == FingerprintPart::Input => ": the content is not the same",
                _ => ": not the same",
            });
        }
        if let (FingerprintPart::Columns, Some(was), Some(now)) = (self.part, &self.was, &self.now) {
            return match (
                meanings_beside(was, now).as_str(),
                meanings_beside(now, was).as_str(),
            ) {
                ("", "") => f.write_str(": read in another way"),
                ("", now) => write!(f, ": now also {now}"),
                (was, "") => write!(f, ": no longer {was}"),
                (was, now) => write!(f, ": was {was}, now {now}"),
            };
        }
        let shown = |value: &Option<String>| value.as_deref().map_or("not set".to_owned(), text::quote);
        write!(f, ": was {}, now {}", shown(&self.was), shown(&self.now))
    }
}

/// What columns are read as by one line of [`Input::reading`](crate::rows::Input::reading) and not by the other, in words.
fn meanings_beside(reading: &str, other: &str) -> String {
    fn meanings(reading: &str) -> impl Iterator<Item = (&str, usize)> {
        let parts = reading.split(' ').filter_map(|part| part.split_once('='));
        parts.filter_map(|(parameter, place)| Some((parameter, place.parse().ok()?)))
    }
    let others: Vec<_> = meanings(other).collect();
    let own = meanings(reading).filter(|meaning| !others.contains(meaning));
    let words: Vec<_> = own
        .map(|(parameter, place)| format!("{parameter} in column {}", place + 1))
        .collect();
    words.join(", ")
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::batch) fn subject(content: &str) -> Subject<'static> {
        Subject {
            input: digest(&SHA256, content.as_bytes()).as_ref().try_into().unwrap(),
            base_url: "https://gateway.example/api/3.0",
            format: "csv ,",
            columns: "msisdn=Tel",
            country: None,
            sms_text: None,
            sender: Some("ACME"),
            hlr_lookup: None,
            pin_type: None,
            pin_length: None,
            expires_in: None,
            max_tries: None,
            report_url: None,
        }
    }

    #[test]
    fn every_part_makes_a_difference_of_its_own() {
        let was = Fingerprint::of(&subject("a,b\n"));
        assert_eq!(was.differences(&Fingerprint::of(&subject("a,b\n"))), []);
        let changes: [fn(&mut Subject<'_>); FingerprintPart::ALL.len()] = [
            |subject| subject.input = self::subject("a,c\n").input,
            |subject| subject.base_url = "https://other.example",
            |subject| subject.format = "csv ;",
            |subject| subject.columns = "msisdn=Phone",
            |subject| subject.country = Some("ES"),
            |subject| subject.sms_text = Some("{PIN}"),
            |subject| subject.sender = None,
            |subject| subject.hlr_lookup = Some(false),
            |subject| subject.pin_type = Some("alpha"),
            |subject| subject.pin_length = Some(8),
            |subject| subject.expires_in = Some(600),
            |subject| subject.max_tries = Some(5),
            |subject| subject.report_url = Some("https://example.com/?token=s3cret"),
        ];
        for (part, change) in FingerprintPart::ALL.into_iter().zip(changes) {
            let mut subject = subject("a,b\n");
            change(&mut subject);
            let differences = was.differences(&Fingerprint::of(&subject));
            assert_eq!(
                differences.iter().map(Difference::part).collect::<Vec<_>>(),
                [part]
            );
        }
    }

    #[test]
    fn a_difference_says_what_was_and_what_is() {
        let was = Fingerprint::of(&subject("a\n"));
        let text = "x".repeat(39) + "\u{1b}[31m";
        let now = Fingerprint::of(&Subject {
            sender: None,
            sms_text: Some(&text),
            report_url: Some("https://example.com/?token=s3cret"),
            ..subject("b\n")
        });
        let said: Vec<_> = was.differences(&now).iter().map(Difference::to_string).collect();
        assert_eq!(
            said,
            [
                "input: the content is not the same".to_owned(),
                format!("sms_text: was not set, now “{}…”", "x".repeat(39)),
                "sender: was “ACME”, now not set".to_owned(),
                "report_url: was not set, now it is".to_owned(),
            ]
        );
    }

    #[test]
    fn columns_are_told_by_what_they_are_read_as() {
        let reading = |columns| {
            Fingerprint::of(&Subject {
                columns,
                ..subject("")
            })
        };
        let said = |was, now| reading(was).differences(&reading(now))[0].to_string();
        for (was, now, expected) in [
            (
                "Delimited(44) UTF-8 msisdn=0",
                "Delimited(44) UTF-8 msisdn=1",
                "columns: was msisdn in column 1, now msisdn in column 2",
            ),
            (
                "Delimited(44) UTF-8 sheet \"a b=3\" msisdn=0 sender=2",
                "Delimited(44) UTF-8 sheet \"a b=3\" msisdn=0 sms_text=11",
                "columns: was sender in column 3, now sms_text in column 12",
            ),
            (
                "JsonLines UTF-8 msisdn=0",
                "JsonLines UTF-8 msisdn=0 sender=1",
                "columns: now also sender in column 2",
            ),
            (
                "JsonLines UTF-8 msisdn=0 sender=1",
                "JsonLines UTF-8 msisdn=0",
                "columns: no longer sender in column 2",
            ),
        ] {
            assert_eq!(said(was, now), expected);
        }
    }

    #[test]
    fn what_a_journal_keeps_reads_back_and_holds_no_token() {
        let subject = Subject {
            report_url: Some("https://example.com/?token=s3cret"),
            hlr_lookup: Some(true),
            ..subject("")
        };
        let fingerprint = Fingerprint::of(&subject).given_by("smspin batch users.csv".to_owned());
        assert_eq!(fingerprint.differences(&Fingerprint::of(&subject)), []);
        let parts: Vec<_> = fingerprint
            .parts()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        assert!(!format!("{parts:?}").contains("s3cret"));
        assert_eq!(Fingerprint::from_parts(parts), Some(fingerprint));
        assert_eq!(
            Fingerprint::from_parts([("colour".to_owned(), String::new())]),
            None
        );
    }
}
