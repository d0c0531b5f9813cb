//! The thread that puts received reports on disk: it takes all posts that have queued, writes and syncs them as one group, and
//! only then lets each be answered.

use super::recent::{self, LineHash, RecentReports};
use super::report_file::{ReportFile, ReportFileError};
use crate::dlr::{self, DeliveryReport, PostedItem};
use jiff::Timestamp;
use std::ops::Range;
use std::sync::mpsc;
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// Bytes of one group. More would only make the first of its posts wait.
const GROUP: usize = 8 * 1024 * 1024;

/// How far back in the file repetitions are looked for, in bytes.
const TAIL: u64 = 512 * 1024 * 1024;

/// Hears what became of the reports, in the order of the file. It is called between two groups, so it must not wait.
pub(crate) trait ReportObserver: Send {
    /// These are on disk.
    fn kept(&mut self, reports: &[KeptReport<'_>]);
    /// So many were on disk before.
    fn repeated(&mut self, count: u64);
    /// The disk refused a group; its senders were told to come again.
    fn refused(&mut self, error: &ReportFileError);
    /// The file was moved or deleted, and another one of its name is written to.
    fn reopened(&mut self);
}

/// A report that is on disk.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeptReport<'a> {
    pub(crate) received_at: Timestamp,
    pub(crate) attempt_id: Option<&'a str>,
    /// `None` for anything that is not a delivery report.
    pub(crate) report: Option<&'a DeliveryReport>,
}

/// The reports of one post, ready to be written.
#[derive(Debug)]
pub(super) struct Post {
    received_at: Timestamp,
    attempt_id: Option<String>,
    lines: Vec<u8>,
    items: Vec<PostedLine>,
}

#[derive(Debug)]
struct PostedLine {
    /// Where it stands in `lines`, with its line break.
    at: Range<usize>,
    hash: LineHash,
    report: Option<DeliveryReport>,
}

impl Post {
    pub(super) fn new(received_at: Timestamp, attempt_id: Option<String>, posted: Vec<PostedItem>) -> Self {
        let mut lines = Vec::with_capacity(posted.iter().map(|item| item.json.len() + 128).sum());
        let mut items = Vec::with_capacity(posted.len());
        for PostedItem { json, report } in posted {
            let start = lines.len();
            dlr::write_line(&mut lines, received_at, attempt_id.as_deref(), &json);
            let at = start..lines.len();
            let hash = recent::hash(&lines[at.clone()]);
            items.push(PostedLine { at, hash, report });
        }
        Self {
            received_at,
            attempt_id,
            lines,
            items,
        }
    }
}

/// A post, and who waits for it to be on disk.
#[derive(Debug)]
struct PostOrder {
    post: Post,
    answer: oneshot::Sender<bool>,
}

/// What the thread is asked for.
#[derive(Debug)]
enum WriterOrder {
    Write(PostOrder),
    /// Looks whether the file was moved or deleted, though there is nothing to write.
    Reopen,
}

/// Hands posts to the thread; clones hand to the same one.
#[derive(Clone, Debug)]
pub(crate) struct WriterHandle(mpsc::Sender<WriterOrder>);

impl WriterHandle {
    /// Waits until the reports are on disk. False if the disk refused them.
    pub(super) async fn write(&self, post: Post) -> bool {
        let (answer, answered) = oneshot::channel();
        // A thread that is gone drops the answer.
        let _ = self.0.send(WriterOrder::Write(PostOrder { post, answer }));
        answered.await.unwrap_or(false)
    }

    /// Has the file opened again, if it was moved or deleted.
    pub(crate) fn reopen(&self) {
        // A thread that is gone has no file.
        let _ = self.0.send(WriterOrder::Reopen);
    }
}

/// Starts the thread. It ends, and gives the observer back, once every handle is gone.
pub(super) fn start<O: ReportObserver + 'static>(
    mut file: ReportFile,
    observer: O,
) -> Result<(WriterHandle, JoinHandle<O>), ReportFileError> {
    let recent = RecentReports::of(&file.tail(TAIL)?, recent::WINDOW);
    let (sender, orders) = mpsc::channel::<WriterOrder>();
    let path = file.path().to_owned();
    let mut writer = GroupWriter {
        file,
        recent,
        observer,
    };
    let thread = std::thread::Builder::new()
        .name("reports".to_owned())
        .spawn(move || {
            while let Ok(first) = orders.recv() {
                let mut next = Some(first);
                let mut bytes = 0;
                let mut group = Vec::new();
                while let Some(order) = next {
                    if let WriterOrder::Write(order) = order {
                        bytes += order.post.lines.len();
                        group.push(order);
                    }
                    next = (bytes < GROUP).then(|| orders.try_recv().ok()).flatten();
                }
                writer.write(group);
            }
            writer.observer
        });
    let thread = thread.map_err(|source| ReportFileError::Io {
        doing: "start the thread that writes",
        path,
        source,
    })?;
    Ok((WriterHandle(sender), thread))
}

struct GroupWriter<O> {
    file: ReportFile,
    recent: RecentReports,
    observer: O,
}

impl<O: ReportObserver> GroupWriter<O> {
    /// Opens the file again if another one has its name now, or none: what is appended to the old one is not looked for there.
    fn follow_name(&mut self) -> Result<(), ReportFileError> {
        if self.file.is_replaced() {
            (self.file, _) = ReportFile::open(self.file.path())?;
            self.observer.reopened();
        }
        Ok(())
    }

    fn write(&mut self, group: Vec<PostOrder>) {
        let mut lines = Vec::new();
        let mut added = Vec::new();
        let mut repeated = 0;
        let mut new = Vec::new();
        for (nth, order) in group.iter().enumerate() {
            for (item, posted) in order.post.items.iter().enumerate() {
                if self.recent.add(posted.hash) {
                    added.push(posted.hash);
                    lines.extend_from_slice(&order.post.lines[posted.at.clone()]);
                    new.push((nth, item));
                } else {
                    repeated += 1;
                }
            }
        }
        let opened = self.follow_name();
        // A repetition within the group waits for the same sync, and of one from before there is nothing to write.
        let written = match opened {
            Ok(()) if !lines.is_empty() => self.file.append(&lines),
            opened => opened,
        };
        match &written {
            Ok(()) => self.recent.keep(&added),
            Err(_) => self.recent.forget(&added),
        }
        let mut posts = Vec::with_capacity(group.len());
        for PostOrder { post, answer } in group {
            // The one that waited may have gone.
            let _ = answer.send(written.is_ok());
            posts.push(post);
        }
        match written {
            Ok(()) => {
                let kept: Vec<_> = new.iter().map(|(nth, item)| kept(&posts[*nth], *item)).collect();
                self.observer.kept(&kept);
                self.observer.repeated(repeated);
            }
            Err(error) => self.observer.refused(&error),
        }
    }
}

fn kept(post: &Post, item: usize) -> KeptReport<'_> {
    let posted = &post.items[item];
    KeptReport {
        received_at: post.received_at,
        attempt_id: post.attempt_id.as_deref(),
        report: posted.report.as_ref(),
    }
}
