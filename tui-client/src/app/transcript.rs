//! The lines of one conversation, in the one order that everybody sees.
//!
//! Lines that the server has stored stand by their sequence number. Own lines that it has not confirmed yet stand
//! after them, in the order they were typed; a refused one stays where it was typed. A face lays out only what it
//! shows, from any line on, and may keep a [`LineId`] as its anchor: ids never change.

use std::collections::VecDeque;

use shared::error::Code;
use shared::id::{Seq, UnixMs};
use shared::name::Name;
use shared::text::SafeText;

/// The most lines kept of one conversation. The server has all of them; older ones are loaded again when asked for.
pub const KEPT: usize = 10_000;

/// Names a line of a transcript for as long as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineId(u64);

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its id.
    pub id: LineId,
    /// Who said it.
    pub from: Name,
    /// What.
    pub text: SafeText,
    /// Whether it is something done rather than said.
    pub action: bool,
    /// When the server stored it; for an own line that is not stored, when it was typed.
    pub at: UnixMs,
    /// How it stands with it.
    pub state: State,
    rank: Rank,
}

impl Line {
    /// Its place in the conversation, once the server has given it one.
    pub fn seq(&self) -> Option<Seq> {
        match self.rank {
            Rank(seq, None) => Some(seq),
            Rank(_, Some(_)) => None,
        }
    }
}

/// Where a line stands: stored lines by their number; refused ones behind the stored line they were typed after; open
/// ones behind everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank(Seq, Option<LineId>);

const LAST: Seq = Seq(u64::MAX);

/// How it stands with a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// From somebody else, said now.
    Received,
    /// From somebody else, and it waited for a login.
    Waited,
    /// Older than this login, whoever said it.
    History,
    /// Own: on its way.
    Sending,
    /// Own: durable, and handed to everybody.
    Sent,
    /// Own: durable, and handed to some; others did not get it.
    Partial,
    /// Own: durable, and waiting for the other side's next login.
    Stored,
    /// Own: durable, and handed to the other side.
    Delivered,
    /// Own: refused.
    Refused {
        /// For programs.
        code: Code,
        /// For people.
        why: SafeText,
    },
    /// Own: the connection broke before the answer came. It is sent again, and counts once.
    Unconfirmed,
    /// Own: the private session ended before it reached the other client. It goes nowhere unless it is sent again.
    Undelivered,
}

/// A text from the server, ready for a transcript.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incoming {
    /// Its place in the conversation.
    pub seq: Seq,
    /// Who said it.
    pub from: Name,
    /// What.
    pub text: SafeText,
    /// Whether it is something done rather than said.
    pub action: bool,
    /// When the server stored it.
    pub at: UnixMs,
    /// How it stands with it.
    pub state: State,
}

/// The lines of one conversation.
#[derive(Debug, Default)]
pub struct Transcript {
    lines: VecDeque<Line>,
    next: u64,
    /// Numbers up to here were let go of: a line that comes again with one of them is not new.
    trimmed: Seq,
}

impl Transcript {
    /// All lines, oldest first.
    pub fn lines(&self) -> impl DoubleEndedIterator<Item = &Line> + ExactSizeIterator {
        self.lines.iter()
    }

    /// Whether the line with this number was here.
    pub fn knows(&self, seq: Seq) -> bool {
        seq <= self.trimmed || self.lines.binary_search_by_key(&Rank(seq, None), |line| line.rank).is_ok()
    }

    /// The oldest number here: history is asked for before it.
    pub fn oldest(&self) -> Option<Seq> {
        self.lines.iter().find_map(Line::seq)
    }

    /// Whether there is no room for older lines.
    pub fn is_full(&self) -> bool {
        self.lines.len() >= KEPT
    }

    /// Lets go of all lines but those on their way.
    pub fn clear(&mut self) {
        self.lines.retain(|line| line.rank.0 == LAST);
    }

