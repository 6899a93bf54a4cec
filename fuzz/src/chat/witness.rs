//! What may be said to whom, as far as it can be known from outside the rules: kept apart from them, so that it cannot
//! share their mistakes.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use server::chat::SessionId;
use server::record::{AccountId, Conversation, Kept, KeptMessage, NewMessage, Ticket, Write};
use shared::caps::Caps;
use shared::codec;
use shared::id::{RequestId, ResumeTicket, Seq};
use shared::limits::{FRAME_AFTER_LOGIN, FRAME_BEFORE_LOGIN, HEADER};
use shared::message::{ClientMessage, Entry, LOBBY, Outcome, ServerMessage, UserInfo};
use shared::time::Mono;

/// A session as the other end of its connection sees it.
#[derive(Debug, Default)]
struct Guest {
    user: Option<AccountId>,
    /// Requests without an answer; a client may use a number twice.
    asked: BTreeMap<u64, u32>,
    /// The newest message of each conversation.
    newest: BTreeMap<Conversation, Seq>,
    /// Accounts that were claimed with a login, a registration or a ticket.
    claims: BTreeSet<AccountId>,
    /// What its client can do.
    caps: Caps,
    /// Whether the end was announced.
    dismissed: bool,
}

/// Everything that is known.
#[derive(Debug, Default)]
pub struct Witness {
    guests: BTreeMap<SessionId, Guest>,
    names: BTreeMap<String, AccountId>,
    /// What is durable, with those who must not see it.
    log: BTreeMap<(Conversation, Seq), (KeptMessage, Vec<AccountId>)>,
    /// Places whose message was taken back.
    wiped: BTreeSet<(Conversation, Seq)>,
    /// Messages whose answer the rules do not have yet, and who asked for them.
    storing: BTreeMap<Ticket, (SessionId, RequestId, NewMessage)>,
    /// What the rules may call sent now.
    committed: Vec<(SessionId, RequestId, Conversation, Seq)>,
    /// Up to where a reader may have confirmed a conversation.
    confirmed: BTreeMap<(AccountId, Conversation), Seq>,
    /// Up to where readers have confirmed what they were sent, since the store last forgot something.
    seen: BTreeMap<(AccountId, Conversation), Seq>,
    /// Blocks that their owners were told to stand.
    blocks: BTreeSet<(AccountId, AccountId)>,
    /// Requests for a block, by who asked.
    blocking: BTreeMap<(SessionId, u64), (AccountId, AccountId)>,
    /// Whose password or ticket was right, and until when that may let somebody in.
    proofs: BTreeMap<AccountId, Mono>,
    /// Resume tickets that were handed out.
    tickets: BTreeMap<[u8; 32], AccountId>,
    now: Mono,
}

impl Witness {
    /// An account exists.
    pub fn account(&mut self, name: &str, id: AccountId) {
        self.names.insert(name.to_lowercase(), id);
    }

    /// The account with this name.
    pub fn find(&self, name: &str) -> Option<AccountId> {
        self.names.get(&name.to_lowercase()).copied()
    }

    /// A connection was opened.
    pub fn opened(&mut self, session: SessionId, caps: Caps) {
        self.guests.insert(session, Guest { caps, ..Guest::default() });
    }

    /// A connection is gone. `false` when it was gone before.
    pub fn closed(&mut self, session: SessionId) -> bool {
        self.guests.remove(&session).is_some()
    }

    /// Whether anything can come from this connection: it is there, and was not told to go.
    pub fn is_open(&self, session: SessionId) -> bool {
        self.guests.get(&session).is_some_and(|guest| !guest.dismissed)
    }

    /// The server died: connections and what they waited for are gone.
    pub fn restarted(&mut self) {
        self.guests.clear();
        self.blocking.clear();
        self.storing.clear();
        self.proofs.clear();
    }

    /// Something that was to be kept may not have been: acknowledgements, too.
    pub fn not_kept(&mut self) {
        self.seen.clear();
    }

