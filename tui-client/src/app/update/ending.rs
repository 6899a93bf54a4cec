//! The end: of the input, of the session, of the program.

use std::time::Duration;

use shared::id::RequestId;
use shared::message::{ClientMessage, Reason};

use super::{Turn, connection, hosting, private};
use crate::app::command::Verb;
use crate::app::effect::Effect;
use crate::app::exit::Exit;
use crate::app::model::{Ending, Linger, Link, Login, Model, Purpose, Question};
use crate::app::moment::Mono;
use crate::app::report::{Aside, Report};
use crate::app::transcript::Transcript;

/// How long the server may take to answer a logout. Everything that matters was answered before.
const LOGOUT_WITHIN: Duration = Duration::from_secs(3);

/// No more lines come.
pub(super) fn input_ended(turn: &mut Turn<'_>) {
    if turn.model.ending.input_ended() {
        return;
    }
    turn.model.ending = Ending::InputEnded { until: None };
    if turn.model.question() == Some(Question::Host) {
        // An end is not a yes.
        return hosting::declined(turn);
    }
    if turn.model.question().is_some() {
        if turn.model.me.is_none() {
            turn.aside(Aside::InputEnded);
            return turn.quit(Exit::LoginRefused);
        }
        // A change of password that was being asked about: an empty answer ends it with its refusal.
        super::input::answered(turn, secrecy::SecretString::from(""));
    }
}

/// The program is asked to end: the session is logged out if there is one. Asked again, it ends at once.
pub(super) fn interrupted(turn: &mut Turn<'_>) {
    if turn.model.can_send() && !turn.model.ending.is_leaving() {
        return log_out(turn, false);
    }
    turn.quit_done();
}

/// Nobody reads what is shown: there is no reason to stay, and nobody to tell.
pub(super) fn output_closed(turn: &mut Turn<'_>) {
    if turn.model.can_send() && !turn.model.ending.is_leaving() {
        log_out(turn, false);
    }
    turn.quit(Exit::Done);
}

/// Sends the logout.
pub(super) fn log_out(turn: &mut Turn<'_>, by_command: bool) {
    turn.model.ending = Ending::Leaving { until: turn.now.mono.after(LOGOUT_WITHIN) };
    private::close_all(turn);
    let id: RequestId = turn.model.requests.begin(Purpose::LogOut { by_command }, turn.now.mono);
    turn.send(ClientMessage::Logout { id });
}

/// The server took the logout; its `bye` follows.
pub(super) fn logged_out(turn: &mut Turn<'_>, by_command: bool) {
    if by_command {
        turn.done(Verb::Logout);
    }
}

/// The server ends the session.
pub(super) fn bye(turn: &mut Turn<'_>, reason: Reason, retry_ms: Option<u64>) {
    if turn.model.me.is_none() {
        // A login that took too long or failed too often: the connection goes, and the next answer opens another.
        return;
    }
    let exit = match &reason {
        reason if *reason == Reason::LOGGED_OUT => None,
        reason if *reason == Reason::TIMED_OUT => Some(Exit::Inactive),
        reason if *reason == Reason::REPLACED => Some(Exit::Unreachable),
        // The server stops, or this client was too slow: the connection goes, and is worth getting back.
        _ => return connection::not_before(turn, retry_ms),
    };
    turn.model.identity.ticket = None;
    turn.report(Report::LoggedOut { reason: reason.clone() });
    turn.effects.push(Effect::Disconnect);
    private::close_all(turn);
    match exit {
        Some(exit) if turn.model.settings.on_screen => stay(turn, reason, exit),
        Some(exit) => turn.quit(exit),
        None => turn.quit_done(),
    }
}

/// The session is over, and what was said stays to be read. The password is not kept: whoever sits here now may be
/// somebody else.
fn stay(turn: &mut Turn<'_>, reason: Reason, exit: Exit) {
    let model = &mut *turn.model;
    model.link = Link::Down;
    model.verdict = Some(exit);
    model.identity.password = None;
    model.requests.park();
    model.conversations.transcripts().for_each(Transcript::doubt);
    model.conversations.forget_asked();
    model.users.clear();
    model.login = Login::Over(reason);
}

/// After every message: when no more lines come and everything was answered, it is time to leave, at once or after
/// the time to linger.
pub(super) fn leave_when_done(turn: &mut Turn<'_>) {
    let Ending::InputEnded { until } = turn.model.ending else { return };
    let is_idle = matches!(&turn.model.login, Login::In(session) if session.ready) && turn.model.requests.is_quiet();
    if !is_idle || !turn.model.can_send() || turn.model.peers.is_awaited() || turn.model.peers.is_sending() {
        return;
    }
    match (turn.model.settings.linger, until) {
        (Linger::Forever, _) => {}
        (Linger::For(span), None) if !span.is_zero() => {
            turn.model.ending = Ending::InputEnded { until: Some(turn.now.mono.after(span)) };
        }
        (Linger::For(_), Some(until)) if turn.now.mono < until => {}
        (Linger::For(_), _) => log_out(turn, false),
    }
}

pub(super) fn woke(turn: &mut Turn<'_>) {
    if let Ending::Leaving { until } = turn.model.ending
        && turn.now.mono >= until
    {
        turn.quit_done();
    }
}

pub(super) fn deadline(model: &Model) -> Option<Mono> {
    match model.ending {
        Ending::No => None,
        Ending::InputEnded { until } => until.filter(|_| model.can_send()),
        Ending::Leaving { until } => Some(until),
    }
}
