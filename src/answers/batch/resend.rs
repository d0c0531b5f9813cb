//! The way on for rows that may have got their SMS.

use crate::text;
use jiff::Timestamp;

/// The commands that settle unknown rows, and when.
#[derive(Clone, Debug)]
pub(crate) struct ResendWay {
    /// Sends to them again.
    pub(crate) resend: String,
    /// From then on their PINs are over, so that no first PIN is made invalid; `None` where that is not known, or never.
    pub(crate) from: Option<Timestamp>,
    /// Reads the delivery reports, where the batch asked for some.
    pub(crate) reconcile: Option<String>,
    /// The rows, as far as they are known.
    pub(crate) rows: Vec<u64>,
    /// They are rows of a sheet, and not lines.
    pub(crate) of_sheet: bool,
}

impl ResendWay {
    /// The words before the command.
    fn when(&self) -> String {
        let now = crate::clock::now();
        match self.from {
            // Rounded up to the minute.
            Some(from) if from > now => {
                let from = from.checked_add(jiff::Span::new().seconds(59)).unwrap_or(from);
                let is_today = from.strftime("%F").to_string() == now.strftime("%F").to_string();
                let form = if is_today { "%H:%M" } else { "%F %H:%M" };
                format!("from {} UTC on", from.strftime(form))
            }
            Some(_) => "unknown ones again".to_owned(),
            None => "unknown ones again, though a PIN may still be valid".to_owned(),
        }
    }

    /// For a person, below the line with the `next` command for the other rows, where there is one: it isn't repeated.
    pub(super) fn lines(&self, next: Option<&str>) -> Vec<String> {
        const MOST: usize = 3;
        let more_flags = next.and_then(|next| self.resend.strip_prefix(next));
        let command = match more_flags {
            Some(flags) => format!("the same with{}", text::line(flags)),
            None => text::line(&self.resend).into_owned(),
        };
        let mut line = format!("{}: {command}", self.when());
        if !self.rows.is_empty() {
            let shown: Vec<String> = self.rows.iter().take(MOST).map(u64::to_string).collect();
            let more = if self.rows.len() > MOST { ", …" } else { "" };
            let word = text::row_word(self.of_sheet, self.rows.len() as u64);
            line.push_str(&format!("   ({word} {}{more})", shown.join(", ")));
        }
        let reconcile = self.reconcile.iter();
        let reconcile = reconcile.map(|command| format!("with their reports: {}", text::line(command)));
        std::iter::once(line).chain(reconcile).collect()
    }

    /// The same for a program, and for a report.
    pub(crate) fn hint(&self) -> String {
        let reconcile = self.reconcile.as_ref().map_or_else(String::new, |command| {
            format!("`{command}` settles those whose delivery report has come, and ")
        });
        format!(
            "unknown rows may have got their SMS; {reconcile}{}: `{}`",
            self.when(),
            self.resend
        )
    }
}
