//! The signals that end a command in an orderly way.

use crate::failure::Signal;

/// Takes the signals from now on, and resolves when one asks this process to end. Called inside a runtime.
#[cfg(unix)]
pub(crate) fn listen() -> impl Future<Output = Signal> {
    use tokio::signal::unix::{SignalKind, signal};
    let listen = |kind| signal(kind).ok();
    let (mut interrupt, mut terminate, mut hang_up) = (
        listen(SignalKind::interrupt()),
        listen(SignalKind::terminate()),
        listen(SignalKind::hangup()),
    );
    async move {
        tokio::select! {
            () = arrival(interrupt.as_mut()) => Signal::Interrupt,
            () = arrival(terminate.as_mut()) => Signal::Terminate,
            () = arrival(hang_up.as_mut()) => Signal::HangUp,
        }
    }
}

/// Resolves when this process is asked to end.
pub(crate) async fn next() -> Signal {
    listen().await
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

/// Resolves when this process is asked to end.
#[cfg(not(unix))]
pub(crate) async fn listen() -> Signal {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
    Signal::Interrupt
}
