//! The signals that end a command in an orderly way, and the one that asks how far it is.

use crate::failure::{Exit, Failure, Signal};
use crate::output::Ui;
use std::io::Write as _;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tokio::sync::mpsc;

/// Resolves when this process is asked to end.
pub(crate) async fn next() -> Signal {
    listen().await
}

/// Takes the signals from now on, and resolves when one asks this process to end. Called inside a runtime.
pub(crate) fn listen() -> impl Future<Output = Signal> {
    let mut listener = SignalListener::new();
    async move { listener.next().await }
}

/// Receives the first signal from here to the end of the process, on a thread of its own. Where the receiver was dropped, all
/// that is left to do is short, and `words` say so. Every signal after it ends the process at once: the journal on disk is
/// complete at any moment.
pub(crate) fn forward(words: &'static str) -> std::io::Result<mpsc::UnboundedReceiver<Signal>> {
    let runtime = crate::runtime::current_thread()?;
    let mut listener = {
        let _inside = runtime.enter();
        SignalListener::new()
    };
    let (sender, receiver) = mpsc::unbounded_channel();
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            let first = runtime.block_on(listener.next());
            if sender.send(first).is_err() {
                // There is nowhere left to say that stderr is gone.
                let _ = writeln!(std::io::stderr(), "{words}");
            }
            let second = runtime.block_on(listener.next());
            std::process::exit(Exit::Signal(second).code().into());
        })?;
    Ok(receiver)
}

/// How many listeners were made in this process.
static LISTENERS: AtomicUsize = AtomicUsize::new(0);

/// Whether somebody has begun to say why the process ends.
static ENDING: AtomicBool = AtomicBool::new(false);

/// Whether a signal ends the process without words.
static SILENT: AtomicBool = AtomicBool::new(false);

/// Comes back to the one caller that may say why the process ends; what another says is the end of it.
pub(crate) fn end_of_process() {
    while ENDING.swap(true, Ordering::SeqCst) {
        std::thread::park();
    }
}

/// What [`end_with`] says is true no longer.
pub(crate) fn end_in_silence() {
    SILENT.store(true, Ordering::SeqCst);
}

/// While a question waits for its answer, and until somebody else listens, a signal ends the process after these words.
/// Where no thread can be started, it ends without them.
pub(crate) fn end_with(ui: &Ui, sandbox: bool, words: &'static str) {
    SILENT.store(false, Ordering::SeqCst);
    let ui = ui.clone();
    let Ok(runtime) = crate::runtime::current_thread() else {
        return;
    };
    let mut listener = {
        let _inside = runtime.enter();
        SignalListener::new()
    };
    let listeners = LISTENERS.load(Ordering::SeqCst);
    let terminal = Terminal::now();
    let end = move || {
        let signal = runtime.block_on(listener.next());
        if LISTENERS.load(Ordering::SeqCst) == listeners {
            end_of_process();
            terminal.restore();
            if !SILENT.load(Ordering::SeqCst) {
                ui.to_stderr("\n");
                ui.failure(&Failure::message(signal.into(), words), sandbox);
            }
            std::process::exit(Exit::Signal(signal).code().into());
        }
    };
    drop(std::thread::Builder::new().name("question".to_owned()).spawn(end));
}

/// How the terminal was before a question that doesn't show its answer.
#[cfg(unix)]
struct Terminal(Option<rustix::termios::Termios>);

#[cfg(unix)]
impl Terminal {
    fn now() -> Self {
        Self(rustix::termios::tcgetattr(std::io::stdin()).ok())
    }

    fn restore(&self) {
        use rustix::termios::{OptionalActions, tcsetattr};
        if let Some(modes) = &self.0 {
            // A terminal that is gone needs nothing.
            let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, modes);
        }
    }
}

#[cfg(not(unix))]
struct Terminal;

#[cfg(not(unix))]
impl Terminal {
    const fn now() -> Self {
        Self
    }

    const fn restore(&self) {}
}

#[cfg(unix)]
pub(crate) use unix::ProgressRequests;
#[cfg(unix)]
use unix::SignalListener;

#[cfg(unix)]
mod unix {
    use crate::failure::Signal;
    use crate::process::is_ignored;
    use rustix::process::Signal as Number;
    use std::sync::atomic::Ordering;
    use std::task::Poll;
    use tokio::signal::unix::{SignalKind, signal};

    /// The signals that ask a process to end, and how the program says that it did.
    const ENDING: [(Number, Signal); 6] = [
        (Number::INT, Signal::Interrupt),
        (Number::QUIT, Signal::Interrupt),
        (Number::TERM, Signal::Terminate),
        (Number::USR2, Signal::Terminate),
        (Number::XCPU, Signal::Terminate),
        (Number::HUP, Signal::HangUp),
    ];

    type Stream = tokio::signal::unix::Signal;

    /// One that was ignored when this process started stays so, and one that can't be heard does what it always does.
    fn stream(number: Number) -> Option<Stream> {
        let number = number.as_raw();
        (!is_ignored(number))
            .then(|| signal(SignalKind::from_raw(number)).ok())
            .flatten()
    }

    /// Hears what comes after it was made.
    pub(super) struct SignalListener(Vec<(Stream, Signal)>);

    impl SignalListener {
        pub(super) fn new() -> Self {
            let streams = ENDING
                .into_iter()
                .filter_map(|(number, meaning)| Some((stream(number)?, meaning)));
            let listener = Self(streams.collect());
            super::LISTENERS.fetch_add(1, Ordering::SeqCst);
            listener
        }

        pub(super) async fn next(&mut self) -> Signal {
            std::future::poll_fn(|context| {
                for (stream, meaning) in &mut self.0 {
                    if stream.poll_recv(context).is_ready() {
                        return Poll::Ready(*meaning);
                    }
                }
                Poll::Pending
            })
            .await
        }
    }

    /// SIGUSR1, by which somebody asks how far a command is.
    pub(crate) struct ProgressRequests(Option<Stream>);

    impl ProgressRequests {
        /// Called inside a runtime.
        pub(crate) fn new() -> Self {
            Self(stream(Number::USR1))
        }

        pub(crate) async fn next(&mut self) {
            match &mut self.0 {
                Some(stream) => {
                    stream.recv().await;
                }
                None => std::future::pending().await,
            }
        }
    }
}

/// Here a signal is received only while somebody waits for it.
#[cfg(not(unix))]
impl SignalListener {
    fn new() -> Self {
        LISTENERS.fetch_add(1, Ordering::SeqCst);
        Self {}
    }

    async fn next(&mut self) -> Signal {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        Signal::Interrupt
    }
}

/// Nothing asks how far a command is on this platform.
#[cfg(not(unix))]
pub(crate) struct ProgressRequests;

#[cfg(not(unix))]
impl ProgressRequests {
    pub(crate) const fn new() -> Self {
        Self
    }

    pub(crate) async fn next(&mut self) {
        std::future::pending().await
    }
}
