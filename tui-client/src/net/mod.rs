//! The connection to the server: one attempt, one connection, frames in and out. It decides nothing: when to try again
//! is the model's business.
//!
//! [`address`] reads what people type, [`trust`] remembers the keys of servers, `verify` judges a key in the handshake,
//! `connect` makes the one attempt and `connection` carries the frames.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use shared::caps::Caps;
use shared::limits::{DEAD_AFTER_MS, PING_AFTER_MS};
use shared::message::{ClientMessage, ServerMessage, Welcome};
use tokio::sync::{mpsc, oneshot};

pub mod address;
mod connect;
mod connection;
pub mod tickets;
pub mod trust;
mod verify;

#[cfg(test)]
mod tests;

pub(crate) use connect::tune;
pub(crate) use connection::read_chunk;

pub use trust::TrustStore;
pub(crate) use verify::PinVerifier;

/// Messages that may wait in a [`Link`]: what somebody types while the line is slow, and acknowledgements for a page
/// of 200 messages. Texts of 8 KiB make it 2 MiB at the very worst.
const LINK_QUEUE: usize = 256;

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
        /// Where the connection comes from on this machine, where that is known. Its port can be listened on.
        local: Option<SocketAddr>,
        /// How long the server took to answer the greeting.
        delay: Duration,
    },
    /// No connection came about.
    Failed(ConnectError),
    /// The server says something. Pings, pongs and messages this build does not know are dealt with before.
    Message(ServerMessage),
    /// How long the server took to answer a ping, when that is news.
    Delay(Duration),
    /// The connection is gone. The text is a fragment without a full stop.
    Lost(String),
}

/// Why no connection came about. The text is a sentence for the user.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// The machine is there, and nobody listens.
    #[error("cannot reach {address}: nobody listens there")]
    NobodyListens {
        /// `host:port`.
        address: String,
    },
    /// The machine cannot be reached, the name does not resolve, or there is no answer in time; it may work later.
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

/// How long each step may take.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// For one address to answer.
    pub dial: Duration,
    /// For looking up the name and trying all its addresses.
    pub reach: Duration,
    /// For TLS and the first exchange together.
    pub greeting: Duration,
    /// Silence after which the server is asked whether it is there.
    pub ping_after: Duration,
    /// Silence after which the connection is taken for dead.
    pub dead_after: Duration,
    /// For the server to take anything of what is written to it.
    pub write_stall: Duration,
    /// For sending the rest when the connection is closed from this side.
    pub close: Duration,
}

impl Default for Timing {
    /// Five seconds outlast two lost packets of a TCP handshake (1 s and 2 s, RFC 6298); the other figures are those
    /// of the server.
    fn default() -> Self {
        Self {
            dial: Duration::from_secs(5),
            reach: Duration::from_secs(10),
            greeting: Duration::from_secs(10),
            ping_after: Duration::from_millis(PING_AFTER_MS),
            dead_after: Duration::from_millis(DEAD_AFTER_MS),
            write_stall: Duration::from_secs(20),
            close: Duration::from_secs(5),
        }
    }
}

/// The sending half of one connection. Dropping it ends the connection once everything handed over has left.
#[derive(Debug)]
pub struct Link {
    frames: mpsc::Sender<ClientMessage>,
    /// Dropped with the link, which ends an attempt that has not come to anything yet.
    _alive: oneshot::Sender<Infallible>,
}

impl Link {
    /// Hands a message over, or gives it back when the queue is full or the connection is gone.
    pub fn send(&self, message: ClientMessage) -> Result<(), ClientMessage> {
        self.frames.try_send(message).map_err(mpsc::error::TrySendError::into_inner)
    }
}

/// Starts one attempt and, when it succeeds, one connection. Must be called inside a Tokio runtime.
///
/// `caps` is what this client tells the server that it can do.
/// Every event carries `generation`, so that the events of an older connection can be told from those of a newer one.
/// The last event is exactly one [`NetEvent::Failed`] or [`NetEvent::Lost`], also after the [`Link`] was dropped. While
/// `events` is full nothing is read from the server, which then waits in turn.
pub fn spawn(
    target: Target,
    trust: TrustStore,
    caps: Caps,
    generation: u64,
    events: mpsc::Sender<(u64, NetEvent)>,
) -> Link {
    spawn_with(target, trust, caps, generation, events, Timing::default())
}

/// [`spawn`] with other deadlines.
pub fn spawn_with(
    target: Target,
    trust: TrustStore,
    caps: Caps,
    generation: u64,
    events: mpsc::Sender<(u64, NetEvent)>,
    timing: Timing,
) -> Link {
    let (frames, queue) = mpsc::channel(LINK_QUEUE);
    let (alive, dropped) = oneshot::channel();
    let report = Report { generation, events };
    let at_work = report.clone();
    let work = tokio::spawn(async move { attempt((&target, &trust, caps), timing, queue, dropped, &at_work).await });
    tokio::spawn(async move {
        // A connection whose task has failed is lost like any other, and must not look alive.
        let last = work.await.unwrap_or_else(|_| NetEvent::Lost("this program has a fault".to_owned()));
        report.send(last).await;
    });
    Link { frames, _alive: alive }
}

/// Runs until there is a last thing to say.
async fn attempt(
    (target, trust, caps): (&Target, &TrustStore, Caps),
    timing: Timing,
    queue: mpsc::Receiver<ClientMessage>,
    dropped: oneshot::Receiver<Infallible>,
    report: &Report,
) -> NetEvent {
    let greeted = tokio::select! {
        outcome = connect::connect(target, trust, caps, &timing) => outcome,
        _ = dropped => return NetEvent::Lost("given up before the server answered".into()),
    };
    let connect::Greeted { stream, read, welcome, trust, local, delay } = match greeted {
        Ok(greeted) => greeted,
        Err(error) => return NetEvent::Failed(error),
    };
    report.send(NetEvent::Connected { welcome, trust, local, delay }).await;
    NetEvent::Lost(connection::run(stream, (read, delay), queue, report, timing).await)
}

/// Where the events of one connection go.
#[derive(Clone)]
struct Report {
    generation: u64,
    events: mpsc::Sender<(u64, NetEvent)>,
}

impl Report {
    /// Waits for room. A receiver that has gone needs no events.
    async fn send(&self, event: NetEvent) {
        let _ = self.events.send((self.generation, event)).await;
    }
}
