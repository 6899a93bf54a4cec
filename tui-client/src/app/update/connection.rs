//! The connection: wanted, up, lost, tried again with growing waits, given up.

use std::time::Duration;

use shared::caps::Caps;
use shared::error::Code;
use shared::message::Welcome;

use super::{Turn, hosting, login, private, typing};
use crate::app::command::Verb;
use crate::app::effect::Effect;
use crate::app::exit::Exit;
use crate::app::model::{Hosting, Link, Login, Model, Outage, TextLimits};
use crate::app::moment::{Jitter, Mono, seconds};
use crate::app::msg::{Fault, Trust};
use crate::app::place::safe;
use crate::app::report::{Aside, Report, Why};
use crate::app::transcript::Transcript;

/// The wait before the first attempt to get a lost connection back; it doubles with every further one.
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// The longest wait between two attempts.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// The shortest wait, whatever the jitter says, so that a port that refuses at once is not hammered.
const SHORTEST_WAIT: Duration = Duration::from_millis(100);

/// How long an answer may take. The heartbeat watches the connection; this watches a server that lives but does not
/// answer. A login may wait for others' password hashes, so this is generous.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

pub(super) fn start(turn: &mut Turn<'_>) {
    turn.report(Report::Hello { server: turn.model.settings.server.clone() });
    match turn.model.settings.hosting {
        Hosting::Now => hosting::begin(turn),
        Hosting::Never | Hosting::Named | Hosting::Asked => dial(turn),
    }
}

/// Opens a connection.
pub(super) fn dial(turn: &mut Turn<'_>) {
    turn.model.link = Link::Dialling;
    turn.effects.push(Effect::Connect);
}

/// Another server than before is meant. What is known of the login stays.
pub(super) fn server_named(turn: &mut Turn<'_>, server: String) {
    if turn.model.me.is_some() {
        return;
    }
    turn.model.settings.server = server;
    turn.model.requests.park();
    turn.model.outage = None;
    dial(turn);
}

/// The user does not want to wait.
pub(super) fn retry(turn: &mut Turn<'_>) {
    match (turn.model.link, &turn.model.login) {
        // Down: after a key that has changed, or a connection that nobody needed. An ended session is not brought back so.
        (Link::Resting { .. }, _) | (Link::Down, Login::Waiting | Login::Again(_) | Login::Asking(_)) => dial(turn),
        (Link::Up, Login::Again(_)) => login::proceed(turn),
        _ => {}
    }
}

pub(super) fn connected(turn: &mut Turn<'_>, welcome: &Welcome, trust: Trust) {
    turn.model.link = Link::Up;
    turn.model.verdict = None;
    let size = |figure: u32| usize::try_from(figure).unwrap_or(usize::MAX);
    turn.model.limits = TextLimits { bytes: size(welcome.text_max), lines: size(welcome.lines_max) };
    turn.model.typing.is_served = Caps::read(&welcome.caps).typing;
    turn.report(Report::Connected);
    match trust {
        Trust::FirstUse { fingerprint } => turn.aside(Aside::FirstUse { fingerprint }),
        Trust::NoTls if turn.model.me.is_none() => turn.aside(Aside::NotEncrypted),
        Trust::Known | Trust::Pinned | Trust::NoTls => {}
    }
    login::proceed(turn);
}

pub(super) fn failed(turn: &mut Turn<'_>, fault: Fault, jitter: Jitter) {
    turn.model.link = Link::Down;
    match fault {
        Fault::NobodyListens(why) if is_first(turn.model) => hosting::nobody_listens(turn, why, jitter),
        Fault::NobodyListens(why) | Fault::Unreachable(why) => unreachable(turn, why, jitter),
        Fault::Hopeless(why) => {
            turn.aside(Aside::Unreachable { why });
            end(turn, Exit::Unreachable);
        }
        Fault::KeyChanged { address, expected, found } => {
            turn.aside(Aside::KeyChanged { address, expected, found });
            end(turn, Exit::KeyChanged);
        }
    }
}

/// No connection comes about by itself any more. A screen stays, and says so when the user leaves.
pub(super) fn end(turn: &mut Turn<'_>, exit: Exit) {
    if turn.model.settings.on_screen {
        turn.model.verdict = Some(exit);
    } else {
        turn.quit(exit);
    }
}

/// Tries again where there was a connection; who names a server that is not there wants to be told at once.
pub(super) fn unreachable(turn: &mut Turn<'_>, why: String, jitter: Jitter) {
    if is_first(turn.model) {
        turn.aside(Aside::Unreachable { why: why.clone() });
        if !turn.model.settings.on_screen {
            return turn.quit(Exit::Unreachable);
        }
    }
    rest(turn, why, jitter);
}

