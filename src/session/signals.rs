//! The signals that end a command in an orderly way, and the one that asks how far it is.

use crate::failure::{Exit, Failure, Signal};
use crate::output::Ui;
use std::io::Write as _;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
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

/// The same without the hang-up, which stands for something else: [`HangUps`] hears it.
pub(crate) fn listen_but_for_hang_ups() -> impl Future<Output = Signal> {
    let mut listener = SignalListener::but_for(Some(Signal::HangUp));
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

/// Whether other code has begun to say why the process ends.
static ENDING: AtomicBool = AtomicBool::new(false);

/// Whether a signal ends the process without words.
static SILENT: AtomicBool = AtomicBool::new(false);

/// The last work before a signal ends the process with words.
type LastDeed = Box<dyn FnOnce(&Failure) + Send>;

static LAST_DEED: Mutex<Option<LastDeed>> = Mutex::new(None);

/// Has this done before [`end_with`] ends the process.
pub(crate) fn before_ending(deed: impl FnOnce(&Failure) + Send + 'static) {
    let mut place = LAST_DEED.lock().unwrap_or_else(PoisonError::into_inner);
    *place = Some(Box::new(deed));
}

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

/// While a question waits for its answer, and until other code listens, a signal ends the process after these words.
/// Where no thread can be started, it ends without them.
pub(crate) fn end_with(ui: &Ui, words: String) {
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
                let failure = Failure::message(signal.into(), &words);
                ui.to_stderr("\n");
                let deed = LAST_DEED.lock().unwrap_or_else(PoisonError::into_inner).take();
                if let Some(deed) = deed {
                    deed(&failure);
                }
                ui.failure(&failure);
            }
            std::process::exit(Exit::Signal(signal).code().into());
        }
    };
    drop(std::thread::Builder::new().name("question".to_owned()).spawn(end));
}

/// How the terminal was before a question that doesn't show its answer.
struct Terminal(Option<rustix::termios::Termios>);

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

use unix::SignalListener;
pub(crate) use unix::{HangUps, ProgressRequests};

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
            Self::but_for(None)
        }

        pub(super) fn but_for(excluded: Option<Signal>) -> Self {
            let streams = ENDING
                .into_iter()
                .filter(|(_, meaning)| Some(*meaning) != excluded)
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

    async fn repeated(stream: &mut Option<Stream>) {
        match stream {
            Some(stream) => {
                stream.recv().await;
            }
            None => std::future::pending().await,
        }
    }

    /// SIGUSR1, which asks how far a command is.
    pub(crate) struct ProgressRequests(Option<Stream>);

    impl ProgressRequests {
        /// Called inside a runtime.
        pub(crate) fn new() -> Self {
            Self(stream(Number::USR1))
        }

        pub(crate) async fn next(&mut self) {
            repeated(&mut self.0).await;
        }
    }

    /// SIGHUP, where it doesn't end a command: a file that was moved is opened again.
    pub(crate) struct HangUps(Option<Stream>);

    impl HangUps {
        /// Called inside a runtime.
        pub(crate) fn new() -> Self {
            Self(stream(Number::HUP))
        }

        pub(crate) async fn next(&mut self) {
            repeated(&mut self.0).await;
        }
    }
}
