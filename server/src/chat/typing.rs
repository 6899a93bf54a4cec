//! Who is typing: passed on at once or never, and kept nowhere.
//!
//! It is worth less than anything else that is said. So it costs no disk and no answer, is no action of the user, and goes
//! only to live sessions whose clients want it; the hub drops it where anything else waits to be written.

use std::collections::BTreeMap;
use std::time::Duration;

use shared::limits::TYPING_PASSED_MS;
use shared::message::{LOBBY, ServerMessage};
use shared::time::Mono;

use super::effect::Effect;
use super::input::{Place, SessionId};
use super::{Chat, Turn};
use crate::record::{AccountId, Conversation};

/// Users online up to whom the lobby is told who types. Among more there is always somebody, which says nothing, and it
/// would be a write to each of them for everybody who presses a key.
const LOBBY_MOST: usize = 100;

/// The least time between two signs of one session for one conversation that are passed on.
const EVERY: Duration = Duration::from_millis(TYPING_PASSED_MS);

/// Conversations of one session that are told within that time. A person types in one.
const PLACES: usize = 8;

/// What holds for it, for people.
pub(super) fn limits() -> Vec<(&'static str, String)> {
    let seconds = EVERY.as_secs();
    vec![
        ("the lobby is told who types", format!("while at most {LOBBY_MOST} are online")),
        ("and a conversation, by one session", format!("once in {seconds} s, {PLACES} conversations at most")),
    ]
}

/// Where a session was last said to type, as far as that still holds it back.
#[derive(Debug, Default)]
pub(super) struct Typed(BTreeMap<Conversation, Mono>);

impl Typed {
    /// Whether it may be said again that this session types there; if so, it is noted.
    fn take(&mut self, conversation: &Conversation, now: Mono) -> bool {
        self.0.retain(|_, at| now.since(*at) < EVERY);
        let may = self.0.len() < PLACES && !self.0.contains_key(conversation);
        if may {
            self.0.insert(conversation.clone(), now);
        }
        may
    }
}

impl Chat {
    /// A user types in a conversation. Whoever cannot be told is not, without a word.
    pub(super) fn typing(&mut self, turn: &mut Turn, session: SessionId, place: &Place) {
        let Some(me) = self.login(session).map(|login| login.account) else {
            return;
        };
        let other = match place {
            Place::Lobby => None,
            Place::With(name) => match self.users.find(name).map(|account| account.id) {
                Some(other) if other != me => Some(other),
                _ => return,
            },
        };
        let conversation = other.map_or_else(Conversation::lobby, |other| Conversation::direct(me, other));
        let now = turn.now.mono;
        if !self.login_mut(session).is_some_and(|login| login.typed.take(&conversation, now)) {
            return;
        }
        let to = match other {
            Some(other) => self.reader(me, other).into_iter().collect(),
            None => self.readers(me, session),
        };
        if !to.is_empty() {
            let from = self.users.shown(me).to_owned();
            let conv = if other.is_some() { format!("@{from}") } else { LOBBY.to_owned() };
            turn.effects.push(Effect::SendIfIdle { to, message: ServerMessage::Typing { conv, from } });
        }
    }

    /// The session of the other user of a direct conversation, if it is to be told.
    fn reader(&self, me: AccountId, other: AccountId) -> Option<SessionId> {
        let is_blocked = self.blocks.has(me, other) || self.blocks.has(other, me);
        let session = self.online.get(&other).copied().filter(|_| !is_blocked)?;
        self.wants_typing(session).then_some(session)
    }

    /// The sessions in the lobby that are to be told.
    fn readers(&self, me: AccountId, mine: SessionId) -> Vec<SessionId> {
        if self.online.len() > LOBBY_MOST {
            return Vec::new();
        }
        let blocked = self.blocks.around(me);
        let is_blocked = |session| self.login(session).is_none_or(|login| blocked.contains(&login.account));
        let others = self.live.iter().copied().filter(|session| *session != mine);
        others.filter(|session| self.wants_typing(*session) && !is_blocked(*session)).collect()
    }

    /// Whether a session has everything that was said, and a client that shows who types.
    fn wants_typing(&self, session: SessionId) -> bool {
        self.live.contains(&session) && self.sessions.get(&session).is_some_and(|open| open.caps.typing)
    }
}