    /// A client asks for something.
    pub fn asked(&mut self, session: SessionId, message: &ClientMessage) {
        let user = self.user(session);
        let claimed = match message {
            ClientMessage::Login { name, .. } => self.find(name),
            ClientMessage::Resume { ticket, .. } => self.tickets.get(&ticket.0).copied(),
            _ => None,
        };
        if let (ClientMessage::Ack { conv, seq }, Some(me)) = (message, user)
            && let Some(other) = conv.strip_prefix('@').and_then(|name| self.find(name))
        {
            let place = (me, Conversation::direct(me, other));
            let cursor = self.confirmed.entry(place.clone()).or_default();
            *cursor = (*seq).max(*cursor);
            let newest = self.guests[&session].newest.get(&place.1).copied().unwrap_or_default();
            let seen = self.seen.entry(place).or_default();
            *seen = (*seq).min(newest).max(*seen);
        }
        if let (ClientMessage::Resume { .. }, Some(account)) = (message, claimed) {
            self.proves(account, Duration::ZERO);
        }
        let Some(guest) = self.guests.get_mut(&session) else { return };
        guest.claims.extend(claimed);
        if let Some(id) = request_id(message) {
            *guest.asked.entry(id.0).or_default() += 1;
            match message {
                ClientMessage::Block { name, .. } => {
                    if let (Some(owner), Some(target)) = (user, self.find(name)) {
                        self.blocking.insert((session, id.0), (owner, target));
                    }
                }
                ClientMessage::Unblock { name, .. } => {
                    // From here on the block forbids nothing, whatever the answer says.
                    if let (Some(owner), Some(target)) = (user, self.find(name)) {
                        self.blocks.remove(&(owner, target));
                        self.blocking.retain(|_, pair| *pair != (owner, target));
                    }
                }
                _ => {}
            }
        }
    }

    /// The rules want something kept while they handle a request of `cause`.
    pub fn writes(&mut self, cause: Option<(SessionId, RequestId)>, ticket: Ticket, write: &Write) {
        let Write::Append(new) = write else { return };
        let (session, id) = cause.expect("only requests are stored as messages");
        assert_eq!(self.user(session), Some(new.sender), "a message is stored as its sender's");
        match new.conversation.other(new.sender) {
            Some(to) => assert!(!self.blocks.contains(&(to, new.sender)), "a message to somebody who has blocked"),
            None => {
                for (owner, target) in &self.blocks {
                    let other = if *owner == new.sender { target } else { owner };
                    let concerns = *owner == new.sender || *target == new.sender;
                    assert!(!concerns || new.hidden_from.contains(other), "a lobby line over a block");
                }
            }
        }
        self.storing.insert(ticket, (session, id, new.clone()));
    }

    /// The store has done it; the rules do not know yet.
    pub fn kept(&mut self, ticket: Ticket, kept: &Kept) {
        let Some((_, _, new)) = self.storing.get(&ticket).cloned() else { return };
        if let Kept::Message { seq, at, duplicate: false } = kept {
            let NewMessage { conversation, sender, kind, text, hidden_from, .. } = new;
            let place = (conversation.clone(), *seq);
            let message = KeptMessage { conversation, seq: *seq, sender, at: *at, kind, text };
            assert!(self.log.insert(place, (message, hidden_from)).is_none(), "one place for two messages");
        }
    }

    /// A message was taken back.
    pub fn wiped(&mut self, conversation: &Conversation, seq: Seq) {
        self.wiped.insert((conversation.clone(), seq));
    }

    /// The rules are about to be told something.
    pub fn tells(&mut self, now: Mono) {
        self.now = now;
        self.committed.clear();
    }

    /// The rules are about to be told the answer of the store.
    pub fn answered(&mut self, ticket: Ticket, kept: Option<&Kept>) {
        if let (Some((session, id, new)), Some(Kept::Message { seq, .. })) = (self.storing.remove(&ticket), kept) {
            self.committed.push((session, id, new.conversation, *seq));
        }
    }

    /// The rules are about to be told that this account was just made, at the wish of this session.
    pub fn made(&mut self, session: SessionId, account: AccountId) {
        self.proves(account, Duration::ZERO);
        if let Some(guest) = self.guests.get_mut(&session) {
            guest.claims.insert(account);
        }
    }

    /// The rules are about to be told that a password was right. They may make sure first that an old session is dead.
    pub fn proves(&mut self, account: AccountId, span: Duration) {
        let until = self.proofs.entry(account).or_insert(self.now);
        *until = self.now.after(span).max(*until);
    }

    /// Who a session belongs to.
    pub fn user(&self, session: SessionId) -> Option<AccountId> {
        self.guests.get(&session)?.user
    }

    /// The rules say something to a session.
    pub fn told(&mut self, session: SessionId, message: &ServerMessage) {
        let Some(guest) = self.guests.get_mut(&session) else { return };
        // An answer of the disk may come after the end of a session; its connection, which was told to close, drops it.
        if guest.dismissed {
            assert!(!matches!(message, ServerMessage::LoggedIn { .. }), "let in after the end");
            return;
        }
        let limit = if guest.user.is_some() { FRAME_AFTER_LOGIN } else { FRAME_BEFORE_LOGIN };
        let size = codec::encode(message).len() - HEADER;
        assert!(size <= limit, "a frame of {size} bytes");
        if guest.user.is_none() {
            let fits =
                matches!(message, ServerMessage::LoggedIn { .. } | ServerMessage::Error(_) | ServerMessage::Bye { .. });
            assert!(fits, "to somebody who is not logged in: {message:?}");
        }
        if let Some(re) = answers(message) {
            let open = guest.asked.get_mut(&re.0).filter(|open| **open > 0);
            *open.unwrap_or_else(|| panic!("an answer to nothing: {message:?}")) -= 1;
        }
        guest.dismissed |= matches!(message, ServerMessage::Bye { .. });
        self.content(session, message);
    }

