//! What happens to a message: accepted, stored, delivered, acknowledged, read again.
//!
//! A message is delivered only when the log has it, and delivered from what the log says. So "sent" always means
//! durable, and the order is the same for everybody.

use std::time::Duration;

use shared::error::Code;
use shared::id::{ClientId, RequestId, Seq, UnixMs};
use shared::message::{Entry, Kind, LOBBY, Outcome, Refusal, ServerMessage};
use shared::name::Name;

use super::input::{Place, SessionId};
use super::pending::Pending;
use super::refuse::{refuse, storage};
use super::{Chat, Turn, fit};
use crate::record::{AccountId, Conversation, KeepError, Kept, KeptMessage, NewMessage, Read, Write};

/// How long acknowledgements are collected before they are stored. A crash in between shows those messages once more at
/// the next login; a stop or a logout stores them at once.
pub(super) const ACKS_EVERY: Duration = Duration::from_millis(250);

/// A message on its way to the disk.
#[derive(Debug)]
pub(super) struct Appending {
    session: SessionId,
    id: RequestId,
    sender: AccountId,
    conversation: Conversation,
    text: String,
    kind: Kind,
    hidden_from: Vec<AccountId>,
}

/// What a sender said, and how.
pub(super) struct Said {
    pub(super) client_id: ClientId,
    pub(super) text: String,
    pub(super) kind: Kind,
}

impl Chat {
    /// A text for everybody in the lobby.
    pub(super) fn broadcast(
        &mut self,
        turn: &mut Turn,
        session: SessionId,
        id: RequestId,
        said: Said,
    ) -> Result<(), Refusal> {
        let sender = self.account_of(session, id)?;
        let hidden_from = self.blocks.around(sender).into_iter().collect();
        self.append(turn, (session, id, sender), Conversation::lobby(), said, hidden_from);
        Ok(())
    }

    /// A text for one user.
    pub(super) fn message(
        &mut self,
        turn: &mut Turn,
        session: SessionId,
        id: RequestId,
        to: &Name,
        said: Said,
    ) -> Result<(), Refusal> {
        let sender = self.account_of(session, id)?;
        let recipient = self.other_user(sender, id, to)?;
        let shown = self.users.shown(recipient).to_owned();
        if self.blocks.has(recipient, sender) {
            return Err(refuse(id, Code::BLOCKED, format!("{shown} has blocked you")).about(&shown));
        }
        if self.blocks.has(sender, recipient) {
            self.hint_no_answer(turn, session, recipient, &shown);
        }
        self.append(turn, (session, id, sender), Conversation::direct(sender, recipient), said, Vec::new());
        Ok(())
    }

    /// Says once a session that a user one has blocked cannot answer.
    fn hint_no_answer(&mut self, turn: &mut Turn, session: SessionId, recipient: AccountId, shown: &str) {
        if let Some(login) = self.login_mut(session)
            && login.hinted.insert(recipient)
        {
            let text = format!("you have blocked {shown}, who reads this but cannot answer");
            turn.send(session, ServerMessage::Notice { text });
        }
    }

    fn append(
        &mut self,
        turn: &mut Turn,
        (session, id, sender): (SessionId, RequestId, AccountId),
        conversation: Conversation,
        said: Said,
        hidden_from: Vec<AccountId>,
    ) {
        let Said { client_id, text, kind } = said;
        let appending = Appending {
            session,
            id,
            sender,
            conversation: conversation.clone(),
            text: text.clone(),
            kind: kind.clone(),
            hidden_from: hidden_from.clone(),
        };
        // Whoever is there reads it now; only what has to wait is bounded.
        let bounded = conversation.other(sender).is_some_and(|recipient| !self.online.contains_key(&recipient));
        let message =
            NewMessage { conversation, sender, at: turn.now.wall, client_id, kind, text, hidden_from, bounded };
        self.write(turn, Write::Append(message), Pending::Append(appending));
    }

