//! What the rules are told: facts, in the past tense.

use std::net::SocketAddr;
use std::time::Duration;

use secrecy::SecretString;
use shared::caps::Caps;
use shared::id::{ClientId, DeviceKey, DeviceTicket, OfferId, RequestId, ResumeTicket, Seq};
use shared::message::{Kind, Reason};
use shared::name::Name;

use super::search::Search;
use super::tickets::Fresh;
use crate::record::{Conversation, KeepError, Kept, Phc, Ticket};

/// One connection that got as far as `welcome`. Never used twice in one run of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub u64);

/// Something that happened.
#[derive(Debug)]
pub enum Input {
    /// A client and the server agreed on a protocol.
    SessionOpened {
        /// Its name from now on.
        session: SessionId,
        /// Where it comes from.
        address: SocketAddr,
        /// Tickets that nobody has seen yet.
        fresh: Fresh,
        /// What the client can do.
        caps: Caps,
    },
    /// Answers [`Effect::Probe`](super::Effect::Probe): the client is there.
    SessionHeard {
        /// Which.
        session: SessionId,
    },
    /// The connection is gone, whoever ended it. Nothing more comes from this session.
    SessionClosed {
        /// Which.
        session: SessionId,
        /// Why, for others to see.
        reason: Reason,
    },
    /// A client asked for something.
    Asked {
        /// Which.
        session: SessionId,
        /// For what.
        request: Request,
    },
    /// The session's outgoing queue was full, so this message was not handed over and must be read from the log later.
    Undelivered {
        /// To whom.
        session: SessionId,
        /// Where the message stands.
        conversation: Conversation,
        /// Its place there.
        seq: Seq,
    },
    /// The outgoing queue of a session that missed messages has room again.
    SessionDrained {
        /// Which.
        session: SessionId,
    },
    /// Answers [`Effect::CheckPassword`](super::Effect::CheckPassword).
    PasswordChecked {
        /// Of the effect.
        ticket: Ticket,
        /// What came out.
        verdict: Verdict,
    },
    /// Answers [`Effect::HashPassword`](super::Effect::HashPassword).
    PasswordHashed {
        /// Of the effect.
        ticket: Ticket,
        /// The hash, or `None` when there is too much to do.
        hash: Option<Phc>,
    },
    /// Answers [`Effect::Write`](super::Effect::Write) and [`Effect::Read`](super::Effect::Read).
    Committed {
        /// Of the effect.
        ticket: Ticket,
        /// What came out.
        result: Result<Kept, KeepError>,
    },
    /// The moment of the last [`Effect::WakeAt`](super::Effect::WakeAt) has come.
    Woke,
    /// The server is asked to stop.
    StopAsked,
}

/// What a password check found.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The password is right.
    Right {
        /// A hash to store from now on: the first login with a plain line of the credentials file, or better parameters.
        store: Option<Phc>,
        /// Whether it is a sample password that stands in the repository for everybody to read.
        sample: bool,
    },
    /// It is not.
    Wrong,
    /// There is too much to do; nothing was checked.
    Busy,
}

/// What a client asks for, checked at the edge: names are well formed, texts are within their limits.
#[derive(Debug)]
pub enum Request {
    /// Log in.
    Login {
        /// The request.
        id: RequestId,
        /// The account's name.
        name: Name,
        /// The password.
        password: SecretString,
        /// From an earlier login of this client.
        device: Option<DeviceTicket>,
        /// Whether a device ticket is wanted.
        remember: bool,
    },
    /// Come back to a session whose connection was lost.
    Resume {
        /// The request.
        id: RequestId,
        /// Of that session.
        ticket: ResumeTicket,
        /// The newest message of the lobby that the client has.
        lobby: Option<Seq>,
    },
    /// Make an account and log in.
    Register {
        /// The request.
        id: RequestId,
        /// The name.
        name: Name,
        /// For Unicode names: the confusable skeleton.
        skeleton: Option<String>,
        /// The password; its length was checked.
        password: SecretString,
        /// Whether a device ticket is wanted.
        remember: bool,
    },
    /// Say something in a room.
    Broadcast {
        /// The request.
        id: RequestId,
        /// The message.
        client_id: ClientId,
        /// The text.
        text: String,
        /// How it is meant.
        kind: Kind,
    },
    /// Say something to one user.
    Message {
        /// The request.
        id: RequestId,
        /// The message.
        client_id: ClientId,
        /// To whom.
        to: Name,
        /// The text.
        text: String,
        /// How it is meant.
        kind: Kind,
    },
    /// Everything up to here was shown.
    Ack {
        /// Where.
        place: Place,
        /// Up to which message.
        seq: Seq,
    },
    /// Who is online.
    Who {
        /// The request.
        id: RequestId,
    },
    /// Who was online.
    WhoSince {
        /// The request.
        id: RequestId,
        /// How far to look back.
        span: Duration,
    },
    /// Block somebody.
    Block {
        /// The request.
        id: RequestId,
        /// Whom.
        name: Name,
    },
    /// Take a block back.
    Unblock {
        /// The request.
        id: RequestId,
        /// Whom.
        name: Name,
    },
    /// List the own blocks.
    Blocked {
        /// The request.
        id: RequestId,
    },
    /// Older messages.
    History {
        /// The request.
        id: RequestId,
        /// Where.
        place: Place,
        /// Before which.
        before: Option<Seq>,
        /// How many at most, within [`shared::limits::HISTORY_PAGE`].
        limit: u16,
    },
    /// Look for words.
    Search {
        /// The request.
        id: RequestId,
        /// What and where.
        search: Search,
    },
    /// List the own direct messages that nobody has received.
    Queue {
        /// The request.
        id: RequestId,
    },
    /// Take one of them back.
    Unsend {
        /// The request.
        id: RequestId,
        /// To whom.
        to: Name,
        /// Which.
        seq: Seq,
    },
    /// Set or clear the away text.
    Away {
        /// The request.
        id: RequestId,
        /// The text; empty clears it.
        text: String,
    },
    /// What is known of a user.
    Whois {
        /// The request.
        id: RequestId,
        /// Whom.
        name: Name,
    },
    /// Change the own password.
    Passwd {
        /// The request.
        id: RequestId,
        /// The password now.
        old: SecretString,
        /// The password from now on; its length was checked.
        new: SecretString,
    },
    /// Ask a user for a private session.
    PrivateAsk {
        /// The request.
        id: RequestId,
        /// The session to come.
        offer: OfferId,
        /// Whom.
        name: Name,
        /// What the other side will be told, once it has accepted.
        presented: Presented,
    },
    /// Say yes to a private session.
    PrivateAccept {
        /// The request.
        id: RequestId,
        /// The session to come.
        offer: OfferId,
        /// What the other side is told.
        presented: Presented,
    },
    /// Say no to a private session, or take the own request for it back.
    PrivateDecline {
        /// The request.
        id: RequestId,
        /// The session.
        offer: OfferId,
    },
    /// The user types a text.
    Typing {
        /// Where.
        place: Place,
    },
    /// The user did something elsewhere.
    Activity,
    /// End the session.
    Logout {
        /// The request.
        id: RequestId,
    },
}

/// What a client presents to the other side of a private session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presented {
    /// The key it will show.
    pub key: DeviceKey,
    /// Where it listens, at most [`shared::limits::ADDRESSES`], each of which one machine can have.
    pub addresses: Vec<SocketAddr>,
}

/// A conversation as a client names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The room that everybody is in.
    Lobby,
    /// The direct conversation with this user.
    With(Name),
}
