//! The one function that changes the model.
//!
//! This file dispatches: what happened goes to the module that knows about it. The modules work on a `Turn`, which
//! holds the model, the moment and the effects so far.

mod answers;
mod chat;
mod commands;
mod connection;
mod ending;
mod history;
mod hosting;
mod idle;
mod input;
mod login;
mod presence;
mod private;
mod queue;
mod search;
mod switching;
mod typing;

pub use switching::last_said;

use shared::error::Code;
use shared::id::RequestId;
use shared::message::{ClientMessage, Reason, ServerMessage};

use super::command::Verb;
use super::effect::Effect;
use super::exit::Exit;
use super::model::{Model, Purpose};
use super::moment::{Moment, Mono};
use super::msg::Msg;
use super::place::{Place, safe};
use super::report::{Aside, Done, Refused, Report, Why};

/// Tells the model what happened and answers what is to be done, in order.
pub fn update(model: &mut Model, msg: Msg, now: Moment) -> Vec<Effect> {
    let mut turn = Turn { model, now, effects: Vec::new() };
    match msg {
        Msg::Started => connection::start(&mut turn),
        Msg::Connected { welcome, trust } => connection::connected(&mut turn, &welcome, trust),
        Msg::NotConnected { fault, jitter } => connection::failed(&mut turn, fault, jitter),
        Msg::Lost { why, jitter } => connection::lost(&mut turn, why, jitter),
        Msg::Hosting { server, invite, log } => hosting::begun(&mut turn, server, invite, log),
        Msg::NotHosted { why } => hosting::failed(&mut turn, why),
        Msg::Noted(sentence) => turn.notice(&sentence),
        Msg::Server(message) => hear(&mut turn, message),
        Msg::Peer { offer, event } => private::heard(&mut turn, offer, event),
        Msg::PeerKeys(keys) => private::keys(&mut turn, keys),
        Msg::Line { text, cid } => input::line(&mut turn, &text, cid),
        Msg::Command { command, cid } => commands::run(&mut turn, command, cid),
        Msg::Unreadable(why) => input::unreadable(&mut turn, &why),
        Msg::Answered(answer) => input::answered(&mut turn, answer),
        Msg::Texted { place, text, action, cid } => chat::texted(&mut turn, place, text, action, cid),
        Msg::FormSent { name, password, register } => login::form_sent(&mut turn, name, password, register),
        Msg::ServerNamed(server) => connection::server_named(&mut turn, server),
        Msg::TabShown(place) => history::shown(&mut turn, &place),
        Msg::TabsRestored(places) => tabs_restored(&mut turn, &places),
        Msg::TabClosed(place) => tab_closed(&mut turn, &place),
        Msg::TabCleared(place) => turn.model.conversations.clear(&place),
        Msg::TabMoved(place, to) => turn.model.conversations.move_to(&place, to),
        Msg::TabPassed(place, unread) => turn.model.conversations.unread_again(&place, unread),
        Msg::OlderWanted(place) => history::older(&mut turn, &place),
        Msg::ReachWanted(place, seq) => history::reach(&mut turn, &place, seq),
        Msg::MoreFoundWanted => search::more(&mut turn),
        Msg::AroundWanted { place, seq } => search::around(&mut turn, place, seq),
        Msg::RetryWanted => connection::retry(&mut turn),
        Msg::LoginWanted => login::wanted(&mut turn),
        Msg::Typed => idle::acted(&mut turn),
        Msg::TextTyped(place) => {
            idle::acted(&mut turn);
            typing::typed(&mut turn, &place);
        }
        Msg::TypingSet(is_on) => typing::set(&mut turn, is_on),
        Msg::InputEnded => ending::input_ended(&mut turn),
        Msg::Interrupted => ending::interrupted(&mut turn),
        Msg::OutputClosed => ending::output_closed(&mut turn),
        Msg::Woke => woke(&mut turn),
    }
    login::send_parked(&mut turn);
    ending::leave_when_done(&mut turn);
    turn.effects
}

