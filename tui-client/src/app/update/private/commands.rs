//! What each command about private sessions does.

use shared::error::Code;
use shared::id::{ClientId, OfferId};
use shared::message::Reason;
use shared::name::Name;

use super::super::idle;
use super::{Turn, ask, files, remember, talk, tell};
use crate::app::command::{Command, Verb};
use crate::app::model::PeerState;
use crate::app::peer::KeyTrust;
use crate::app::place::{name, safe};
use crate::app::report::{Done, PeerNews, Report, Why};

/// Runs a command that is about private sessions; gives back any other.
pub(in crate::app::update) fn run(turn: &mut Turn<'_>, command: Command, cid: ClientId) -> Result<(), Command> {
    match command {
        Command::Startprivate { user } => {
            let ClientId(bytes) = cid;
            with_server(turn, Verb::Startprivate, &user, |turn, user| {
                ask::asked_for(turn, user, Verb::Startprivate, OfferId(bytes), Vec::new());
            });
        }
        Command::Accept { user } => accept(turn, user),
        Command::Decline { user } => decline(turn, user),
        Command::Private { to, text } => talk::say(turn, name(&to), text, false, Some(Verb::Private)),
        Command::Stopprivate { user } => stop(turn, name(&user)),
        Command::Resend { user } => talk::resend(turn, name(&user), &user, cid),
        Command::Verify { user } => verify(turn, name(&user)),
        Command::Send { user, path } => send(turn, user, path, cid),
        Command::Cancel { number } => files::cancel(turn, number),
        other => return Err(other),
    }
    Ok(())
}

/// What needs the server cannot be done without it, and does not wait for it: the other user may be gone by then.
fn with_server(turn: &mut Turn<'_>, verb: Verb, typed: &str, run: impl FnOnce(&mut Turn<'_>, String)) {
    if turn.model.can_send() {
        return run(turn, typed.to_owned());
    }
    let why = Why::Text(safe("there is no connection to the server"));
    turn.refuse_about(Code::NOT_CONNECTED, verb, name(typed), why);
}

/// A request comes before a file: without a session there is none.
fn accept(turn: &mut Turn<'_>, typed: String) {
    let user = name(&typed);
    let has_request = turn.model.peers.requests.iter().any(|request| request.from == user);
    if !has_request && files::accept(turn, &user) {
        return;
    }
    with_server(turn, Verb::Accept, &typed, |turn, _| ask::accept(turn, &user, Verb::Accept, Vec::new()));
}

fn decline(turn: &mut Turn<'_>, typed: String) {
    let user = name(&typed);
    let has_request = turn.model.peers.requests.iter().any(|request| request.from == user);
    if !has_request && files::decline(turn, &user) {
        return;
    }
    with_server(turn, Verb::Decline, &typed, |turn, _| ask::decline(turn, &user));
}

fn stop(turn: &mut Turn<'_>, user: Name) {
    let is_alive = turn.model.peers.sessions.get(&user).is_some_and(super::PeerSession::is_alive);
    if !is_alive {
        return turn.refuse_about(Code::NO_SESSION, Verb::Stopprivate, user, Why::Plain);
    }
    idle::acted(turn);
    super::close(turn, &user, Reason::STOPPED);
    let session = turn.model.peers.sessions.get_mut(&user).filter(|session| session.is_alive());
    match session {
        // It is over when the other side was told: then the command is answered.
        Some(session) => session.is_stopping = true,
        None => turn.report(Report::Done(Done { user: Some(user), ..Done::new(Verb::Stopprivate) })),
    }
}

fn verify(turn: &mut Turn<'_>, user: Name) {
    let session = turn.model.peers.sessions.get_mut(&user);
    let Some(PeerState::Open(open)) = session.map(|session| &mut session.state) else {
        return turn.refuse_about(Code::NO_SESSION, Verb::Verify, user, Why::Plain);
    };
    open.trust = KeyTrust::Verified;
    let (key, words) = (open.key, open.words);
    idle::acted(turn);
    remember(turn, &user, key, true);
    tell(turn, &user, PeerNews::Words { words });
    turn.report(Report::Done(Done { user: Some(user), ..Done::new(Verb::Verify) }));
}

fn send(turn: &mut Turn<'_>, typed: String, path: String, ClientId(bytes): ClientId) {
    let user = name(&typed);
    if turn.model.peers.open(&user).is_some() {
        return files::send(turn, &user, path, true);
    }
    with_server(turn, Verb::Send, &typed, |turn, typed| {
        ask::asked_for(turn, typed, Verb::Send, OfferId(bytes), vec![path]);
    });
}
