//! The modes of a real terminal: every key at once and without echo, and everything as it was at the end.

use std::os::fd::{AsFd, BorrowedFd};

use rustix::termios::{self, LocalModes, OptionalActions, SpecialCodeIndex, Termios};

/// The columns of a terminal that does not say how many it has.
const COLUMNS: usize = 79;

/// Key by key from here on, until it is dropped.
#[derive(Debug)]
pub struct KeyByKey {
    before: Termios,
}

impl KeyByKey {
    /// Takes over standard input. `None` when it is no terminal.
    pub fn begin() -> Option<Self> {
        let before = termios::tcgetattr(std::io::stdin()).ok()?;
        let guard = Self { before };
        guard.resume();
        Some(guard)
    }

    /// Gives the terminal back for a while.
    pub fn suspend(&self) {
        set(&self.before);
    }

    /// Takes it again.
    pub fn resume(&self) {
        let mut modes = self.before.clone();
        // Signals stay with the terminal, so that Ctrl-C and Ctrl-Z come as signals, as everywhere else.
        modes.local_modes -= LocalModes::ICANON | LocalModes::ECHO | LocalModes::ECHONL;
        modes.special_codes[SpecialCodeIndex::VMIN] = 1;
        modes.special_codes[SpecialCodeIndex::VTIME] = 0;
        set(&modes);
    }
}

impl Drop for KeyByKey {
    fn drop(&mut self) {
        self.suspend();
    }
}

/// The modes of the terminal at one moment, to be put back after a program that may not have done so.
#[derive(Debug)]
pub struct SavedModes(Option<Termios>);

impl SavedModes {
    /// Those of now.
    pub fn of_now() -> Self {
        Self(termios::tcgetattr(std::io::stdin()).ok())
    }

    /// Puts them back.
    pub fn put_back(&self) {
        self.0.iter().for_each(set);
    }
}

/// A terminal that went away cannot be set, and needs not to be.
fn set(modes: &Termios) {
    let _ = termios::tcsetattr(std::io::stdin(), OptionalActions::Drain, modes);
}

/// How wide the terminal is now, in columns.
pub fn columns() -> usize {
    let asked = [std::io::stdin().as_fd(), std::io::stdout().as_fd()].into_iter().find_map(size_of);
    asked.unwrap_or(COLUMNS)
}

fn size_of(terminal: BorrowedFd<'_>) -> Option<usize> {
    let size = termios::tcgetwinsize(terminal).ok()?;
    Some(usize::from(size.ws_col)).filter(|columns| *columns > 0)
}
