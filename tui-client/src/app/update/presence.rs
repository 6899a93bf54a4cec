//! Who is online: the list at the login, then the server's digests.

use shared::message::{Absence, UserInfo};

use super::{Turn, typing};
use crate::app::model::{Login, Model, User};
use crate::app::place::{Place, name, safe};
use crate::app::report::{List, Person, Report, Standing};

/// A part of the list of who is online, after the login.
pub(super) fn roster(turn: &mut Turn<'_>, users: Vec<UserInfo>) {
    for user in users {
        if user.quiet {
            turn.model.blocked.insert(name(&user.name));
        }
        put(turn.model, &user);
    }
}

/// The list is complete when something else follows; it is announced once, at the first login.
pub(super) fn roster_ends(turn: &mut Turn<'_>) {
    let Login::In(session) = &mut turn.model.login else { return };
    if !std::mem::take(&mut session.roster_open) || !session.is_first || !turn.model.settings.presence {
        return;
    }
    let others = turn.model.users.iter().filter(|(name, _)| Some(*name) != turn.model.me.as_ref());
    let people: Vec<Person> = others
        .map(|(name, user)| Person {
            name: name.clone(),
            standing: Standing::Since(user.since),
            away: user.away.clone(),
        })
        .collect();
    turn.report(Report::Count { list: List::Users, count: people.len() });
    turn.report_all(people.into_iter().map(Report::User));
}

/// Who came and who went.
pub(super) fn changed(turn: &mut Turn<'_>, here: Vec<UserInfo>, gone: Vec<Absence>) {
    roster_ends(turn);
    let announced = turn.model.settings.presence;
    for absence in gone {
        let name = name(&absence.name);
        let was_here = turn.model.users.remove(&name).is_some();
        typing::left(turn, &name);
        if announced && !absence.quiet && was_here {
            turn.report(Report::Left { name, reason: absence.reason });
        }
    }
    for user in here {
        let was_here = put(turn.model, &user);
        let name = name(&user.name);
        if announced && !user.quiet && !was_here && turn.model.me.as_ref() != Some(&name) {
            turn.report(Report::Arrived { name });
        }
    }
}

/// Takes a user into the list. Answers whether the user was there already.
fn put(model: &mut Model, user: &UserInfo) -> bool {
    let known = User { since: user.since, away: safe(&user.away) };
    let was_here = model.users.insert(name(&user.name), known).is_some();
    if !was_here && let Some(with) = model.conversations.get_mut(&Place::With(name(&user.name))) {
        with.transcript.hand_over();
    }
    was_here
}
