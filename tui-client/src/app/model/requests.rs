//! Requests that wait for their answers.

use std::collections::{BTreeMap, VecDeque};

use secrecy::SecretString;
use shared::id::{OfferId, RequestId, Seq};
use shared::message::{ClientMessage, Entry, UserInfo};
use shared::name::Name;

use super::Queued;
use crate::app::command::Verb;
use crate::app::moment::Mono;
use crate::app::place::Place;
use crate::app::transcript::LineId;

/// Requests that go out after one another without an answer: enough to keep a link busy, few enough that the queue of a
/// link has room for what is no text.
const ON_THEIR_WAY: usize = 32;

/// A request without its answer.
#[derive(Debug)]
pub struct Request {
    /// What the answer will be about.
    pub purpose: Purpose,
    /// The message, to be sent again after a lost connection; `None` for what must not be sent again.
    pub message: Option<ClientMessage>,
    /// When it was sent.
    pub sent: Mono,
    /// Whether it waits for its turn, after the next login or behind others.
    pub parked: bool,
    /// Whether it was sent before, over a connection that broke: its first copy may have been done.
    pub again: bool,
}

/// What the answer to a request is about.
#[derive(Debug)]
pub enum Purpose {
    /// A login or registration.
    LogIn,
    /// A text.
    Text(TextLine),
    /// A list of users.
    Users {
        /// `whoelse` or `whoelsesince`.
        verb: Verb,
        /// The parts that have come.
        found: Vec<UserInfo>,
    },
    /// A block, or the end of one.
    Block {
        /// `block` or `unblock`.
        verb: Verb,
        /// Whom.
        name: Name,
    },
    /// The own block list.
    Blocked {
        /// The parts that have come.
        found: Vec<Name>,
    },
    /// Older messages.
    History(Page),
    /// Words that are looked for.
    Search(Searching),
    /// What stands around this place of [`Search::around`](super::Search::around).
    Around(Seq),
    /// Own messages that nobody has received.
    Queue,
    /// One of them is taken back.
    Unsend(Queued),
    /// The away text.
    Away,
    /// What is known of a user.
    Whois {
        /// Who.
        name: Name,
    },
    /// Another password.
    Passwd {
        /// The password from now on.
        new: SecretString,
    },
    /// Something about a private session.
    Private {
        /// `startprivate`, `accept`, `decline` or `stopprivate`.
        verb: Verb,
        /// With whom.
        user: Name,
        /// Which session.
        offer: OfferId,
        /// Whether a command waits for the answer.
        by_command: bool,
    },
    /// The end of the session.
    LogOut {
        /// Whether a command asked for it.
        by_command: bool,
    },
}

impl Purpose {
    /// Whether it is asked anew at every login, so that it needs not be sent again.
    fn belongs_to_the_login(&self) -> bool {
        matches!(self, Self::History(page) if !page.by_command)
    }
}

/// An own text on its way.
#[derive(Clone, Debug)]
pub struct TextLine {
    /// `message`, `broadcast` or `me`.
    pub verb: Verb,
    /// Where it goes.
    pub place: Place,
    /// Its line in the transcript.
    pub line: LineId,
}

/// Older messages that are being collected, page by page.
#[derive(Clone, Debug)]
pub struct Page {
    /// Of which conversation.
    pub place: Place,
    /// How many are wanted.
    pub wanted: usize,
    /// Only what stands before this one.
    pub before: Option<Seq>,
    /// What has come, oldest first.
    pub found: VecDeque<Entry>,
    /// Whether a command asked; otherwise they belong to the login, and what was shown already is left out.
    pub by_command: bool,
    /// Whether it only fills the screen, whatever the chat is shown on by then.
    pub fills_screen: bool,
}

/// A search that collects hits, request by request.
#[derive(Clone, Copy, Debug)]
pub struct Searching {
    /// How many hits are still wanted.
    pub missing: usize,
    /// How many requests it may still take.
    pub requests: u16,
    /// Whether a command asked; otherwise nothing is announced.
    pub by_command: bool,
}

/// The requests that wait, by their numbers.
#[derive(Debug, Default)]
pub struct Requests {
    last: u64,
    open: BTreeMap<RequestId, Request>,
}

impl Requests {
    /// Numbers the next request and remembers it; the message is made with the number.
    pub fn begin(&mut self, purpose: Purpose, now: Mono) -> RequestId {
        self.last += 1;
        let id = RequestId(self.last);
        self.open.insert(id, Request { purpose, message: None, sent: now, parked: false, again: false });
        id
    }

    /// Puts a request behind those that wait for their turn to be sent.
    pub fn put_off(&mut self, id: RequestId) {
        if let Some(request) = self.open.get_mut(&id) {
            request.parked = true;
        }
    }

    /// Remembers the message of a request, so that it can be sent again.
    pub fn keep(&mut self, id: RequestId, message: ClientMessage) {
        if let Some(request) = self.open.get_mut(&id) {
            request.message = Some(message);
        }
    }

    /// Marks a request as sent before, over a connection that broke.
    pub fn mark_again(&mut self, id: RequestId) {
        if let Some(request) = self.open.get_mut(&id) {
            request.again = true;
        }
    }

    /// Takes the request that an answer belongs to.
    pub fn end(&mut self, id: RequestId) -> Option<Request> {
        self.open.remove(&id)
    }

    /// Puts a request back whose answer has a further part.
    pub fn go_on(&mut self, id: RequestId, request: Request) {
        self.open.insert(id, request);
    }

    /// Whether no request of the session waits.
    pub fn is_quiet(&self) -> bool {
        self.open.is_empty()
    }

    /// When the request was sent that waits longest on this connection.
    pub fn oldest(&self) -> Option<Mono> {
        self.open.values().filter(|request| !request.parked).map(|request| request.sent).min()
    }

    /// The connection is gone: what can be sent again waits for the next login, the rest is forgotten. Answers whether
    /// a change of password is among what is forgotten.
    pub fn park(&mut self) -> bool {
        let passwd = self.open.values().any(|request| matches!(request.purpose, Purpose::Passwd { .. }));
        self.open.retain(|_, request| request.message.is_some() && !request.purpose.belongs_to_the_login());
        for request in self.open.values_mut().filter(|request| !request.parked) {
            (request.parked, request.again) = (true, true);
        }
        passwd
    }

    /// Takes out the first of those that wait for their turn, unless enough are on their way.
    pub fn unpark(&mut self) -> Option<Request> {
        if self.open.len() - self.waiting() >= ON_THEIR_WAY {
            return None;
        }
        let first = self.open.iter().find(|(_, request)| request.parked).map(|(&id, _)| id)?;
        self.open.remove(&first)
    }

    /// Whether another one has to wait for its turn: some do already, or enough are on their way.
    pub fn has_a_queue(&self) -> bool {
        self.waiting() > 0 || self.open.len() >= ON_THEIR_WAY
    }

    /// How many wait for their turn.
    pub fn waiting(&self) -> usize {
        self.open.values().filter(|request| request.parked).count()
    }

    /// Whether a login or registration has no answer yet.
    pub fn has_login(&self) -> bool {
        self.open.values().any(|request| matches!(request.purpose, Purpose::LogIn))
    }

    /// Forgets everything that waits for its turn: it belongs to another user.
    pub fn forget_parked(&mut self) {
        self.open.retain(|_, request| !request.parked);
    }
}
