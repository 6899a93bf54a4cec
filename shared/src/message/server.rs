//! What the server says.

use super::{
    Code, Deserialize, DeviceKey, DeviceTicket, Kind, OfferId, Reason, RequestId, ResumeTicket, Seq, Serialize, UnixMs,
};

/// A message from the server to a client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "t", rename_all = "snake_case")]
pub enum ServerMessage {
    /// Answers `hello`: this is the protocol from here on.
    Welcome(Welcome),
    /// Answers `hello` where no protocol fits, and a client that speaks no TLS; the connection ends.
    Refuse {
        /// `version`, `needs-tls`, `busy`.
        code: Code,
        /// For people.
        text: String,
    },
    /// Answers `login`, `register` and `resume`. Then come `roster` frames, the messages that waited, and `ready`.
    LoggedIn {
        /// The request.
        re: RequestId,
        /// The name as it is registered.
        name: String,
        /// The server's inactivity timeout in milliseconds; 0 means none.
        timeout_ms: u64,
        /// Failed logins on this account since its last good one, as a sentence; empty when there were none.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        notice: String,
        /// With which this client can come back to this session when its connection is lost. Left out where the one it
        /// has stays good.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ticket: Option<ResumeTicket>,
        /// To be kept by this client and shown at its next login.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        device: Option<DeviceTicket>,
        /// Lines of the lobby after this one are sent to this session; for a `resume` later.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lobby: Option<Seq>,
    },
    /// A part of the list of who is online, sent after login; the last part is followed by other messages.
    Roster {
        /// Everybody online that this user may see, itself included.
        users: Vec<UserInfo>,
    },
    /// All that waited has been sent; what follows is live.
    Ready {
        /// How many messages had waited.
        stored: u64,
    },
    /// A request was done.
    Ok {
        /// The request.
        re: RequestId,
    },
    /// A request was refused.
    Error(Refusal),
    /// A text is stored durably.
    Sent {
        /// The request.
        re: RequestId,
        /// The conversation, as the sender names it.
        conv: String,
        /// Its place in the conversation.
        seq: Seq,
        /// The server's time for it.
        at: UnixMs,
        /// What became of it.
        outcome: Outcome,
    },
    /// A text in one of the user's conversations.
    Message(Entry),
    /// Answers `who` and `who_since`; a list longer than a frame comes in parts.
    Users {
        /// The request.
        re: RequestId,
        /// This part.
        users: Vec<UserInfo>,
        /// Whether a further part follows.
        #[serde(default)]
        more: bool,
    },
    /// Answers `blocked`, in parts like `users`.
    Blocked {
        /// The request.
        re: RequestId,
        /// This part of the names.
        names: Vec<String>,
        /// Whether a further part follows.
        #[serde(default)]
        more: bool,
    },
    /// Answers `history`: oldest first.
    History {
        /// The request.
        re: RequestId,
        /// The conversation, as asked for.
        conv: String,
        /// The messages.
        messages: Vec<Entry>,
        /// Whether there are older ones.
        #[serde(default)]
        more: bool,
    },
    /// Answers `search`: newest first, over all conversations.
    Found {
        /// The request.
        re: RequestId,
        /// The messages. There may be none although `next` is there: the server looks through a bounded part of the log
        /// for one answer.
        messages: Vec<Entry>,
        /// Where to go on; left out when there is nothing more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Option<Mark>,
    },
    /// Answers `queue`: oldest first.
    Queue {
        /// The request.
        re: RequestId,
        /// The messages, as many as fit.
        messages: Vec<Entry>,
        /// Whether there are further ones.
        #[serde(default)]
        more: bool,
    },
    /// Answers `whois`.
    Whois {
        /// The request.
        re: RequestId,
        /// What is known.
        user: UserInfo,
        /// When the account was made.
        created: UnixMs,
        /// When the user was last seen online; left out while online and where it is not known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        last_seen: Option<UnixMs>,
    },
    /// Who came and who went since the last digest.
    Presence {
        /// Came online, or changed its away text.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        here: Vec<UserInfo>,
        /// Went offline.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        gone: Vec<Absence>,
    },
    /// A user asks for a private session. Answer with `private_accept` or `private_decline`.
    PrivateRequest {
        /// Which.
        offer: OfferId,
        /// Who asks.
        from: String,
        /// The key that user's client will show.
        key: DeviceKey,
        /// For how long it can be answered, in milliseconds.
        wait_ms: u64,
    },
    /// Both sides want a private session: connect now, to any of these addresses, and be there for the other side, too.
    PrivateMeet(Meeting),
    /// Nothing comes of a request.
    PrivateEnd {
        /// Which.
        offer: OfferId,
        /// The other side.
        name: String,
        /// Why: `declined`, `expired`, `withdrawn`, `offline`.
        reason: Reason,
    },
    /// A user types in a conversation, as far as the server may say so: only to clients that have said
    /// [`Caps::typing`](crate::caps::Caps), and dropped where anything else waits to be sent.
    Typing {
        /// The conversation as the reader names it.
        conv: String,
        /// Who.
        from: String,
    },
    /// The session ends, by the server's decision or the user's wish; the connection closes.
    Bye {
        /// Why.
        reason: Reason,
        /// When to come back at the earliest, in milliseconds; left out where it does not matter.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_ms: Option<u64>,
    },
    /// Something every user of the server should read.
    Notice {
        /// The sentence.
        text: String,
    },
    /// Are you there? Answer with `pong`.
    Ping {
        /// Any number.
        n: u64,
    },
    /// Answers the client's `ping`.
    Pong {
        /// The number of the `ping`.
        n: u64,
    },
    /// A message this build does not know.
    #[serde(other)]
    Unknown,
}