/// Whether nothing has ever worked.
fn is_first(model: &Model) -> bool {
    model.me.is_none() && model.outage.is_none()
}

pub(super) fn lost(turn: &mut Turn<'_>, why: String, jitter: Jitter) {
    turn.model.link = Link::Down;
    let changing = matches!(&turn.model.login, Login::In(session) if session.changing.is_some());
    let in_doubt = turn.model.requests.park() || changing;
    turn.model.conversations.transcripts().for_each(Transcript::doubt);
    turn.model.conversations.forget_asked();
    private::server_lost(turn);
    typing::server_lost(turn);
    if turn.model.ending.is_leaving() {
        return turn.quit_done();
    }
    if in_doubt {
        let why = "the connection broke before the answer came; the password may have changed";
        turn.refuse(Code::NOT_CONNECTED, Some(Verb::Passwd), Why::Text(safe(why)));
    }
    if matches!(turn.model.login, Login::Asking(_)) {
        // Nobody is logged in and somebody is typing: a new connection is opened when there is an answer to send.
        return;
    }
    turn.model.login = Login::Waiting;
    rest(turn, why, jitter);
}

/// Waits for the next attempt, or gives up when it was tried long enough.
pub(super) fn rest(turn: &mut Turn<'_>, why: String, jitter: Jitter) {
    let goes_on = turn.model.peers.is_any_open();
    if turn.model.ending.input_ended() && turn.model.has_nothing_to_come_back_for() && !goes_on {
        return turn.quit_done();
    }
    if let Some(span) = next_wait(turn, jitter) {
        turn.model.link = Link::Resting { until: turn.now.mono.after(span) };
        turn.report(Report::Reconnecting { seconds: seconds(span) });
    } else {
        turn.aside(Aside::Unreachable { why });
        turn.quit(Exit::Unreachable);
    }
}

/// The server goes away and says when it is of use to try again. It is not believed more than the longest wait.
pub(super) fn not_before(turn: &mut Turn<'_>, retry_ms: Option<u64>) {
    let now = turn.now.mono;
    let wait = Duration::from_millis(retry_ms.unwrap_or(0)).min(LONGEST_WAIT);
    let fresh = Outage { since: now, failed: 0, jitter: Jitter::thousandths(1000), not_before: now };
    turn.model.outage.get_or_insert(fresh).not_before = now.after(wait);
}

/// Counts a failed attempt and answers how long to wait for the next one: full jitter under a doubling ceiling. `None`
/// when it was tried for as long as it should be.
pub(super) fn next_wait(turn: &mut Turn<'_>, jitter: Jitter) -> Option<Duration> {
    let now = turn.now.mono;
    let fresh = Outage { since: now, failed: 0, jitter, not_before: now };
    let outage = turn.model.outage.get_or_insert(fresh);
    outage.jitter = jitter;
    let ceiling = FIRST_WAIT.saturating_mul(1 << outage.failed.min(16)).min(LONGEST_WAIT);
    let span = jitter.of(ceiling).max(SHORTEST_WAIT).max(outage.not_before.since(now));
    outage.failed = outage.failed.saturating_add(1);
    let tried = now.since(outage.since);
    match turn.model.settings.retry {
        None => Some(span),
        // A private session goes on without the server; the client does not go while one stands.
        Some(retry) if tried >= retry && turn.model.peers.is_any_open() => Some(span),
        Some(retry) if tried >= retry => {
            turn.aside(Aside::GaveUp { seconds: seconds(tried) });
            None
        }
        // The last attempt is made when the time is up, not after it.
        Some(retry) => Some(span.min(retry.saturating_sub(tried))),
    }
}

pub(super) fn woke(turn: &mut Turn<'_>) {
    match turn.model.link {
        Link::Resting { until } if turn.now.mono >= until => dial(turn),
        Link::Up if overdue(turn.model).is_some_and(|due| turn.now.mono >= due) => {
            turn.effects.push(Effect::Disconnect);
            // One client that waits for one answer is in step with nobody: no randomness is needed.
            lost(turn, "the server does not answer".to_owned(), Jitter::thousandths(1000));
        }
        _ => {}
    }
}

fn overdue(model: &Model) -> Option<Mono> {
    model.requests.oldest().map(|sent| sent.after(ANSWER_WITHIN))
}

pub(super) fn deadline(model: &Model) -> Option<Mono> {
    match model.link {
        Link::Resting { until } => Some(until),
        Link::Up => overdue(model),
        Link::Down | Link::Dialling => None,
    }
}
