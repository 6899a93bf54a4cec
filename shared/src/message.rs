//! What the two sides say to each other.
//!
//! Every message is one MessagePack map whose key `t` names it. The types here are the wire and nothing else: the
//! server turns a [`ClientMessage`] into a checked request before it acts, and the client makes every text of a
//! [`ServerMessage`] safe before it shows it.
//!
//! Rules for change: a field is never removed or given another meaning; a new field is optional; a new message is a new
//! variant, which older readers see as `Unknown`.

use serde::{Deserialize, Serialize};

use crate::error::Code;
use crate::id::{ClientId, RequestId, Seq, UnixMs};

mod client;
mod server;

pub use client::ClientMessage;
pub use server::{Absence, Entry, Outcome, Refusal, ServerMessage, UserInfo, Welcome};

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

/// Why a session ended or a user went offline.
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
}

impl Reason {
    /// The word as it stands on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