    /// The log has the message, or will not have it.
    pub(super) fn appended(&mut self, turn: &mut Turn, appending: Appending, result: Result<Kept, KeepError>) {
        let (seq, at, duplicate) = match result {
            Ok(Kept::Message { seq, at, duplicate }) => (seq, at, duplicate),
            Ok(Kept::InboxFull) => return self.refuse_full_inbox(turn, &appending),
            Ok(_) => {
                return turn.refuse(appending.session, storage(appending.id, KeepError::Broken));
            }
            Err(error) => return turn.refuse(appending.session, storage(appending.id, error)),
        };
        let Appending { session, id, sender, conversation, text, kind, hidden_from } = appending;
        let kept = KeptMessage { conversation, seq, sender, at, kind, text };
        let outcome = match kept.conversation.other(sender) {
            Some(recipient) => self.deliver_direct(turn, &kept, recipient, duplicate),
            None => self.deliver_room(turn, &kept, session, &hidden_from, duplicate),
        };
        let conv = self.conversation_name(&kept.conversation, sender);
        turn.send(session, ServerMessage::Sent { re: id, conv, seq, at, outcome });
    }

    /// Too much waits for the recipient already.
    fn refuse_full_inbox(&self, turn: &mut Turn, appending: &Appending) {
        let recipient = appending.conversation.other(appending.sender);
        let shown = recipient.map(|recipient| self.users.shown(recipient)).unwrap_or_default();
        let text =
            format!("too much waits for {shown} already: nothing was stored, try again when {shown} has been here");
        turn.refuse(appending.session, refuse(appending.id, Code::INBOX_FULL, text).about(shown));
    }

    fn deliver_direct(
        &mut self,
        turn: &mut Turn,
        kept: &KeptMessage,
        recipient: AccountId,
        duplicate: bool,
    ) -> Outcome {
        let Some(&session) = self.online.get(&recipient) else {
            return Outcome::STORED;
        };
        if duplicate {
            return Outcome::DELIVERED;
        }
        let message = ServerMessage::Message(self.entry(recipient, kept, false));
        let live = self.live.contains(&session);
        let Some(login) = self.login_mut(session) else {
            return Outcome::STORED;
        };
        if login.has(kept) {
            return Outcome::DELIVERED;
        }
        if !live {
            login.feed.missed();
            // One that reads its pages gets this in the next of them. One that does not drain may never.
            return if login.feed.is_reading() { Outcome::DELIVERED } else { Outcome::STORED };
        }
        login.sent.insert(kept.conversation.clone(), kept.seq);
        turn.deliver(vec![session], kept, message);
        Outcome::DELIVERED
    }

    fn deliver_room(
        &mut self,
        turn: &mut Turn,
        kept: &KeptMessage,
        sender: SessionId,
        hidden_from: &[AccountId],
        duplicate: bool,
    ) -> Outcome {
        let hidden: Vec<SessionId> =
            hidden_from.iter().filter_map(|account| self.online.get(account)).copied().collect();
        let outcome = if hidden.is_empty() { Outcome::EVERYONE } else { Outcome::PARTIAL };
        if duplicate {
            return outcome;
        }
        self.lobby = self.lobby.max(kept.seq);
        self.ahead.retain(|_, seq| *seq >= kept.seq);
        let wants = |session: &&SessionId| {
            **session != sender && !hidden.contains(session) && !self.ahead.contains_key(session)
        };
        let to: Vec<SessionId> = self.live.iter().filter(wants).copied().collect();
        for session in self.behind.clone() {
            if let Some(login) = self.login_mut(session) {
                login.feed.missed();
            }
        }
        // The text is the same for all, whoever reads it: a room is named alike by everybody.
        let message = ServerMessage::Message(self.entry(kept.sender, kept, false));
        turn.deliver(to, kept, message);
        outcome
    }

    /// A kept message as `reader` sees it.
    pub(super) fn entry(&self, reader: AccountId, kept: &KeptMessage, stored: bool) -> Entry {
        Entry {
            conv: self.conversation_name(&kept.conversation, reader),
            seq: kept.seq,
            at: kept.at,
            from: self.users.shown(kept.sender).to_owned(),
            text: kept.text.clone(),
            kind: kept.kind.clone(),
            stored,
        }
    }

    /// A conversation as `reader` names it.
    pub(super) fn conversation_name(&self, conversation: &Conversation, reader: AccountId) -> String {
        match conversation.other(reader) {
            Some(other) => format!("@{}", self.users.shown(other)),
            None => LOBBY.to_owned(),
        }
    }

