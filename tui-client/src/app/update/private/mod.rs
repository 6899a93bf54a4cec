//! Private sessions: asked for, answered, open, ended.
//!
//! The server only introduces the two; what follows comes as events of the connection between the two clients, which are
//! named by the request they come from. Events of a session that is over mean nothing.

mod ask;
mod commands;
mod files;
mod talk;

use shared::id::{DeviceKey, OfferId};
use shared::message::{Meeting, Reason};
use shared::name::Name;

use super::Turn;
use crate::app::command::Verb;
use crate::app::effect::Effect;
use crate::app::model::{OpenPeer, PeerSession, PeerState};
use crate::app::moment::Mono;
use crate::app::peer::{Closed, KeyTrust, KnownKey, NoWay, Opened, PeerEvent, PeerOrder};
use crate::app::place::{Place, name, safe};
use crate::app::report::{Closing, Done, PeerNews, Report};
use crate::app::transcript::State;

pub(super) use ask::{answered, deadline, refused, request_ended, requested, server_lost, woke};
pub(super) use commands::run;
pub(super) use talk::{texted, typing};

/// Something was heard of a session.
pub(super) fn heard(turn: &mut Turn<'_>, offer: OfferId, event: PeerEvent) {
    let Some(user) = turn.model.peers.user_of(offer).cloned() else { return };
    let Some(state) = state_of(turn, &user) else { return };
    let is_due = match event {
        PeerEvent::Unable { .. } => matches!(state, PeerState::Asking { .. } | PeerState::Connecting { .. }),
        PeerEvent::Opened(_) | PeerEvent::NoWay(_) => matches!(state, PeerState::Connecting { .. }),
        PeerEvent::Closed(_) => matches!(state, PeerState::Connecting { .. } | PeerState::Open(_)),
        _ => matches!(state, PeerState::Open(_)),
    };
    if !is_due {
        return;
    }
    match event {
        PeerEvent::Unable { why } => ask::unable(turn, user, &why),
        PeerEvent::Opened(opened) => self::opened(turn, user, opened),
        PeerEvent::NoWay(no_way) => self::no_way(turn, user, no_way),
        PeerEvent::Said { text, kind } => talk::said(turn, user, &text, &kind),
        PeerEvent::Typing => super::typing::note(turn, Place::Private(user.clone()), user),
        PeerEvent::Delivered { n } => talk::delivered(turn, &user, n),
        PeerEvent::Delay(delay) => {
            if let Some(PeerState::Open(open)) = state_of(turn, &user) {
                open.delay = Some(delay);
            }
        }
        PeerEvent::Closed(closed) => self::closed(turn, user, closed),
        PeerEvent::FileOffered { file, name, size } => files::offered(turn, user, (offer, file), &name, size),
        PeerEvent::FileOffering { file, name, size } => files::offering(turn, (offer, file), &name, size),
        PeerEvent::FileMoved { file, done } => files::moved(turn, (offer, file), done),
        PeerEvent::FileDone { file, path } => files::done(turn, (offer, file), path.as_deref()),
        PeerEvent::FileRefused { file } => files::declined(turn, (offer, file)),
        PeerEvent::FileFailed { file, why, code } => files::failed(turn, (offer, file), &why, code),
    }
}

/// The remembered keys of users of this server.
pub(super) fn keys(turn: &mut Turn<'_>, keys: Vec<(String, KnownKey)>) {
    turn.model.peers.known = keys.into_iter().map(|(user, key)| (name(&user), key)).collect();
}

fn order(turn: &mut Turn<'_>, order: PeerOrder) {
    turn.effects.push(Effect::Peer(order));
}

fn tell(turn: &mut Turn<'_>, user: &Name, news: PeerNews) {
    turn.report(Report::Peer { user: user.clone(), news });
}

fn state_of<'a>(turn: &'a mut Turn<'_>, user: &Name) -> Option<&'a mut PeerState> {
    turn.model.peers.sessions.get_mut(user).map(|session| &mut session.state)
}

/// How a key compares with the one that is remembered.
fn judge(turn: &Turn<'_>, user: &Name, key: DeviceKey) -> KeyTrust {
    match turn.model.peers.known.get(user) {
        None => KeyTrust::New,
        Some(known) if known.key != key => KeyTrust::Changed { was_verified: known.verified },
        Some(KnownKey { verified: true, .. }) => KeyTrust::Verified,
        Some(_) => KeyTrust::Known,
    }
}

/// Remembers a key, in place of the one before.
fn remember(turn: &mut Turn<'_>, user: &Name, key: DeviceKey, verified: bool) {
    turn.model.peers.known.insert(user.clone(), KnownKey { key, verified });
    order(turn, PeerOrder::Remember { user: user.as_str().to_owned(), key, verified });
}

