//! Private sessions: asked for, answered, open, ended; what is said in them, and files.

use shared::id::{ClientId, OfferId};
use shared::message::{Meeting, Reason};

use super::Turn;
use crate::app::peer::{KnownKey, PeerEvent};
use crate::app::place::name;
use shared::name::Name;

/// The server tells of a request of another user.
pub(super) fn requested(
    _turn: &mut Turn<'_>,
    _offer: OfferId,
    _from: &str,
    _key: shared::id::DeviceKey,
    _wait_ms: u64,
) {
}

/// Both sides have said yes.
pub(super) fn meet(_turn: &mut Turn<'_>, _meeting: Meeting) {}

/// Nothing comes of a request.
pub(super) fn ended(_turn: &mut Turn<'_>, _offer: OfferId, _reason: Reason) {}

/// Something was heard of a session.
pub(super) fn heard(_turn: &mut Turn<'_>, _offer: OfferId, _event: PeerEvent) {}

/// The remembered keys of users of this server.
pub(super) fn keys(turn: &mut Turn<'_>, keys: Vec<(String, KnownKey)>) {
    turn.model.peers.known = keys.into_iter().map(|(user, key)| (name(&user), key)).collect();
}

/// A text typed in the tab of a private session.
pub(super) fn texted(_turn: &mut Turn<'_>, _user: Name, _text: String, _action: bool, _cid: ClientId) {}