    fn content(&mut self, session: SessionId, message: &ServerMessage) {
        let me = self.user(session);
        match message {
            ServerMessage::LoggedIn { name, ticket, lobby, .. } => {
                self.let_in(session, name, ticket.as_ref());
                let guest = self.guests.get_mut(&session).expect("it was told");
                guest.newest.insert(Conversation::lobby(), lobby.unwrap_or_default());
            }
            ServerMessage::Ok { re } => {
                if let Some(pair) = self.blocking.remove(&(session, re.0)) {
                    self.blocks.insert(pair);
                }
            }
            ServerMessage::Error(refusal) => {
                if let Some(re) = refusal.re {
                    self.blocking.remove(&(session, re.0));
                }
            }
            ServerMessage::Sent { re, conv, seq, outcome, .. } => {
                let conversation = self.conversation(me.expect("a sender"), conv);
                let stored = (session, *re, conversation, *seq);
                assert!(self.committed.contains(&stored), "{conv} {} is not stored ({})", seq.0, outcome.as_str());
                let direct = [Outcome::DELIVERED, Outcome::STORED];
                assert_eq!(direct.contains(outcome), conv != LOBBY, "{conv}: {}", outcome.as_str());
            }
            ServerMessage::Message(entry) => {
                let conversation = self.entry(session, entry, None);
                self.no_gap(session, &conversation, entry.seq);
                let seen = self.seen.get(&(me.expect("a reader"), conversation.clone())).copied().unwrap_or_default();
                assert!(entry.seq > seen, "{conversation:?}: {} comes again, and was confirmed", entry.seq.0);
                let guest = self.guests.get_mut(&session).expect("it was told");
                guest.newest.insert(conversation, entry.seq);
            }
            ServerMessage::History { conv, messages, .. } => {
                assert!(messages.windows(2).all(|pair| pair[0].seq < pair[1].seq), "history is in order");
                messages.iter().for_each(|entry| drop(self.entry(session, entry, Some(conv))));
            }
            ServerMessage::Found { messages, .. } => {
                for entry in messages {
                    assert!(!entry.text.is_empty(), "what was taken back is not found");
                    self.entry(session, entry, None);
                }
            }
            ServerMessage::Queue { messages, .. } => {
                for entry in messages {
                    self.entry(session, entry, None);
                    assert_eq!(self.find(&entry.from), me, "only own messages");
                }
            }
            ServerMessage::Roster { users } | ServerMessage::Users { users, .. } => self.seen(session, users),
            ServerMessage::Presence { here, .. } => self.seen(session, here),
            ServerMessage::Whois { user, .. } => {
                let hidden = self.find(&user.name).is_some_and(|other| self.is_blocked_by(me, other));
                assert!(!(hidden && (user.online || !user.away.is_empty())), "{} is seen over a block", user.name);
            }
            ServerMessage::PrivateRequest { from: other, .. } => self.no_block_between(me, other),
            ServerMessage::Typing { conv, from } => {
                assert!(conv == LOBBY || *conv == format!("@{from}"), "{from} types in {conv}");
                assert!(self.guests[&session].caps.typing, "a client is told that does not want it");
                assert_ne!(self.find(from), me, "oneself");
                self.no_block_between(me, from);
            }
            ServerMessage::PrivateMeet(meeting) => self.no_block_between(me, &meeting.name),
            _ => {}
        }
    }

    fn let_in(&mut self, session: SessionId, name: &str, ticket: Option<&ResumeTicket>) {
        let account = self.find(name).expect("an account");
        let until = self.proofs.get(&account);
        assert!(until.is_some_and(|until| *until >= self.now), "{name} is let in without a proof");
        let guest = self.guests.get_mut(&session).expect("it was told");
        assert!(guest.claims.contains(&account), "{name} is let in where nobody wanted it");
        assert_eq!(guest.user.replace(account), None, "a second login of one session");
        self.tickets.extend(ticket.map(|ticket| (ticket.0, account)));
    }

    /// After everything that follows from one input: no user has two sessions.
    pub fn settled(&self) {
        let mut users = BTreeSet::new();
        for guest in self.guests.values().filter(|guest| !guest.dismissed) {
            assert!(guest.user.is_none_or(|user| users.insert(user)), "{:?} is there twice", guest.user);
        }
    }

    /// When nothing is on its way any more: every request of those who are still there was answered.
    pub fn at_rest(&self) {
        for (session, guest) in self.guests.iter().filter(|(_, guest)| !guest.dismissed) {
            let open: Vec<u64> = guest.asked.iter().filter(|(_, count)| **count > 0).map(|(id, _)| *id).collect();
            assert!(open.is_empty(), "{session:?} waits for {open:?}");
        }
    }

