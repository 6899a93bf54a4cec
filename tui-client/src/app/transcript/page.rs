//! Some lines of a conversation, one after the other, packed: their texts in one piece, and twenty bytes for all the rest
//! of a line. A line by itself, with a text and a name of its own, takes four times the memory of a text of 80 bytes.

use std::collections::BTreeMap;

use shared::id::{Seq, UnixMs};
use shared::name::Name;
use shared::text::SafeText;

use super::{Line, LineId, Rank, State, Text};

/// The most lines of a page. A page is moved about when a line comes into its middle, so it is kept small.
const LINES: usize = 512;

/// The most bytes of text of a page with more than one line.
const BYTES: usize = 64 * 1024;

/// A line with everything it owns, on its way into a page or out of it.
#[derive(Debug)]
pub(super) struct Loose {
    pub id: LineId,
    pub from: Name,
    pub text: SafeText,
    pub action: bool,
    pub at: UnixMs,
    pub state: State,
    pub rank: Rank,
}

/// Lines that stand one after the other. It is never empty for long: who takes the last line out drops it.
#[derive(Debug)]
pub(super) struct Page {
    /// Numbers, times and ids are kept as distances from those of the line that the page began with.
    seq: Seq,
    at: UnixMs,
    id: LineId,
    slots: Vec<Slot>,
    /// Slots at the beginning whose lines were let go of.
    gone: usize,
    /// The texts as they are shown, one behind the other.
    shown: String,
    authors: Vec<Name>,
    /// What few lines have.
    rare: BTreeMap<LineId, Rare>,
    /// No line here has an id outside of these.
    ids: (LineId, LineId),
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    /// Where the text ends. It begins where the one before it ends.
    end: u32,
    seq: u32,
    at: i32,
    id: i32,
    author: u16,
    state: Short,
    /// [`ACTION`] and [`NO_SEQ`].
    marks: u8,
}

/// Something done rather than said.
const ACTION: u8 = 1;

/// It stands behind the line with its number: it has none of its own.
const NO_SEQ: u8 = 2;

/// A state in one byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Short {
    Received,
    Waited,
    History,
    Sending,
    Sent,
    Partial,
    Stored,
    Delivered,
    Refused,
    Unconfirmed,
    Undelivered,
}

#[derive(Debug, Default)]
struct Rare {
    /// The text as it came, where it is shown otherwise.
    raw: Option<Box<str>>,
    /// A refusal, with its reason.
    refused: Option<State>,
}

impl Page {
    /// A page that begins with this line. One behind a full page will hold about as much: room for that is made at once,
    /// because what grows piece by piece leaves holes in the memory.
    pub fn begin(line: Loose, before: Option<&Self>) -> Self {
        let (seq, at, id) = (line.rank.0, line.at, line.id);
        let (lines, bytes) = before.map_or((0, 0), |page| (page.slots.len(), page.shown.len()));
        let (slots, shown, authors) = (Vec::with_capacity(lines), String::with_capacity(bytes), Vec::new());
        let mut page = Self { seq, at, id, slots, gone: 0, shown, authors, rare: BTreeMap::new(), ids: (id, id) };
        page.insert(0, line);
        page
    }

    /// The name as it is kept here already, whose memory can be shared.
    pub fn known(&self, name: &Name) -> Option<&Name> {
        self.authors.iter().rev().find(|known| known.as_str() == name.as_str())
    }

    pub fn len(&self) -> usize {
        self.slots.len() - self.gone
    }

    /// Whether a line can be told by its distances here, and there is room for it.
    pub fn fits(&self, line: &Loose) -> bool {
        self.slots.len() < LINES
            && self.shown.len() + line.text.as_str().len() <= BYTES
            && line.rank.0.0.checked_sub(self.seq.0).is_some_and(|seq| u32::try_from(seq).is_ok())
            && distance(line.at.0, self.at.0).is_some()
            && distance(line.id.0, self.id.0).is_some()
    }

