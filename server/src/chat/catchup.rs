//! How a session gets what it has not got: the messages that waited for its login, and those that did not fit into its
//! queue.
//!
//! Both are the same thing. A session that is behind gets no live messages; it is fed pages of the log instead, and when
//! a page says that nothing is left and nothing was missed meanwhile, it is live again. So order is kept, and a slow
//! reader costs one page of memory.

use shared::id::Seq;
use shared::message::ServerMessage;

use super::input::SessionId;
use super::pending::Pending;
use super::sessions::Login;
use super::{Chat, Ticket, Turn};
use crate::faults::{Fault, is_seeded};
use crate::record::{Conversation, KeepError, Kept, KeptMessage, Read, Write};

/// Messages in one page. A page of them fits easily into an outgoing queue.
const PAGE: u16 = 100;

/// Where a session's messages come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Feed {
    /// Just logged in; waits for its roster.
    New,
    /// A page of the log is being read.
    Reading {
        /// Which: the session may have missed something since an older one was asked for.
        page: Ticket,
        /// Whether something was stored since the read was asked for.
        missed: bool,
        /// How many messages had waited, until `ready` says so; `None` once it has.
        greeting: Option<u64>,
    },
    /// The outgoing queue is full; the next page is read when it has drained.
    Full {
        /// As in [`Feed::Reading`].
        greeting: Option<u64>,
    },
    /// From the hub, as they are stored.
    Live,
    /// Nothing comes: the session has no connection.
    Away,
}

impl Feed {
    /// Something for this session was stored while it is behind.
    pub(super) fn missed(&mut self) {
        if let Self::Reading { missed, .. } = self {
            *missed = true;
        }
    }

    /// Whether pages are on their way to it, so that what was missed follows at once.
    pub(super) fn is_reading(&self) -> bool {
        matches!(self, Self::New | Self::Reading { .. })
    }

    fn greeting(&self) -> Option<u64> {
        match self {
            Self::New => Some(0),
            Self::Reading { greeting, .. } | Self::Full { greeting } => *greeting,
            Self::Live | Self::Away => None,
        }
    }
}

impl Login {
    /// Whether this session has got the message already, from a page.
    pub(super) fn has(&self, kept: &KeptMessage) -> bool {
        self.sent.get(&kept.conversation).is_some_and(|sent| *sent >= kept.seq)
    }
}

impl Chat {
    /// Asks for the next page of a session that is behind.
    pub(super) fn read_waiting(&mut self, turn: &mut Turn, session: SessionId) {
        self.behind.insert(session);
        self.live.remove(&session);
        let Some(login) = self.login_mut(session) else {
            return;
        };
        let after = login.sent.iter().map(|(conversation, seq)| (conversation.clone(), *seq)).collect();
        let read = Read::Waiting { reader: login.account, after, limit: PAGE };
        let page = self.read(turn, read, Pending::Waiting { session });
        if let Some(login) = self.login_mut(session) {
            login.feed = Feed::Reading { page, missed: false, greeting: login.feed.greeting() };
        }
    }

    /// A page is there: hand it over, then go on or go live.
    pub(super) fn waiting_read(
        &mut self,
        turn: &mut Turn,
        session: SessionId,
        read: Ticket,
        result: Result<Kept, KeepError>,
    ) {
        let Some(login) = self.login(session) else {
            return;
        };
        let Feed::Reading { page, missed, greeting } = login.feed else {
            return;
        };
        // One that was asked for before something did not fit begins behind what is missing.
        if page != read {
            return;
        }
        let (reader, since) = (login.account, login.since);
        // A log that cannot be read now is asked again when the queue drains or the user logs in again.
        let Ok(Kept::Page { messages, more }) = result else {
            return self.go_live(turn, session, greeting);
        };
        let messages = spoilt(messages);
        let waited = greeting.map(|so_far| so_far + count(messages.len()));
        for kept in &messages {
            let stored = greeting.is_some() && Self::waited(kept.at, since);
            let message = ServerMessage::Message(self.entry(reader, kept, stored));
            turn.deliver(vec![session], kept, message);
            if is_seeded(Fault::DeleteOnSend) {
                let (account, conversation, seq) = (reader, kept.conversation.clone(), kept.seq);
                self.write_unanswered(turn, Write::Advance { account, conversation, seq });
            }
            if let Some(login) = self.login_mut(session) {
                login.sent.insert(kept.conversation.clone(), kept.seq);
            }
        }
        if more || missed {
            if let Some(login) = self.login_mut(session) {
                login.feed = Feed::Full { greeting: waited };
            }
            self.read_waiting(turn, session);
        } else {
            self.go_live(turn, session, waited);
        }
    }

    fn go_live(&mut self, turn: &mut Turn, session: SessionId, greeting: Option<u64>) {
        let lobby = self.lobby;
        let Some(login) = self.login_mut(session) else {
            return;
        };
        login.feed = Feed::Live;
        let read_up_to = login.sent.get(&Conversation::lobby()).copied().unwrap_or(lobby);
        if read_up_to > lobby {
            // The page was quicker than the answer to the sender: these must not be delivered once more.
            self.ahead.insert(session, read_up_to);
        }
        self.behind.remove(&session);
        self.live.insert(session);
        if let Some(stored) = greeting {
            turn.send(session, ServerMessage::Ready { stored });
        }
    }

    /// A message did not fit into the session's queue: from here on it is behind.
    pub(super) fn undelivered(&mut self, session: SessionId, conversation: Conversation, seq: Seq) {
        let lobby = self.ahead.remove(&session).unwrap_or(self.lobby);
        let was_live = self.live.remove(&session);
        let Some(login) = self.login_mut(session) else {
            return;
        };
        if was_live {
            // Live lines of the lobby are not noted one by one: up to now it has had them all.
            login.sent.insert(Conversation::lobby(), lobby);
        }
        let greeting = login.feed.greeting().map(|counted| counted.saturating_sub(1));
        login.feed = Feed::Full { greeting };
        let has = Seq(seq.0.saturating_sub(1));
        login.sent.entry(conversation).and_modify(|sent| *sent = (*sent).min(has)).or_insert(has);
        self.behind.insert(session);
    }

    /// The session's queue has room again.
    pub(super) fn drained(&mut self, turn: &mut Turn, session: SessionId) {
        if self.login(session).is_some_and(|login| matches!(login.feed, Feed::Full { .. })) {
            self.read_waiting(turn, session);
        }
    }
}

/// The messages as they are, unless a fault is seeded.
fn spoilt(mut messages: Vec<KeptMessage>) -> Vec<KeptMessage> {
    if is_seeded(Fault::Reorder) {
        messages.reverse();
    }
    if is_seeded(Fault::ReplayOffByOne) && !messages.is_empty() {
        messages.remove(0);
    }
    messages
}

fn count(messages: usize) -> u64 {
    u64::try_from(messages).unwrap_or(u64::MAX)
}
