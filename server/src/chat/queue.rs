//! Own messages that nobody has received yet: listed, and taken back.

use shared::error::Code;
use shared::id::{RequestId, Seq};
use shared::limits::HISTORY_PAGE;
use shared::message::{Entry, Refusal, ServerMessage};
use shared::name::Name;

use super::input::SessionId;
use super::pending::Pending;
use super::refuse::{refuse, storage};
use super::{Chat, Turn, fit};
use crate::record::{AccountId, Conversation, KeepError, Kept, Read, Write};

/// A message that is being taken back.
#[derive(Debug)]
pub(super) struct Unsending {
    session: SessionId,
    id: RequestId,
    reader: AccountId,
    conversation: Conversation,
    seq: Seq,
}

impl Chat {
    /// Lists what others have not received.
    pub(super) fn list_unseen(&mut self, turn: &mut Turn, session: SessionId, id: RequestId) -> Result<(), Refusal> {
        let sender = self.account_of(session, id)?;
        self.read(turn, Read::Unseen { sender, limit: HISTORY_PAGE }, Pending::Unseen { session, id });
        Ok(())
    }

    /// The list is there.
    pub(super) fn unseen_read(
        &mut self,
        turn: &mut Turn,
        session: SessionId,
        id: RequestId,
        result: Result<Kept, KeepError>,
    ) {
        let Some(sender) = self.login(session).map(|login| login.account) else {
            return;
        };
        match result {
            Ok(Kept::Page { messages, more }) => {
                let mut messages: Vec<Entry> = messages.iter().map(|kept| self.entry(sender, kept, false)).collect();
                let fitting = fit::count(&messages);
                let more = more || fitting < messages.len();
                messages.truncate(fitting);
                turn.send(session, ServerMessage::Queue { re: id, messages, more });
            }
            _ => turn.refuse(session, storage(id, KeepError::Broken)),
        }
    }

    /// Takes a message back, unless its reader is here: then it is there, or as good as.
    pub(super) fn unsend(
        &mut self,
        turn: &mut Turn,
        session: SessionId,
        id: RequestId,
        (to, seq): (&Name, Seq),
    ) -> Result<(), Refusal> {
        let sender = self.account_of(session, id)?;
        let reader = self.other_user(sender, id, to)?;
        if self.online.contains_key(&reader) {
            return Err(too_late(id));
        }
        let conversation = Conversation::direct(sender, reader);
        let write = Write::Unsend { sender, conversation: conversation.clone(), seq };
        self.write(turn, write, Pending::Unsend(Unsending { session, id, reader, conversation, seq }));
        Ok(())
    }

    /// The disk has answered. A reader who has come meanwhile may have got the message before it was wiped.
    pub(super) fn unsent(&mut self, turn: &mut Turn, unsending: Unsending, result: Result<Kept, KeepError>) {
        let Unsending { session, id, reader, conversation, seq } = unsending;
        let login = self.online.get(&reader).and_then(|session| self.login(*session));
        let has_it = login.is_some_and(|login| login.sent.get(&conversation).is_some_and(|sent| *sent >= seq));
        match result {
            Ok(Kept::Done) if !has_it => turn.send(session, ServerMessage::Ok { re: id }),
            Ok(_) => turn.refuse(session, too_late(id)),
            Err(error) => turn.refuse(session, storage(id, error)),
        }
    }
}

fn too_late(id: RequestId) -> Refusal {
    refuse(id, Code::ALREADY_DELIVERED, "this message has been received, or there is none with this number")
}
