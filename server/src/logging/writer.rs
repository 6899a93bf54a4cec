//! Lines on their way to whoever reads the log.
//!
//! A thread writes them. A pipe to a pager, or a terminal that was stopped with Ctrl-S, takes 64 KiB and then nothing, and
//! the server must not wait for that: beyond a bound lines are dropped, and the next one that gets through says how many.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::mem::take;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;

use super::line::line;

/// Bytes of lines that may wait: some thousand lines.
pub(super) const WAITING: usize = 256 * 1024;

/// How long the end waits for a reader.
const LAST: Duration = Duration::from_secs(1);

/// What is logged leaves through here. Its end waits for the last lines, as far as somebody reads them.
#[derive(Debug)]
pub struct Log(Queue);

/// Where lines wait. Handing one over never waits for a reader.
#[derive(Clone, Debug, Default)]
pub(super) struct Queue(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    lines: VecDeque<Vec<u8>>,
    bytes: usize,
    /// Lines dropped since the last one that was taken to be written.
    lost: u64,
    is_writing: bool,
    is_over: bool,
}

impl Log {
    /// Begins to write, in a thread of its own.
    pub(super) fn begin(to: impl Write + Send + 'static) -> io::Result<(Self, Queue)> {
        let queue = Queue::default();
        let shared = Arc::clone(&queue.0);
        thread::Builder::new().name("log".to_owned()).spawn(move || shared.write(to))?;
        Ok((Self(queue.clone()), queue))
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        let shared = &self.0.0;
        let mut state = shared.state();
        state.is_over = true;
        shared.changed.notify_all();
        let is_busy = |state: &mut State| state.is_writing || !state.lines.is_empty();
        // Whoever does not read now does not get it.
        let _ = shared.changed.wait_timeout_while(state, LAST, is_busy);
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, mut to: impl Write) {
        loop {
            let is_idle = |state: &mut State| state.lines.is_empty() && !state.is_over;
            let mut state = self.changed.wait_while(self.state(), is_idle).unwrap_or_else(PoisonError::into_inner);
            if state.lines.is_empty() {
                return;
            }
            let (lines, lost) = (take(&mut state.lines), take(&mut state.lost));
            state.bytes = 0;
            state.is_writing = true;
            drop(state);
            for line in lines {
                // Whoever read the log may be gone.
                let _ = to.write_all(&line);
            }
            if lost > 0 {
                let said = format_args!("{lost} lines of the log were dropped here: whoever reads it is too slow");
                let _ = to.write_all(line(tracing::Level::WARN, said).as_bytes());
            }
            let _ = to.flush();
            self.state().is_writing = false;
            self.changed.notify_all();
        }
    }
}

impl Write for Queue {
    /// Takes a whole line, or drops it.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut state = self.0.state();
        if state.bytes + line.len() > WAITING {
            state.lost += 1;
        } else {
            state.bytes += line.len();
            state.lines.push_back(line.to_vec());
            self.0.changed.notify_all();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Queue {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    /// Tells what it is to write, and does so only as often as it is let.
    struct Slow {
        begun: Sender<()>,
        may: Receiver<()>,
        written: Sender<String>,
    }

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.begun.send(());
            // When nobody lets it write any more, it never returns from that either.
            self.may.recv().unwrap_or_else(|_| {
                loop {
                    thread::park();
                }
            });
            let _ = self.written.send(String::from_utf8_lossy(bytes).into_owned());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// The other ends of a [`Slow`].
    struct Reader {
        begun: Receiver<()>,
        let_write: Sender<()>,
        seen: Receiver<String>,
    }

    fn slow() -> (Log, Queue, Reader) {
        let ((begins, begun), (let_write, may), (written, seen)) = (channel(), channel(), channel());
        let (log, queue) = Log::begin(Slow { begun: begins, may, written }).expect("a thread starts");
        (log, queue, Reader { begun, let_write, seen })
    }

    #[test]
    fn nobody_waits_for_a_slow_reader_and_what_was_dropped_is_counted() {
        let (_log, mut queue, Reader { begun, let_write, seen }) = slow();
        queue.write_all(b"first\n").expect("it never fails");
        begun.recv().expect("the thread has taken the first line");
        let line = [b'x'; 1023].iter().chain(b"\n").copied().collect::<Vec<u8>>();
        for _ in 0..WAITING / 1024 + 7 {
            queue.write_all(&line).expect("it never fails");
        }
        for _ in 0..WAITING / 1024 + 2 {
            let_write.send(()).expect("the thread lives");
        }
        let lines: Vec<String> = (0..WAITING / 1024 + 2).map(|_| seen.recv().expect("it writes")).collect();
        assert_eq!(lines[0], "first\n");
        let last = lines.last().expect("there are lines");
        assert!(last.ends_with("warn  7 lines of the log were dropped here: whoever reads it is too slow\n"), "{last}");
    }

    #[test]
    fn the_end_waits_for_the_last_lines_of_a_reader_and_not_for_one_who_does_not_read() {
        let (log, mut queue, Reader { let_write, seen, .. }) = slow();
        queue.write_all(b"stopped\n").expect("it never fails");
        let_write.send(()).expect("the thread lives");
        drop(log);
        assert_eq!(seen.try_recv().as_deref(), Ok("stopped\n"));
        let (log, mut queue, reader) = slow();
        queue.write_all(b"stopped\n").expect("it never fails");
        drop(log);
        assert!(reader.seen.try_recv().is_err());
    }
}
