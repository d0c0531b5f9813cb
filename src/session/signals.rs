//! The signals that end a command in an orderly way, and the one that asks how far it is.

use crate::failure::{Exit, Signal};
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

/// Receives signals from here to the end of the process, on a thread of its own. One that comes after the receiver was
/// dropped ends the process at once: the journal on disk is complete at any moment.
pub(crate) fn forward() -> std::io::Result<mpsc::UnboundedReceiver<Signal>> {
    let runtime = crate::runtime::current_thread()?;
    let mut listener = {
        let _inside = runtime.enter();
        SignalListener::new()
    };
    let (sender, receiver) = mpsc::unbounded_channel();
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            loop {
                let signal = runtime.block_on(listener.next());
                if sender.send(signal).is_err() {
                    std::process::exit(Exit::Signal(signal).code().into());
                }
            }
        })?;
    Ok(receiver)
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
            Self(streams.collect())
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
    const fn new() -> Self {
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
