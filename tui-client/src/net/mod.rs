//! The connection to the server: one attempt, one connection, frames in and out. It decides nothing: when to try again
//! is the model's business.

use shared::message::{ClientMessage, ServerMessage, Welcome};
use tokio::sync::mpsc;

/// Where to connect, and what is known of the server before the first contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Host name or address, as typed.
    pub host: String,
    /// Port.
    pub port: u16,
    /// The key the server must have, from an invite link or `--fingerprint`.
    pub fingerprint: Option<Fingerprint>,
    /// Whether to use TLS; without it only loopback addresses are accepted.
    pub tls: bool,
}

/// SHA-256 of a server's public key (SubjectPublicKeyInfo).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint(pub [u8; 32]);

/// How a server's key was judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// It is the key seen before.
    Known,
    /// The first contact: the key is remembered from now on.
    FirstUse(Fingerprint),
    /// The key that the invite link or `--fingerprint` names.
    Pinned(Fingerprint),
    /// No TLS.
    None,
}

/// What the network tells the loop.
#[derive(Debug)]
pub enum NetEvent {
    /// TLS and the first exchange are done.
    Connected {
        /// The server's side of the exchange.
        welcome: Welcome,
        /// How its key was judged.
        trust: Trust,
    },
    /// No connection came about.
    Failed(ConnectError),
    /// The server says something.
    Message(ServerMessage),
    /// The connection is gone. The text is a fragment without a full stop.
    Lost(String),
}

/// Why no connection came about. The text is a sentence for the user.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// Nobody listens, the name does not resolve, or there is no answer in time; it may work later.
    #[error("cannot reach {address}: {why}")]
    Unreachable {
        /// `host:port`.
        address: String,
        /// Why, as a fragment.
        why: String,
    },
    /// The server has another key than the one remembered.
    #[error("the key of {address} has changed: expected {expected}, found {found}")]
    KeyChanged {
        /// `host:port` as typed.
        address: String,
        /// What is remembered or was asked for.
        expected: String,
        /// What the server showed.
        found: String,
    },
    /// There is something else than a Tern server.
    #[error("{address} does not answer like a Tern server: {why}")]
    NotTern {
        /// `host:port`.
        address: String,
        /// Why, as a fragment.
        why: String,
    },
    /// The server refused the connection.
    #[error("{text}")]
    Refused {
        /// The code of the refusal.
        code: String,
        /// The server's sentence, made safe.
        text: String,
    },
    /// The file of remembered keys cannot be used.
    #[error("{0}")]
    TrustFile(String),
}

/// The sending half of one connection. Dropping it ends the connection once everything handed over has left.
#[derive(Debug)]
pub struct Link {
    frames: mpsc::Sender<ClientMessage>,
}

impl Link {
    /// Hands a message over, or gives it back when the queue is full or the connection is gone.
    pub fn send(&self, message: ClientMessage) -> Result<(), ClientMessage> {
        self.frames.try_send(message).map_err(|refused| refused.into_inner())
    }
}
