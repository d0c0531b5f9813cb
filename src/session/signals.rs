//! The signals that end a command in an orderly way.

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

/// Receives the signals that come after it was made.
struct SignalListener {
    #[cfg(unix)]
    interrupt: Option<tokio::signal::unix::Signal>,
    #[cfg(unix)]
    terminate: Option<tokio::signal::unix::Signal>,
    #[cfg(unix)]
    hang_up: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl SignalListener {
    fn new() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let listen = |kind| signal(kind).ok();
        Self {
            interrupt: listen(SignalKind::interrupt()),
            terminate: listen(SignalKind::terminate()),
            hang_up: listen(SignalKind::hangup()),
        }
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            () = arrival(self.interrupt.as_mut()) => Signal::Interrupt,
            () = arrival(self.terminate.as_mut()) => Signal::Terminate,
            () = arrival(self.hang_up.as_mut()) => Signal::HangUp,
        }
    }
}

#[cfg(unix)]
async fn arrival(stream: Option<&mut tokio::signal::unix::Signal>) {
    match stream {
        Some(stream) => {
            stream.recv().await;
        }
        None => std::future::pending().await,
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
