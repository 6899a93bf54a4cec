//! What changes by itself, as long as it can be seen: sentences that go away, and countdowns. There is no tick.

use crate::app::model::{Link, Login, Model, PeerState};
use crate::app::moment::Mono;
use crate::app::place::Place;
use crate::tui::state::{Armed, Asked, FormMessage, Screen, State};

/// When the next thing changes that is visible now; nothing when nothing does.
pub fn deadline(state: &State, model: &Model, now: Mono) -> Option<Mono> {
    let toast = state.toast.as_ref().map(|toast| toast.until);
    let armed = match state.armed {
        Some(Armed::Quit { until }) => Some(until),
        Some(Armed::Send { .. }) | None => None,
    };
    let locked = match state.form.message {
        Some(FormMessage::Locked { until }) if state.screen == Screen::Login => next_second(until, now),
        _ => None,
    };
    let link = match model.link {
        Link::Resting { until } => next_second(until, now),
        Link::Down | Link::Dialling | Link::Up => None,
    };
    let login = match model.login {
        Login::Again(until) => next_second(until, now),
        Login::Waiting | Login::Asking(_) | Login::In(_) | Login::Over(_) => None,
    };
    let idle = model.idle().and_then(|(warn, end)| if now < warn { Some(warn) } else { next_second(end, now) });
    // The card on top and the head of the tab count down.
    let card = match Asked::first(model) {
        Some(Asked::Session(request)) => next_second(request.until, now),
        Some(Asked::File(_)) | None => None,
    };
    let front = model.conversations.front();
    let session = front.user().filter(|_| front.to_wire().is_none()).and_then(|user| model.peers.sessions.get(user));
    let asking = session.and_then(|session| match session.state {
        PeerState::Asking { until } => next_second(until, now),
        _ => None,
    });
    // The row over the input, and the mark of a direct conversation beside a name.
    let is_seen = |place: &Place| place == front || matches!(place, Place::With(_));
    let typing = model.typing.next_end(is_seen, now);
    [toast, armed, locked, link, login, idle, card, asking, typing].into_iter().flatten().min()
}

/// Takes away what is over.
pub fn expire(state: &mut State, now: Mono) {
    state.toast.take_if(|toast| now >= toast.until);
    state.armed.take_if(|armed| matches!(armed, Armed::Quit { until } if now >= *until));
    state.form.message.take_if(|message| matches!(message, FormMessage::Locked { until } if now >= *until));
}

/// The next moment at which a countdown to `end` shows another second.
fn next_second(end: Mono, now: Mono) -> Option<Mono> {
    let left = end.0.checked_sub(now.0).filter(|left| *left > 0)?;
    Some(Mono(end.0 - (left - 1) / 1000 * 1000))
}
