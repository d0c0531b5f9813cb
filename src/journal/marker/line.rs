//! The text of a marker: how its lines are written, and how they are read back.
//!
//! After the first line, which is for people, every line is one object of JSON: half a line is never one, so that a line that
//! was cut is told from a whole one.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What the file is, for people who find it.
pub(super) const FIRST_LINE: &str = "# smspin keeps this beside a list: it says which journal knows the people on the list, so that they \
    get no second SMS. Keep it with the list; do not commit it to version control.\n";

/// A run that may have sent to the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MarkedRun {
    pub(super) name: String,
    /// The identity of its journal.
    pub(super) journal: String,
    pub(super) place: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) server: String,
    pub(super) user: String,
    pub(super) host: String,
    pub(super) campaign: String,
    pub(super) gateway: String,
    pub(super) expires_in: u32,
    #[serde(with = "moment")]
    pub(super) began: Timestamp,
}

/// A journal's word that it has an attempt at every number of the list since these runs began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Adoption {
    pub(super) journal: String,
    /// The run of that journal that made the attempts.
    pub(super) by: String,
    pub(super) runs: Vec<String>,
    /// How many cut lines it stands for.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) cut: usize,
}

/// One line of a marker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum MarkerLine {
    Run(MarkedRun),
    /// How many groups the run had committed by then.
    Groups {
        run: String,
        groups: u64,
    },
    /// The run was refused after its line was written.
    NothingSent {
        run: String,
    },
    Adopt(Adoption),
}

impl MarkerLine {
    pub(super) fn to_text(&self) -> String {
        let json = serde_json::to_string(self).expect("text and whole numbers can be written as JSON");
        format!("{}\n", crate::text::json(&json))
    }
}

/// Why a file is not a marker that can be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum MarkerTextError {
    #[error("it is a database: an earlier smspin kept its journal beside the list")]
    Database,
    #[error("it is a file of another program, or of another version of smspin")]
    Foreign,
    #[error("its line {0} can't be understood")]
    Line(usize),
}

/// The content of a marker.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct MarkerText {
    pub(super) lines: Vec<MarkerLine>,
    /// How many lines were cut: by a kill in the middle of writing, or by a copy that ended too early.
    pub(super) cut: usize,
}

impl MarkerText {
    /// Reads all of it, or says what is wrong with it.
    pub(super) fn parse(content: &[u8]) -> Result<Self, MarkerTextError> {
        if content.is_empty() {
            return Ok(Self::default());
        }
        if content.starts_with(b"SQLite format 3\0") {
            return Err(MarkerTextError::Database);
        }
        let rest = content
            .strip_prefix(FIRST_LINE.as_bytes())
            .ok_or(MarkerTextError::Foreign)?;
        let mut found = Self::default();
        for (nth, line) in rest.split_inclusive(|byte| *byte == b'\n').enumerate() {
            let whole = line.strip_suffix(b"\n");
            match serde_json::from_slice(whole.unwrap_or(line)) {
                Ok(line) if whole.is_some() => found.lines.push(line),
                Ok(_) => found.cut += 1,
                Err(error) if is_cut(line, &error) => found.cut += 1,
                Err(_) => return Err(MarkerTextError::Line(nth + 2)),
            }
        }
        Ok(found)
    }

    /// What has to be appended to a file with this content, so that the line stands in it as a line of its own.
    pub(super) fn to_append(content: &[u8], line: &MarkerLine) -> String {
        let before = match content {
            [] => FIRST_LINE,
            [.., b'\n'] => "",
            _ => "\n",
        };
        format!("{before}{}", line.to_text())
    }
}

