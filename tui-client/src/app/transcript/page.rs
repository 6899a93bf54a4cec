//! Some lines of a conversation, one after the other, packed: their texts in one piece, and twelve bytes for all the rest
//! of a line. A line by itself, with a text and a name of its own, takes four times the memory of a text of 80 bytes.

use std::collections::BTreeMap;

use shared::id::{Seq, UnixMs};
use shared::name::Name;
use shared::text::SafeText;

use super::{Line, LineId, Rank, State, Text};

/// The most lines of a page. A page is moved about when a line comes into its middle, so it is kept small.
const LINES: usize = 512;

/// The most bytes of text of a page with more than one line: [`Slot::end`] counts them.
const BYTES: usize = u16::MAX as usize;

/// The most people who speak on a page: [`Slot::author`] counts them.
const AUTHORS: usize = u8::MAX as usize;

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
    at: i32,
    /// Where the text ends; that of the last line ends with all texts. It begins where the one before it ends.
    end: u16,
    seq: u16,
    id: i16,
    author: u8,
    marks: Marks,
}

/// A state by its place in [`STATES`], and whether the line is [`ACTION`] and [`NO_SEQ`].
#[derive(Clone, Copy, Debug)]
struct Marks(u8);

/// Something done rather than said.
const ACTION: u8 = 0x40;

/// It stands behind the line with its number: it has none of its own.
const NO_SEQ: u8 = 0x80;

/// All states but that of a refused line, which has a reason and is kept with the line.
static STATES: [State; 10] = [
    State::Received,
    State::Waited,
    State::History,
    State::Sending,
    State::Sent,
    State::Partial,
    State::Stored,
    State::Delivered,
    State::Unconfirmed,
    State::Undelivered,
];

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
            && self.authors.len() < AUTHORS
            && distance::<u16>(line.rank.0.0, self.seq.0).is_some()
            && distance::<i32>(line.at.0, self.at.0).is_some()
            && distance::<i16>(line.id.0, self.id.0).is_some()
    }

    /// Puts a line that [`fits`](Self::fits), or the first one, before the line with this index.
    pub fn insert(&mut self, index: usize, line: Loose) {
        let index = index + self.gone;
        let author = self.author(line.from);
        let begin = self.begin_of(index);
        let length = small(line.text.as_str().len());
        self.shown.insert_str(begin, line.text.as_str());
        let slot = Slot {
            at: distance(line.at.0, self.at.0).unwrap_or_default(),
            end: small(begin).saturating_add(length),
            seq: distance(line.rank.0.0, self.seq.0).unwrap_or_default(),
            id: distance(line.id.0, self.id.0).unwrap_or_default(),
            author,
            marks: Marks::new(&line.state, line.action, line.rank.1.is_some()),
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
        let raw = self.rare.get(&id).and_then(|rare| rare.raw.as_deref());
        let shown = &self.shown[self.begin_of(at)..self.end_of(at)];
        Line {
            id,
            from: &self.authors[usize::from(slot.author)],
            text: Text { shown, raw },
            action: slot.marks.has(ACTION),
            at: UnixMs(self.at.0.saturating_add_signed(slot.at.into())),
            state: self.state(index),
            rank: self.rank(index),
        }
    }

    pub fn rank(&self, index: usize) -> Rank {
        let slot = self.slots[index + self.gone];
        let seq = Seq(self.seq.0.saturating_add(slot.seq.into()));
        Rank(seq, slot.marks.has(NO_SEQ).then(|| self.id_of(slot)))
    }

    pub fn state(&self, index: usize) -> &State {
        let slot = self.slots[index + self.gone];
        slot.marks.state(|| self.rare.get(&self.id_of(slot))?.refused.as_ref())
    }

    pub fn set_state(&mut self, index: usize, state: State) {
        let id = self.id_at(index);
        let marks = &mut self.slots[index + self.gone].marks;
        *marks = Marks::new(&state, marks.has(ACTION), marks.has(NO_SEQ));
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
        let wanted = distance::<i16>(id.0, self.id.0)?;
        self.slots[self.gone..].iter().rposition(|slot| slot.id == wanted)
    }

    fn keep_rare(&mut self, id: LineId, state: State, raw: Option<Box<str>>) {
        let refused = Some(state).filter(|state| matches!(state, State::Refused { .. }));
        if raw.is_some() || refused.is_some() {
            self.rare.insert(id, Rare { raw, refused });
        }
    }

    /// The place of a name as it is written: the last ones spoke most likely.
    fn author(&mut self, name: Name) -> u8 {
        let known = self.authors.iter().rposition(|known| known.as_str() == name.as_str());
        let place = known.unwrap_or_else(|| {
            self.authors.push(name);
            self.authors.len() - 1
        });
        u8::try_from(place).unwrap_or(u8::MAX)
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
        // A line alone may be longer than can be counted.
        if at + 1 == self.slots.len() { self.shown.len() } else { usize::from(self.slots[at].end) }
    }
}

impl Marks {
    fn new(state: &State, action: bool, no_seq: bool) -> Self {
        let place = STATES.iter().position(|known| known == state).unwrap_or(STATES.len());
        let place = u8::try_from(place).unwrap_or(ACTION - 1);
        Self(place | (u8::from(action) * ACTION) | (u8::from(no_seq) * NO_SEQ))
    }

    fn has(self, mark: u8) -> bool {
        self.0 & mark != 0
    }

    /// The state, where that of a refused line is this one.
    fn state<'a>(self, refused: impl FnOnce() -> Option<&'a State>) -> &'a State {
        let place = usize::from(self.0 & !(ACTION | NO_SEQ));
        STATES.get(place).or_else(refused).unwrap_or(&State::Undelivered)
    }
}

/// How far a number is from another one, where the few bytes hold it.
fn distance<T: TryFrom<i128>>(number: u64, from: u64) -> Option<T> {
    T::try_from(i128::from(number) - i128::from(from)).ok()
}

/// A count of bytes of a page with more than one line.
fn small(bytes: usize) -> u16 {
    u16::try_from(bytes).unwrap_or(u16::MAX)
}
