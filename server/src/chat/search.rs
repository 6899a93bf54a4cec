//! Looking for words in everything that a user may read.
//!
//! A search is more work for the store than anything else that a client asks for. One session has one at a time, and all
//! sessions together a bounded number; whoever comes beyond that is told that there is too much to do.

use shared::error::Code;
use shared::id::{RequestId, Seq};
use shared::message::{Entry, Mark, Refusal, ServerMessage};

use super::input::{Place, SessionId};
use super::pending::Pending;
use super::refuse::{refuse, storage};
use super::{Chat, Turn, fit};
use crate::record::{AccountId, Conversation, KeepError, Kept, KeptMessage, Read};

/// Searches that may be under way. Each takes the store some milliseconds, at most 50 or so, and they are done one after
/// the other: nobody waits for longer than a few seconds.
const SEARCHES: usize = 64;

/// What holds for searches, for people.
pub(super) fn limits() -> Vec<(&'static str, String)> {
    vec![("searches under way", format!("one of a session, {SEARCHES} in all"))]
}

/// What is looked for, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    /// The words: at least one, none of them empty.
    pub words: Vec<String>,
    /// Only there; `None`: everywhere.
    pub place: Option<Place>,
    /// Only this message and older ones.
    pub start: Option<(Place, Seq)>,
    /// How many at most, within [`shared::limits::SEARCH_PAGE`].
    pub limit: u16,
}

impl Chat {
    /// Looks for words.
    pub(super) fn search(
        &mut self,
        turn: &mut Turn,
        session: SessionId,
        id: RequestId,
        search: Search,
    ) -> Result<(), Refusal> {
        let reader = self.account_of(session, id)?;
        let Search { words, place, start, limit } = search;
        let within = place.map(|place| self.conversation(reader, id, &place)).transpose()?;
        let start = match start {
            Some((place, seq)) => Some((self.conversation(reader, id, &place)?, seq)),
            None => None,
        };
        if self.searching.contains(&session) {
            return Err(refuse(id, Code::BUSY, "one search at a time: wait for the answer to the one before"));
        }
        if self.searching.len() >= SEARCHES {
            return Err(refuse(id, Code::BUSY, "too many are searching now, try again in a moment"));
        }
        self.searching.insert(session);
        self.read(turn, Read::Search { reader, words, within, start, limit }, Pending::Search { session, id });
        Ok(())
    }

    /// The messages are there, newest first.
    pub(super) fn searched(
        &mut self,
        turn: &mut Turn,
        session: SessionId,
        id: RequestId,
        result: Result<Kept, KeepError>,
    ) {
        self.searching.remove(&session);
        let Some(reader) = self.login(session).map(|login| login.account) else {
            return;
        };
        match result {
            Ok(Kept::Found { messages, next }) => {
                let (messages, next) = self.fitting(reader, &messages, next);
                turn.send(session, ServerMessage::Found { re: id, messages, next });
            }
            _ => turn.refuse(session, storage(id, KeepError::Broken)),
        }
    }

    /// As many as a frame holds. The next page begins with the first that it does not.
    fn fitting(
        &self,
        reader: AccountId,
        kept: &[KeptMessage],
        next: Option<(Conversation, Seq)>,
    ) -> (Vec<Entry>, Option<Mark>) {
        let mut messages: Vec<Entry> = kept.iter().map(|kept| self.entry(reader, kept, false)).collect();
        let fitting = fit::count(&messages);
        let next = kept.get(fitting).map(|cut| (cut.conversation.clone(), cut.seq)).or(next);
        messages.truncate(fitting);
        (messages, next.map(|(conversation, seq)| Mark { conv: self.conversation_name(&conversation, reader), seq }))
    }
}
