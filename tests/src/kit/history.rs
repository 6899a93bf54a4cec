//! What happened, as the clients saw it, and what must hold of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// Something that one client saw. Users and texts are unique names; a text is said once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// The user wants to say this, to a user or, with `None`, to the lobby.
    Said {
        /// Whose client saw it.
        user: String,
        /// To whom; `None`: to the lobby.
        to: Option<String>,
        /// The text.
        text: String,
    },
    /// The server has said that it is durable, at this place of its conversation.
    Acknowledged {
        /// Whose client saw it.
        user: String,
        /// The text.
        text: String,
        /// Its place in the conversation.
        seq: u64,
    },
    /// The server has refused it.
    Refused {
        /// Whose client saw it.
        user: String,
        /// The text.
        text: String,
        /// The code of the refusal.
        code: String,
    },
    /// It was shown to this user: what came again under a number that was shown before is not shown.
    Shown {
        /// The user it was shown to.
        reader: String,
        /// The text.
        text: String,
        /// Its place in the conversation.
        seq: u64,
    },
    /// It came again, and the client knew that.
    CameAgain {
        /// The user it was shown to.
        reader: String,
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
        /// The user it was shown to.
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
    /// Two places of a conversation for one text.
    TwoPlaces {
        /// The text.
        text: String,
    },
    /// Shown at another place than the sender was told.
    OtherPlace {
        /// The text.
        text: String,
        /// The user it was shown to.
        reader: String,
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
        /// Its place in the conversation.
        seq: u64,
    },
}

/// Everything that was seen, in the order in which each client saw it.
#[derive(Debug)]
pub struct History {
    start: Instant,
    records: Vec<(Duration, Record)>,
}

impl Default for History {
    fn default() -> Self {
        Self { start: Instant::now(), records: Vec::new() }
    }
}

struct Text<'a> {
    user: &'a str,
    to: Option<&'a str>,
    /// Where the sender was told it stands.
    acknowledged: Option<u64>,
    refused: bool,
    places: BTreeSet<u64>,
    shown: BTreeMap<&'a str, usize>,
}

impl Text<'_> {
    fn conversation(&self) -> String {
        match self.to {
            None => "lobby".to_owned(),
            Some(to) => format!("{} and {}", self.user.min(to), self.user.max(to)),
        }
    }
}

impl History {
    /// Adds what was seen just now.
    pub fn add(&mut self, record: Record) {
        self.records.push((self.start.elapsed(), record));
    }

    /// How many of the records fit.
    pub fn count(&self, fits: impl Fn(&Record) -> bool) -> usize {
        self.records.iter().filter(|(_, record)| fits(record)).count()
    }

    /// How long each text took from its sender's wish to each of its readers.
    pub fn delays(&self) -> Vec<Duration> {
        let mut said = BTreeMap::new();
        let mut delays = Vec::new();
        for (at, record) in &self.records {
            match record {
                Record::Said { text, .. } => {
                    said.insert(text.as_str(), *at);
                }
                Record::Shown { text, .. } => {
                    delays.extend(said.get(text.as_str()).map(|begun| at.saturating_sub(*begun)));
                }
                _ => {}
            }
        }
        delays
    }

    /// Every broken promise, when `users` are all who were there from the beginning to the end.
    pub fn faults(&self, users: &[String]) -> BTreeSet<Fault> {
        let mut faults = BTreeSet::new();
        let mut texts: BTreeMap<&str, Text<'_>> = BTreeMap::new();
        for (_, record) in &self.records {
            if let Record::Said { user, to, text } = record {
                let to = to.as_deref();
                let fresh = Text {
                    user,
                    to,
                    acknowledged: None,
                    refused: false,
                    places: BTreeSet::new(),
                    shown: BTreeMap::new(),
                };
                texts.insert(text, fresh);
            }
        }
        self.follow(&mut texts, &mut faults);
        for (text, known) in &texts {
            judge(text, known, users, &mut faults);
        }
        gaps(&texts, &mut faults);
        faults
    }

    /// Whether everybody has seen everything that was acknowledged.
    pub fn is_complete(&self, users: &[String]) -> bool {
        !self.faults(users).iter().any(|fault| matches!(fault, Fault::Lost { .. } | Fault::Gap { .. }))
    }

