//! A connection whose end can be chosen: closed in the usual way, or reset so that the client sees an abort.

use super::framing::RawHead;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// What a connection's stream and the service on it tell each other.
#[derive(Debug, Default)]
pub(super) struct Signals {
    reset: AtomicBool,
    spoken: AtomicBool,
    head: Mutex<RawHead>,
    hangs: AtomicBool,
}

impl Signals {
    /// The connection is to end in a reset.
    pub(super) fn reset(&self) {
        self.reset.store(true, Ordering::Relaxed);
    }

    /// Whether the client has sent anything yet.
    pub(super) fn has_spoken(&self) -> bool {
        self.spoken.load(Ordering::Relaxed)
    }

    /// The request that was read is done with: what comes now is the head of the next one.
    pub(super) fn expect_head(&self) {
        self.head().clear();
    }

    /// Whether the head of the request that was read last had a `Content-Length`.
    pub(super) fn head_has_length(&self) -> bool {
        self.head().has_length()
    }

    /// No answer comes, and the connection stays open.
    pub(super) fn hang(&self) {
        self.hangs.store(true, Ordering::Relaxed);
    }

    pub(super) fn hangs(&self) -> bool {
        self.hangs.load(Ordering::Relaxed)
    }

    fn head(&self) -> MutexGuard<'_, RawHead> {
        self.head.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what the client sent.
    fn note(&self, read: &[u8]) {
        self.spoken.store(true, Ordering::Relaxed);
        self.head().take(read);
    }
}

pub(super) struct CuttableStream {
    stream: TcpStream,
    signals: std::sync::Arc<Signals>,
}

impl CuttableStream {
    pub(super) fn new(stream: TcpStream, signals: std::sync::Arc<Signals>) -> Self {
        // Answers are written in one piece each, so there is nothing to gather; a failure costs only time.
        let _ = stream.set_nodelay(true);
        Self { stream, signals }
    }
}

impl Drop for CuttableStream {
    fn drop(&mut self) {
        if self.signals.reset.load(Ordering::Relaxed) {
            // If it can't be set the connection still ends, only more politely.
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for CuttableStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        self.signals.note(&buffer.filled()[before..]);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for CuttableStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
