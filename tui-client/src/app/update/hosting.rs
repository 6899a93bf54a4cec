//! A server in this process: wanted from the start, or offered where none is in reach.

use super::{Turn, connection};
use crate::app::effect::Effect;
use crate::app::exit::Exit;
use crate::app::model::{Hosting, Link, Login, Question};
use crate::app::moment::Jitter;
use crate::app::report::{Aside, Report};

/// Has the server started.
pub(super) fn begin(turn: &mut Turn<'_>) {
    turn.model.login = Login::Waiting;
    turn.model.link = Link::Dialling;
    turn.effects.push(Effect::Host);
}

/// The first attempt found nobody: that is told at once, with what can be done about it.
pub(super) fn nobody_listens(turn: &mut Turn<'_>, why: String, jitter: Jitter) {
    if turn.model.settings.on_screen && turn.model.settings.hosting != Hosting::Asked {
        // The screen says what is wrong and goes on trying.
        return connection::unreachable(turn, why, jitter);
    }
    turn.aside(Aside::Unreachable { why });
    match turn.model.settings.hosting {
        Hosting::Asked if !turn.model.ending.input_ended() => turn.model.login = Login::Asking(Question::Host),
        Hosting::Never => turn.quit(Exit::Unreachable),
        Hosting::Named | Hosting::Asked | Hosting::Now => {
            turn.aside(Aside::HostOption);
            turn.quit(Exit::Unreachable);
        }
    }
}

/// Only a clear yes opens a port to the network.
pub(super) fn answered(turn: &mut Turn<'_>, answer: &str) {
    let answer = answer.trim();
    if ["y", "yes"].iter().any(|yes| answer.eq_ignore_ascii_case(yes)) {
        return begin(turn);
    }
    declined(turn);
}

/// Nobody wants a server here, and there is no other.
pub(super) fn declined(turn: &mut Turn<'_>) {
    turn.model.login = Login::Waiting;
    if turn.model.settings.on_screen {
        // Somebody may start one elsewhere meanwhile.
        return connection::rest(turn, "no server is in reach".to_owned(), Jitter::thousandths(500));
    }
    turn.quit(Exit::Unreachable);
}

pub(super) fn begun(turn: &mut Turn<'_>, server: String, invite: String, log: String) {
    turn.model.settings.server = server;
    turn.model.invite = Some(invite.clone());
    turn.report(Report::Hosting { invite, log });
    connection::dial(turn);
}

pub(super) fn failed(turn: &mut Turn<'_>, why: String) {
    turn.model.link = Link::Down;
    turn.aside(Aside::NotHosted { why });
    connection::end(turn, Exit::Unreachable);
}
