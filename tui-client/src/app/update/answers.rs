//! The server's answers to requests, each of which ends exactly one command.

use shared::error::Code;
use shared::id::{RequestId, UnixMs};
use shared::message::{Refusal, UserInfo};
use shared::name::Name;

use super::{Turn, chat, ending, history, idle, login, private, queue, search};
use crate::app::command::Verb;
use crate::app::model::{Purpose, Request};
use crate::app::place::{name, safe};
use crate::app::report::{Done, List, Person, Refused, Remark, Report, Standing, Why};

/// A request was done.
pub(super) fn ok(turn: &mut Turn<'_>, re: RequestId) {
    let Some(request) = turn.model.requests.end(re) else { return };
    match request.purpose {
        Purpose::Block { verb, name } => block_done(turn, verb, name),
        Purpose::Away => turn.done(Verb::Away),
        Purpose::Passwd { new } => {
            turn.model.identity.password = Some(new);
            turn.done(Verb::Passwd);
        }
        Purpose::Private { verb, user, by_command, .. } => private::answered(turn, verb, user, by_command),
        Purpose::Unsend(queued) => queue::unsent(turn, queued),
        Purpose::LogOut { by_command } => ending::logged_out(turn, by_command),
        // A bare `ok` answers none of these: a server that says so is not one of ours, and the deadline for answers
        // ends the wait.
        Purpose::LogIn
        | Purpose::Text(_)
        | Purpose::Users { .. }
        | Purpose::Blocked { .. }
        | Purpose::History(_)
        | Purpose::Search(_)
        | Purpose::Around(_)
        | Purpose::Queue
        | Purpose::Whois { .. } => {}
    }
    idle::told(turn, request.sent);
}

fn block_done(turn: &mut Turn<'_>, verb: Verb, name: Name) {
    let blocks = verb == Verb::Block;
    if blocks {
        turn.model.blocked.insert(name.clone());
    } else {
        turn.model.blocked.remove(&name);
    }
    let remark = blocks.then_some(Remark::BlockChanges);
    turn.report(Report::Done(Done { user: Some(name), remark, ..Done::new(verb) }));
}

/// A request was refused, or something is wrong with the connection.
pub(super) fn refused(turn: &mut Turn<'_>, refusal: Refusal) {
    let Some(re) = refusal.re else {
        // Not about a request: the connection ends with it, and the sentence says why.
        return turn.notice(&refusal.text);
    };
    let Some(request) = turn.model.requests.end(re) else { return };
    if request.again && done_by_first_copy(&request.purpose, &refusal.code) {
        turn.model.requests.go_on(re, request);
        return ok(turn, re);
    }
    match request.purpose {
        Purpose::LogIn => login::refused(turn, refusal),
        Purpose::Text(line) => chat::refused(turn, line, &refusal),
        Purpose::Users { verb, .. } => command_refused(turn, verb, None, &refusal),
        Purpose::Block { verb, name } => command_refused(turn, verb, Some(name), &refusal),
        Purpose::Blocked { .. } => command_refused(turn, Verb::Blocked, None, &refusal),
        Purpose::History(page) => history::refused(turn, page, &refusal),
        Purpose::Search(searching) => search::refused(turn, searching, &refusal),
        // Nobody asked aloud: the hit stands alone.
        Purpose::Around(_) => {}
        Purpose::Queue => command_refused(turn, Verb::Queue, None, &refusal),
        Purpose::Unsend(queued) => queue::refused(turn, queued, &refusal),
        Purpose::Away => command_refused(turn, Verb::Away, None, &refusal),
        Purpose::Whois { name } => command_refused(turn, Verb::Whois, Some(name), &refusal),
        Purpose::Passwd { .. } => command_refused(turn, Verb::Passwd, None, &refusal),
        Purpose::Private { verb, user, offer, by_command } => {
            private::refused(turn, (verb, user, offer), by_command, &refusal);
        }
        Purpose::LogOut { by_command } => ending::logged_out(turn, by_command),
    }
}

/// Whether a refusal only says that the first copy of a request, whose answer was lost, has done it.
fn done_by_first_copy(purpose: &Purpose, code: &Code) -> bool {
    match purpose {
        Purpose::Block { verb: Verb::Block, .. } => *code == Code::ALREADY_BLOCKED,
        Purpose::Block { verb: Verb::Unblock, .. } => *code == Code::NOT_BLOCKED,
        _ => false,
    }
}

/// Announces that the server refused a command.
pub(super) fn command_refused(turn: &mut Turn<'_>, verb: Verb, user: Option<Name>, refusal: &Refusal) {
    let why = match &user {
        // The one sentence that programs and people have always been told in these words.
        Some(name) if refusal.code == Code::BLOCKED => Why::Text(safe(&format!("{name} has blocked you"))),
        _ => login::why(refusal),
    };
    turn.refuse_with(Refused { code: refusal.code.clone(), command: Some(verb.name().to_owned()), user, why });
}

/// A part of a list of users.
pub(super) fn users(turn: &mut Turn<'_>, re: RequestId, part: Vec<UserInfo>, more: bool) {
    let Some(request) = turn.model.requests.end(re) else { return };
    let Request { purpose: Purpose::Users { verb, mut found }, .. } = request else { return };
    found.extend(part);
    if more {
        let purpose = Purpose::Users { verb, found };
        return turn.model.requests.go_on(re, Request { purpose, ..request });
    }
    idle::told(turn, request.sent);
    list_users(turn, &found);
    turn.done(verb);
}

/// Announces a list of users, without this one.
pub(super) fn list_users(turn: &mut Turn<'_>, users: &[UserInfo]) {
    let me = turn.model.me.clone();
    let people: Vec<Person> = users.iter().map(person).filter(|person| Some(&person.name) != me.as_ref()).collect();
    turn.report(Report::Count { list: List::Users, count: people.len() });
    turn.report_all(people.into_iter().map(Report::User));
}

fn person(user: &UserInfo) -> Person {
    let standing = if user.online { Standing::Since(user.since) } else { Standing::LastSeen(user.since) };
    Person { name: name(&user.name), standing, away: safe(&user.away) }
}

/// A part of the own block list.
pub(super) fn blocked(turn: &mut Turn<'_>, re: RequestId, names: &[String], more: bool) {
    let Some(request) = turn.model.requests.end(re) else { return };
    let Request { purpose: Purpose::Blocked { mut found }, .. } = request else { return };
    found.extend(names.iter().map(|raw| name(raw)));
    if more {
        let purpose = Purpose::Blocked { found };
        return turn.model.requests.go_on(re, Request { purpose, ..request });
    }
    idle::told(turn, request.sent);
    turn.model.blocked = found.iter().cloned().collect();
    turn.report(Report::Count { list: List::Blocked, count: found.len() });
    turn.report_all(found.into_iter().map(|name| Report::Block { name }));
    turn.done(Verb::Blocked);
}

/// What the server knows of a user.
pub(super) fn whois(turn: &mut Turn<'_>, re: RequestId, user: &UserInfo, created: UnixMs, last_seen: Option<UnixMs>) {
    let Some(Request { purpose: Purpose::Whois { .. }, sent, .. }) = turn.model.requests.end(re) else { return };
    idle::told(turn, sent);
    let mut person = person(user);
    if !user.online {
        person.standing = last_seen.map_or(Standing::Unknown, Standing::LastSeen);
    }
    let name = person.name.clone();
    turn.report(Report::Whois { person, created });
    turn.report(Report::Done(Done { user: Some(name), ..Done::new(Verb::Whois) }));
}
