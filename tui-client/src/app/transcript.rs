//! The lines of one conversation, in the one order that everybody sees.
//!
//! Lines that the server has stored stand by their sequence number. Own lines that it has not confirmed yet stand
//! after them, in the order they were typed; a refused one stays where it was typed. A face lays out only what it
//! shows, from any line on, and may keep a [`LineId`] as its anchor: ids never change.

mod lines;
mod page;

use std::collections::VecDeque;

use shared::error::Code;
use shared::id::{Seq, UnixMs};
use shared::name::Name;
use shared::text::SafeText;

pub use lines::Lines;
use lines::partition_point;
use page::{Loose, Page};

/// The most lines kept of one conversation where nobody says otherwise. The server has all of them; older ones are
/// loaded again when asked for.
pub const KEPT: usize = 100_000;

/// Names a line of a transcript for as long as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineId(u64);

/// One line, to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// Its id.
    pub id: LineId,
    /// Who said it.
    pub from: &'a Name,
    /// What.
    pub text: Text<'a>,
    /// Whether it is something done rather than said.
    pub action: bool,
    /// When the server stored it; for an own line that is not stored, when it was typed.
    pub at: UnixMs,
    /// How it stands with it.
    pub state: &'a State,
    rank: Rank,
}

/// The text of a line. It was a [`SafeText`] when it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text<'a> {
    shown: &'a str,
    raw: Option<&'a str>,
}

impl<'a> Text<'a> {
    /// As it is shown.
    pub fn as_str(self) -> &'a str {
        self.shown
    }

    /// As it came.
    pub fn raw(self) -> &'a str {
        self.raw.unwrap_or(self.shown)
    }

    pub(in crate::app) fn to_safe(self) -> SafeText {
        // Made safe as a text of many lines: what has no line break comes out the same.
        SafeText::new(self.raw(), shared::text::Lines::Many)
    }
}

impl Line<'_> {
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
#[derive(Debug)]
pub struct Transcript {
    /// In their order. None is empty.
    pages: VecDeque<Page>,
    len: usize,
    kept: usize,
    next: u64,
    /// Numbers up to here were let go of: a line that comes again with one of them is not new.
    trimmed: Seq,
}

/// Where a line is kept: its page, and its place in it.
type Place = (usize, usize);

impl Default for Transcript {
    fn default() -> Self {
        Self::new(KEPT)
    }
}

impl Transcript {
    /// An empty one that keeps at most so many lines.
    pub fn new(kept: usize) -> Self {
        Self { pages: VecDeque::new(), len: 0, kept, next: 0, trimmed: Seq::default() }
    }