    fn follow<'a>(&'a self, texts: &mut BTreeMap<&'a str, Text<'a>>, faults: &mut BTreeSet<Fault>) {
        let mut newest: BTreeMap<(&str, String), u64> = BTreeMap::new();
        for (_, record) in &self.records {
            match record {
                Record::Acknowledged { text, seq, .. } => {
                    if let Some(known) = texts.get_mut(text.as_str()) {
                        known.acknowledged.get_or_insert(*seq);
                        known.places.insert(*seq);
                    }
                }
                Record::Refused { text, .. } => {
                    if let Some(known) = texts.get_mut(text.as_str()) {
                        known.refused = true;
                    }
                }
                Record::Shown { reader, text, seq } => {
                    let is_for = |known: &&mut Text<'_>| known.user != reader && known.to.is_none_or(|to| to == reader);
                    let Some(known) = texts.get_mut(text.as_str()).filter(is_for) else {
                        faults.insert(Fault::NotFor { text: text.clone(), reader: reader.clone() });
                        continue;
                    };
                    known.places.insert(*seq);
                    *known.shown.entry(reader).or_default() += 1;
                    let newest = newest.entry((reader, known.conversation())).or_default();
                    if *seq < *newest {
                        faults.insert(Fault::OutOfOrder { text: text.clone(), reader: reader.clone() });
                    }
                    *newest = (*newest).max(*seq);
                }
                Record::Said { .. } | Record::CameAgain { .. } => {}
            }
        }
    }

    /// One line of JSON for each record.
    pub fn to_jsonl(&self) -> String {
        let mut lines = String::new();
        for (at, record) in &self.records {
            let value = match record {
                Record::Said { user, to, text } => serde_json::json!({"said": text, "by": user, "to": to}),
                Record::Acknowledged { user, text, seq } => {
                    serde_json::json!({"acknowledged": text, "to": user, "seq": seq})
                }
                Record::Refused { user, text, code } => serde_json::json!({"refused": text, "to": user, "code": code}),
                Record::Shown { reader, text, seq } => serde_json::json!({"shown": text, "to": reader, "seq": seq}),
                Record::CameAgain { reader, seq } => serde_json::json!({"again": seq, "to": reader}),
            };
            writeln!(lines, "{{\"ms\":{},\"record\":{value}}}", at.as_millis()).expect("a String takes every write");
        }
        lines
    }
}

fn judge(text: &str, known: &Text<'_>, users: &[String], faults: &mut BTreeSet<Fault>) {
    let text = || text.to_owned();
    if known.places.len() > 1 {
        faults.insert(match known.acknowledged {
            Some(_) if known.shown.is_empty() => Fault::TwoPlaces { text: text() },
            Some(_) => {
                Fault::OtherPlace { text: text(), reader: (*known.shown.keys().next().unwrap_or(&"")).to_owned() }
            }
            None => Fault::TwoPlaces { text: text() },
        });
    }
    if known.refused && !known.shown.is_empty() {
        faults.insert(Fault::RefusedAndShown { text: text() });
    }
    for (reader, count) in &known.shown {
        if *count > 1 {
            faults.insert(Fault::Twice { text: text(), reader: (*reader).to_owned() });
        }
    }
    if known.acknowledged.is_none() {
        return;
    }
    let readers = users.iter().filter(|user| *user != known.user && known.to.is_none_or(|to| to == *user));
    for reader in readers.filter(|reader| !known.shown.contains_key(reader.as_str())) {
        faults.insert(Fault::Lost { text: text(), reader: reader.clone() });
    }
}

