//! Reads the terminal, in batches: what came at one time is looked at at one time.

use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use rustix::io::Errno;
use rustix::termios::tcgetwinsize;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::timeout;

use super::main_thread::{is_readable, readable, terminal};
use crate::tui::terminal::Keys;

/// Events in a batch. Behind them, keys wait in the terminal.
const BATCH: usize = 256;

/// Bytes taken at once.
const READ: usize = 1024;

/// Arrow keys that come within this time of one another were sent at once. A finger is ten times slower, and nobody sees
/// that a key takes so much longer.
const TOGETHER: Duration = Duration::from_millis(3);

/// A wheel that the terminal keeps for itself comes as at least so many arrow keys at once; a finger on a key never
/// makes more than one or two.
const WHEEL_STEPS: usize = 3;

/// One thing that came from the terminal.
#[derive(Debug, PartialEq)]
pub(super) enum Happening {
    /// An event.
    Event(Event),
    /// The wheel, in rows; up when negative.
    Wheel(isize),
}

/// Reads the terminal's events. Keys are lost to whoever else reads the terminal while it runs.
#[derive(Debug)]
pub(super) struct Pump {
    terminal: &'static OwnedFd,
    keys: Keys,
    resized: Signal,
    /// What has come and is not handed over.
    batch: Vec<Event>,
    is_gone: bool,
}

impl Pump {
    /// Begins to read.
    pub fn begin() -> io::Result<Self> {
        let resized = signal(SignalKind::window_change())?;
        Ok(Self { terminal: terminal()?, keys: Keys::default(), resized, batch: Vec::new(), is_gone: false })
    }

    /// What comes next, and everything that has come by then: a page of keys is one frame. `None` when the terminal is
    /// gone. Loses nothing when it is not waited for to the end.
    pub async fn next(&mut self) -> Option<Vec<Event>> {
        loop {
            self.read();
            let may_be_a_wheel = self.batch.last().and_then(arrow).is_some() && self.batch.len() < BATCH;
            if may_be_a_wheel && !self.is_gone && timeout(TOGETHER, readable()).await.is_ok() {
                continue;
            }
            if !self.batch.is_empty() {
                return Some(std::mem::take(&mut self.batch));
            }
            if self.is_gone {
                return None;
            }
            tokio::select! {
                biased;
                () = readable() => {}
                _ = self.resized.recv() => self.batch.extend(self.size()),
            }
        }
    }

    /// Stops reading, so that somebody else can, and answers what was read and not taken.
    pub fn end(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.batch)
    }

    /// Takes what is there, and waits for nothing.
    fn read(&mut self) {
        let mut bytes = [0; READ];
        while !self.is_gone && self.batch.len() < BATCH && is_readable(self.terminal) {
            match rustix::io::read(self.terminal, &mut bytes) {
                Ok(count @ 1..) => {
                    self.keys.take(&bytes[..count], count == READ, &mut self.batch);
                    if count < READ {
                        return;
                    }
                }
                Err(Errno::INTR | Errno::AGAIN) => {}
                // Asking again would spin.
                Ok(0) | Err(_) => self.is_gone = true,
            }
        }
    }

    fn size(&self) -> Option<Event> {
        let size = tcgetwinsize(self.terminal).ok()?;
        Some(Event::Resize(size.ws_col, size.ws_row))
    }
}

/// Finds the wheel among arrow keys.
pub(super) fn with_wheel(batch: Vec<Event>) -> Vec<Happening> {
    let mut happenings = Vec::with_capacity(batch.len());
    let mut events = batch.into_iter().peekable();
    while let Some(event) = events.next() {
        let Some(step) = arrow(&event) else {
            happenings.push(Happening::Event(event));
            continue;
        };
        let mut run = vec![event];
        while let Some(next) = events.next_if(|next| arrow(next) == Some(step)) {
            run.push(next);
        }
        if run.len() >= WHEEL_STEPS {
            let rows = isize::try_from(run.len()).unwrap_or(isize::MAX);
            happenings.push(Happening::Wheel(step * rows));
        } else {
            happenings.extend(run.into_iter().map(Happening::Event));
        }
    }
    happenings
}

/// Which way an arrow key points.
fn arrow(event: &Event) -> Option<isize> {
    match event {
        Event::Key(KeyEvent { code: KeyCode::Up, modifiers: KeyModifiers::NONE, .. }) => Some(-1),
        Event::Key(KeyEvent { code: KeyCode::Down, modifiers: KeyModifiers::NONE, .. }) => Some(1),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(code: KeyCode) -> Event {
        Event::Key(KeyEvent::new(code, KeyModifiers::NONE))
    }

    #[test]
    fn three_arrows_at_once_are_a_wheel_and_two_are_keys() {
        let (up, down, letter) = (key(KeyCode::Up), key(KeyCode::Down), key(KeyCode::Char('x')));
        let batch = [vec![up.clone(); 3], vec![letter.clone()], vec![down.clone(); 2], vec![up.clone()]].concat();
        let keys = [letter, down.clone(), down.clone(), up].map(Happening::Event);
        let expected: Vec<Happening> = [Happening::Wheel(-3)].into_iter().chain(keys).collect();
        assert_eq!(with_wheel(batch), expected);
        assert_eq!(with_wheel(vec![down; 6]), vec![Happening::Wheel(6)]);
    }
}
