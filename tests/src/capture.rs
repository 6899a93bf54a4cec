//! Everything that came out of a pipe or a terminal, and a way to wait for it.

use std::io::Read;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::DEADLINE;

/// Collects the bytes of a source in a thread of its own, so that whoever writes there is never held up.
#[derive(Clone, Debug)]
pub struct Capture {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    bytes: Vec<u8>,
    closed: bool,
    released: bool,
}

impl Capture {
    /// Reads `source` from now on, to its end.
    pub fn of(source: impl Read + Send + 'static) -> Self {
        let capture = Self::held(source);
        capture.release();
        capture
    }

    /// Reads nothing of `source` before [`Capture::release`], so that its pipe fills.
    pub fn held(source: impl Read + Send + 'static) -> Self {
        let shared = Arc::new(Shared::default());
        let capture = Self { shared: Arc::clone(&shared) };
        thread::spawn(move || shared.collect(source));
        capture
    }

    /// A source without anything in it.
    pub fn empty() -> Self {
        Self::of(std::io::empty())
    }

    /// Begins to read a held source.
    pub fn release(&self) {
        self.shared.lock().released = true;
        self.shared.changed.notify_all();
    }

    /// Waits until `look` finds something in the bytes so far. The second argument tells whether the source has ended.
    /// `None` means that it ended, or that [`DEADLINE`] passed, before anything was found.
    pub fn wait_for<T>(&self, look: impl FnMut(&[u8], bool) -> Option<T>) -> Option<T> {
        self.wait_within(DEADLINE, look)
    }

    /// Like [`Capture::wait_for`] with another deadline, for the few tests about time itself.
    pub fn wait_within<T>(&self, limit: Duration, mut look: impl FnMut(&[u8], bool) -> Option<T>) -> Option<T> {
        let end = Instant::now() + limit;
        let mut state = self.shared.lock();
        loop {
            if let Some(found) = look(&state.bytes, state.closed) {
                return Some(found);
            }
            let left = end.saturating_duration_since(Instant::now());
            if state.closed || left.is_zero() {
                return None;
            }
            let woken = self.shared.changed.wait_timeout(state, left);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits for the end of the source and returns everything.
    pub fn to_end(&self) -> Vec<u8> {
        self.wait_for(|bytes, closed| closed.then(|| bytes.to_vec()))
            .unwrap_or_else(|| panic!("the output did not end; so far:\n{}", self.text()))
    }

    /// Everything so far.
    pub fn bytes(&self) -> Vec<u8> {
        self.shared.lock().bytes.clone()
    }

    /// Everything so far as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.shared.lock().bytes).into_owned()
    }

    /// Whether the source has ended.
    pub fn is_closed(&self) -> bool {
        self.shared.lock().closed
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // A test that panicked while it looked leaves nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn collect(&self, mut source: impl Read) {
        let mut state = self.lock();
        while !state.released {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        drop(state);
        let mut chunk = [0; 16 * 1024];
        loop {
            match source.read(&mut chunk) {
                Ok(count) if count > 0 => self.lock().bytes.extend_from_slice(&chunk[..count]),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                // A terminal whose last program has gone answers with EIO instead of an end.
                Ok(_) | Err(_) => break,
            }
            self.changed.notify_all();
        }
        self.lock().closed = true;
        self.changed.notify_all();
    }
}
