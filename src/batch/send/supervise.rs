//! Watches a run while it sends: shows how far it is, and listens for the signals that stop it.

use super::launch::send;
use super::{Run, StopReason};
use crate::failure::Signal;
use crate::output::{Progress, Snapshot, Ui};
use crate::session::signals::ProgressRequests;
use crate::text::count;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;

/// Sends, shows how far it is, and hears signals: the first stops the launching, the second ends the program.
pub(super) async fn supervise(ui: &Ui, run: &Rc<Run>, signals: UnboundedReceiver<Signal>, total: u64) {
    let progress = Rc::new(Progress::new(ui, total));
    let watching = {
        let (ui, run, progress) = (ui.clone(), Rc::clone(run), Rc::clone(&progress));
        tokio::task::spawn_local(async move { watch(&ui, &run, &progress).await })
    };
    let hearing = {
        let (ui, run, progress) = (ui.clone(), Rc::clone(run), Rc::clone(&progress));
        tokio::task::spawn_local(async move { hear(&ui, &run, &progress, signals).await })
    };
    let living = {
        let run = Rc::clone(run);
        tokio::task::spawn_local(async move { give_signs_of_life(&run).await })
    };
    let timing = {
        let run = Rc::clone(run);
        tokio::task::spawn_local(async move { stop_in_time(&run).await })
    };
    send(Rc::clone(run)).await;
    for task in [watching, hearing, living, timing] {
        task.abort();
        // It holds the run until it has ended.
        let _ = task.await;
    }
}

async fn hear(ui: &Ui, run: &Rc<Run>, progress: &Progress, mut signals: UnboundedReceiver<Signal>) {
    let Some(signal) = signals.recv().await else {
        return;
    };
    run.stop(StopReason::Signal(signal));
    run.no_claims_ahead().await;
    let words = match run.in_flight() {
        0 => "stopping: no answer is missing".to_owned(),
        some => format!(
            "stopping: waiting for {}; the same signal again quits at once",
            count(some as u64, "answer", "answers")
        ),
    };
    progress.beside(|| ui.warn(words));
}

async fn stop_in_time(run: &Run) {
    if let Some(after) = run.options.max_duration {
        tokio::time::sleep(after).await;
        run.stop(StopReason::MaxDuration(after));
    }
}

/// A request can be under way for as long as `--timeout` says without anything to record. If the process is killed then, the
/// journal has to tell until when the request may have been taken, to the second.
pub(super) async fn give_signs_of_life(run: &Run) {
    const PERIOD: Duration = Duration::from_millis(900);
    loop {
        tokio::time::sleep(PERIOD).await;
        if run.in_flight() > 0 {
            run.recorder.sign_of_life();
        }
    }
}

async fn watch(ui: &Ui, run: &Rc<Run>, progress: &Progress) {
    let mut requests = ProgressRequests::new();
    let mut ticks = tokio::time::interval(progress.interval());
    ticks.tick().await;
    let now = || {
        let counters = run.counters();
        Snapshot {
            done: counters.rows(),
            accepted: counters.accepted,
            refused: counters.refused,
            unknown: counters.unknown,
            in_flight: run.in_flight(),
            is_stopping: run.is_stopping(),
        }
    };
    loop {
        tokio::select! {
            _ = ticks.tick() => progress.show(&now()),
            () = requests.next() => progress.tell(ui, &now()),
        }
    }
}