/// Dispatches what the server says.
fn hear(turn: &mut Turn<'_>, message: ServerMessage) {
    match message {
        ServerMessage::LoggedIn { re, name, timeout_ms, notice, ticket, device, lobby } => {
            login::done(turn, re, &name, timeout_ms, &notice);
            login::tickets(turn, ticket, device, lobby);
        }
        ServerMessage::Roster { users } => presence::roster(turn, users),
        ServerMessage::Ready { .. } => login::ready(turn),
        ServerMessage::Ok { re } => answers::ok(turn, re),
        ServerMessage::Error(refusal) => answers::refused(turn, refusal),
        ServerMessage::Sent { re, conv, seq, at, outcome } => chat::sent(turn, re, &conv, (seq, at), outcome),
        ServerMessage::Message(entry) => chat::received(turn, entry),
        ServerMessage::Users { re, users, more } => answers::users(turn, re, users, more),
        ServerMessage::Blocked { re, names, more } => answers::blocked(turn, re, &names, more),
        ServerMessage::History { re, messages, more, .. } => history::page(turn, re, messages, more),
        ServerMessage::Found { re, messages, next } => search::found(turn, re, &messages, next),
        ServerMessage::Queue { re, messages, more } => queue::listed(turn, re, messages, more),
        ServerMessage::Whois { re, user, created, last_seen } => answers::whois(turn, re, &user, created, last_seen),
        ServerMessage::Presence { here, gone } => presence::changed(turn, here, gone),
        ServerMessage::PrivateRequest { offer, from, key, wait_ms } => {
            private::requested(turn, offer, &from, key, wait_ms);
        }
        ServerMessage::PrivateMeet(meeting) => private::meet(turn, meeting),
        ServerMessage::PrivateEnd { offer, reason, .. } => private::request_ended(turn, offer, reason),
        ServerMessage::Typing { conv, from } => typing::heard(turn, &conv, &from),
        ServerMessage::Bye { reason, retry_ms } => ending::bye(turn, reason, retry_ms),
        ServerMessage::Notice { text } => turn.notice(&text),
        ServerMessage::Ping { n } => turn.send(ClientMessage::Pong { n }),
        // `welcome` and `refuse` are facts of the connection by now; `pong` is the heartbeat's business; what is
        // unknown comes from a newer server and means nothing to this build.
        ServerMessage::Welcome(_)
        | ServerMessage::Refuse { .. }
        | ServerMessage::Pong { .. }
        | ServerMessage::Unknown => {}
    }
}

/// Tabs of the last run open behind the others; their lines are loaded when they are looked at.
fn tabs_restored(turn: &mut Turn<'_>, places: &[Place]) {
    let me = turn.model.me.clone();
    for place in places.iter().filter(|place| matches!(place, Place::With(user) if Some(user) != me.as_ref())) {
        turn.model.conversations.open(place);
    }
}

/// The user is done with a conversation. A private session without its tab would talk to nobody: it ends.
fn tab_closed(turn: &mut Turn<'_>, place: &Place) {
    if let Place::Private(user) = place {
        private::close(turn, user, Reason::STOPPED);
    }
    turn.model.conversations.close(place);
}

/// A moment that was waited for has come: each module looks for its own.
fn woke(turn: &mut Turn<'_>) {
    connection::woke(turn);
    login::woke(turn);
    idle::woke(turn);
    private::woke(turn);
    ending::woke(turn);
}

/// When the model wants to be woken next, if at all.
pub fn deadline(model: &Model) -> Option<Mono> {
    let all = [
        connection::deadline(model),
        login::deadline(model),
        idle::deadline(model),
        private::deadline(model),
        ending::deadline(model),
    ];
    all.into_iter().flatten().min()
}

/// One call of [`update`].
struct Turn<'a> {
    model: &'a mut Model,
    now: Moment,
    effects: Vec<Effect>,
}

impl Turn<'_> {
    fn report(&mut self, report: Report) {
        self.effects.push(Effect::Report(report));
    }

    fn report_all(&mut self, reports: impl Iterator<Item = Report>) {
        self.effects.extend(reports.map(Effect::Report));
    }

    fn aside(&mut self, aside: Aside) {
        self.report(Report::Aside(aside));
    }

    fn notice(&mut self, text: &str) {
        self.report(Report::Notice(safe(text)));
    }

    fn done(&mut self, verb: Verb) {
        self.report(Report::Done(Done::new(verb)));
    }

    fn send(&mut self, message: ClientMessage) {
        self.effects.push(Effect::Send(message));
    }

    /// Sends a request that is sent again if the connection breaks before its answer. On a screen it waits where there
    /// is no connection.
    fn request(&mut self, purpose: Purpose, message: impl FnOnce(RequestId) -> ClientMessage) {
        // Texts keep their order: behind one that waits, the next one waits.
        let has_to_wait = matches!(purpose, Purpose::Text(_)) && self.model.requests.has_a_queue();
        let id = self.model.requests.begin(purpose, self.now.mono);
        let message = message(id);
        self.model.requests.keep(id, message.clone());
        if self.model.settings.on_screen && (has_to_wait || !self.model.can_request()) {
            return self.model.requests.put_off(id);
        }
        self.send(message);
    }

    /// Announces a refusal, of a command or of a login.
    fn refuse(&mut self, code: Code, verb: Option<Verb>, why: Why) {
        let command = verb.map(|verb| verb.name().to_owned());
        self.refuse_with(Refused { code, command, user: None, why });
    }

    /// Announces a refusal. That of a command is remembered for the exit code.
    fn refuse_with(&mut self, refused: Refused) {
        self.model.refused_any |= refused.command.is_some();
        self.report(Report::Refused(refused));
    }

    fn quit(&mut self, exit: Exit) {
        private::close_all(self);
        self.effects.push(Effect::Quit(exit));
    }

    /// Ends the program after everything that was asked for was done, or refused.
    fn quit_done(&mut self) {
        let refused = self.model.refused_any && !self.model.settings.interactive;
        let verdict = self.model.verdict;
        self.quit(verdict.unwrap_or(if refused { Exit::Refused } else { Exit::Done }));
    }
}
