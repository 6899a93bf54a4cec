//! Standard input, read by a thread of its own: reading blocks, and a read that blocks cannot be called off. A terminal
//! is waited for instead, so that the thread can be ended and somebody else can read.

use std::io::{self, IsTerminal as _, PipeReader, PipeWriter, Read as _};
use std::thread;

use rustix::event::{PollFd, PollFlags, poll};
use tokio::sync::mpsc;

/// The most bytes taken at a time.
const CHUNK: usize = 4096;

/// Chunks that may wait: one, while the next is being read. More would only move the pipe into this process.
const WAITING: usize = 1;

/// The bytes as they come.
#[derive(Debug)]
pub struct Stdin {
    chunks: mpsc::Receiver<Vec<u8>>,
    /// Ends the thread when it is dropped; only at a terminal.
    life: Option<PipeWriter>,
}

impl Stdin {
    /// Begins to read. The thread ends with the input, or with the process.
    pub fn begin() -> Self {
        let (tx, chunks) = mpsc::channel(WAITING);
        let (end, life) = io::stdin().is_terminal().then(|| io::pipe().ok()).flatten().unzip();
        let reader = thread::Builder::new().name("stdin".to_owned()).spawn(move || read(&tx, end.as_ref()));
        // Without a thread the channel is closed, and that is an input that has ended.
        drop(reader);
        Self { chunks, life }
    }

    /// The next bytes; `None` when no more come.
    pub async fn next(&mut self) -> Option<Vec<u8>> {
        self.chunks.recv().await
    }

    /// Ends the reading at a terminal, and answers what was read and not taken. From then on somebody else gets the keys.
    pub async fn end(&mut self) -> Vec<u8> {
        let mut left = Vec::new();
        if self.life.take().is_some() {
            while let Some(chunk) = self.chunks.recv().await {
                left.extend(chunk);
            }
        }
        left
    }
}

fn read(chunks: &mpsc::Sender<Vec<u8>>, end: Option<&PipeReader>) {
    let mut buffer = [0; CHUNK];
    loop {
        if end.is_some_and(is_ended) {
            return;
        }
        match io::stdin().read(&mut buffer) {
            Ok(0) => return,
            Ok(length) => {
                if chunks.blocking_send(buffer[..length].to_vec()).is_err() {
                    return;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // A terminal that went away, a folder as input: nothing more comes.
            Err(_) => return,
        }
    }
}

/// Waits until there is something to read, or nobody wants it any more.
fn is_ended(end: &PipeReader) -> bool {
    let stdin = io::stdin();
    loop {
        let mut both = [PollFd::new(&stdin, PollFlags::IN), PollFd::new(end, PollFlags::IN)];
        match poll(&mut both, None) {
            Err(rustix::io::Errno::INTR) => {}
            // Where a terminal cannot be waited for, it is read.
            Err(_) => return false,
            Ok(_) => return !both[1].revents().is_empty(),
        }
    }
}
