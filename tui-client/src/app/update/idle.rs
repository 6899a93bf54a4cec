//! Inactivity: what counts as an action, telling the server, and the warning before it ends the session.
//!
//! The server alone decides. The client only estimates from when it last told the server something.

use std::time::Duration;

use shared::limits::ACTIVITY_EVERY_MS;
use shared::message::ClientMessage;

use super::Turn;
use crate::app::model::{Activity, Login, Model, Session};
use crate::app::moment::{Mono, seconds};
use crate::app::report::Report;

const ACTIVITY_EVERY: Duration = Duration::from_millis(ACTIVITY_EVERY_MS);

/// The user did something that is no request.
pub(super) fn acted(turn: &mut Turn<'_>) {
    let now = turn.now.mono;
    let Some(session) = session(turn.model) else { return };
    if session.timeout.is_none() {
        return;
    }
    session.activity.untold = true;
    if now >= session.activity.told.after(ACTIVITY_EVERY) {
        tell(turn);
    }
}

fn tell(turn: &mut Turn<'_>) {
    let now = turn.now.mono;
    if !turn.model.can_send() {
        return;
    }
    if let Some(session) = session(turn.model) {
        session.activity = Activity::told(now);
        turn.send(ClientMessage::Activity {});
    }
}

/// The server took a request that was sent then: it counts as an action.
pub(super) fn told(turn: &mut Turn<'_>, sent: Mono) {
    if let Some(session) = session(turn.model)
        && sent >= session.activity.told
    {
        session.activity = Activity::told(sent);
    }
}

fn session(model: &mut Model) -> Option<&mut Session> {
    match &mut model.login {
        Login::In(session) => Some(session),
        Login::Waiting | Login::Asking(_) | Login::Again(_) | Login::Over(_) => None,
    }
}

pub(super) fn woke(turn: &mut Turn<'_>) {
    let now = turn.now.mono;
    let Some(session) = session(turn.model) else { return };
    if session.activity.untold && now >= session.activity.told.after(ACTIVITY_EVERY) {
        return tell(turn);
    }
    if let Some((due, end)) = session.end()
        && !session.activity.warned
        && now >= due
    {
        session.activity.warned = true;
        turn.report(Report::Idle { seconds: seconds(end.since(now)) });
    }
}

pub(super) fn deadline(model: &Model) -> Option<Mono> {
    let Login::In(session) = &model.login else { return None };
    if !model.can_send() {
        return None;
    }
    let tell = session.activity.untold.then(|| session.activity.told.after(ACTIVITY_EVERY));
    let warn = session.end().filter(|_| !session.activity.warned).map(|(due, _)| due);
    tell.into_iter().chain(warn).min()
}
