//! Steps of undo. A step is a run of letters up to a space, a run of removals, or one larger edit; a pause, a move of
//! the cursor or another kind of edit begins a new one.

use std::collections::VecDeque;
use std::time::Duration;

/// Steps kept. With texts of a few kilobytes that is little memory, and nobody goes further back.
const STEPS: usize = 100;

/// This long without a key begins a new step.
const PAUSE: Duration = Duration::from_secs(1);

/// What an edit is, so that edits of one kind make one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A character of a word.
    Letter,
    /// A space or line feed: ends a word's step.
    Blank,
    /// One character removed.
    Removal,
    /// Anything larger, always a step of its own.
    Other,
}

type Snapshot = (String, usize);

/// The texts before the edits made, and those before the edits taken back.
#[derive(Clone, Debug, Default)]
pub(super) struct Undo {
    past: VecDeque<Snapshot>,
    future: Vec<Snapshot>,
    /// The kind and time of the last edit, if the next one may belong to its step.
    open: Option<(Kind, Duration)>,
}

impl Undo {
    /// Remembers a text that is about to change.
    pub fn before_edit(&mut self, text: &str, cursor: usize, kind: Kind, now: Duration) {
        self.future.clear();
        let same_step = self.open.is_some_and(|(last, at)| continues(last, kind) && now.saturating_sub(at) <= PAUSE);
        if !same_step {
            if self.past.len() == STEPS {
                self.past.pop_front();
            }
            self.past.push_back((text.to_owned(), cursor));
        }
        self.open = (kind != Kind::Other).then_some((kind, now));
    }

    /// The next edit begins a new step.
    pub fn pause(&mut self) {
        self.open = None;
    }

    /// The text before the last step, if there is one; `text` is the one now.
    pub fn undo(&mut self, text: &str, cursor: usize) -> Option<Snapshot> {
        self.open = None;
        let earlier = self.past.pop_back()?;
        self.future.push((text.to_owned(), cursor));
        Some(earlier)
    }

    /// The text before the last undo, if nothing was edited since.
    pub fn redo(&mut self, text: &str, cursor: usize) -> Option<Snapshot> {
        self.open = None;
        let later = self.future.pop()?;
        self.past.push_back((text.to_owned(), cursor));
        Some(later)
    }
}

fn continues(last: Kind, next: Kind) -> bool {
    match next {
        Kind::Letter => last == Kind::Letter,
        Kind::Blank => matches!(last, Kind::Letter | Kind::Blank),
        Kind::Removal => last == Kind::Removal,
        Kind::Other => false,
    }
}
