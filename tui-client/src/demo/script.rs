//! What the three people do, and when: a pure state machine. Facts go in by [`Script::tell`], what to do next comes out by
//! [`Script::next`] and [`Script::take`].
//!
//! It knows no clock and no network. Answers come before the rest of the story, so that nobody who speaks is left waiting.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use super::people::{
    ANOTHER_TIME, Act, BEFORE, Beat, IT_WAITED, NOT_WANTED, OPENED, Part, Person, SENT, THANKS, VISITED, WELCOME,
    WEN_IS_AWAY,
};

/// How long a person thinks before typing.
const THINKING: Duration = Duration::from_millis(700);

/// How long a person types one character: a fast typist.
const TYPING: Duration = Duration::from_millis(22);

/// The longest wait for an answer, so that a long one does not look like silence.
const LONGEST: Duration = Duration::from_millis(2800);

/// Answers that may wait. Somebody who says more at once than this gets no further answers, as among people.
const ANSWERS: usize = 8;

/// Something the people notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A person sees the newcomer come online.
    Seen(Person),
    /// A person sees the newcomer go offline; to somebody who is blocked it looks the same.
    Unseen(Person),
    /// A person has come online.
    Entered(Person),
    /// A person has gone offline.
    Left(Person),
    /// The newcomer says something to the lobby.
    Said(String),
    /// The newcomer writes to one person.
    Wrote {
        /// To whom.
        to: Person,
        /// What.
        text: String,
        /// Whether it waited until that person came.
        waited: bool,
    },
    /// A private session between the newcomer and one person stands.
    Opened {
        /// With whom.
        with: Person,
        /// Whether that person has asked for it.
        has_asked: bool,
        /// The words to compare.
        words: String,
    },
    /// The newcomer says something in a private session.
    Confided {
        /// To whom.
        to: Person,
        /// What.
        text: String,
    },
    /// A file is through.
    FileThrough {
        /// The person at the other end.
        with: Person,
        /// Whether the newcomer has sent it.
        received: bool,
    },
    /// The newcomer does not want the file.
    FileRefused {
        /// Who has offered it.
        with: Person,
    },
    /// The newcomer does not want a private session, or says nothing.
    Declined(Person),
}

/// Something to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// How long to wait before.
    pub after: Duration,
    /// Who.
    pub who: Person,
    /// What.
    pub what: What,
}

/// What a person does, with its words complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Logs in.
    Enter,
    /// Logs out.
    Leave,
    /// Says something to the lobby.
    Say(String),
    /// Does something in the lobby.
    Do(String),
    /// Writes to the newcomer.
    Whisper(String),
    /// Sets the away text, or takes it back.
    Away(String),
    /// Asks the newcomer for a private session.
    Ask,
    /// Says something in the private session.
    Confide(String),
    /// Offers the small file in the private session.
    SendFile,
}

/// The story so far.
#[derive(Debug)]
pub struct Script {
    newcomer: String,
    welcomed: bool,
    online: BTreeSet<Person>,
    /// Who sees the newcomer, and is seen.
    company: BTreeSet<Person>,
    answers: VecDeque<Step>,
    story: VecDeque<Step>,
    /// How often each list of lines was used, by the address of its first line's owner.
    turns: BTreeMap<(Person, usize), usize>,
    /// Who takes the next line that names nobody and means nothing.
    otherwise: Person,
    /// The words of the last private session.
    words: String,
}

impl Script {
    /// The story for a newcomer of this name.
    pub fn new(newcomer: &str) -> Self {
        Self {
            newcomer: newcomer.to_owned(),
            welcomed: false,
            online: BTreeSet::new(),
            company: BTreeSet::new(),
            answers: VecDeque::new(),
            story: VecDeque::new(),
            turns: BTreeMap::new(),
            otherwise: Person::Nadia,
            words: String::new(),
        }
    }

    /// What happens before the newcomer comes.
    pub fn before(&self) -> Vec<Step> {
        BEFORE.iter().map(|beat| self.step(beat)).collect()
    }

    /// The next step, if there is one; something that is told may put another one before it.
    pub fn next(&self) -> Option<&Step> {
        self.answers.front().or(self.story.front())
    }

    /// Takes the next step, to be done now.
    pub fn take(&mut self) -> Option<Step> {
        self.answers.pop_front().or_else(|| self.story.pop_front())
    }

    /// Takes in what happened.
    pub fn tell(&mut self, event: Event) {
        match event {
            Event::Seen(person) => self.seen(person),
            Event::Unseen(person) => drop(self.company.remove(&person)),
            Event::Entered(person) => drop(self.online.insert(person)),
            Event::Left(person) => self.left(person),
            Event::Said(text) => self.said(&text),
            Event::Wrote { to, text, waited } => self.wrote(to, &text, waited),
            Event::Opened { with, has_asked, words: shown } => self.opened(with, has_asked, shown),
            Event::Confided { to, text } => {
                let line = self.line(to, &words(&text));
                self.answer(to, What::Confide(line));
            }
            Event::FileThrough { with, received } => {
                self.answer(with, What::Confide(if received { THANKS } else { SENT }.to_owned()));
            }
            Event::FileRefused { with } => self.answer(with, What::Confide(NOT_WANTED.to_owned())),
            Event::Declined(person) => self.answer(person, What::Whisper(ANOTHER_TIME.to_owned())),
        }
    }

