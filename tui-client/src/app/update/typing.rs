//! Who is typing: said of this user where it may be, and taken in of others. Nothing of it is reported; a screen reads the
//! model.

use shared::message::ClientMessage;
use shared::name::Name;

use super::{Turn, private};
use crate::app::place::{Place, name};

/// The user types a text in a conversation. The face has made sure that it is no command.
pub(super) fn typed(turn: &mut Turn<'_>, place: &Place) {
    if !turn.model.settings.typing || !can_be_told(turn, place) || !turn.model.typing.is_due(place, turn.now.mono) {
        return;
    }
    match (place, place.to_wire()) {
        (Place::Private(user), _) => private::typing(turn, user),
        (_, Some(conv)) => turn.send(ClientMessage::Typing { conv }),
        (_, None) => {}
    }
}

/// The user wants it, or wants nothing of it any more.
pub(super) fn set(turn: &mut Turn<'_>, is_on: bool) {
    turn.model.settings.typing = is_on;
    if !is_on {
        turn.model.typing.stop(|_, _| true);
    }
}

/// Whether there is anybody who could be told.
fn can_be_told(turn: &Turn<'_>, place: &Place) -> bool {
    let model = &turn.model;
    match place {
        Place::Private(user) => model.peers.open(user).is_some(),
        Place::Room(_) => *place == Place::lobby() && model.can_request() && model.typing.is_served,
        Place::With(user) => {
            let is_there = model.users.contains_key(user) && !model.blocked.contains(user);
            is_there && model.can_request() && model.typing.is_served
        }
    }
}

/// The server says that somebody types.
pub(super) fn heard(turn: &mut Turn<'_>, conv: &str, from: &str) {
    let from = name(from);
    let Some(place) = Place::from_wire(conv) else { return };
    let is_possible = match &place {
        Place::With(user) => *user == from,
        Place::Room(_) => place == Place::lobby(),
        Place::Private(_) => false,
    };
    let model = &turn.model;
    let is_there = model.users.contains_key(&from) && !model.blocked.contains(&from);
    if is_possible && is_there && model.me.as_ref() != Some(&from) {
        note(turn, place, from);
    }
}

/// Somebody types in a conversation that exists.
pub(super) fn note(turn: &mut Turn<'_>, place: Place, from: Name) {
    if turn.model.settings.typing {
        turn.model.typing.heard(place, from, turn.now.mono);
    }
}

/// A text of this user has come: it is typed no more.
pub(super) fn arrived(turn: &mut Turn<'_>, place: &Place, from: &Name) {
    turn.model.typing.stop(|where_, who| where_ == place && who == from);
}

/// A user is offline. A private session does not need the server.
pub(super) fn left(turn: &mut Turn<'_>, user: &Name) {
    turn.model.typing.stop(|place, who| who == user && !matches!(place, Place::Private(_)));
}

/// The connection to the server is gone, and what was known through it.
pub(super) fn server_lost(turn: &mut Turn<'_>) {
    turn.model.typing.is_served = false;
    turn.model.typing.stop(|place, _| !matches!(place, Place::Private(_)));
}
