//! Standard input, read by a thread of its own: reading blocks, and a read that blocks cannot be called off.

use std::io::Read;
use std::thread;

use tokio::sync::mpsc;

/// The most bytes taken at a time.
const CHUNK: usize = 4096;

/// Chunks that may wait: one, while the next is being read. More would only move the pipe into this process.
const WAITING: usize = 1;

/// The bytes as they come.
#[derive(Debug)]
pub struct Stdin {
    chunks: mpsc::Receiver<Vec<u8>>,
}

impl Stdin {
    /// Begins to read. The thread ends with the input, or with the process.
    pub fn begin() -> Self {
        let (tx, chunks) = mpsc::channel(WAITING);
        let reader = thread::Builder::new().name("stdin".to_owned()).spawn(move || read(&tx));
        // Without a thread the channel is closed, and that is an input that has ended.
        drop(reader);
        Self { chunks }
    }

    /// The next bytes; `None` when no more come.
    pub async fn next(&mut self) -> Option<Vec<u8>> {
        self.chunks.recv().await
    }
}

fn read(chunks: &mpsc::Sender<Vec<u8>>) {
    let mut buffer = [0; CHUNK];
    loop {
        match std::io::stdin().read(&mut buffer) {
            Ok(0) => return,
            Ok(length) => {
                if chunks.blocking_send(buffer[..length].to_vec()).is_err() {
                    return;
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            // A terminal that went away, a folder as input: nothing more comes.
            Err(_) => return,
        }
    }
}
