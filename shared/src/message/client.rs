//! What a client says.

use super::{
    ClientId, Deserialize, DeviceKey, DeviceTicket, Kind, Mark, OfferId, RequestId, ResumeTicket, Seq, Serialize,
};

/// A message from a client to the server.
///
/// Every request carries an `id` and gets exactly one answer that repeats it as `re`: `ok`, `error`, or the answer
/// named at the request. Answers to one session come in the order of its requests, except that an answer which waits
/// for the disk does not hold back those that do not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "t", rename_all = "snake_case")]
pub enum ClientMessage {
    /// The first message of every connection. Answered by `welcome` or `refuse`.
    Hello {
        /// The oldest protocol number the client speaks.
        proto_min: u16,
        /// The newest protocol number the client speaks.
        proto_max: u16,
        /// Program and version, for the server's log.
        client: String,
        /// What the client can do, as words separated by blanks; behaviour is switched on words both sides name.
        #[serde(default)]
        caps: String,
    },
    /// Logs in. Answered by `logged_in` or `error`.
    Login {
        /// The request.
        id: RequestId,
        /// The account's name; case does not matter.
        name: String,
        /// The password.
        password: String,
        /// From an earlier login of this client to this account.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        device: Option<DeviceTicket>,
        /// Whether this client wants a device ticket and can keep it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        remember: bool,
    },
    /// Comes back to a session whose connection was lost, and takes its place where the server has not noticed yet.
    /// Answered by `logged_in` or `error`.
    Resume {
        /// The request.
        id: RequestId,
        /// From the `logged_in` of that session.
        ticket: ResumeTicket,
        /// The newest message of the lobby that this client has; what was said since is sent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lobby: Option<Seq>,
    },
    /// Makes an account and logs in with it. Answered by `logged_in` or `error`.
    Register {
        /// The request.
        id: RequestId,
        /// The name to be shown from now on.
        name: String,
        /// The password, at least eight characters.
        password: String,
        /// As in `login`.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        remember: bool,
    },
    /// Sends a text to a conversation. Answered by `sent`, once it is stored durably.
    Send {
        /// The request.
        id: RequestId,
        /// Made once per message and used again when it is sent again.
        cid: ClientId,
        /// `#lobby` or `@name`.
        to: String,
        /// The text, as typed.
        text: String,
        /// How it is meant.
        #[serde(default, skip_serializing_if = "Kind::is_text")]
        kind: Kind,
    },
    /// Everything up to `seq` in this conversation was shown; it is not delivered again at the next login. No answer.
    Ack {
        /// `#lobby` or `@name`.
        conv: String,
        /// The last one shown.
        seq: Seq,
    },
    /// Who is online. Answered by one or more `users`.
    Who {
        /// The request.
        id: RequestId,
    },
    /// Who was online at any moment of the last `span_ms`. Answered by one or more `users`.
    WhoSince {
        /// The request.
        id: RequestId,
        /// How far to look back, in milliseconds.
        span_ms: u64,
    },
    /// Blocks a user. Answered by `ok`.
    Block {
        /// The request.
        id: RequestId,
        /// Whom.
        name: String,
    },
    /// Takes a block back. Answered by `ok`.
    Unblock {
        /// The request.
        id: RequestId,
        /// Whom.
        name: String,
    },
    /// Whom the user has blocked. Answered by one or more `blocked`.
    Blocked {
        /// The request.
        id: RequestId,
    },
    /// Older messages of a conversation. Answered by `history`.
    History {
        /// The request.
        id: RequestId,
        /// `#lobby` or `@name`.
        conv: String,
        /// Only messages before this one; left out: the newest.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<Seq>,
        /// How many at most.
        limit: u16,
    },
    /// Looks for words in everything this user may read. Answered by `found`.
    Search {
        /// The request.
        id: RequestId,
        /// The words, separated by blanks: a message has all of them, anywhere and in any case. What stands in double
        /// quotes is one word, blanks included.
        words: String,
        /// `#lobby` or `@name`: look only there. Left out: everywhere.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        conv: Option<String>,
        /// The `next` of the page before: go on there. Left out: begin with the newest.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        start: Option<Mark>,
        /// How many at most.
        limit: u16,
    },
    /// The user's own direct messages that nobody has received yet. Answered by `queue`.
    Queue {
        /// The request.
        id: RequestId,
    },
    /// Takes back an own direct message that nobody has received yet. Answered by `ok`, or by `error` with the code
    /// `already-delivered`.
    Unsend {
        /// The request.
        id: RequestId,
        /// `@name`.
        conv: String,
        /// Which message.
        seq: Seq,
    },
    /// Sets or, with an empty text, clears the away text. Answered by `ok`.
    Away {
        /// The request.
        id: RequestId,
        /// The text that others see.
        text: String,
    },
    /// What the server knows of a user. Answered by `whois`.
    Whois {
        /// The request.
        id: RequestId,
        /// Whom.
        name: String,
    },
    /// Changes the user's own password. Answered by `ok`.
    Passwd {
        /// The request.
        id: RequestId,
        /// The password now.
        old: String,
        /// The password from now on.
        new: String,
    },
    /// Asks a user for a private session. Answered by `ok` once the other side was asked, or by `error`; what becomes of
    /// it comes as `private_meet` or `private_end`.
    PrivateAsk {
        /// The request.
        id: RequestId,
        /// Made once per request.
        offer: OfferId,
        /// Whom.
        name: String,
        /// The key this client will show.
        key: DeviceKey,
        /// Where this client listens: `ip:port`. Told to nobody before the other side has accepted.
        addresses: Vec<String>,
    },
    /// Says yes to a `private_request`. Answered by `ok`, then `private_meet`.
    PrivateAccept {
        /// The request.
        id: RequestId,
        /// Which.
        offer: OfferId,
        /// The key this client will show.
        key: DeviceKey,
        /// Where this client listens: `ip:port`.
        addresses: Vec<String>,
    },
    /// Says no to a `private_request`, or takes an own `private_ask` back. Answered by `ok`.
    PrivateDecline {
        /// The request.
        id: RequestId,
        /// Which.
        offer: OfferId,
    },
    /// The user did something that is no request (a key, a private message). At most every five seconds. No answer.
    Activity {},
    /// A text is being typed in this conversation. Only to a server that has said [`Caps::typing`](crate::caps::Caps); at
    /// most every three seconds. No answer, and no activity of the user.
    Typing {
        /// `#lobby` or `@name`.
        conv: String,
    },
    /// Ends the session. Answered by `ok`, then `bye`.
    Logout {
        /// The request.
        id: RequestId,
    },
    /// Are you there? Answered by `pong` with the same number.
    Ping {
        /// Any number.
        n: u64,
    },
    /// Answers the server's `ping`.
    Pong {
        /// The number of the `ping`.
        n: u64,
    },
    /// A message this build does not know.
    #[serde(other)]
    Unknown,
}