    fn seen(&mut self, person: Person) {
        self.company.insert(person);
        if !std::mem::replace(&mut self.welcomed, true) {
            self.story = WELCOME.iter().map(|beat| self.step(beat)).collect();
        }
    }

    fn left(&mut self, person: Person) {
        self.online.remove(&person);
        self.company.remove(&person);
    }

    /// Who has asked has something to show; who was asked says hello. It comes before the rest of the story.
    fn opened(&mut self, with: Person, has_asked: bool, words: String) {
        self.words = words;
        if has_asked {
            for beat in OPENED.iter().rev() {
                self.story.push_front(self.step(beat));
            }
        } else {
            self.answer(with, What::Confide(VISITED.replace("{who}", with.name())));
        }
    }

    /// Somebody who is named answers; else who knows a word of it; else one of the two who are always there.
    fn said(&mut self, text: &str) {
        let words = words(text);
        let named = Person::ALL.into_iter().find(|person| words.iter().any(|word| word == person.name()));
        if named == Some(Person::Wen) && !self.online.contains(&Person::Wen) {
            return self.answer(Person::Nadia, What::Say(WEN_IS_AWAY.to_owned()));
        }
        let present = |person: &Person| self.company.contains(person);
        let knows = |person: &Person| known(person.part(), &words).is_some();
        let who = match named {
            Some(person) => Some(person).filter(present),
            None => Person::ALL.into_iter().filter(present).find(knows),
        };
        let who = who.or_else(|| self.whose_turn(named.is_some()));
        if let Some(who) = who {
            let line = self.line(who, &words);
            self.answer(who, What::Say(line));
        }
    }

    /// Who says that a word is not known: the two in turn, as far as they are in company. Nobody speaks for another.
    fn whose_turn(&mut self, somebody_was_named: bool) -> Option<Person> {
        if somebody_was_named {
            return None;
        }
        let first = self.otherwise;
        let second = if first == Person::Nadia { Person::Oskar } else { Person::Nadia };
        let who = [first, second].into_iter().find(|person| self.company.contains(person))?;
        self.otherwise = if who == Person::Nadia { Person::Oskar } else { Person::Nadia };
        Some(who)
    }

    fn wrote(&mut self, to: Person, text: &str, waited: bool) {
        let line = self.line(to, &words(text));
        let line = if waited { format!("{IT_WAITED} {line}") } else { line };
        self.answer(to, What::Whisper(line));
    }

    /// The next line of a person for these words.
    fn line(&mut self, who: Person, words: &[String]) -> String {
        let part = who.part();
        let (list, lines) = match known(part, words) {
            Some(index) => (index, part.replies[index].say),
            None => (part.replies.len(), part.otherwise),
        };
        let turn = self.turns.entry((who, list)).or_default();
        let line = lines[(*turn).min(lines.len() - 1)];
        *turn += 1;
        self.filled(line)
    }

    fn answer(&mut self, who: Person, what: What) {
        if self.answers.len() < ANSWERS {
            let after = typing(&what);
            self.answers.push_back(Step { after, who, what });
        }
    }

    fn step(&self, beat: &Beat) -> Step {
        let what = match beat.act {
            Act::Enter => What::Enter,
            Act::Leave => What::Leave,
            Act::Say(text) => What::Say(self.filled(text)),
            Act::Do(text) => What::Do(self.filled(text)),
            Act::Whisper(text) => What::Whisper(self.filled(text)),
            Act::Away(text) => What::Away(self.filled(text)),
            Act::Ask => What::Ask,
            Act::Confide(text) => What::Confide(self.filled(text)),
            Act::SendFile => What::SendFile,
        };
        Step { after: Duration::from_millis(beat.after_ms), who: beat.who, what }
    }

    fn filled(&self, text: &str) -> String {
        text.replace("{you}", &self.newcomer).replace("{words}", &self.words)
    }
}

/// The words of a text, in small letters.
fn words(text: &str) -> Vec<String> {
    let split = text.split(|c: char| !c.is_alphanumeric());
    split.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

/// Which answer of a part knows one of the words.
fn known(part: &Part, words: &[String]) -> Option<usize> {
    part.replies.iter().position(|reply| words.iter().any(|word| reply.to.contains(&word.as_str())))
}

fn typing(what: &What) -> Duration {
    let text = match what {
        What::Say(text) | What::Do(text) | What::Whisper(text) | What::Away(text) | What::Confide(text) => text,
        What::Enter | What::Leave | What::Ask | What::SendFile => return THINKING,
    };
    let characters = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
    TYPING.saturating_mul(characters).saturating_add(THINKING).min(LONGEST)
}

#[cfg(test)]
mod tests;