    /// Puts a line that [`fits`](Self::fits), or the first one, before the line with this index.
    pub fn insert(&mut self, index: usize, line: Loose) {
        let index = index + self.gone;
        let author = self.author(line.from);
        let begin = self.begin_of(index);
        let length = small(line.text.as_str().len());
        self.shown.insert_str(begin, line.text.as_str());
        let slot = Slot {
            end: small(begin).saturating_add(length),
            seq: u32::try_from(line.rank.0.0 - self.seq.0).unwrap_or(u32::MAX),
            at: distance(line.at.0, self.at.0).unwrap_or_default(),
            id: distance(line.id.0, self.id.0).unwrap_or_default(),
            author,
            state: Short::of(&line.state),
            marks: (u8::from(line.action) * ACTION) | (u8::from(line.rank.1.is_some()) * NO_SEQ),
        };
        self.slots.insert(index, slot);
        for slot in &mut self.slots[index + 1..] {
            slot.end += length;
        }
        self.ids = (self.ids.0.min(line.id), self.ids.1.max(line.id));
        let raw = (line.text.raw() != line.text.as_str()).then(|| line.text.raw().into());
        self.keep_rare(line.id, line.state, raw);
    }

    /// Takes a line out.
    pub fn remove(&mut self, index: usize) -> Loose {
        let line = self.line(index);
        let (id, from, text, action, at) = (line.id, line.from.clone(), line.text.to_safe(), line.action, line.at);
        let (state, rank) = (line.state.clone(), self.rank(index));
        self.rare.remove(&id);
        let index = index + self.gone;
        let bytes = self.begin_of(index)..self.end_of(index);
        let length = small(bytes.len());
        self.shown.replace_range(bytes, "");
        self.slots.remove(index);
        self.slots[index..].iter_mut().for_each(|slot| slot.end -= length);
        Loose { id, from, text, action, at, state, rank }
    }

    /// Lets go of the first line, and answers its rank.
    pub fn forget_first(&mut self) -> Rank {
        let (rank, id) = (self.rank(0), self.id_at(0));
        self.rare.remove(&id);
        self.gone += 1;
        rank
    }

    /// Parts the page before the line with this index. Both parts keep lines where `index` is inside.
    pub fn split(&mut self, index: usize) -> Self {
        let at = index + self.gone;
        let begin = self.begin_of(at);
        let mut slots = self.slots.split_off(at);
        for slot in &mut slots {
            slot.end -= small(begin);
        }
        let shown = self.shown.split_off(begin);
        let (seq, time, id, ids) = (self.seq, self.at, self.id, self.ids);
        let mut rest = Self {
            seq,
            at: time,
            id,
            slots,
            gone: 0,
            shown,
            authors: self.authors.clone(),
            rare: BTreeMap::new(),
            ids,
        };
        for index in 0..rest.len() {
            let id = rest.id_at(index);
            rest.rare.extend(self.rare.remove_entry(&id));
        }
        rest
    }

    /// No line will come to its end any more: gives back the memory that was kept for that.
    pub fn close(&mut self) {
        self.slots.shrink_to_fit();
        self.shown.shrink_to_fit();
        self.authors.shrink_to_fit();
    }

