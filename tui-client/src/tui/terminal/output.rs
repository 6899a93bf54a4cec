//! A writer that gathers a frame and writes it at once.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A whole frame of a large screen fits; one that does not goes out in pieces of this size.
const CAPACITY: usize = 64 * 1024;

/// Gathers what is written until it is flushed; while `hold` is set a flush waits.
pub(super) struct Output<W: Write> {
    writer: W,
    gathered: Vec<u8>,
    hold: Arc<AtomicBool>,
}

impl<W: Write> Output<W> {
    pub fn new(writer: W, hold: Arc<AtomicBool>) -> Self {
        Self { writer, gathered: Vec::with_capacity(CAPACITY), hold }
    }

    fn write_out(&mut self) -> io::Result<()> {
        let written = self.writer.write_all(&self.gathered);
        self.gathered.clear();
        written
    }
}

impl<W: Write> Write for Output<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.gathered.len() + bytes.len() > CAPACITY {
            self.write_out()?;
        }
        self.gathered.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.hold.load(Ordering::Relaxed) {
            return Ok(());
        }
        self.write_out()?;
        self.writer.flush()
    }
}
