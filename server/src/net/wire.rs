//! Bytes to and from one socket, encrypted or not, without waiting for either direction alone.
//!
//! Reading goes through one buffer per thread, and only what does not make a whole frame yet is kept: ten thousand idle
//! connections hold no buffers. Writing takes everything there is to say at once and flushes once.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use shared::codec::{CodecError, take_frame};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::time::{Instant, timeout};

/// How much is read at once, in bytes: the largest frame, or some hundred small ones.
const READ_BYTES: usize = 64 * 1024;

/// How long the end of what we say may take to leave.
pub(super) const CLOSE: Duration = Duration::from_secs(2);

/// How long the other side has to close after we have.
pub(super) const LINGER: Duration = Duration::from_secs(2);

/// How much is read and thrown away meanwhile, in bytes.
const LINGER_BYTES: usize = 1024 * 1024;

thread_local! {
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; READ_BYTES]);
}

/// What came of waiting for a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Something was read.
    Read,
    /// The other side will send nothing more.
    End,
    /// Everything there was to write has been written and flushed.
    Written,
}

/// One socket with what has been read of the next frame, and what has not been written yet.
#[derive(Debug)]
pub struct Wire<S> {
    stream: S,
    input: BytesMut,
    output: Vec<u8>,
    written: usize,
    /// Bytes in `output` that this side said by itself, without the hub.
    own: usize,
    /// Since when the socket has taken nothing although there is something to write.
    stalled_since: Option<Instant>,
    /// Whether the next turn tries to read first. The directions take turns, so that neither starves the other.
    read_first: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    /// A socket on which nothing has been said.
    pub fn new(stream: S) -> Self {
        Self {
            stream,
            input: BytesMut::new(),
            output: Vec::new(),
            written: 0,
            own: 0,
            stalled_since: None,
            read_first: true,
        }
    }

    /// The next whole frame's body, if all of it was read.
    ///
    /// # Errors
    ///
    /// The errors of [`take_frame`]; the stream of frames cannot be read on.
    pub fn next_frame(&mut self, limit: usize) -> Result<Option<BytesMut>, CodecError> {
        let frame = take_frame(&mut self.input, limit);
        if self.input.is_empty() {
            self.input = BytesMut::new();
        }
        frame
    }

    /// Whether a part of a frame was read.
    pub fn has_partial_frame(&self) -> bool {
        !self.input.is_empty()
    }

    /// Says something that does not come from the hub.
    pub fn say(&mut self, frame: &Bytes) {
        self.output.extend_from_slice(frame);
        self.own += frame.len();
    }

    /// How many bytes said with [`Wire::say`] may still wait to be written.
    pub fn own_bytes(&self) -> usize {
        self.own
    }

    /// Whether something waits to be written or flushed.
    pub fn is_writing(&self) -> bool {
        !self.output.is_empty()
    }

    /// What to say next, to be filled when nothing waits to be written.
    pub fn output(&mut self) -> &mut Vec<u8> {
        &mut self.output
    }

    /// Since when the other side has taken nothing of what waits to be written.
    pub fn stalled_since(&self) -> Option<Instant> {
        self.stalled_since
    }

    /// Writes what there is to write and, if `reading`, reads.
    pub fn poll_progress(&mut self, context: &mut Context<'_>, reading: bool) -> Poll<io::Result<Progress>> {
        self.read_first = !self.read_first;
        if self.read_first && reading {
            if let Poll::Ready(read) = self.poll_read(context) {
                return Poll::Ready(read);
            }
            return self.poll_write(context);
        }
        if let Poll::Ready(written) = self.poll_write(context) {
            return Poll::Ready(written);
        }
        if reading { self.poll_read(context) } else { Poll::Pending }
    }

    /// Writes and flushes what there is; ready at once when there is nothing.
    pub fn poll_drain(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.is_writing() {
            ready!(self.poll_write(context))?;
        }
        Poll::Ready(Ok(()))
    }

    /// Ends the connection: says that nothing more comes (over TLS with `close_notify`) and waits a moment for the other
    /// side to do the same. A socket closed with bytes unread is reset, and the reset would overtake our last words.
    pub async fn close(&mut self) {
        let said = timeout(CLOSE, self.stream.shutdown()).await;
        if !matches!(said, Ok(Ok(()))) {
            return;
        }
        let mut unread = 0;
        let rest = async {
            while unread < LINGER_BYTES
                && matches!(poll_fn(|context| self.poll_read(context)).await, Ok(Progress::Read))
            {
                unread += self.input.len();
                self.input.clear();
            }
        };
        // Whoever has not closed by then is cut off.
        let _ = timeout(LINGER, rest).await;
    }

    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Progress>> {
        SCRATCH.with_borrow_mut(|scratch| {
            let mut buffer = ReadBuf::new(scratch);
            ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer))?;
            if buffer.filled().is_empty() {
                return Poll::Ready(Ok(Progress::End));
            }
            self.input.extend_from_slice(buffer.filled());
            Poll::Ready(Ok(Progress::Read))
        })
    }

    /// Pending when there is nothing to write: only [`Wire::output`] and [`Wire::say`] change that.
    fn poll_write(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Progress>> {
        if self.output.is_empty() {
            return Poll::Pending;
        }
        match self.poll_write_all(context) {
            Poll::Pending => {
                self.stalled_since.get_or_insert_with(Instant::now);
                Poll::Pending
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Ready(Ok(())) => {
                self.stalled_since = None;
                self.output.clear();
                self.written = 0;
                self.own = 0;
                Poll::Ready(Ok(Progress::Written))
            }
        }
    }

    fn poll_write_all(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.written < self.output.len() {
            let rest = &self.output[self.written..];
            let taken = ready!(Pin::new(&mut self.stream).poll_write(context, rest))?;
            if taken == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.written += taken;
            self.stalled_since = None;
        }
        Pin::new(&mut self.stream).poll_flush(context)
    }
}