    /// A text: it is durable, as it was said, and for this reader.
    fn entry(&self, session: SessionId, entry: &Entry, shown: Option<&str>) -> Conversation {
        let me = self.user(session).expect("a reader");
        assert!(shown.is_none_or(|shown| shown == entry.conv), "{} in {shown:?}", entry.conv);
        let conversation = self.conversation(me, &entry.conv);
        let place = (conversation, entry.seq);
        let (kept, hidden_from) = self.log.get(&place).unwrap_or_else(|| panic!("{place:?} is not stored"));
        assert_eq!(self.find(&entry.from), Some(kept.sender), "{place:?}");
        let is_wiped = entry.text.is_empty() && self.wiped.contains(&place);
        assert!(is_wiped || (&entry.text, &entry.kind) == (&kept.text, &kept.kind), "{place:?}: {:?}", entry.text);
        assert!(!hidden_from.contains(&me), "{place:?} is hidden from its reader");
        place.0
    }

    /// Messages come in order, and none of somebody else's that waits is left out.
    fn no_gap(&self, session: SessionId, conversation: &Conversation, seq: Seq) {
        let guest = &self.guests[&session];
        let me = guest.user.expect("a reader");
        let newest = guest.newest.get(conversation).copied().unwrap_or_default();
        assert!(seq > newest, "{conversation:?}: {} after {}", seq.0, newest.0);
        let cursor = self.confirmed.get(&(me, conversation.clone())).copied().unwrap_or_default().max(newest);
        let between = (conversation.clone(), cursor)..(conversation.clone(), seq.max(cursor));
        for (place, (kept, hidden_from)) in self.log.range(between).filter(|(place, _)| place.1 > cursor) {
            let is_for_me = kept.sender != me && !hidden_from.contains(&me) && !self.wiped.contains(place);
            assert!(!is_for_me, "{place:?} was left out before {}", seq.0);
        }
    }

    fn conversation(&self, me: AccountId, shown: &str) -> Conversation {
        match shown.strip_prefix('@') {
            Some(other) => Conversation::direct(me, self.find(other).expect("the name of an account")),
            None => {
                assert_eq!(shown, LOBBY);
                Conversation::lobby()
            }
        }
    }

    /// Nobody is shown to those they have blocked.
    fn seen(&self, session: SessionId, users: &[UserInfo]) {
        let me = self.user(session);
        for user in users {
            let other = self.find(&user.name).expect("the name of an account");
            assert!(!self.is_blocked_by(me, other), "{} is seen over a block", user.name);
        }
    }

    fn is_blocked_by(&self, me: Option<AccountId>, owner: AccountId) -> bool {
        me.is_some_and(|me| self.blocks.contains(&(owner, me)))
    }

    fn no_block_between(&self, me: Option<AccountId>, other: &str) {
        let (me, other) = (me.expect("a user"), self.find(other).expect("the name of an account"));
        assert!(!self.blocks.contains(&(me, other)) && !self.blocks.contains(&(other, me)), "over a block");
    }
}

/// The number of a request; `None` for what has no answer, and for what the connection answers by itself.
pub fn request_id(message: &ClientMessage) -> Option<RequestId> {
    use ClientMessage as C;
    match message {
        C::Login { id, .. }
        | C::Register { id, .. }
        | C::Resume { id, .. }
        | C::Send { id, .. }
        | C::Who { id }
        | C::WhoSince { id, .. }
        | C::Block { id, .. }
        | C::Unblock { id, .. }
        | C::Blocked { id }
        | C::History { id, .. }
        | C::Search { id, .. }
        | C::Queue { id }
        | C::Unsend { id, .. }
        | C::Away { id, .. }
        | C::Whois { id, .. }
        | C::Passwd { id, .. }
        | C::PrivateAsk { id, .. }
        | C::PrivateAccept { id, .. }
        | C::PrivateDecline { id, .. }
        | C::Logout { id } => Some(*id),
        C::Hello { .. }
        | C::Ack { .. }
        | C::Activity {}
        | C::Typing { .. }
        | C::Ping { .. }
        | C::Pong { .. }
        | C::Unknown => None,
    }
}

/// Which request this is the last word to.
fn answers(message: &ServerMessage) -> Option<RequestId> {
    use ServerMessage as S;
    match message {
        S::LoggedIn { re, .. }
        | S::Ok { re }
        | S::Sent { re, .. }
        | S::History { re, .. }
        | S::Found { re, .. }
        | S::Queue { re, .. }
        | S::Whois { re, .. }
        | S::Users { re, more: false, .. }
        | S::Blocked { re, more: false, .. } => Some(*re),
        S::Error(refusal) => refusal.re,
        _ => None,
    }
}
