//! What happened, as the clients saw it, and what must hold of it.
//!
//! Everything is judged as it is written down, so that a question such as "has everybody seen everything?" costs nothing
//! while a thousand clients are at work. What can only be said at the end (lost, gaps, the order of each sender) is
//! looked for by [`History::faults`].

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

#[cfg(test)]
mod tests;

/// Records that are written out: 200 MB, which can still be read.
const MOST_LINES: usize = 2_000_000;

/// Something that one client saw. Users and texts are unique names; a text is said once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Record<'a> {
    /// The user wants to say this, to a user or, with `None`, to the lobby.
    Said {
        /// Whose client saw it.
        user: &'a str,
        /// To whom; `None`: to the lobby.
        to: Option<&'a str>,
        /// The text.
        text: &'a str,
    },
    /// The server has said that it is durable, at this place of its conversation.
    Acknowledged {
        /// Whose client saw it.
        user: &'a str,
        /// The text.
        text: &'a str,
        /// Its place in the conversation.
        seq: u64,
    },
    /// The server has refused it.
    Refused {
        /// Whose client saw it.
        user: &'a str,
        /// The text.
        text: &'a str,
        /// The code of the refusal.
        code: &'a str,
    },
    /// It was shown to this user: what came again under a number that was shown before is not shown.
    Shown {
        /// The user it was shown to.
        reader: &'a str,
        /// The text.
        text: &'a str,
        /// Its place in the conversation.
        seq: u64,
    },
    /// It came again, and the client knew that.
    CameAgain {
        /// The user it was for.
        reader: &'a str,
        /// The text.
        text: &'a str,
        /// Its place in the conversation.
        seq: u64,
    },
}

/// A broken promise.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// Acknowledged, and never shown to somebody who should have seen it.
    Lost {
        /// The text.
        text: String,
        /// The user it was not shown to.
        reader: String,
    },
    /// Shown more than once to somebody.
    Twice {
        /// The text.
        text: String,
        /// The user it was shown to.
        reader: String,
    },
    /// Shown after something that stands behind it.
    OutOfOrder {
        /// The text.
        text: String,
        /// The user it was shown to.
        reader: String,
    },
    /// Two places of a conversation for one text: it was stored twice, or not everybody has one order.
    TwoPlaces {
        /// The text.
        text: String,
    },
    /// Two texts at one place of a conversation.
    SamePlace {
        /// The text that was there first.
        text: String,
        /// The other one.
        other: String,
    },
    /// Stands before a text that the same user has said earlier in this conversation.
    Overtook {
        /// The text.
        text: String,
    },
    /// Shown to somebody whom it was not for, or never said by anybody.
    NotFor {
        /// The text.
        text: String,
        /// The user it was shown to.
        reader: String,
    },
    /// Refused, and shown all the same.
    RefusedAndShown {
        /// The text.
        text: String,
    },
    /// A place that nothing stands at.
    Gap {
        /// Whose conversation.
        conversation: String,
        /// The place.
        seq: u64,
    },
}

/// A conversation: `None` is the lobby, otherwise two users, the smaller number first.
type Conversation = Option<(u32, u32)>;

/// Everything that was seen, in the order in which each client saw it.
///
/// It is kept by rounds: [`History::next_round`] forgets the texts of a round that was found right, and what comes later
/// must go on where that one ended.
#[derive(Debug)]
pub struct History {
    start: Instant,
    users: Names,
    /// How many users there are from the beginning: the others are names that the server has made up.
    known_users: usize,
    /// Users who need not see the lobby.
    absent: BTreeSet<u32>,
    names: Names,
    /// By the number of their names; `None` for a text that nobody has said.
    texts: Vec<Option<Text>>,
    kept: Vec<Kept>,
    /// What stands where.
    places: HashMap<(Conversation, u64), u32>,
    /// The last place that was shown to a user.
    newest: HashMap<(u32, Conversation), u64>,
    /// The last place of the rounds before.
    before: HashMap<Conversation, u64>,
    found: BTreeSet<Fault>,
    counts: Counts,
}

