//! Sockets: who may connect, TLS, and frames into checked requests.
//!
//! One task serves one connection. It knows no rules of chat: it reads frames, checks what can be checked without
//! knowing who is who, and passes [`Event`]s to the hub's bounded queue; when that is full, it stops reading its own
//! socket and nobody else's. What the hub has to say comes back through an [`Outbox`], which never makes the hub wait.
//!
//! Limits that are about sockets live here: how many may connect, how long each step may take, how large a frame may be,
//! how fast messages are read. What a session may do is decided by the rules.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use shared::caps::Caps;
use shared::message::Refusal;

use crate::chat::{Fresh, Input, SessionId};
use crate::names::Policy;

mod admission;
mod budget;
mod connection;
mod greet;
mod listen;
mod outbox;
mod pace;
mod penalty;
pub mod request;
#[cfg(test)]
pub(crate) mod simulated;
#[cfg(test)]
mod tests;
pub mod tls;
mod wire;

pub use budget::{Budget, TOTAL_OUTBOX_BYTES};
pub use listen::{CONNECTIONS, bind, connections_for, raise_file_limit, serve};
pub use outbox::{Mailbox, News, OUTBOX_BYTES, Offer, Outbox, outbox};
pub use pace::{Bucket, Rate};

/// What holds for connections, for people.
pub fn limits() -> Vec<(&'static str, String)> {
    [limits_of_strangers(), limits_of_sessions(), deadlines()].concat()
}

/// What holds before a login.
fn limits_of_strangers() -> Vec<(&'static str, String)> {
    use {admission as a, penalty as p};
    vec![
        (
            "without a login, dropped at random",
            format!("from {} on, all from {}", a::EARLY_DROP_FROM, a::EARLY_DROP_ALL),
        ),
        ("without a login, from one address", a::WAITING_PER_PLACE.to_string()),
        ("new connections from one address", rate(a::NEW_PER_PLACE)),
        ("addresses whose pace is known", a::PLACES.to_string()),
        ("a refused login costs its address", seconds(p::EACH)),
        ("and keeps it out from", format!("{} on, for {} at most", seconds(p::FROM), seconds(p::MOST))),
        ("addresses with refused logins", p::PLACES.to_string()),
        ("TLS handshakes at once", greet::HANDSHAKES.to_string()),
    ]
}

/// What holds for each session, and for all together.
fn limits_of_sessions() -> Vec<(&'static str, String)> {
    use connection as c;
    vec![
        ("messages of one session", rate(c::MESSAGES)),
        ("requests of one session", rate(c::FRAMES)),
        ("unanswered requests of one session", c::UNANSWERED.to_string()),
        ("of them for lists", c::UNANSWERED_LISTS.to_string()),
        ("waiting to be written to one session", bytes(OUTBOX_BYTES)),
        ("and further answers to its requests", bytes(outbox::ANSWER_RESERVE)),
        ("and answers to its pings", bytes(c::OWN_BYTES)),
        ("waiting to be written to all sessions", bytes(TOTAL_OUTBOX_BYTES)),
    ]
}

/// How long each step may take.
fn deadlines() -> Vec<(&'static str, String)> {
    use connection as c;
    vec![
        ("first byte, and TLS handshake, within", seconds(greet::HANDSHAKE)),
        ("hello within", seconds(c::HELLO)),
        ("login within", seconds(c::LOGIN)),
        ("a frame, from first to last byte, within", seconds(c::FRAME)),
        ("a reader who takes nothing is closed after", seconds(c::STALL)),
        ("ping after silence of", seconds(c::PING_AFTER)),
        ("connection taken for dead after", seconds(c::DEAD_AFTER)),
        ("an end takes at most", seconds(wire::CLOSE + wire::LINGER)),
    ]
}

fn seconds(span: Duration) -> String {
    format!("{} s", span.as_secs())
}

fn rate(rate: Rate) -> String {
    format!("{} at once, then {} a second", rate.burst, rate.per_second)
}

fn bytes(bytes: usize) -> String {
    format!("{bytes} bytes")
}

/// What connections tell the hub.
#[derive(Debug)]
pub enum Event {
    /// A client and the server agreed on a protocol.
    Opened {
        /// Its name from now on.
        session: SessionId,
        /// Where it comes from.
        address: SocketAddr,
        /// Tickets that nobody has seen yet.
        fresh: Box<Fresh>,
        /// What its client can do.
        caps: Caps,
        /// How to reach it.
        outbox: Outbox,
    },
    /// A request that the connection refused by itself. It goes through the hub, so that the answers to a session come
    /// in the order of its requests.
    Refused {
        /// Whose.
        session: SessionId,
        /// What to answer.
        refusal: Box<Refusal>,
    },
    /// Something for the rules, of a session that was opened before.
    Input(Input),
}

/// Whether limits hold for places other than loopback. Deadlines, frame sizes and the total of connections always hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Limits {
    /// They hold.
    #[default]
    On,
    /// No limits per address, no early drop, no pacing of messages: for benchmarks and classrooms.
    Off,
    /// They hold for loopback, too: where everybody comes through a tunnel that ends on this machine.
    Strict,
}

impl Limits {
    /// Whether this address is exempt.
    pub fn spare(self, address: IpAddr) -> bool {
        match self {
            Self::On => address.is_loopback(),
            Self::Off => true,
            Self::Strict => false,
        }
    }
}

/// How connections are served.
#[derive(Clone, Debug)]
pub struct Settings {
    /// TLS, or `None` for plain connections, which are served on loopback only.
    pub tls: Option<Arc<rustls::ServerConfig>>,
    /// Which names there are.
    pub names: Policy,
    /// Whether accounts can be registered; only told to clients here.
    pub register: bool,
    /// Whether limits hold.
    pub limits: Limits,
    /// The most connections at once; see [`connections_for`].
    pub connections: usize,
    /// The most bytes a session may owe to be written, normally [`OUTBOX_BYTES`].
    pub outbox_bytes: usize,
    /// The most that all may owe together, normally [`TOTAL_OUTBOX_BYTES`].
    pub budget: Budget,
}
