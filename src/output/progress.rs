//! How far a batch is, on stderr: a bar at a terminal, a line a minute elsewhere, dumb terminals included.

use super::Ui;
use crate::text::{count, grouped};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use std::fmt::Write;
use std::time::{Duration, Instant};

/// So many answers say how fast it goes; the first rows go one by one.
const ENOUGH_ANSWERS: u64 = 20;

/// What is shown.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Snapshot {
    pub(crate) done: u64,
    pub(crate) accepted: u64,
    pub(crate) refused: u64,
    pub(crate) unknown: u64,
    pub(crate) in_flight: usize,
    pub(crate) is_stopping: bool,
}

/// Shows snapshots in whichever way fits the stream.
pub(crate) struct Progress {
    style: ProgressDisplay,
    total: u64,
    started: Instant,
}

enum ProgressDisplay {
    Bar(ProgressBar),
    Lines(Ui),
    Nothing,
}

impl Progress {
    pub(crate) fn new(ui: &Ui, total: u64) -> Self {
        let style = match (ui.is_quiet(), ui.redraws()) {
            (true, _) => ProgressDisplay::Nothing,
            (false, true) => ProgressDisplay::Bar(bar(total)),
            (false, false) => ProgressDisplay::Lines(ui.clone()),
        };
        Self {
            style,
            total,
            started: Instant::now(),
        }
    }

    /// How often [`Progress::show`] is worth calling.
    pub(crate) const fn interval(&self) -> Duration {
        match self.style {
            ProgressDisplay::Bar(_) => Duration::from_millis(200),
            ProgressDisplay::Lines(_) | ProgressDisplay::Nothing => Duration::from_secs(60),
        }
    }

    pub(crate) fn show(&self, now: &Snapshot) {
        match &self.style {
            ProgressDisplay::Bar(bar) => {
                bar.set_position(now.done);
                bar.set_message(now.counts());
            }
            ProgressDisplay::Lines(ui) => ui.note(self.line(now)),
            ProgressDisplay::Nothing => {}
        }
    }

    /// Says it to a user who asked, who gets an answer even where nothing else is said.
    pub(crate) fn tell(&self, ui: &Ui, now: &Snapshot) {
        self.beside(|| ui.to_stderr(&format!("{}\n", self.line(now))));
    }

    /// Says something else, above the bar where there is one.
    pub(crate) fn beside(&self, say: impl FnOnce()) {
        match &self.style {
            ProgressDisplay::Bar(bar) => bar.suspend(say),
            ProgressDisplay::Lines(_) | ProgressDisplay::Nothing => say(),
        }
    }

    fn line(&self, now: &Snapshot) -> String {
        let seconds = self.started.elapsed().as_secs_f64().max(1e-9);
        #[expect(clippy::cast_precision_loss, reason = "figures for people")]
        let rate = now.done as f64 / seconds;
        #[expect(clippy::cast_precision_loss, reason = "figures for people")]
        let left = (self.total.saturating_sub(now.done)) as f64 / rate.max(1e-9);
        let left = if now.done < ENOUGH_ANSWERS {
            String::new()
        } else {
            format!(", {left:.0} s left")
        };
        format!(
            "{} of {}, {rate:.0}/s, {}{left}",
            grouped(now.done),
            count(self.total, "row", "rows"),
            now.counts()
        )
    }
}

impl Snapshot {
    fn counts(&self) -> String {
        format!(
            "{}{} accepted, {} refused, {} unknown, {} under way",
            if self.is_stopping { "stopping: " } else { "" },
            self.accepted,
            self.refused,
            self.unknown,
            self.in_flight
        )
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let ProgressDisplay::Bar(bar) = &self.style {
            bar.finish_and_clear();
        }
    }
}

fn bar(total: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr_with_hz(5));
    // Neither line may be wider than the window: what wraps can't be taken back.
    let template = "{wide_bar} {pos}/{len}, {rate}, {left} left\n{wide_msg}";
    // The template is a constant of ours: without it the library's own is as good.
    if let Ok(style) = ProgressStyle::with_template(template) {
        let style = style.with_key("rate", |state: &ProgressState, out: &mut dyn Write| {
            // There is no stream left to say that a bar can't be drawn.
            let _ = write!(out, "{:.0}/s", state.per_sec());
        });
        let style = style.with_key("left", |state: &ProgressState, out: &mut dyn Write| {
            let _ = if state.pos() < ENOUGH_ANSWERS {
                write!(out, "?")
            } else {
                write!(out, "{} s", state.eta().as_secs())
            };
        });
        bar.set_style(style.progress_chars("=> "));
    }
    bar
}