    /// All lines, oldest first.
    pub fn lines(&self) -> Lines<'_> {
        Lines::new(&self.pages, self.len)
    }

    /// The line behind so many others.
    pub fn line(&self, index: usize) -> Option<Line<'_>> {
        let behind = self.len.checked_sub(index + 1)?;
        // From the nearer end: most look at the newest lines.
        if behind < index { self.lines().nth_back(behind) } else { self.lines().nth(index) }
    }

    /// Everybody who said one of the lines, each at least once.
    pub fn authors(&self) -> impl Iterator<Item = &Name> {
        self.pages.iter().flat_map(Page::authors)
    }

    /// No line here came later than this one, which may have been let go of.
    pub fn newest_id(&self) -> Option<LineId> {
        self.pages.iter().map(Page::newest_id).max()
    }

    /// How many lines stand before the line with this id, if it is still here.
    pub fn position(&self, id: LineId) -> Option<usize> {
        let (page, index) = self.place(id)?;
        Some(self.pages.iter().take(page).map(Page::len).sum::<usize>() + index)
    }

    /// Whether the line with this number was here.
    pub fn knows(&self, seq: Seq) -> bool {
        seq <= self.trimmed || self.search(seq).is_some()
    }

    /// The line with this number.
    pub fn with_seq(&self, seq: Seq) -> Option<Line<'_>> {
        let (page, index) = self.search(seq)?;
        Some(self.pages[page].line(index))
    }

    /// The oldest number here: history is asked for before it.
    pub fn oldest(&self) -> Option<Seq> {
        self.lines().find_map(|line| line.seq())
    }

    /// Whether there is no room for older lines.
    pub fn is_full(&self) -> bool {
        self.room() == 0
    }

    /// How many older lines there is room for.
    pub fn room(&self) -> usize {
        self.kept.saturating_sub(self.len)
    }

    /// Lets go of all lines but those on their way.
    pub fn clear(&mut self) {
        while let Some(Rank(seq, _)) = self.pages.front().map(|page| page.rank(0))
            && seq != LAST
        {
            self.forget_first();
        }
    }

    /// Takes a stored line in at its place. Answers whether it was new.
    pub fn take(&mut self, incoming: Incoming) -> bool {
        if self.knows(incoming.seq) {
            return false;
        }
        let id = self.fresh_id();
        let Incoming { seq, from, text, action, at, state } = incoming;
        self.insert(Loose { id, from, text, action, at, state, rank: Rank(seq, None) });
        true
    }

    /// Adds an own line that is being sent.
    pub fn begin(&mut self, at: UnixMs, from: Name, text: SafeText, action: bool) -> LineId {
        let id = self.fresh_id();
        self.insert(Loose { id, from, text, action, at, state: State::Sending, rank: Rank(LAST, Some(id)) });
        id
    }

    /// The server has stored an own line: it moves to its place.
    pub fn confirm(&mut self, id: LineId, seq: Seq, at: UnixMs, state: State) {
        let Some(mut line) = self.remove(id) else { return };
        if self.knows(seq) {
            // The log was quicker than the answer.
            if let Some((page, index)) = self.search(seq) {
                self.pages[page].set_state(index, state);
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
        line.rank = Rank(self.newest().unwrap_or_default(), Some(id));
        line.state = State::Refused { code, why };
        self.insert(line);
    }

    /// Adds a line at the end of a conversation that no server numbers: it keeps that place.
    pub fn push(&mut self, at: UnixMs, from: Name, text: SafeText, action: bool, state: State) -> LineId {
        let id = self.fresh_id();
        let last = self.newest().unwrap_or_default().max(self.trimmed);
        self.insert(Loose { id, from, text, action, at, state, rank: Rank(Seq(last.0 + 1), None) });
        id
    }

    /// Lets go of the line with this number: it was taken back.
    pub fn forget(&mut self, seq: Seq) {
        if let Some(place) = self.search(seq) {
            self.take_out(place);
        }
    }

    /// Changes how it stands with one line, if it is still here.
    pub fn set_state(&mut self, id: LineId, state: State) {
        if let Some((page, index)) = self.place(id) {
            self.pages[page].set_state(index, state);
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

    /// The other side has come, and gets what waited before anything else: own lines stored for it are as good as handed
    /// over.
    pub fn hand_over(&mut self) {
        for page in &mut self.pages {
            for index in 0..page.len() {
                if page.state(index) == &State::Stored {
                    page.set_state(index, State::Delivered);
                }
            }
        }
    }

    fn change(&mut self, from: &State, to: &State) {
        // Open lines are the last ones.
        for page in self.pages.iter_mut().rev() {
            for index in (0..page.len()).rev() {
                let line = page.line(index);
                if line.rank.0 != LAST {
                    return;
                }
                if line.state == from {
                    page.set_state(index, to.clone());
                }
            }
        }
    }

    fn fresh_id(&mut self) -> LineId {
        self.next += 1;
        LineId(self.next)
    }

    /// The newest number here.
    fn newest(&self) -> Option<Seq> {
        self.lines().rev().find_map(|line| line.seq())
    }

    fn place(&self, id: LineId) -> Option<Place> {
        let mut pages = self.pages.iter().enumerate().rev();
        pages.find_map(|(page, lines)| Some((page, lines.position(id)?)))
    }

    /// Where the line with this number is.
    fn search(&self, seq: Seq) -> Option<Place> {
        let wanted = Rank(seq, None);
        let (page, index) = self.place_of(wanted);
        let found = self.pages.get(page).filter(|page| index < page.len())?.rank(index);
        (found == wanted).then_some((page, index))
    }

    /// Where a line of this rank stands or would stand: before the first line of a higher or the same one.
    fn place_of(&self, rank: Rank) -> Place {
        let after = self.pages.partition_point(|page| page.rank(0) < rank);
        let Some(page) = after.checked_sub(1) else { return (0, 0) };
        let lines = &self.pages[page];
        let index = partition_point(lines.len(), |index| lines.rank(index) < rank);
        // Behind the last line of a page is the place of the first one of the next.
        if index == lines.len() && after < self.pages.len() { (after, 0) } else { (page, index) }
    }

    fn remove(&mut self, id: LineId) -> Option<Loose> {
        let place = self.place(id)?;
        Some(self.take_out(place))
    }

    fn take_out(&mut self, (page, index): Place) -> Loose {
        let line = self.pages[page].remove(index);
        self.len -= 1;
        self.drop_if_empty(page);
        line
    }

    fn drop_if_empty(&mut self, page: usize) {
        if self.pages[page].len() == 0 {
            self.pages.remove(page);
        }
    }

    fn insert(&mut self, mut line: Loose) {
        let (page, index) = self.place_of(line.rank);
        // Who speaks has mostly spoken shortly before: the name is kept once.
        let mut near = self.pages.range(page.saturating_sub(1)..self.pages.len().min(page + 1)).rev();
        if let Some(known) = near.find_map(|page| page.known(&line.from)) {
            line.from = known.clone();
        }
        self.len += 1;
        self.insert_at(page, index, line);
        if self.len > self.kept {
            let Rank(seq, own) = self.forget_first();
            if own.is_none() {
                self.trimmed = self.trimmed.max(seq);
            }
        }
    }

    fn insert_at(&mut self, page: usize, index: usize, line: Loose) {
        // At the beginning of a page it may as well go to the end of the one before it.
        if index == 0
            && let Some(before) = page.checked_sub(1).and_then(|before| self.pages.get_mut(before))
            && before.fits(&line)
        {
            return before.insert(before.len(), line);
        }
        match self.pages.get_mut(page) {
            Some(lines) if lines.fits(&line) => lines.insert(index, line),
            Some(lines) if 0 < index && index < lines.len() => {
                let rest = lines.split(index);
                self.pages.insert(page + 1, rest);
                self.insert_at(page + 1, 0, line);
            }
            Some(lines) if index > 0 => {
                lines.close();
                let next = Page::begin(line, Some(lines));
                self.pages.insert(page + 1, next);
            }
            _ => self.pages.insert(page.min(self.pages.len()), Page::begin(line, None)),
        }
    }

    fn forget_first(&mut self) -> Rank {
        let rank = self.pages[0].forget_first();
        self.len -= 1;
        self.drop_if_empty(0);
        rank
    }
}

#[cfg(test)]
mod tests;
