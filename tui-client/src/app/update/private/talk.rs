//! What is said in a private session. Nothing of it is written to a disk.

use std::ops::RangeInclusive;

use shared::error::Code;
use shared::message::Kind;
use shared::name::Name;
use shared::text::{Lines, SafeText};

use super::super::idle;
use super::{Turn, order};
use crate::app::command::Verb;
use crate::app::model::PeerState;
use crate::app::peer::PeerOrder;
use crate::app::place::{Place, safe};
use crate::app::report::{Done, Manner, Report, Said, Why};
use crate::app::transcript::{LineId, State};

/// Own texts that may be without an answer. The other side acknowledges at once; more means that it is not there.
const UNACKED: usize = 1000;

/// A text typed in the tab of a private session.
pub(in crate::app::update) fn texted(turn: &mut Turn<'_>, user: Name, text: String, action: bool) {
    say(turn, user, text, action, None);
}

/// Tells the other side that a text is being typed.
pub(in crate::app::update) fn typing(turn: &mut Turn<'_>, user: &Name) {
    if let Some(session) = turn.model.peers.sessions.get(user) {
        let offer = session.offer;
        order(turn, PeerOrder::Typing { offer });
    }
}

/// Says something. A command that is named waits until it has arrived.
pub(super) fn say(turn: &mut Turn<'_>, user: Name, text: String, action: bool, command: Option<Verb>) {
    let verb = command.unwrap_or(Verb::Private);
    let Some(me) = turn.model.me.clone() else { return };
    let peers = &turn.model.peers;
    if peers.open(&user).is_none() {
        return turn.refuse_about(Code::NO_SESSION, verb, user, Why::Plain);
    }
    if peers.sessions.get(&user).is_some_and(|session| session.unacked.len() >= UNACKED) {
        let why = Why::Text(safe("the other side takes nothing now"));
        return turn.refuse_about(Code::SLOW_DOWN, verb, user, why);
    }
    let shown = SafeText::new(&text, Lines::Many);
    let transcript = &mut turn.model.conversations.open(&Place::Private(user.clone())).transcript;
    let line = transcript.push(turn.now.wall, me, shown, action, State::Sending);
    send(turn, &user, line, text, action, command.is_some());
    idle::acted(turn);
}

/// Sends the text of a line that stands in the transcript.
fn send(turn: &mut Turn<'_>, user: &Name, line: LineId, text: String, action: bool, awaited: bool) {
    let Some(session) = turn.model.peers.sessions.get_mut(user) else { return };
    session.last_text += 1;
    let (offer, n) = (session.offer, session.last_text);
    session.unacked.insert(n, line);
    if awaited {
        session.awaited.insert(n);
    }
    let kind = if action { Kind::ACTION } else { Kind::TEXT };
    order(turn, PeerOrder::Say { offer, n, text, kind });
}

/// The other user says something.
pub(super) fn said(turn: &mut Turn<'_>, user: Name, text: &str, kind: &Kind) {
    let text = SafeText::new(text, Lines::Many);
    let place = Place::Private(user.clone());
    let (action, at) = (*kind == Kind::ACTION, turn.now.wall);
    super::super::typing::arrived(turn, &place, &user);
    let conversations = &mut turn.model.conversations;
    conversations.open(&place).transcript.push(at, user.clone(), text.clone(), action, State::Received);
    conversations.count_unread(&place);
    turn.report(Report::Said(Said { manner: Manner::Live, place, from: user, text, action, at }));
}

/// Own texts have reached the other client.
pub(super) fn delivered(turn: &mut Turn<'_>, user: &Name, n: u64) {
    let Some(session) = turn.model.peers.sessions.get_mut(user) else { return };
    let arrived: RangeInclusive<u64> = 0..=n;
    let lines: Vec<LineId> = session.unacked.range(arrived.clone()).map(|(_, line)| *line).collect();
    session.unacked.retain(|number, _| *number > n);
    let answered = session.awaited.range(arrived).count();
    session.awaited.retain(|number| *number > n);
    let transcript = &mut turn.model.conversations.open(&Place::Private(user.clone())).transcript;
    for line in lines {
        transcript.set_state(line, State::Delivered);
    }
    for _ in 0..answered {
        let done = Done::new(Verb::Private);
        let outcome = Some(shared::message::Outcome::DELIVERED);
        turn.report(Report::Done(Done { user: Some(user.clone()), outcome, ..done }));
    }
}

/// A text that a command waits for has not arrived.
pub(super) fn not_delivered(turn: &mut Turn<'_>, user: &Name, why: &str) {
    let why = Why::Text(safe(&format!("not delivered: {why}")));
    turn.refuse_about(Code::NOT_CONNECTED, Verb::Private, user.clone(), why);
}

/// Texts of this user that have not arrived: their lines, what they say, and whether they are actions.
fn undelivered(turn: &Turn<'_>, user: &Name) -> Vec<(LineId, String, bool)> {
    let place = Place::Private(user.clone());
    let Some(tab) = turn.model.conversations.get(&place) else { return Vec::new() };
    let lines = tab.transcript.lines().filter(|line| *line.state == State::Undelivered);
    lines.map(|line| (line.id, line.text.raw().to_owned(), line.action)).collect()
}

/// Sends again what has not arrived: through the session that stands, or through the server.
pub(super) fn resend(turn: &mut Turn<'_>, user: Name, typed: &str, cid: shared::id::ClientId) {
    let lines = undelivered(turn, &user);
    if lines.is_empty() {
        return turn.refuse_about(Code::NOTHING_TO_DO, Verb::Resend, user, Why::Plain);
    }
    let place = Place::Private(user.clone());
    let is_open =
        matches!(turn.model.peers.sessions.get(&user).map(|session| &session.state), Some(PeerState::Open(_)));
    if is_open {
        for (line, text, action) in lines {
            turn.model.conversations.open(&place).transcript.set_state(line, State::Sending);
            send(turn, &user, line, text, action, false);
        }
        return turn.report(Report::Done(Done { user: Some(user), ..Done::new(Verb::Resend) }));
    }
    if let Some((code, why)) = super::super::commands::not_now(turn.model) {
        return turn.refuse_about(code, Verb::Resend, user, why);
    }
    let is_sure = turn.model.peers.doubted.take() == Some(user.clone());
    if turn.model.settings.on_screen && !is_sure {
        let why = "the server could read it then; the same command again sends it";
        turn.model.peers.doubted = Some(user.clone());
        return turn.refuse_about(Code::NO_SESSION, Verb::Resend, user, Why::Text(safe(why)));
    }
    let remark = Some(crate::app::report::Remark::ThroughServer);
    turn.report(Report::Done(Done { user: Some(user.clone()), remark, ..Done::new(Verb::Resend) }));
    for (index, (line, text, action)) in (0_u16..).zip(lines) {
        turn.model.conversations.open(&place).transcript.set_state(line, State::Sent);
        let kind = if action { Kind::ACTION } else { Kind::TEXT };
        let cid = numbered(cid, index);
        super::super::chat::say(turn, Verb::Message, Place::With(user.clone()), typed, text, kind, cid);
    }
}

/// One id for each of several messages that come of one command.
fn numbered(shared::id::ClientId(mut bytes): shared::id::ClientId, index: u16) -> shared::id::ClientId {
    let [high, low] = index.to_be_bytes();
    bytes[14] ^= high;
    bytes[15] ^= low;
    shared::id::ClientId(bytes)
}