    /// The conversation that a client names.
    pub(super) fn conversation(&self, me: AccountId, id: RequestId, place: &Place) -> Result<Conversation, Refusal> {
        match place {
            Place::Lobby => Ok(Conversation::lobby()),
            Place::With(name) => Ok(Conversation::direct(me, self.other_user(me, id, name)?)),
        }
    }

    /// The user has seen everything up to here. Only direct conversations keep a cursor: what was said in a room before
    /// a login is history.
    pub(super) fn acknowledged(&mut self, turn: &Turn, session: SessionId, place: &Place, seq: Seq) {
        let Some(me) = self.login(session).map(|login| login.account) else {
            return;
        };
        let Place::With(name) = place else { return };
        let Some(other) = self.users.find(name).map(|account| account.id).filter(|other| *other != me) else {
            return;
        };
        if let Some(login) = self.login_mut(session) {
            let newest = login.acks.entry(Conversation::direct(me, other)).or_default();
            *newest = (*newest).max(seq);
            self.acking.insert(session);
            self.acks_due.get_or_insert(turn.now.mono.after(ACKS_EVERY));
        }
    }

    /// Stores the acknowledgements of all sessions, if their time has come.
    pub(super) fn store_due_acks(&mut self, turn: &mut Turn) {
        if self.acks_due.is_some_and(|due| due <= turn.now.mono) {
            for session in std::mem::take(&mut self.acking) {
                self.store_acks(turn, session);
            }
            self.acks_due = None;
        }
    }

    /// Stores the acknowledgements of one session.
    pub(super) fn store_acks(&mut self, turn: &mut Turn, session: SessionId) {
        let Some(login) = self.login_mut(session) else {
            return;
        };
        let (account, acks) = (login.account, std::mem::take(&mut login.acks));
        for (conversation, seq) in acks {
            self.advancing.entry(account).or_default().insert(conversation.clone(), seq);
            let pending = Pending::Advance { account, conversation: conversation.clone(), seq };
            self.write(turn, Write::Advance { account, conversation, seq }, pending);
        }
    }

    /// An acknowledgement is on the disk, or will not be: what the disk says holds from here on, unless a newer one is on
    /// its way.
    pub(super) fn acks_stored(&mut self, account: AccountId, conversation: &Conversation, seq: Seq) {
        let Some(advancing) = self.advancing.get_mut(&account) else {
            return;
        };
        if advancing.get(conversation) == Some(&seq) {
            advancing.remove(conversation);
        }
        if advancing.is_empty() {
            self.advancing.remove(&account);
        }
    }

    /// The user wants older messages.
    pub(super) fn history(
        &mut self,
        turn: &mut Turn,
        session: SessionId,
        id: RequestId,
        place: &Place,
        (before, limit): (Option<Seq>, u16),
    ) -> Result<(), Refusal> {
        let reader = self.account_of(session, id)?;
        let conversation = self.conversation(reader, id, place)?;
        let shown = self.conversation_name(&conversation, reader);
        let read = Read::History { reader, conversation: conversation.clone(), before, limit };
        self.read(turn, read, Pending::History { session, id, conversation, shown });
        Ok(())
    }

    /// A page of history is there.
    pub(super) fn history_read(
        &mut self,
        turn: &mut Turn,
        (session, id): (SessionId, RequestId),
        conversation: &Conversation,
        shown: String,
        result: Result<Kept, KeepError>,
    ) {
        let Some(reader) = self.login(session).map(|login| login.account) else {
            return;
        };
        match result {
            Ok(Kept::Page { messages, more }) => {
                debug_assert!(messages.iter().all(|kept| kept.conversation == *conversation));
                let mut messages: Vec<Entry> = messages.iter().map(|kept| self.entry(reader, kept, false)).collect();
                // The newest ones: the client asks on from the oldest it has got.
                let surplus = messages.len().saturating_sub(fit::count(messages.iter().rev()));
                messages.drain(..surplus);
                let more = more || surplus > 0;
                turn.send(session, ServerMessage::History { re: id, conv: shown, messages, more });
            }
            _ => turn.refuse(session, storage(id, KeepError::Broken)),
        }
    }

    /// When the messages of this moment on count as new for a login.
    pub(super) fn waited(at: UnixMs, since: UnixMs) -> bool {
        at <= since
    }
}