/// Places are counted without gaps. Texts that were neither acknowledged nor shown may stand in them unseen, so only
/// places with as many texts as needed are asked for.
fn gaps(texts: &BTreeMap<&str, Text<'_>>, faults: &mut BTreeSet<Fault>) {
    let mut taken: BTreeMap<String, BTreeSet<u64>> = BTreeMap::new();
    let mut in_doubt: BTreeSet<String> = BTreeSet::new();
    for known in texts.values() {
        if known.places.is_empty() && !known.refused {
            in_doubt.insert(known.conversation());
        }
        taken.entry(known.conversation()).or_default().extend(&known.places);
    }
    for (conversation, places) in taken.iter().filter(|(conversation, _)| !in_doubt.contains(*conversation)) {
        let (Some(&first), Some(&last)) = (places.first(), places.last()) else { continue };
        if let Some(seq) = (first..=last).find(|seq| !places.contains(seq)) {
            faults.insert(Fault::Gap { conversation: conversation.clone(), seq });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn users() -> Vec<String> {
        ["hans", "leia", "yoda"].map(str::to_owned).to_vec()
    }

    fn said(user: &str, to: Option<&str>, text: &str) -> Record {
        Record::Said { user: user.to_owned(), to: to.map(str::to_owned), text: text.to_owned() }
    }

    fn acknowledged(user: &str, text: &str, seq: u64) -> Record {
        Record::Acknowledged { user: user.to_owned(), text: text.to_owned(), seq }
    }

    fn shown(reader: &str, text: &str, seq: u64) -> Record {
        Record::Shown { reader: reader.to_owned(), text: text.to_owned(), seq }
    }

    fn faults(records: &[Record]) -> Vec<Fault> {
        let mut history = History::default();
        for record in records {
            history.add(record.clone());
        }
        history.faults(&users()).into_iter().collect()
    }

    /// Two direct messages and a line, as everybody should see them.
    fn good() -> Vec<Record> {
        vec![
            said("hans", Some("yoda"), "a"),
            said("hans", Some("yoda"), "b"),
            said("hans", None, "c"),
            acknowledged("hans", "a", 1),
            shown("yoda", "a", 1),
            acknowledged("hans", "b", 2),
            shown("yoda", "b", 2),
            shown("yoda", "c", 1),
            acknowledged("hans", "c", 1),
            shown("leia", "c", 1),
        ]
    }

    /// The good records without the one at `place`, with others instead.
    fn instead(place: usize, others: &[Record]) -> Vec<Fault> {
        let mut records = good();
        records.splice(place..=place, others.iter().cloned());
        faults(&records)
    }

    #[test]
    fn nothing_is_wrong_with_what_is_right() {
        assert_eq!(faults(&good()), []);
        // What was never acknowledged may be lost.
        let mut records = good();
        records.push(said("leia", Some("hans"), "lost"));
        assert_eq!(faults(&records), []);
    }

    #[test]
    fn every_broken_promise_is_seen() {
        let text = |text: &str| text.to_owned();
        let yoda = || "yoda".to_owned();
        assert_eq!(instead(6, &[]), [Fault::Lost { text: text("b"), reader: yoda() }]);
        assert_eq!(instead(9, &[]), [Fault::Lost { text: text("c"), reader: text("leia") }]);
        let twice = [shown("yoda", "b", 2), shown("yoda", "b", 2)];
        assert_eq!(instead(6, &twice), [Fault::Twice { text: text("b"), reader: yoda() }]);
        let mut swapped = good();
        swapped.swap(4, 6);
        assert_eq!(faults(&swapped), [Fault::OutOfOrder { text: text("a"), reader: yoda() }]);
        let elsewhere = instead(6, &[shown("yoda", "b", 3)]);
        assert!(elsewhere.contains(&Fault::OtherPlace { text: text("b"), reader: yoda() }), "{elsewhere:?}");
        assert_eq!(
            instead(9, &[shown("leia", "c", 1), shown("leia", "a", 1)]),
            [Fault::NotFor { text: text("a"), reader: text("leia") }]
        );
        assert_eq!(
            instead(9, &[shown("leia", "c", 1), shown("leia", "who?", 9)]),
            [Fault::NotFor { text: text("who?"), reader: text("leia") }]
        );
        let code = text("blocked");
        let refused = Record::Refused { user: text("hans"), text: text("a"), code };
        assert_eq!(instead(3, &[refused]), [Fault::RefusedAndShown { text: text("a") }]);
        let mut gap = good();
        gap.extend([
            said("leia", None, "d"),
            acknowledged("leia", "d", 3),
            shown("hans", "d", 3),
            shown("yoda", "d", 3),
        ]);
        assert_eq!(faults(&gap), [Fault::Gap { conversation: text("lobby"), seq: 2 }]);
    }
}
