//! Texts: own ones on their way, others' as they come, each shown once and acknowledged.

use shared::error::Code;
use shared::id::{ClientId, RequestId, Seq, UnixMs};
use shared::message::{ClientMessage, Entry, Kind, Outcome, Refusal};
use shared::text::{Lines, SafeText};

use super::{Turn, answers, idle, private, typing};
use crate::app::command::Verb;
use crate::app::effect::Effect;
use crate::app::model::{Model, Purpose, TextLine};
use crate::app::place::{Place, name, safe};
use crate::app::report::{Done, Manner, Report, Said, Why};
use crate::app::transcript::{Incoming, State, Transcript};

/// A text from a tab goes to the conversation of that tab, and nowhere else.
pub(super) fn texted(turn: &mut Turn<'_>, place: Place, text: String, action: bool, cid: ClientId) {
    let verb = match &place {
        Place::Private(user) => return private::texted(turn, user.clone(), text, action),
        _ if action => Verb::Me,
        Place::Room(_) => Verb::Broadcast,
        Place::With(_) => Verb::Message,
    };
    if let Some((code, why)) = super::commands::not_now(turn.model) {
        return turn.refuse(code, Some(verb), why);
    }
    let kind = if action { Kind::ACTION } else { Kind::TEXT };
    if let Some(to) = place.to_wire() {
        say_to(turn, verb, place, to, text, kind, cid);
    }
}

/// Sends a text to the lobby.
pub(super) fn say_to_lobby(turn: &mut Turn<'_>, verb: Verb, text: String, kind: Kind, cid: ClientId) {
    let place = Place::lobby();
    if let Some(to) = place.to_wire() {
        say_to(turn, verb, place, to, text, kind, cid);
    }
}

/// Sends a text to a user, by the name as it was typed.
pub(super) fn say(turn: &mut Turn<'_>, verb: Verb, place: Place, to: &str, text: String, kind: Kind, cid: ClientId) {
    say_to(turn, verb, place, format!("@{to}"), text, kind, cid);
}

fn say_to(turn: &mut Turn<'_>, verb: Verb, place: Place, to: String, text: String, kind: Kind, cid: ClientId) {
    if let Some(why) = too_long(turn.model, &text) {
        return match place {
            Place::With(user) | Place::Private(user) => turn.refuse_about(Code::TOO_LONG, verb, user, why),
            Place::Room(_) => turn.refuse(Code::TOO_LONG, Some(verb), why),
        };
    }
    let Some(me) = turn.model.me.clone() else { return };
    if let Some(user) = place.user().filter(|user| turn.model.is_hint_due(user)) {
        turn.report(Report::CannotAnswer { name: user.clone() });
    }
    let shown = SafeText::new(&text, Lines::Many);
    let transcript = &mut turn.model.conversations.open(&place).transcript;
    let line = transcript.begin(turn.now.wall, me, shown, kind == Kind::ACTION);
    let purpose = Purpose::Text(TextLine { verb, place, line });
    turn.request(purpose, |id| ClientMessage::Send { id, cid, to, text, kind });
}

/// Whether this server takes less than the table of commands allows.
fn too_long(model: &Model, text: &str) -> Option<Why> {
    let (bytes, lines, limits) = (text.len(), text.split('\n').count(), model.limits);
    let sentence = if bytes > limits.bytes {
        format!("{bytes} bytes, at most {} are allowed", limits.bytes)
    } else if lines > limits.lines {
        format!("{lines} lines, at most {} are allowed", limits.lines)
    } else {
        return None;
    };
    Some(Why::Text(safe(&sentence)))
}

/// An own text is durable.
pub(super) fn sent(turn: &mut Turn<'_>, re: RequestId, conv: &str, (seq, at): (Seq, UnixMs), outcome: Outcome) {
    let Some(request) = turn.model.requests.end(re) else { return };
    let Purpose::Text(TextLine { verb, place, line }) = request.purpose else { return };
    idle::told(turn, request.sent);
    let conversation = turn.model.conversations.open(&place);
    conversation.transcript.confirm(line, seq, at, state(&outcome));
    // The server names the other side as it is registered, however it was typed.
    conversation.place = Place::from_wire(conv).filter(|shown| *shown == place).unwrap_or(place);
    let user = conversation.place.user().cloned();
    // "Everyone" is what a broadcast means; only another end is worth a word.
    let outcome = (outcome != Outcome::EVERYONE).then_some(outcome);
    turn.report(Report::Done(Done { user, outcome, ..Done::new(verb) }));
}

fn state(outcome: &Outcome) -> State {
    if *outcome == Outcome::DELIVERED {
        State::Delivered
    } else if *outcome == Outcome::STORED {
        State::Stored
    } else if *outcome == Outcome::PARTIAL {
        State::Partial
    } else {
        State::Sent
    }
}

/// An own text was refused.
pub(super) fn refused(turn: &mut Turn<'_>, line: TextLine, refusal: &Refusal) {
    let TextLine { verb, place, line } = line;
    let transcript = &mut turn.model.conversations.open(&place).transcript;
    transcript.refuse(line, refusal.code.clone(), safe(&refusal.text));
    answers::command_refused(turn, verb, place.user().cloned(), refusal);
}

/// What was in doubt after a lost connection is on its way again.
pub(super) fn resume(turn: &mut Turn<'_>) {
    turn.model.conversations.transcripts().for_each(Transcript::resume);
}

/// Somebody said something, or it waited for this login.
pub(super) fn received(turn: &mut Turn<'_>, entry: Entry) {
    super::presence::roster_ends(turn);
    let Some(place) = Place::from_wire(&entry.conv) else { return };
    let (seq, conversation, stored) = (entry.seq, entry.conv.clone(), entry.stored);
    let said = Said {
        manner: if stored { Manner::Stored } else { Manner::Live },
        place,
        from: name(&entry.from),
        text: SafeText::new(&entry.text, Lines::Many),
        action: entry.kind == Kind::ACTION,
        at: entry.at,
    };
    let is_own = turn.model.me.as_ref() == Some(&said.from);
    let state = match (is_own, stored) {
        // Its answer was lost, and the log was quicker than the second one.
        (true, _) => State::Sent,
        (false, true) => State::Waited,
        (false, false) => State::Received,
    };
    if said.place == Place::lobby() {
        turn.model.lobby_heard = turn.model.lobby_heard.max(Some(seq));
    }
    typing::arrived(turn, &said.place, &said.from);
    if take(turn.model, seq, &said, state) && !is_own {
        turn.model.conversations.count_unread(&said.place);
        turn.report(Report::Said(said.clone()));
    }
    // Also for one that was shown before: the server sends it again because it does not know.
    acknowledge(turn, &said.place, conversation, seq);
}

/// Takes a text into its transcript. Answers whether it was new.
pub(super) fn take(model: &mut Model, seq: Seq, said: &Said, state: State) -> bool {
    let Said { from, text, action, at, .. } = said.clone();
    let transcript = &mut model.conversations.open(&said.place).transcript;
    transcript.take(Incoming { seq, from, text, action, at, state })
}

/// Only direct conversations have a cursor: what was said in the lobby before a login is history.
fn acknowledge(turn: &mut Turn<'_>, place: &Place, conversation: String, seq: Seq) {
    if place.user().is_some() {
        turn.effects.push(Effect::Acknowledge { conversation, seq });
    }
}