/// True for the beginning of an object that doesn't end.
fn is_cut(line: &[u8], error: &serde_json::Error) -> bool {
    let text = line.strip_suffix(b"\n").unwrap_or(line);
    let is_in_a_character = std::str::from_utf8(text).is_err_and(|error| error.error_len().is_none());
    text.starts_with(b"{") && (error.is_eof() || is_in_a_character)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// A point in time as people read it.
mod moment {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(moment: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(moment)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::hostile;
    use proptest::prelude::*;

    fn moment() -> impl Strategy<Value = Timestamp> {
        (0_i64..253_370_764_800_000).prop_map(|at| Timestamp::from_millisecond(at).unwrap())
    }

    fn run() -> impl Strategy<Value = MarkedRun> {
        let texts = prop::collection::vec(hostile::text(), 8);
        (texts, any::<u32>(), moment()).prop_map(|(texts, expires_in, began)| {
            let [name, journal, place, server, user, host, campaign, gateway] = texts.try_into().unwrap();
            MarkedRun {
                name,
                journal,
                place,
                server,
                user,
                host,
                campaign,
                gateway,
                expires_in,
                began,
            }
        })
    }

    fn line() -> impl Strategy<Value = MarkerLine> {
        let names = prop::collection::vec(hostile::text(), 0..3);
        prop_oneof![
            run().prop_map(MarkerLine::Run),
            (hostile::text(), any::<u64>()).prop_map(|(run, groups)| MarkerLine::Groups { run, groups }),
            hostile::text().prop_map(|run| MarkerLine::NothingSent { run }),
            (hostile::text(), hostile::text(), names, 0_usize..3).prop_map(|(journal, by, runs, cut)| {
                MarkerLine::Adopt(Adoption {
                    journal,
                    by,
                    runs,
                    cut,
                })
            }),
        ]
    }

    fn appended(lines: &[MarkerLine]) -> Vec<u8> {
        lines.iter().fold(Vec::new(), |mut content, line| {
            content.extend(MarkerText::to_append(&content, line).into_bytes());
            content
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(lines in prop::collection::vec(line(), 0..4)) {
            let content = appended(&lines);
            for line in String::from_utf8(content.clone()).unwrap().lines() {
                hostile::assert_printable(line);
            }
            prop_assert_eq!(MarkerText::parse(&content).unwrap(), MarkerText { lines, cut: 0 });
        }

        #[test]
        fn half_a_line_is_cut_wherever_it_ends_and_whatever_follows(first in line(), second in line(), at in any::<prop::sample::Index>()) {
            let whole = appended(std::slice::from_ref(&first));
            let start = FIRST_LINE.len();
            let end = start + 1 + at.index(whole.len() - start - 1);
            let mut content = whole[..end].to_vec();
            prop_assert_eq!(MarkerText::parse(&content).unwrap(), MarkerText { lines: Vec::new(), cut: 1 });
            content.extend(MarkerText::to_append(&content, &second).into_bytes());
            let found = MarkerText::parse(&content).unwrap();
            // All but the end of the line is a whole line.
            let lines = if end + 1 == whole.len() { vec![first, second] } else { vec![second] };
            prop_assert_eq!(&found.lines, &lines);
            prop_assert_eq!(found.lines.len() + found.cut, 2);
        }

        #[test]
        fn any_content_is_a_marker_or_a_clear_refusal(text in hostile::text(), is_ours: bool) {
            let content = format!("{}{text}", if is_ours { FIRST_LINE } else { "" });
            match MarkerText::parse(content.as_bytes()) {
                Ok(found) => prop_assert!(found.lines.is_empty() || is_ours),
                Err(error) => hostile::assert_printable(&error.to_string()),
            }
        }
    }

    #[test]
    fn what_is_not_understood_is_an_error() {
        for line in [
            "",
            "hello",
            "34600000001",
            "{}",
            "{\"groups\":{\"run\":\"a\"}}",
            "{\"groups\":{\"run\":\"a\",\"groups\":-1}}",
            "{\"groups\":{\"run\":\"a\",\"groups\":1,\"more\":2}}",
            "{\"nothing_sent\":{\"run\":\"a\"}} {",
            "{\"resent\":{\"run\":\"a\"}}",
            "\0\0\0\0",
        ] {
            let error = MarkerText::parse(format!("{FIRST_LINE}{line}\n").as_bytes()).unwrap_err();
            assert_eq!(error, MarkerTextError::Line(2), "{line:?}");
        }
        for (content, error) in [
            ("34600000001\n", MarkerTextError::Foreign),
            ("# smspin", MarkerTextError::Foreign),
            (&FIRST_LINE[..FIRST_LINE.len() - 1], MarkerTextError::Foreign),
            ("SQLite format 3\0", MarkerTextError::Database),
        ] {
            assert_eq!(MarkerText::parse(content.as_bytes()), Err(error));
        }
        assert_eq!(
            MarkerText::parse(FIRST_LINE.as_bytes()).unwrap(),
            MarkerText::default()
        );
    }
}