/// The server's side of the first exchange.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// The protocol number both sides use from here on.
    pub proto: u16,
    /// Program and version.
    pub server: String,
    /// What the server can do, as words separated by blanks.
    #[serde(default)]
    pub caps: String,
    /// The server's time, so that a client with a wrong clock can show right times.
    pub time: UnixMs,
    /// The largest frame body after login, in bytes, both ways.
    pub frame_max: u32,
    /// The longest text, in bytes.
    pub text_max: u32,
    /// The most lines of a text.
    pub lines_max: u32,
    /// Whether accounts can be registered.
    #[serde(default)]
    pub register: bool,
}

/// What one side of a private session is told of the other, once both have said yes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meeting {
    /// Which.
    pub offer: OfferId,
    /// The other side.
    pub name: String,
    /// The key its client will show.
    pub key: DeviceKey,
    /// Whether this side has asked. It is the TLS client and chooses among the connections that come about.
    pub initiator: bool,
    /// Where the server sees the other side's connection come from: `ip:port`. Left out where that helps nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed: Option<String>,
    /// Where the other side says it listens, as far as this side may know it: `ip:port`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<String>,
}

/// Why a request was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The request; left out when the error is about the connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub re: Option<RequestId>,
    /// For programs.
    pub code: Code,
    /// For people: one sentence.
    #[serde(default)]
    pub text: String,
    /// Tries left before the account is locked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<u8>,
    /// How long to wait, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_ms: Option<u64>,
    /// A time that belongs to the refusal: since when the account is in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<UnixMs>,
    /// An address that belongs to the refusal: where the account is in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// What the refusal is about: the user's name, the unknown kind of request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub what: Option<String>,
}

impl Refusal {
    /// A refusal with a code and a sentence, and nothing else yet.
    pub fn new(re: Option<RequestId>, code: Code, text: impl Into<String>) -> Self {
        Self { re, code, text: text.into(), left: None, wait_ms: None, at: None, from: None, what: None }
    }

    /// The same refusal, naming what it is about.
    #[must_use]
    pub fn about(mut self, what: &str) -> Self {
        self.what = Some(what.to_owned());
        self
    }

    /// The same refusal, saying how long to wait.
    #[must_use]
    pub fn wait(mut self, span: std::time::Duration) -> Self {
        self.wait_ms = Some(crate::id::millis(span));
        self
    }
}

/// What became of a text that was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Outcome(std::borrow::Cow<'static, str>);

impl Outcome {
    /// Durable, and handed to a live session of the other user.
    pub const DELIVERED: Self = Self(std::borrow::Cow::Borrowed("delivered"));
    /// Durable, and waiting for the other user's next login.
    pub const STORED: Self = Self(std::borrow::Cow::Borrowed("stored"));
    /// Durable, and handed to everybody in the lobby.
    pub const EVERYONE: Self = Self(std::borrow::Cow::Borrowed("everyone"));
    /// Durable, and handed to the lobby, but some people online did not receive it.
    pub const PARTIAL: Self = Self(std::borrow::Cow::Borrowed("partial"));

    /// The word as it stands on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One text in a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The conversation as the reader names it: `#lobby` or `@name` of the other side.
    pub conv: String,
    /// Its place in the conversation.
    pub seq: Seq,
    /// When the server stored it.
    pub at: UnixMs,
    /// Who said it.
    pub from: String,
    /// What was said, exactly as sent: make it safe before showing it.
    pub text: String,
    /// How it is meant.
    #[serde(default, skip_serializing_if = "Kind::is_text")]
    pub kind: Kind,
    /// Whether it waited for this login; live messages leave it out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stored: bool,
}

/// A place in the log, where a search goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The conversation as the reader names it: `#lobby` or `@name` of the other side.
    pub conv: String,
    /// The place of a message there.
    pub seq: Seq,
}

/// A user in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserInfo {
    /// The name as registered.
    pub name: String,
    /// Whether the user is online now.
    pub online: bool,
    /// Online: since when. Offline: when last seen.
    pub since: UnixMs,
    /// The away text; empty when there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub away: String,
    /// Whether lists should follow this change without announcing it: the reader has blocked this user, or it is no
    /// arrival but a changed away text.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub quiet: bool,
}

/// A user who went offline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Absence {
    /// The name as registered.
    pub name: String,
    /// Why.
    pub reason: Reason,
    /// Whether to follow it without announcing it; see [`UserInfo::quiet`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub quiet: bool,
}
