//! The people's connections: three real clients over real TLS, which say what they are asked to say and notice what the
//! newcomer does. What to say is not decided here.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use shared::caps::Caps;
use shared::error::Code;
use shared::id::{OfferId, RequestId, Seq};
use shared::message::{ClientMessage, Entry, LOBBY, Meeting, ServerMessage};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::people::Person;
use super::script::Event;
use crate::net::{self, Link, NetEvent, Target, TrustStore};

/// Events of the connections that may wait; behind them the server waits.
const EVENTS: usize = 256;

/// How long the server may take to answer. The password hashes of four logins take a slow machine a second or two.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Why the people cannot play. The text is a fragment.
#[derive(Debug, thiserror::Error)]
pub enum CastError {
    /// A connection is gone, or never came about.
    #[error("the connection of {who} failed: {why}")]
    Lost {
        /// Whose.
        who: String,
        /// Why.
        why: String,
    },
    /// A login was refused.
    #[error("the login of {who} was refused: {code}")]
    Refused {
        /// Whose.
        who: String,
        /// Why.
        code: String,
    },
    /// The server says nothing.
    #[error("the server does not answer")]
    Silent,
}

/// Who is connected here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Who {
    /// The newcomer, only to make the account.
    Newcomer,
    /// One of the three.
    Person(Person),
}

/// Whether an account is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Account {
    /// It is made now.
    New,
    /// It was made before.
    Known,
}

/// Everybody with a connection.
pub(super) struct Cast {
    target: Target,
    newcomer: String,
    seats: BTreeMap<Who, Seat>,
    events_tx: mpsc::Sender<(u64, NetEvent)>,
    events: mpsc::Receiver<(u64, NetEvent)>,
    /// Numbers the connections: what an older one still says is not listened to.
    generation: u64,
    /// Numbers the requests of everybody.
    request: u64,
    /// The last lobby line that was noticed, by whoever heard it first.
    heard: Seq,
    noticed: VecDeque<Event>,
    introduced: VecDeque<(Person, Introduction)>,
}

struct Seat {
    generation: u64,
    link: Link,
    /// Where the connection comes from.
    local: Option<SocketAddr>,
}

/// What the server says to a person about a private session with the newcomer.
pub(super) enum Introduction {
    /// The newcomer asks.
    Asked(OfferId),
    /// Both want it.
    Meet(Meeting),
    /// Nothing comes of it.
    Ended(OfferId),
}

/// What a connection brought.
enum News {
    /// The connection stands.
    Connected,
    /// The connection is gone.
    Gone(String),
    /// The server says something.
    Said(ServerMessage),
}

impl Cast {
    /// Nobody is connected yet.
    pub fn new(target: Target, newcomer: &str) -> Self {
        let (events_tx, events) = mpsc::channel(EVENTS);
        Self {
            target,
            newcomer: newcomer.to_owned(),
            seats: BTreeMap::new(),
            events_tx,
            events,
            generation: 0,
            request: 0,
            heard: Seq(0),
            noticed: VecDeque::new(),
            introduced: VecDeque::new(),
        }
    }

    /// What the newcomer did and was not taken yet.
    pub fn take_noticed(&mut self) -> Option<Event> {
        self.noticed.pop_front()
    }

    /// What was said about private sessions and was not taken yet.
    pub fn take_introduced(&mut self) -> Option<(Person, Introduction)> {
        self.introduced.pop_front()
    }

    /// Where somebody's connection comes from.
    pub fn local(&self, who: Who) -> Option<SocketAddr> {
        self.seats.get(&who)?.local
    }

    /// Waits until something comes in. May be given up at any time.
    pub async fn listen(&mut self) {
        // This side holds a sender: the channel does not end.
        if let Some((generation, event)) = self.events.recv().await {
            self.note(generation, event);
        }
    }

    /// Logs somebody in, and waits until everything that waited has come.
    pub async fn enter(&mut self, who: Who, password: &SecretString, account: Account) -> Result<(), CastError> {
        self.generation += 1;
        let (target, trust) = (self.target.clone(), TrustStore::forgetful());
        let link = net::spawn(target, trust, Caps::default(), self.generation, self.events_tx.clone());
        self.seats.insert(who, Seat { generation: self.generation, link, local: None });
        self.hear(who, |news| matches!(news, News::Connected).then_some(())).await?;
        let (name, password) = (self.name(who), password.expose_secret().to_owned());
        let id = self.number();
        self.send(
            who,
            match account {
                Account::New => ClientMessage::Register { id, name, password, remember: false },
                Account::Known => ClientMessage::Login { id, name, password, device: None, remember: false },
            },
        )?;
        let refused = self.hear(who, |news| match news {
            News::Said(ServerMessage::Error(refusal)) => Some(Some(refusal.code.as_str().to_owned())),
            News::Said(ServerMessage::Ready { .. }) => Some(None),
            _ => None,
        });
        match refused.await? {
            Some(code) => Err(CastError::Refused { who: self.name(who), code }),
            None => Ok(()),
        }
    }

