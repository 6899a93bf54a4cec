//! Runs a future on the main thread, which waits for the terminal itself.
//!
//! Tokio's runtime waits for sockets, timers and signals on threads of its own. Each hand-over from one thread to another
//! costs a key about as much time as everything else that is done for it, so the main thread sleeps in one `poll` for
//! the terminal, for a call from those threads, and until its next frame.

use std::cell::Cell;
use std::fs::File;
use std::future::poll_fn;
use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

/// The terminal, once somebody reads it. A process has one.
static TERMINAL: OnceLock<OwnedFd> = OnceLock::new();

/// Somebody waits for keys.
static IS_AWAITED: AtomicBool = AtomicBool::new(false);

/// Keys have come since somebody waited.
static IS_READY: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// When the future is to be polled again, whatever happens.
    static WAKE_AT: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Runs a future to its end. What it spawns runs on the runtime that the caller has entered.
///
/// # Errors
///
/// When the system gives no sockets to call this thread with, or cannot wait.
pub fn block_on<F: Future>(future: F) -> io::Result<F::Output> {
    let (mut calls, caller) = UnixStream::pair()?;
    calls.set_nonblocking(true)?;
    caller.set_nonblocking(true)?;
    let bell = Arc::new(Bell { caller, is_rung: AtomicBool::new(false) });
    let waker = Waker::from(Arc::clone(&bell));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        WAKE_AT.set(None);
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return Ok(output);
        }
        if wait(&calls)? {
            // Before the future is polled: who rings after this line is heard in the next round.
            while calls.read(&mut [0; 16]).is_ok_and(|count| count > 0) {}
            bell.is_rung.store(false, Ordering::SeqCst);
        }
    }
}

/// Sleeps until there is something to do. Answers whether another thread has called.
fn wait(calls: &UnixStream) -> io::Result<bool> {
    let terminal = TERMINAL.get().filter(|_| IS_AWAITED.load(Ordering::SeqCst));
    let all = [Some(calls.as_fd()), terminal.map(|terminal| terminal.as_fd())];
    let mut fds = all.each_ref().map(|fd| PollFd::from_borrowed_fd(fd.unwrap_or(calls.as_fd()), PollFlags::IN));
    let fds = &mut fds[..all.iter().flatten().count()];
    loop {
        match poll(fds, time_left().as_ref()) {
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
            Ok(_) => break,
        }
    }
    if fds.get(1).is_some_and(|fd| !fd.revents().is_empty()) {
        IS_AWAITED.store(false, Ordering::SeqCst);
        IS_READY.store(true, Ordering::SeqCst);
    }
    Ok(!fds[0].revents().is_empty())
}

/// Until the next wake-up; `None` when only events wake.
fn time_left() -> Option<Timespec> {
    let left = WAKE_AT.get()?.saturating_duration_since(Instant::now());
    // What is too long for the system is for ever.
    Timespec::try_from(left).ok()
}

/// Wakes the main thread.
struct Bell {
    caller: UnixStream,
    /// A call that was not heard yet is enough.
    is_rung: AtomicBool,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.is_rung.swap(true, Ordering::SeqCst) {
            // It can only be full of calls that are not heard yet, or belong to a thread that has ended.
            let _ = (&self.caller).write(&[1]);
        }
    }
}

/// The terminal to read keys from: standard input, or the controlling terminal where that is something else.
pub(super) fn terminal() -> io::Result<&'static OwnedFd> {
    if let Some(terminal) = TERMINAL.get() {
        return Ok(terminal);
    }
    let stdin = io::stdin();
    let opened = if stdin.is_terminal() { stdin.as_fd().try_clone_to_owned()? } else { File::open("/dev/tty")?.into() };
    Ok(TERMINAL.get_or_init(|| opened))
}

/// Whether something can be read from it without waiting: keys, or its end.
pub(super) fn is_readable(terminal: &OwnedFd) -> bool {
    let mut fds = [PollFd::new(terminal, PollFlags::IN)];
    poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).is_ok_and(|count| count > 0)
}

/// Waits until [`terminal`] may have something to read. Works only inside [`block_on`], and for one at a time.
pub(super) async fn readable() {
    poll_fn(|_| {
        if IS_READY.swap(false, Ordering::SeqCst) {
            return Poll::Ready(());
        }
        IS_AWAITED.store(true, Ordering::SeqCst);
        Poll::Pending
    })
    .await;
}

/// Waits until this moment, without a call from the thread that has Tokio's timers. Works only inside [`block_on`].
pub(super) async fn sleep_until(at: Instant) {
    poll_fn(|_| {
        if Instant::now() >= at {
            return Poll::Ready(());
        }
        WAKE_AT.set(Some(WAKE_AT.get().map_or(at, |other| other.min(at))));
        Poll::Pending
    })
    .await;
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{block_on, sleep_until};

    #[test]
    fn the_earliest_of_several_moments_wakes() {
        let begin = Instant::now();
        let [soon, late] = [1, 60_000].map(|ms| begin + Duration::from_millis(ms));
        let earliest = async {
            tokio::select! {
                () = sleep_until(late) => late,
                () = sleep_until(soon) => soon,
            }
        };
        assert_eq!(block_on(earliest).expect("this system has sockets"), soon);
        assert!(Instant::now() >= soon);
    }

    #[test]
    fn what_other_threads_do_wakes_the_main_thread() {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime starts");
        let _inside = runtime.enter();
        let (tx, mut rx) = tokio::sync::mpsc::channel(1);
        let counts = async {
            tokio::spawn(async move {
                for number in 0..1000 {
                    tokio::task::yield_now().await;
                    tx.send(number).await.expect("somebody listens");
                }
            });
            let mut sum = 0;
            while let Some(number) = rx.recv().await {
                sum += number;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
            sum
        };
        assert_eq!(block_on(counts).expect("this system has sockets"), 499_500);
    }
}
