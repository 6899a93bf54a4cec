//! Carries what the terminal says to the loop, in batches: what came at one time is looked at at one time.

use std::time::Duration;

use crossterm::event::{Event, EventStream, KeyCode, KeyEvent, KeyModifiers};
use futures_util::StreamExt as _;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Events in a batch.
const BATCH: usize = 64;

/// Batches that may wait. Behind them, keys wait in the terminal.
const WAITING: usize = 16;

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
    batches: mpsc::Receiver<Vec<Event>>,
    task: JoinHandle<()>,
}

impl Pump {
    /// Begins to read.
    pub fn begin() -> Self {
        let (tx, batches) = mpsc::channel(WAITING);
        let task = tokio::spawn(async move {
            let mut events = EventStream::new();
            while let Some((batch, is_broken)) = gather(&mut events).await {
                // After an error the terminal is gone, and asking again would spin.
                if tx.send(batch).await.is_err() || is_broken {
                    return;
                }
            }
        });
        Self { batches, task }
    }

    /// What comes next, and everything that has come by then: a page of keys is one frame. `None` when the terminal is
    /// gone. Loses nothing when it is not waited for to the end.
    pub async fn next(&mut self) -> Option<Vec<Event>> {
        let mut batches = Vec::new();
        let count = self.batches.recv_many(&mut batches, WAITING).await;
        (count > 0).then(|| batches.concat())
    }

    /// Stops reading, so that somebody else can. Drop it when this has come back.
    pub async fn end(&mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
    }
}

/// Waits for an event, and for those that come with it: the stream hands them out one by one, a moment apart. Answers
/// as well whether the terminal is gone after them.
async fn gather(events: &mut EventStream) -> Option<(Vec<Event>, bool)> {
    let mut batch = match events.next().await? {
        Ok(event) => vec![event],
        Err(_) => return None,
    };
    while batch.len() < BATCH && batch.last().and_then(arrow).is_some() {
        match timeout(TOGETHER, events.next()).await {
            Ok(Some(Ok(event))) => batch.push(event),
            Ok(_) => return Some((batch, true)),
            Err(_) => break,
        }
    }
    Some((batch, false))
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