    pub fn line(&self, index: usize) -> Line<'_> {
        let at = index + self.gone;
        let slot = self.slots[at];
        let id = self.id_of(slot);
        let rare = self.rare.get(&id);
        let shown = &self.shown[self.begin_of(at)..self.end_of(at)];
        Line {
            id,
            from: &self.authors[usize::from(slot.author)],
            text: Text { shown, raw: rare.and_then(|rare| rare.raw.as_deref()) },
            action: slot.marks & ACTION != 0,
            at: UnixMs(self.at.0.saturating_add_signed(slot.at.into())),
            state: slot.state.long(rare.and_then(|rare| rare.refused.as_ref())),
            rank: self.rank(index),
        }
    }

    pub fn rank(&self, index: usize) -> Rank {
        let slot = self.slots[index + self.gone];
        let seq = Seq(self.seq.0.saturating_add(slot.seq.into()));
        Rank(seq, (slot.marks & NO_SEQ != 0).then(|| self.id_of(slot)))
    }

    pub fn set_state(&mut self, index: usize, state: State) {
        let id = self.id_at(index);
        self.slots[index + self.gone].state = Short::of(&state);
        let raw = self.rare.remove(&id).and_then(|rare| rare.raw);
        self.keep_rare(id, state, raw);
    }

    /// Everybody who said a line here.
    pub fn authors(&self) -> impl Iterator<Item = &Name> {
        self.authors.iter()
    }

    /// No line here has a higher id.
    pub fn newest_id(&self) -> LineId {
        self.ids.1
    }

    /// The line with this id, searched from the newest on.
    pub fn position(&self, id: LineId) -> Option<usize> {
        if id < self.ids.0 || id > self.ids.1 {
            return None;
        }
        let wanted = distance(id.0, self.id.0)?;
        self.slots[self.gone..].iter().rposition(|slot| slot.id == wanted)
    }

    fn keep_rare(&mut self, id: LineId, state: State, raw: Option<Box<str>>) {
        let refused = Some(state).filter(|state| matches!(state, State::Refused { .. }));
        if raw.is_some() || refused.is_some() {
            self.rare.insert(id, Rare { raw, refused });
        }
    }

    /// The place of a name as it is written: the last ones spoke most likely.
    fn author(&mut self, name: Name) -> u16 {
        let known = self.authors.iter().rposition(|known| known.as_str() == name.as_str());
        let place = known.unwrap_or_else(|| {
            self.authors.push(name);
            self.authors.len() - 1
        });
        // There are no more authors than lines, but for those of lines that were taken out again.
        u16::try_from(place).unwrap_or(u16::MAX)
    }

    fn id_at(&self, index: usize) -> LineId {
        self.id_of(self.slots[index + self.gone])
    }

    fn id_of(&self, slot: Slot) -> LineId {
        LineId(self.id.0.saturating_add_signed(slot.id.into()))
    }

    fn begin_of(&self, at: usize) -> usize {
        at.checked_sub(1).map_or(0, |before| self.end_of(before))
    }

    fn end_of(&self, at: usize) -> usize {
        usize::try_from(self.slots[at].end).unwrap_or(usize::MAX)
    }
}

impl Short {
    fn of(state: &State) -> Self {
        match state {
            State::Received => Self::Received,
            State::Waited => Self::Waited,
            State::History => Self::History,
            State::Sending => Self::Sending,
            State::Sent => Self::Sent,
            State::Partial => Self::Partial,
            State::Stored => Self::Stored,
            State::Delivered => Self::Delivered,
            State::Refused { .. } => Self::Refused,
            State::Unconfirmed => Self::Unconfirmed,
            State::Undelivered => Self::Undelivered,
        }
    }

    /// The state itself. That of a refused line is kept with the line.
    fn long(self, refused: Option<&State>) -> &State {
        match self {
            Self::Received => &State::Received,
            Self::Waited => &State::Waited,
            Self::History => &State::History,
            Self::Sending => &State::Sending,
            Self::Sent => &State::Sent,
            Self::Partial => &State::Partial,
            Self::Stored => &State::Stored,
            Self::Delivered => &State::Delivered,
            Self::Refused => refused.unwrap_or(&State::Undelivered),
            Self::Unconfirmed => &State::Unconfirmed,
            Self::Undelivered => &State::Undelivered,
        }
    }
}

/// How far a number is from another one, where four bytes hold it.
fn distance(number: u64, from: u64) -> Option<i32> {
    let distance = i128::from(number) - i128::from(from);
    i32::try_from(distance).ok()
}

/// A count of bytes of a page, which holds far less than four bytes can count.
fn small(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