    /// Takes a stored line in at its place. Answers whether it was new.
    pub fn take(&mut self, incoming: Incoming) -> bool {
        if self.knows(incoming.seq) {
            return false;
        }
        let id = self.fresh_id();
        let Incoming { seq, from, text, action, at, state } = incoming;
        self.insert(Line { id, from, text, action, at, state, rank: Rank(seq, None) });
        true
    }

    /// Adds an own line that is being sent.
    pub fn begin(&mut self, at: UnixMs, from: Name, text: SafeText, action: bool) -> LineId {
        let id = self.fresh_id();
        self.insert(Line { id, from, text, action, at, state: State::Sending, rank: Rank(LAST, Some(id)) });
        id
    }

    /// The server has stored an own line: it moves to its place.
    pub fn confirm(&mut self, id: LineId, seq: Seq, at: UnixMs, state: State) {
        let Some(mut line) = self.remove(id) else { return };
        if self.knows(seq) {
            // The log was quicker than the answer.
            if let Ok(index) = self.lines.binary_search_by_key(&Rank(seq, None), |line| line.rank) {
                self.lines[index].state = state;
            }
            return;
        }
        line.rank = Rank(seq, None);
        line.at = at;
        line.state = state;
        self.insert(line);
    }

    /// The server has refused an own line: it stays behind what was stored before it.
    pub fn refuse(&mut self, id: LineId, code: Code, why: SafeText) {
        let Some(mut line) = self.remove(id) else { return };
        let after = self.lines.iter().rev().find_map(Line::seq).unwrap_or_default();
        line.rank = Rank(after, Some(id));
        line.state = State::Refused { code, why };
        self.insert(line);
    }

    /// Adds a line at the end of a conversation that no server numbers: it keeps that place.
    pub fn push(&mut self, at: UnixMs, from: Name, text: SafeText, action: bool, state: State) -> LineId {
        let id = self.fresh_id();
        let last = self.lines.iter().rev().find_map(Line::seq).unwrap_or_default().max(self.trimmed);
        self.insert(Line { id, from, text, action, at, state, rank: Rank(Seq(last.0 + 1), None) });
        id
    }

    /// Lets go of the line with this number: it was taken back.
    pub fn forget(&mut self, seq: Seq) {
        if let Ok(index) = self.lines.binary_search_by_key(&Rank(seq, None), |line| line.rank) {
            self.lines.remove(index);
        }
    }

    /// Changes how it stands with one line, if it is still here.
    pub fn set_state(&mut self, id: LineId, state: State) {
        if let Some(line) = self.lines.iter_mut().rev().find(|line| line.id == id) {
            line.state = state;
        }
    }

    /// The connection broke: nobody knows what became of the lines on their way.
    pub fn doubt(&mut self) {
        self.change(&State::Sending, &State::Unconfirmed);
    }

    /// What was in doubt is on its way again.
    pub fn resume(&mut self) {
        self.change(&State::Unconfirmed, &State::Sending);
    }

    fn change(&mut self, from: &State, to: &State) {
        // Open lines are the last ones.
        for line in self.lines.iter_mut().rev().take_while(|line| line.rank.0 == LAST) {
            if line.state == *from {
                line.state = to.clone();
            }
        }
    }

    fn fresh_id(&mut self) -> LineId {
        self.next += 1;
        LineId(self.next)
    }

    fn remove(&mut self, id: LineId) -> Option<Line> {
        let index = self.lines.iter().rposition(|line| line.id == id)?;
        self.lines.remove(index)
    }

    fn insert(&mut self, line: Line) {
        let index = self.lines.partition_point(|other| other.rank < line.rank);
        self.lines.insert(index, line);
        if self.lines.len() > KEPT {
            let oldest = self.lines.pop_front();
            self.trimmed = oldest.and_then(|line| line.seq()).unwrap_or(self.trimmed).max(self.trimmed);
        }
    }
}

#[cfg(test)]
mod tests;