    /// Logs somebody out, and waits until the server has seen it.
    pub async fn leave(&mut self, who: Who) -> Result<(), CastError> {
        let id = self.number();
        self.send(who, ClientMessage::Logout { id })?;
        self.hear(who, |news| matches!(news, News::Said(ServerMessage::Bye { .. })).then_some(())).await?;
        self.seats.remove(&who);
        Ok(())
    }

    /// Sends a request and waits for its answer: the code, if it was refused.
    pub async fn ask(
        &mut self,
        who: Who,
        request: impl FnOnce(RequestId) -> ClientMessage,
    ) -> Result<Option<Code>, CastError> {
        let id = self.number();
        self.send(who, request(id))?;
        self.hear(who, |news| match news {
            News::Said(ServerMessage::Ok { re } | ServerMessage::Sent { re, .. }) if *re == id => Some(None),
            News::Said(ServerMessage::Error(refusal)) if refusal.re == Some(id) => Some(Some(refusal.code.clone())),
            _ => None,
        })
        .await
    }

    /// Whether somebody is connected.
    pub fn is_there(&self, who: Who) -> bool {
        self.seats.contains_key(&who)
    }

    fn name(&self, who: Who) -> String {
        match who {
            Who::Newcomer => self.newcomer.clone(),
            Who::Person(person) => person.name().to_owned(),
        }
    }

    fn number(&mut self) -> RequestId {
        self.request += 1;
        RequestId(self.request)
    }

    fn send(&self, who: Who, message: ClientMessage) -> Result<(), CastError> {
        let sent = self.seats.get(&who).is_some_and(|seat| seat.link.send(message).is_ok());
        let lost = || CastError::Lost { who: self.name(who), why: "it takes nothing".to_owned() };
        sent.then_some(()).ok_or_else(lost)
    }

    /// Waits for something that somebody hears, and notes everything else on the way.
    async fn hear<T>(&mut self, who: Who, mut is_it: impl FnMut(&News) -> Option<T>) -> Result<T, CastError> {
        loop {
            let next = timeout(ANSWER_WITHIN, self.events.recv()).await.map_err(|_| CastError::Silent)?;
            let (generation, event) = next.ok_or(CastError::Silent)?;
            let Some((hearer, news)) = self.note(generation, event) else { continue };
            if hearer != who {
                continue;
            }
            if let Some(found) = is_it(&news) {
                return Ok(found);
            }
            if let News::Gone(why) = news {
                return Err(CastError::Lost { who: self.name(who), why });
            }
        }
    }

    /// Notices what the newcomer does, and answers who heard what.
    fn note(&mut self, generation: u64, event: NetEvent) -> Option<(Who, News)> {
        let (&who, seat) = self.seats.iter_mut().find(|(_, seat)| seat.generation == generation)?;
        let news = match event {
            NetEvent::Connected { local, .. } => {
                seat.local = local;
                News::Connected
            }
            NetEvent::Failed(error) => News::Gone(error.to_string()),
            NetEvent::Lost(why) => News::Gone(why),
            NetEvent::Message(message) => News::Said(message),
            NetEvent::Delay(_) => return None,
        };
        if let (Who::Person(person), News::Said(message)) = (who, &news) {
            self.notice(person, message);
        }
        if matches!(news, News::Gone(_)) {
            self.seats.remove(&who);
        }
        Some((who, news))
    }

    fn notice(&mut self, person: Person, message: &ServerMessage) {
        match message {
            ServerMessage::Roster { users } if users.iter().any(|user| user.name == self.newcomer) => {
                self.noticed.push_back(Event::Seen(person));
            }
            ServerMessage::Presence { here, gone } => {
                if gone.iter().any(|absence| absence.name == self.newcomer) {
                    self.noticed.push_back(Event::Unseen(person));
                }
                if here.iter().any(|user| user.name == self.newcomer) {
                    self.noticed.push_back(Event::Seen(person));
                }
            }
            ServerMessage::PrivateRequest { offer, from, .. } if *from == self.newcomer => {
                self.introduced.push_back((person, Introduction::Asked(*offer)));
            }
            ServerMessage::PrivateMeet(meeting) if meeting.name == self.newcomer => {
                self.introduced.push_back((person, Introduction::Meet(meeting.clone())));
            }
            ServerMessage::PrivateEnd { offer, name, .. } if *name == self.newcomer => {
                self.introduced.push_back((person, Introduction::Ended(*offer)));
            }
            ServerMessage::Message(entry) if entry.from == self.newcomer => self.hear_newcomer(person, entry),
            _ => {}
        }
    }

    fn hear_newcomer(&mut self, to: Person, entry: &Entry) {
        let text = entry.text.clone();
        if entry.conv == LOBBY {
            // Everybody hears it; one notices.
            if entry.seq > self.heard {
                self.heard = entry.seq;
                self.noticed.push_back(Event::Said(text));
            }
            return;
        }
        self.noticed.push_back(Event::Wrote { to, text, waited: entry.stored });
        // If it does not leave, the server delivers it again at the next login.
        let _ = self.send(Who::Person(to), ClientMessage::Ack { conv: entry.conv.clone(), seq: entry.seq });
    }
}
