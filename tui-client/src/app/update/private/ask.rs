//! Asking for a private session, and being asked.

use std::time::Duration;

use shared::error::Code;
use shared::id::{DeviceKey, OfferId};
use shared::message::{ClientMessage, Reason, Refusal};
use shared::name::Name;

use super::super::answers;
use super::{Turn, judge, order, tell, until};
use crate::app::command::Verb;
use crate::app::model::{AcceptPeers, Model, PeerRequest, PeerSession, PeerState, Purpose};
use crate::app::moment::Mono;
use crate::app::peer::{KeyTrust, PeerOrder};
use crate::app::place::{Place, name, safe};
use crate::app::report::{Done, PeerNews, Report, Why};

/// Requests of others that are kept. The server keeps as many.
const REQUESTS: usize = 8;

/// An own request is over this much after its time, if the server does not say so: an answer of the last moment is still
/// on its way.
const GRACE: Duration = Duration::from_secs(5);

/// Two who both said yes find each other within ten seconds or not at all; after this the server has said too little.
const MEETING: Duration = Duration::from_secs(15);

/// Asks for a session. Files are offered as soon as it stands.
pub(in crate::app::update) fn asked_for(
    turn: &mut Turn<'_>,
    typed: String,
    verb: Verb,
    offer: OfferId,
    files: Vec<String>,
) {
    let user = name(&typed);
    let existing = turn.model.peers.sessions.get(&user).map(|session| &session.state);
    match existing {
        Some(PeerState::Open(_)) => return turn.refuse_about(Code::ALREADY_OPEN, verb, user, Why::Plain),
        Some(PeerState::Asking { .. } | PeerState::Connecting { .. }) => {
            return turn.refuse_about(Code::ALREADY_ASKED, verb, user, Why::Plain);
        }
        Some(PeerState::Closed { .. }) | None => {}
    }
    if turn.model.peers.requests.iter().any(|request| request.from == user) {
        // Both want the same.
        return accept(turn, &user, verb, files);
    }
    let mut session = PeerSession::new(offer, PeerState::Asking { until: until(turn) }, true);
    session.files = files;
    let id = begin(turn, verb, &user, offer, true);
    session.request = Some(id);
    turn.model.peers.sessions.insert(user.clone(), session);
    if turn.model.settings.on_screen && verb == Verb::Startprivate {
        turn.model.conversations.show(&Place::Private(user));
    }
    order(turn, PeerOrder::Ask { id, offer, name: typed });
}

fn begin(turn: &mut Turn<'_>, verb: Verb, user: &Name, offer: OfferId, by_command: bool) -> shared::id::RequestId {
    let purpose = Purpose::Private { verb, user: user.clone(), offer, by_command };
    turn.model.requests.begin(purpose, turn.now.mono)
}

/// Says yes to the oldest request of a user.
pub(super) fn accept(turn: &mut Turn<'_>, user: &Name, verb: Verb, files: Vec<String>) {
    let requests = &mut turn.model.peers.requests;
    let Some(index) = requests.iter().position(|request| request.from == *user) else {
        return turn.refuse_about(Code::NO_REQUEST, verb, user.clone(), Why::Plain);
    };
    let PeerRequest { offer, from, .. } = requests.remove(index);
    say_yes(turn, from, offer, verb, files, true);
}

fn say_yes(turn: &mut Turn<'_>, user: Name, offer: OfferId, verb: Verb, files: Vec<String>, by_command: bool) {
    let mut session = PeerSession::new(offer, PeerState::Connecting { since: turn.now.mono }, false);
    session.files = files;
    let id = begin(turn, verb, &user, offer, by_command);
    session.request = Some(id);
    turn.model.peers.sessions.insert(user.clone(), session);
    if turn.model.settings.on_screen {
        turn.model.conversations.open(&Place::Private(user));
    }
    order(turn, PeerOrder::Accept { id, offer });
}

