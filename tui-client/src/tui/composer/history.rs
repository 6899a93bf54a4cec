//! What was sent, and the unsent text at the bottom of it.

use std::collections::BTreeMap;
use std::collections::VecDeque;

/// Lines kept. More is what the search in the conversation is for.
const LINES: usize = 500;

/// Lines sent, the oldest first. Below the newest lies the draft.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    sent: VecDeque<String>,
    /// Which line is shown: 0 is the draft, 1 the newest line sent.
    back: usize,
    /// Texts as they were when one moved away from them: the draft, and lines changed but not sent.
    left: BTreeMap<usize, String>,
}

impl History {
    /// Remembers a line, unless it is empty or the same as the one before.
    pub fn sent(&mut self, text: &str) {
        self.back = 0;
        self.left.clear();
        if text.trim().is_empty() || self.sent.back().is_some_and(|last| last == text) {
            return;
        }
        if self.sent.len() == LINES {
            self.sent.pop_front();
        }
        self.sent.push_back(text.to_owned());
    }

    /// The line before the one shown; `current` is what it looks like now.
    pub fn older(&mut self, current: &str) -> Option<String> {
        let back = self.back + 1;
        (back <= self.sent.len()).then(|| self.go(back, current))
    }

    /// The line after the one shown, at last the draft.
    pub fn newer(&mut self, current: &str) -> Option<String> {
        let back = self.back.checked_sub(1)?;
        Some(self.go(back, current))
    }

    /// The `nth` newest line that contains `needle`, whatever its case.
    pub fn find(&self, needle: &str, nth: usize) -> Option<&str> {
        let needle = needle.to_lowercase();
        let matches = self.sent.iter().rev().filter(|line| line.to_lowercase().contains(&needle));
        matches.map(String::as_str).nth(nth)
    }

    fn go(&mut self, back: usize, current: &str) -> String {
        self.left.insert(self.back, current.to_owned());
        self.back = back;
        let unchanged = || self.sent.len().checked_sub(back).and_then(|at| self.sent.get(at)).cloned();
        self.left.get(&back).cloned().or_else(unchanged).unwrap_or_default()
    }
}