/// How much was seen in this round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Texts that their senders know to be durable.
    pub acknowledged: usize,
    /// Texts that were refused.
    pub refused: usize,
    /// Texts shown to somebody, once for each reader.
    pub shown: usize,
    /// The same, without the readers who are left out.
    pub shown_to_others: usize,
    /// Messages that came again and were known.
    pub again: usize,
    /// Texts that are neither acknowledged nor refused.
    pub open: usize,
    /// Readers that have not seen a text that is acknowledged.
    pub owed: usize,
}

/// Numbers for names.
#[derive(Debug, Default)]
struct Names {
    all: Vec<Arc<str>>,
    numbers: HashMap<Arc<str>, u32>,
}

impl Names {
    fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let (name, number) = (Arc::<str>::from(name), u32::try_from(self.all.len()).unwrap_or(u32::MAX));
        self.all.push(Arc::clone(&name));
        self.numbers.insert(name, number);
        number
    }

    fn name(&self, number: u32) -> String {
        usize::try_from(number)
            .ok()
            .and_then(|number| self.all.get(number))
            .map(ToString::to_string)
            .unwrap_or_default()
    }
}

#[derive(Debug)]
struct Text {
    user: u32,
    to: Option<u32>,
    said: Duration,
    is_acknowledged: bool,
    refused: Option<String>,
    place: Option<u64>,
    readers: BTreeSet<u32>,
    /// How many more should see it.
    due: usize,
}

impl Text {
    fn conversation(&self) -> Conversation {
        self.to.map(|to| (self.user.min(to), self.user.max(to)))
    }

    fn is_for(&self, reader: u32) -> bool {
        self.user != reader && self.to.is_none_or(|to| to == reader)
    }
}

/// One record, small: a storm of a thousand clients makes millions of them.
#[derive(Clone, Copy, Debug)]
struct Kept {
    at: Duration,
    what: What,
    user: u32,
    text: u32,
    seq: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Said,
    Acknowledged,
    Refused,
    Shown,
    CameAgain,
}

impl History {
    /// Nothing yet, for users who are there from the beginning to the end.
    pub fn new(users: &[String]) -> Self {
        let mut names = Names::default();
        for user in users {
            names.number(user);
        }
        Self {
            start: Instant::now(),
            known_users: users.len(),
            users: names,
            absent: BTreeSet::new(),
            names: Names::default(),
            texts: Vec::new(),
            kept: Vec::new(),
            places: HashMap::new(),
            newest: HashMap::new(),
            before: HashMap::new(),
            found: BTreeSet::new(),
            counts: Counts::default(),
        }
    }

    /// What is said in the lobby from now on need not reach this user.
    pub fn leave_out(&mut self, user: &str) {
        let user = self.users.number(user);
        self.absent.insert(user);
    }

    /// Adds what was seen just now.
    pub fn add(&mut self, record: Record<'_>) {
        let (what, user, text, seq) = match record {
            Record::Said { user, text, .. } => (What::Said, user, text, 0),
            Record::Acknowledged { user, text, seq } => (What::Acknowledged, user, text, seq),
            Record::Refused { user, text, .. } => (What::Refused, user, text, 0),
            Record::Shown { reader, text, seq } => (What::Shown, reader, text, seq),
            Record::CameAgain { reader, text, seq } => (What::CameAgain, reader, text, seq),
        };
        let (at, user, text) = (self.start.elapsed(), self.users.number(user), self.names.number(text));
        self.texts.resize_with(self.names.all.len(), || None);
        self.kept.push(Kept { at, what, user, text, seq });
        match record {
            Record::Said { to, .. } => self.said(at, user, to, text),
            Record::Acknowledged { .. } => self.acknowledged(text, seq),
            Record::Refused { code, .. } => self.refused(text, code),
            Record::Shown { .. } => self.shown(user, text, seq),
            Record::CameAgain { .. } => self.counts.again += 1,
        }
    }

    /// What there was so far, in this round.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Whether everything is acknowledged or refused, and everybody has seen what they should.
    pub fn is_complete(&self) -> bool {
        self.counts.open == 0 && self.counts.owed == 0
    }

    /// Whether somebody has seen this text.
    pub fn was_shown(&self, text: &str) -> bool {
        let number = self.names.numbers.get(text).copied();
        number.and_then(|number| self.text(number)).is_some_and(|text| !text.readers.is_empty())
    }

