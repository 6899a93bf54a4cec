//! What the two sides say to each other.
//!
//! Every message is one MessagePack map whose key `t` names it. The types here are the wire and nothing else: the
//! server turns a [`ClientMessage`] into a checked request before it acts, and the client makes every text of a
//! [`ServerMessage`] safe before it shows it.
//!
//! Rules for change: a field is never removed or given another meaning; a new field is optional; a new message is a new
//! variant, which older readers see as `Unknown`.
//!
//! A message goes out as one frame and comes in the same way, here the first exchange of every connection:
//!
//! ```
//! use bytes::BytesMut;
//! use shared::codec::{decode, encode, take_frame};
//! use shared::limits::FRAME_BEFORE_LOGIN;
//! use shared::message::ClientMessage;
//!
//! let hello = ClientMessage::Hello { proto_min: 1, proto_max: 1, client: "bot 1".into(), caps: String::new() };
//! let mut received = BytesMut::from(&encode(&hello)[..]);
//! let body = take_frame(&mut received, FRAME_BEFORE_LOGIN)?.expect("the whole frame has arrived");
//! assert_eq!(decode::<ClientMessage>(&body)?, hello);
//! # Ok::<(), shared::codec::CodecError>(())
//! ```
//!
//! A text, and the answer once it is stored durably:
//!
//! ```
//! use shared::id::{ClientId, RequestId, Seq, UnixMs};
//! use shared::message::{ClientMessage, Kind, Outcome, ServerMessage};
//!
//! let id = RequestId(4);
//! let send = ClientMessage::Send {
//!     id,
//!     cid: ClientId([7; 16]), // a UUID version 7 of its own for every message
//!     to: "@yoda".into(),
//!     text: "are you there?".into(),
//!     kind: Kind::TEXT,
//! };
//! let answer = ServerMessage::Sent {
//!     re: id,
//!     conv: "@yoda".into(),
//!     seq: Seq(12),
//!     at: UnixMs(1_795_182_000_000),
//!     outcome: Outcome::STORED,
//! };
//! # let _ = send;
//! assert!(matches!(answer, ServerMessage::Sent { re, .. } if re == id));
//! ```
//!
//! Lists and presence tell of users; a user who is only followed and not announced is `quiet`:
//!
//! ```
//! use shared::codec::encode;
//! use shared::id::UnixMs;
//! use shared::message::{Absence, Reason, ServerMessage, UserInfo};
//!
//! let since = UnixMs(1_795_182_000_000);
//! let leia = UserInfo { name: "leia".into(), online: true, since, away: String::new(), quiet: false };
//! let gone = Absence { name: "hans".into(), reason: Reason::TIMED_OUT, quiet: false };
//! let digest = ServerMessage::Presence { here: vec![leia], gone: vec![gone] };
//! // What says nothing is left out on the wire.
//! assert!(!encode(&digest).windows(5).any(|bytes| bytes == b"quiet"));
//! ```
//!
//! A refusal carries a word for programs and a sentence for people; a kind that a reader does not know is no error:
//!
//! ```
//! use shared::codec::{Peek, decode};
//! use shared::error::Code;
//! use shared::id::RequestId;
//! use shared::message::{ClientMessage, Refusal};
//!
//! let newer = b"\x82\xa1t\xa4wave\xa2id\x07"; // {"t": "wave", "id": 7}
//! assert_eq!(decode::<ClientMessage>(newer)?, ClientMessage::Unknown);
//! let peek: Peek = decode(newer)?;
//! let answer = Refusal { what: Some(peek.t), ..Refusal::new(peek.id, Code::UNSUPPORTED, "I cannot do that.") };
//! assert_eq!(answer.re, Some(RequestId(7)));
//! # Ok::<(), shared::codec::CodecError>(())
//! ```

use serde::{Deserialize, Serialize};

use crate::error::Code;
use crate::id::{ClientId, DeviceKey, DeviceTicket, OfferId, RequestId, ResumeTicket, Seq, UnixMs};

mod client;
mod server;

pub use client::ClientMessage;
pub use server::{Absence, Entry, Mark, Meeting, Outcome, Refusal, ServerMessage, UserInfo, Welcome};

/// The conversation that everybody is in, as it is written on the wire. A direct conversation is written `@name`, with
/// the name of the *other* side, so each of the two sees its own form.
pub const LOBBY: &str = "#lobby";

/// How a text is meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Kind(std::borrow::Cow<'static, str>);

impl Kind {
    /// Something said.
    pub const TEXT: Self = Self(std::borrow::Cow::Borrowed("text"));
    /// Something done, shown as `* yoda smiles`.
    pub const ACTION: Self = Self(std::borrow::Cow::Borrowed("me"));

    /// The word as it stands on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is [`Kind::TEXT`], which is left out on the wire.
    pub fn is_text(&self) -> bool {
        *self == Self::TEXT
    }
}

impl Default for Kind {
    fn default() -> Self {
        Self::TEXT
    }
}

/// Why a session ended, a user went offline, or nothing came of a private request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Reason(std::borrow::Cow<'static, str>);

macro_rules! reasons {
    ($($(#[doc = $doc:literal])+ $constant:ident = $word:literal;)+) => {
        impl Reason {
            $($(#[doc = $doc])+ pub const $constant: Self = Self(std::borrow::Cow::Borrowed($word));)+
        }
    };
}

reasons! {
    /// The user logged out.
    LOGGED_OUT = "logged-out";
    /// No action for the server's timeout.
    TIMED_OUT = "timed-out";
    /// The connection broke.
    CONNECTION_LOST = "connection-lost";
    /// The server stops.
    GOING_AWAY = "going-away";
    /// Another connection of the same user took this session's place.
    REPLACED = "replaced";
    /// The client did not read what was sent to it for too long.
    TOO_SLOW = "too-slow";
    /// The login took too long.
    LOGIN_TIMEOUT = "login-timeout";
    /// Too many wrong passwords on one connection.
    TOO_MANY_TRIES = "too-many-tries";
    /// Of a private request: the other side said no.
    DECLINED = "declined";
    /// Of a private request: nobody answered it in time.
    EXPIRED = "expired";
    /// Of a private request: who asked has taken it back.
    WITHDRAWN = "withdrawn";
    /// Of a private request: the other side is not online any more.
    OFFLINE = "offline";
    /// Of a private session: its user has ended it.
    STOPPED = "stopped";
    /// Of a private session: the other side broke the protocol, or could not be understood.
    PROTOCOL = "protocol";
}

impl Reason {
    /// The word as it stands on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
