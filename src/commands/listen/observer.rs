//! What is told while reports come in: a line for each at a terminal or with `--json`, and trouble with the disk. Printing has a
//! thread of its own: a terminal that stands still must not hold the reports up.

use super::awaited::Awaited;
use crate::answers::ListenReceivedReport;
use crate::listen::{KeptReport, ReportFileError, ReportObserver, ReportTally};
use crate::output::Ui;
use crate::text::count;
use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::mpsc::{self, SyncSender, TrySendError};
use std::thread::JoinHandle;

/// Lines that wait to be printed.
const WAITING: usize = 100_000;

pub(super) struct ListenObserver {
    tally: ReportTally,
    ui: Ui,
    printer: Option<Printer>,
    awaited: Option<Arc<Awaited>>,
    /// Whether the last group could not be written.
    disk_refuses: bool,
}

impl ListenObserver {
    pub(super) fn new(ui: Ui, awaited: Option<Arc<Awaited>>) -> Self {
        let shows = ui.json || (std::io::stdout().is_terminal() && !ui.is_quiet());
        Self {
            tally: ReportTally::new(),
            printer: shows.then(|| Printer::start(ui.clone())).flatten(),
            ui,
            awaited,
            disk_refuses: false,
        }
    }

    /// Waits until everything is printed. Returns what came, and whether the last group could not be written.
    pub(super) fn finish(self) -> (ReportTally, bool) {
        if let Some(printer) = self.printer {
            printer.finish(&self.ui);
        }
        (self.tally, self.disk_refuses)
    }
}

impl ReportObserver for ListenObserver {
    fn kept(&mut self, reports: &[KeptReport<'_>]) {
        if std::mem::take(&mut self.disk_refuses) {
            self.ui.note("reports are stored again");
        }
        for kept in reports {
            self.tally.add(kept);
            if let (Some(awaited), Some(report)) = (&self.awaited, kept.report) {
                awaited.note(report);
            }
            if let Some(printer) = &mut self.printer {
                printer.print(ListenReceivedReport::new(kept, &self.tally));
            }
        }
    }

    fn repeated(&mut self, count: u64) {
        self.tally.counts.repeated += count;
    }

    fn reopened(&mut self) {
        self.ui.note(
            "the file of reports was moved or deleted: what comes from now on is in a new one of its name",
        );
    }

    fn refused(&mut self, error: &ReportFileError) {
        if !std::mem::replace(&mut self.disk_refuses, true) {
            self.ui.problem(format_args!(
                "{error}; posts are answered with 503 until it works again, so that they are sent once more"
            ));
        }
    }
}

struct Printer {
    lines: SyncSender<ListenReceivedReport>,
    thread: JoinHandle<()>,
    skipped: u64,
}

impl Printer {
    /// `None` if there can be no further thread; reports are kept all the same.
    fn start(ui: Ui) -> Option<Self> {
        let (lines, waiting) = mpsc::sync_channel::<ListenReceivedReport>(WAITING);
        let work = move || {
            for report in waiting {
                ui.report_line(&report);
            }
        };
        let thread = std::thread::Builder::new().name("printer".to_owned()).spawn(work);
        Some(Self {
            lines,
            thread: thread.ok()?,
            skipped: 0,
        })
    }

    fn print(&mut self, report: ListenReceivedReport) {
        if let Err(TrySendError::Full(_)) = self.lines.try_send(report) {
            self.skipped += 1;
        }
    }

    fn finish(self, ui: &Ui) {
        drop(self.lines);
        // It ends with the lines; there is nothing to do about a panic in it.
        let _ = self.thread.join();
        if self.skipped > 0 {
            ui.warn(format_args!(
                "{} stored and not shown: the reader of the output is slower than they came",
                count(self.skipped, "report was", "reports were")
            ));
        }
    }
}