    /// How long each text took from its sender's wish to each of its readers, those aside who are left out.
    pub fn delays(&self) -> Vec<Duration> {
        let shown = self.kept.iter().filter(|kept| kept.what == What::Shown && !self.absent.contains(&kept.user));
        shown.filter_map(|kept| Some(kept.at.saturating_sub(self.text(kept.text)?.said))).collect()
    }

    /// Every broken promise of this round.
    pub fn faults(&self) -> BTreeSet<Fault> {
        let mut faults = self.found.clone();
        for (number, text) in (0..).zip(&self.texts) {
            let Some(text) = text.as_ref().filter(|text| text.is_acknowledged && text.due > 0) else { continue };
            let readers = (0..self.known_users).filter_map(|user| u32::try_from(user).ok());
            let wanted =
                readers.filter(|user| text.is_for(*user) && (text.to.is_some() || !self.absent.contains(user)));
            for reader in wanted.filter(|user| !text.readers.contains(user)) {
                faults.insert(Fault::Lost { text: self.names.name(number), reader: self.users.name(reader) });
            }
        }
        self.look_for_overtaking(&mut faults);
        self.look_for_gaps(&mut faults);
        faults
    }

    /// Forgets this round, which was right; the next one goes on where it ended.
    pub fn next_round(&mut self) {
        for (conversation, seq) in self.places.drain().map(|(place, _)| place) {
            let last = self.before.entry(conversation).or_default();
            *last = (*last).max(seq);
        }
        self.names = Names::default();
        self.texts = Vec::new();
        self.kept = Vec::new();
        self.found.clear();
        self.counts = Counts::default();
    }

    fn text(&self, number: u32) -> Option<&Text> {
        usize::try_from(number).ok().and_then(|number| self.texts.get(number)).and_then(Option::as_ref)
    }

    fn text_mut(&mut self, number: u32) -> Option<&mut Text> {
        usize::try_from(number).ok().and_then(|number| self.texts.get_mut(number)).and_then(Option::as_mut)
    }

    fn said(&mut self, at: Duration, user: u32, to: Option<&str>, text: u32) {
        let to = to.map(|to| self.users.number(to));
        let due = match to {
            Some(to) => usize::from(to != user),
            None => self.known_users - self.absent.len() - usize::from(!self.absent.contains(&user)),
        };
        let fresh = Text {
            user,
            to,
            said: at,
            is_acknowledged: false,
            refused: None,
            place: None,
            readers: BTreeSet::new(),
            due,
        };
        if let Some(place) = usize::try_from(text).ok().and_then(|number| self.texts.get_mut(number)) {
            *place = Some(fresh);
            self.counts.open += 1;
        }
    }

    fn acknowledged(&mut self, number: u32, seq: u64) {
        let Some(text) = self.text_mut(number) else { return };
        let (is_first, due) = (!std::mem::replace(&mut text.is_acknowledged, true), text.due);
        if is_first {
            self.counts.acknowledged += 1;
            self.counts.open -= 1;
            self.counts.owed += due;
        }
        self.stands(number, seq);
    }

    fn refused(&mut self, number: u32, code: &str) {
        let Some(text) = self.text_mut(number) else { return };
        text.refused = Some(code.to_owned());
        let was_shown = !text.readers.is_empty();
        self.counts.refused += 1;
        self.counts.open -= 1;
        if was_shown {
            self.found.insert(Fault::RefusedAndShown { text: self.names.name(number) });
        }
    }

    fn shown(&mut self, reader: u32, number: u32, seq: u64) {
        self.counts.shown += 1;
        self.counts.shown_to_others += usize::from(!self.absent.contains(&reader));
        let (name, reader_name) = (self.names.name(number), self.users.name(reader));
        let is_absent = self.absent.contains(&reader);
        let is_known = self.text(number).is_some();
        let Some(text) = self.text_mut(number).filter(|text| text.is_for(reader)) else {
            // Who is left out may still be reading what the others had in the round before.
            if is_known || !is_absent {
                self.found.insert(Fault::NotFor { text: name, reader: reader_name });
            }
            return;
        };
        let (conversation, was_refused) = (text.conversation(), text.refused.is_some());
        let is_first = text.readers.insert(reader);
        if is_first && (text.to.is_some() || !is_absent) {
            text.due = text.due.saturating_sub(1);
            self.counts.owed -= usize::from(text.is_acknowledged);
        }
        if !is_first {
            self.found.insert(Fault::Twice { text: name.clone(), reader: reader_name.clone() });
        }
        if was_refused {
            self.found.insert(Fault::RefusedAndShown { text: name.clone() });
        }
        let newest = self.newest.entry((reader, conversation)).or_default();
        if seq < *newest {
            self.found.insert(Fault::OutOfOrder { text: name, reader: reader_name });
        }
        *newest = (*newest).max(seq);
        self.stands(number, seq);
    }

