//! The few threads on which passwords are hashed.
//!
//! Each hash takes 19 MiB, and the system's allocator keeps what a thread has used for that thread. On a pool that makes
//! threads as it likes, a hundred logins would leave the memory of a hundred hashes behind.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tokio::sync::oneshot;

type Work = Box<dyn FnOnce() + Send>;

/// As many threads as may hash at once. They end when this is dropped and their work is done.
#[derive(Debug)]
pub struct Threads {
    queue: SyncSender<Work>,
}

impl Threads {
    /// Starts so many threads.
    ///
    /// # Panics
    ///
    /// When the system gives no further thread.
    pub fn start(count: usize) -> Self {
        let (queue, work) = sync_channel(count);
        let work = Arc::new(Mutex::new(work));
        for _ in 0..count {
            let work = Arc::clone(&work);
            let thread = thread::Builder::new().name("passwords".to_owned()).spawn(move || serve(&work));
            thread.expect("the system has room for one more thread");
        }
        Self { queue }
    }

    /// Does the work on one of the threads; `None` when it panics. Not more at once than there are threads.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let (done, result) = oneshot::channel();
        let work = move || {
            // Whoever waited may have given up.
            let _ = done.send(work());
        };
        self.queue.try_send(Box::new(work)).ok()?;
        result.await.ok()
    }
}

fn serve(queue: &Mutex<Receiver<Work>>) {
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(work) = next else { return };
        if catch_unwind(AssertUnwindSafe(work)).is_err() {
            tracing::error!("a password check ended early");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_that_panics_takes_no_thread_with_it() {
        let threads = Threads::start(1);
        assert_eq!(threads.run(|| 7).await, Some(7));
        assert_eq!(threads.run(|| panic!("made by this test")).await, None::<()>);
        assert_eq!(threads.run(|| 8).await, Some(8));
    }
}
