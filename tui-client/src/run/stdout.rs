//! Standard output, written by a thread of its own, so that a reader who does not read blocks neither signals nor the
//! end of the program.

use std::io::{self, Write};
use std::thread;

use tokio::sync::mpsc;

/// Writes that may wait. One is written at a time and waited for, so that "shown" is true when it is said.
const WAITING: usize = 1;

/// The writing end.
#[derive(Debug)]
pub struct Stdout {
    writes: mpsc::Sender<Vec<u8>>,
    results: mpsc::Receiver<io::Result<()>>,
}

impl Stdout {
    /// Starts the writer. It ends with the process, or when this is dropped.
    pub fn begin() -> Self {
        let (writes, jobs) = mpsc::channel(WAITING);
        let (tx, results) = mpsc::channel(WAITING);
        let writer = thread::Builder::new().name("stdout".to_owned()).spawn(move || write(jobs, &tx));
        // Without a thread both channels are closed, which reads as an output that is closed.
        drop(writer);
        Self { writes, results }
    }

    /// Writes and flushes; comes back when it is done.
    pub async fn write(&mut self, bytes: Vec<u8>) -> io::Result<()> {
        let gone = || io::Error::from(io::ErrorKind::BrokenPipe);
        self.writes.send(bytes).await.map_err(|_| gone())?;
        self.results.recv().await.unwrap_or_else(|| Err(gone()))
    }
}

fn write(mut jobs: mpsc::Receiver<Vec<u8>>, results: &mpsc::Sender<io::Result<()>>) {
    while let Some(bytes) = jobs.blocking_recv() {
        let mut stdout = io::stdout().lock();
        let result = stdout.write_all(&bytes).and_then(|()| stdout.flush());
        if results.blocking_send(result).is_err() {
            return;
        }
    }
}