/// Both sides have said yes. A meeting that this user has not agreed to is not followed.
pub(super) fn meet(turn: &mut Turn<'_>, meeting: Meeting) {
    let Some(me) = turn.model.me.as_ref().map(|me| me.as_str().to_owned()) else { return };
    let user = name(&meeting.name);
    let now = turn.now.mono;
    let Some(session) = turn.model.peers.sessions.get_mut(&user) else { return };
    let is_expected = match session.state {
        // Where both ask at once it comes under the other one's request.
        PeerState::Asking { .. } => true,
        PeerState::Connecting { .. } => session.offer == meeting.offer,
        PeerState::Open(_) | PeerState::Closed { .. } => false,
    };
    if !is_expected {
        return;
    }
    session.offer = meeting.offer;
    session.initiator = meeting.initiator;
    session.state = PeerState::Connecting { since: now };
    turn.model.peers.requests.retain(|request| request.offer != meeting.offer && request.from != user);
    order(turn, PeerOrder::Meet { meeting, me });
}

fn opened(turn: &mut Turn<'_>, user: Name, Opened { address, words, key }: Opened) {
    let trust = judge(turn, &user, key);
    if matches!(trust, KeyTrust::New | KeyTrust::Changed { .. }) {
        remember(turn, &user, key, false);
    }
    let address = safe(&address);
    let Some(session) = turn.model.peers.sessions.get_mut(&user) else { return };
    let open = OpenPeer { address: address.as_str().to_owned(), words, key, trust, delay: None };
    session.state = PeerState::Open(open);
    let files = std::mem::take(&mut session.files);
    turn.model.conversations.open(&Place::Private(user.clone()));
    tell(turn, &user, PeerNews::Open { address, words, trust });
    for path in files {
        files::send(turn, &user, path, false);
    }
}

fn no_way(turn: &mut Turn<'_>, user: Name, NoWay { tried, help }: NoWay) {
    let why = if tried.is_empty() { "no route".to_owned() } else { format!("no route; tried {}", tried.join(", ")) };
    let why = safe(&why);
    end(turn, &user, why.as_str());
    tell(turn, &user, PeerNews::Failed { why, help });
}

fn closed(turn: &mut Turn<'_>, user: Name, closed: Closed) {
    let closing = match closed {
        Closed::Here => Closing::Here,
        Closed::There(reason) => Closing::There(reason),
        Closed::Broke(why) => Closing::Lost(safe(&why)),
    };
    let why = match &closing {
        Closing::Here => "you ended it".to_owned(),
        Closing::There(reason) if *reason == Reason::STOPPED => format!("{user} ended it"),
        Closing::There(reason) if *reason == Reason::LOGGED_OUT => format!("{user} logged out"),
        Closing::There(reason) => format!("{user} ended it ({})", safe(reason.as_str()).as_str()),
        Closing::Lost(why) => why.as_str().to_owned(),
    };
    let undelivered = end(turn, &user, &why);
    tell(turn, &user, PeerNews::Closed(closing));
    if undelivered > 0 {
        tell(turn, &user, PeerNews::Undelivered(undelivered));
    }
    let session = turn.model.peers.sessions.get_mut(&user);
    if session.is_some_and(|session| std::mem::take(&mut session.is_stopping)) {
        turn.report(Report::Done(Done { user: Some(user), ..Done::new(Verb::Stopprivate) }));
    }
}

/// Marks a session as over, and what it has not delivered. Answers how many texts those are.
fn end(turn: &mut Turn<'_>, user: &Name, why: &str) -> usize {
    files::session_ended(turn, user);
    super::typing::arrived(turn, &Place::Private(user.clone()), user);
    let Some(session) = turn.model.peers.sessions.get_mut(user) else { return 0 };
    session.state = PeerState::Closed { why: safe(why) };
    session.files.clear();
    let (unacked, awaited) = (std::mem::take(&mut session.unacked), std::mem::take(&mut session.awaited));
    let transcript = &mut turn.model.conversations.open(&Place::Private(user.clone())).transcript;
    for line in unacked.values() {
        transcript.set_state(*line, State::Undelivered);
    }
    for _ in awaited {
        talk::not_delivered(turn, user, why);
    }
    unacked.len()
}

/// Ends every session: the user leaves. What the other sides are told leaves before the program does.
pub(super) fn close_all(turn: &mut Turn<'_>) {
    let alive = |(user, session): (&Name, &PeerSession)| session.is_alive().then(|| user.clone());
    let users: Vec<Name> = turn.model.peers.sessions.iter().filter_map(alive).collect();
    for user in users {
        close(turn, &user, Reason::LOGGED_OUT);
    }
    turn.model.peers.requests.clear();
}

/// Ends what there is with a user, and says why to the other side.
pub(super) fn close(turn: &mut Turn<'_>, user: &Name, reason: Reason) {
    let Some(session) = turn.model.peers.sessions.get(user) else { return };
    let offer = session.offer;
    match session.state {
        // It is over when its last word has left.
        PeerState::Open(_) => order(turn, PeerOrder::Close { offer, reason }),
        PeerState::Connecting { .. } => {
            order(turn, PeerOrder::Forget { offer });
            end(turn, user, "you ended it");
            tell(turn, user, PeerNews::Closed(Closing::Here));
        }
        PeerState::Asking { .. } => {
            ask::withdraw(turn, user, offer);
            end(turn, user, "you took the request back");
        }
        PeerState::Closed { .. } => {}
    }
}

/// When a request of this side expires.
fn until(turn: &Turn<'_>) -> Mono {
    turn.now.mono.after(std::time::Duration::from_millis(shared::limits::PRIVATE_ASK_MS))
}