/// Says no to the oldest request of a user.
pub(super) fn decline(turn: &mut Turn<'_>, user: &Name) {
    let requests = &mut turn.model.peers.requests;
    let Some(index) = requests.iter().position(|request| request.from == *user) else {
        return turn.refuse_about(Code::NO_REQUEST, Verb::Decline, user.clone(), Why::Plain);
    };
    let offer = requests.remove(index).offer;
    let id = begin(turn, Verb::Decline, user, offer, true);
    turn.send(ClientMessage::PrivateDecline { id, offer });
}

/// Takes the own request back. Its answer is nobody's business.
pub(super) fn withdraw(turn: &mut Turn<'_>, user: &Name, offer: OfferId) {
    end_request(turn, user);
    order(turn, PeerOrder::Forget { offer });
    if turn.model.can_send() {
        let id = begin(turn, Verb::Stopprivate, user, offer, false);
        turn.send(ClientMessage::PrivateDecline { id, offer });
    }
}

/// Forgets the request to the server that has no answer; a command that waits for it is answered.
fn end_request(turn: &mut Turn<'_>, user: &Name) {
    let session = turn.model.peers.sessions.get_mut(user);
    let Some(id) = session.and_then(|session| session.request.take()) else { return };
    if let Some(request) = turn.model.requests.end(id)
        && let Purpose::Private { verb, by_command: true, .. } = request.purpose
    {
        turn.report(Report::Done(Done { user: Some(user.clone()), ..Done::new(verb) }));
    }
}

/// The server took a request about a session.
pub(in crate::app::update) fn answered(turn: &mut Turn<'_>, verb: Verb, user: Name, by_command: bool) {
    if let Some(session) = turn.model.peers.sessions.get_mut(&user) {
        session.request = None;
    }
    if by_command {
        turn.report(Report::Done(Done { user: Some(user), ..Done::new(verb) }));
    }
}

/// The server refused a request about a session.
pub(in crate::app::update) fn refused(
    turn: &mut Turn<'_>,
    (verb, user, offer): (Verb, Name, OfferId),
    by_command: bool,
    refusal: &Refusal,
) {
    let is_this = turn.model.peers.sessions.get(&user).is_some_and(|session| session.offer == offer);
    if is_this && verb != Verb::Stopprivate {
        order(turn, PeerOrder::Forget { offer });
        if let Some(session) = turn.model.peers.sessions.get_mut(&user) {
            session.request = None;
        }
        super::end(turn, &user, &refusal.text);
    }
    if by_command {
        answers::command_refused(turn, verb, Some(user), refusal);
    }
}

/// This client cannot listen, or has no key.
pub(super) fn unable(turn: &mut Turn<'_>, user: Name, why: &str) {
    let Some(id) = turn.model.peers.sessions.get_mut(&user).and_then(|session| session.request.take()) else { return };
    let offer = turn.model.peers.sessions.get(&user).map(|session| session.offer);
    let request = turn.model.requests.end(id);
    super::end(turn, &user, why);
    if let Some(Purpose::Private { verb, .. }) = request.map(|request| request.purpose) {
        if let (Verb::Accept, Some(offer)) = (verb, offer) {
            let id = begin(turn, Verb::Decline, &user, offer, false);
            turn.send(ClientMessage::PrivateDecline { id, offer });
        }
        turn.refuse_about(Code::NO_PRIVATE, verb, user, Why::Text(safe(why)));
    }
}

/// A user asks for a session.
pub(in crate::app::update) fn requested(turn: &mut Turn<'_>, offer: OfferId, from: &str, key: DeviceKey, wait_ms: u64) {
    let from = name(from);
    if turn.model.peers.requests.len() >= REQUESTS {
        // The server keeps as many; one that sends more is not waited for.
        return;
    }
    let trust = judge(turn, &from, key);
    let is_wanted = match turn.model.settings.accept_peers {
        AcceptPeers::Ask => false,
        AcceptPeers::Verified => trust == KeyTrust::Verified,
        AcceptPeers::Always => !matches!(trust, KeyTrust::Changed { .. }),
    };
    let until = turn.now.mono.after(Duration::from_millis(wait_ms.min(shared::limits::PRIVATE_ASK_MS)));
    tell(turn, &from, PeerNews::Requested(trust));
    let is_busy = turn.model.peers.sessions.get(&from).is_some_and(PeerSession::is_alive);
    if is_wanted && !is_busy {
        return say_yes(turn, from, offer, Verb::Accept, Vec::new(), false);
    }
    turn.model.peers.requests.retain(|request| request.from != from);
    turn.model.peers.requests.push(PeerRequest { offer, from, trust, until });
}

