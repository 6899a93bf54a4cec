//! Between the network and the model: what one says in the words of the other.

use shared::error::Code;
use shared::message::ClientMessage;

use crate::app::moment::Jitter;
use crate::app::msg::{Fault, Msg, Trust};
use crate::net::{self, ConnectError, NetEvent};

/// The sending half of a connection. Dropping it ends the connection once everything handed over has left.
pub trait Wire {
    /// Hands a message over, or gives it back when there is no room or no connection.
    fn send(&self, message: ClientMessage) -> Result<(), ClientMessage>;
}

impl Wire for net::Link {
    fn send(&self, message: ClientMessage) -> Result<(), ClientMessage> {
        Self::send(self, message)
    }
}

/// Tells the model what the network says; nothing when no face shows it.
pub(super) fn message(event: NetEvent, jitter: Jitter) -> Option<Msg> {
    Some(match event {
        NetEvent::Connected { welcome, trust, .. } => Msg::Connected { welcome, trust: judged(trust) },
        NetEvent::Failed(error) => Msg::NotConnected { fault: fault(error), jitter },
        NetEvent::Message(message) => Msg::Server(message),
        NetEvent::Lost(why) => Msg::Lost { why, jitter },
        NetEvent::Delay(_) => return None,
    })
}

fn judged(trust: net::Trust) -> Trust {
    match trust {
        net::Trust::Known => Trust::Known,
        net::Trust::FirstUse(key) => Trust::FirstUse { fingerprint: key.to_string() },
        net::Trust::Pinned(_) => Trust::Pinned,
        net::Trust::None => Trust::NoTls,
    }
}

/// A server that is being restarted may answer with anything; only what will not change by itself is hopeless.
fn fault(error: ConnectError) -> Fault {
    // What is a sentence already, of a server or about a file, is put into another one like the rest.
    let why = error.to_string().trim_end_matches('.').to_owned();
    match error {
        ConnectError::NobodyListens { .. } => Fault::NobodyListens(why),
        ConnectError::Unreachable { .. } | ConnectError::NotTern { .. } => Fault::Unreachable(why),
        ConnectError::Refused { code, .. } if code == Code::BUSY.as_str() => Fault::Unreachable(why),
        ConnectError::Refused { .. } | ConnectError::TrustFile(_) => Fault::Hopeless(why),
        ConnectError::KeyChanged { address, expected, found } => Fault::KeyChanged { address, expected, found },
    }
}