    /// Somebody was told that this text stands here.
    fn stands(&mut self, number: u32, seq: u64) {
        let Some(text) = self.text_mut(number) else { return };
        let (conversation, place) = (text.conversation(), *text.place.get_or_insert(seq));
        if place != seq {
            self.found.insert(Fault::TwoPlaces { text: self.names.name(number) });
        }
        let first = *self.places.entry((conversation, seq)).or_insert(number);
        if first != number {
            let (text, other) = (self.names.name(first), self.names.name(number));
            self.found.insert(Fault::SamePlace { text, other });
        }
    }

    /// What one user says in one conversation stands there in the order in which it was said.
    fn look_for_overtaking(&self, faults: &mut BTreeSet<Fault>) {
        let mut last: HashMap<(u32, Conversation), u64> = HashMap::new();
        for kept in self.kept.iter().filter(|kept| kept.what == What::Said) {
            let Some(text) = self.text(kept.text) else { continue };
            let Some(place) = text.place else { continue };
            let last = last.entry((text.user, text.conversation())).or_default();
            if place < *last {
                faults.insert(Fault::Overtook { text: self.names.name(kept.text) });
            }
            *last = (*last).max(place);
        }
    }

    /// Places are counted without gaps, from where the round before ended. A text that was neither acknowledged nor shown
    /// may stand somewhere unseen, so conversations with one are left out.
    fn look_for_gaps(&self, faults: &mut BTreeSet<Fault>) {
        let in_doubt: BTreeSet<Conversation> = self
            .texts
            .iter()
            .flatten()
            .filter(|text| text.place.is_none() && text.refused.is_none())
            .map(Text::conversation)
            .collect();
        let mut taken: BTreeMap<Conversation, BTreeSet<u64>> = BTreeMap::new();
        for (conversation, seq) in self.places.keys().filter(|(conversation, _)| !in_doubt.contains(conversation)) {
            taken.entry(*conversation).or_default().insert(*seq);
        }
        for (conversation, places) in taken {
            let first = self.before.get(&conversation).copied().unwrap_or(0) + 1;
            let Some(&last) = places.last() else { continue };
            if let Some(seq) = (first..=last).find(|seq| !places.contains(seq)) {
                let conversation = conversation.map_or_else(
                    || "lobby".to_owned(),
                    |(one, other)| format!("{} and {}", self.users.name(one), self.users.name(other)),
                );
                faults.insert(Fault::Gap { conversation, seq });
            }
        }
    }

    /// One line of JSON for each record of this round, the newest two million of them.
    pub fn to_jsonl(&self) -> String {
        let mut lines = String::new();
        let newest = self.kept.len().saturating_sub(MOST_LINES);
        for Kept { at, what, user, text, seq } in &self.kept[newest..] {
            let known = self.text(*text);
            let (us, user, name) = (at.as_micros(), self.users.name(*user), self.names.name(*text));
            let value = match what {
                What::Said => {
                    let to = known.and_then(|text| text.to).map(|to| self.users.name(to));
                    serde_json::json!({"us": us, "said": name, "by": user, "to": to})
                }
                What::Acknowledged => serde_json::json!({"us": us, "acknowledged": name, "by": user, "seq": seq}),
                What::Refused => {
                    let code = known.and_then(|text| text.refused.as_deref());
                    serde_json::json!({"us": us, "refused": name, "by": user, "code": code})
                }
                What::Shown => serde_json::json!({"us": us, "shown": name, "reader": user, "seq": seq}),
                What::CameAgain => serde_json::json!({"us": us, "again": name, "reader": user, "seq": seq}),
            };
            writeln!(lines, "{value}").expect("a String takes every write");
        }
        lines
    }
}