/// The server says that nothing comes of a request.
pub(in crate::app::update) fn request_ended(turn: &mut Turn<'_>, offer: OfferId, reason: Reason) {
    let requests = &mut turn.model.peers.requests;
    if let Some(index) = requests.iter().position(|request| request.offer == offer) {
        let from = requests.remove(index).from;
        return tell(turn, &from, PeerNews::Ended(reason));
    }
    let Some(user) = turn.model.peers.user_of(offer).cloned() else { return };
    let is_waiting = turn
        .model
        .peers
        .sessions
        .get(&user)
        .is_some_and(|session| matches!(session.state, PeerState::Asking { .. } | PeerState::Connecting { .. }));
    if is_waiting {
        end_request(turn, &user);
        order(turn, PeerOrder::Forget { offer });
        super::end(turn, &user, &in_words(&user, &reason));
        tell(turn, &user, PeerNews::Ended(reason));
    }
}

fn in_words(user: &Name, reason: &Reason) -> String {
    match reason {
        reason if *reason == Reason::DECLINED => format!("{user} said no"),
        reason if *reason == Reason::EXPIRED => format!("{user} did not answer"),
        reason if *reason == Reason::OFFLINE => format!("{user} went offline"),
        reason if *reason == Reason::WITHDRAWN => "it was taken back".to_owned(),
        _ => "nothing came of it".to_owned(),
    }
}

/// The connection to the server is gone: what it was asked for is over, what stands goes on.
pub(in crate::app::update) fn server_lost(turn: &mut Turn<'_>) {
    turn.model.peers.requests.clear();
    let asking = |(user, session): (&Name, &PeerSession)| {
        matches!(session.state, PeerState::Asking { .. }).then(|| (user.clone(), session.offer))
    };
    let asked: Vec<(Name, OfferId)> = turn.model.peers.sessions.iter().filter_map(asking).collect();
    for (user, offer) in asked {
        order(turn, PeerOrder::Forget { offer });
        super::end(turn, &user, "the connection to the server broke");
        let why = safe("the connection to the server broke before an answer came");
        tell(turn, &user, PeerNews::Failed { why, help: "Ask again when it is back." });
    }
}

/// Requests that nobody has answered are over, whatever the server says.
pub(in crate::app::update) fn woke(turn: &mut Turn<'_>) {
    let now = turn.now.mono;
    while let Some(index) = turn.model.peers.requests.iter().position(|request| request.until <= now) {
        let from = turn.model.peers.requests.remove(index).from;
        tell(turn, &from, PeerNews::Ended(Reason::EXPIRED));
    }
    let late = |(user, session): (&Name, &PeerSession)| {
        due(session).is_some_and(|due| due <= now).then(|| (user.clone(), session.offer))
    };
    let late: Vec<(Name, OfferId)> = turn.model.peers.sessions.iter().filter_map(late).collect();
    for (_, offer) in late {
        request_ended(turn, offer, Reason::EXPIRED);
    }
}

/// When a session that does not come about is over, whatever the server says or does not say.
fn due(session: &PeerSession) -> Option<Mono> {
    match session.state {
        PeerState::Asking { until } => Some(until.after(GRACE)),
        PeerState::Connecting { since } => Some(since.after(MEETING)),
        PeerState::Open(_) | PeerState::Closed { .. } => None,
    }
}

/// When the next request is over.
pub(in crate::app::update) fn deadline(model: &Model) -> Option<Mono> {
    let own = model.peers.sessions.values().filter_map(due);
    model.peers.requests.iter().map(|request| request.until).chain(own).min()
}
