//! From the full screen to plain lines and back, in the same session.

use shared::error::Code;

use super::{Turn, idle};
use crate::app::command::Showing;
use crate::app::effect::Effect;
use crate::app::model::{Conversation, Model};
use crate::app::place::{Place, safe};
use crate::app::report::{Manner, Report, Said, Why};
use crate::app::transcript::State;

/// The user wants to see the chat in the other way.
pub(super) fn wanted(turn: &mut Turn<'_>, to: Showing) {
    idle::acted(turn);
    let verb = to.verb();
    let why = match (to, turn.model.settings.on_screen) {
        (Showing::Lines, false) => Some("this is plain mode"),
        (Showing::Screen, true) => Some("this is the full screen"),
        _ if !turn.model.settings.can_switch => {
            Some("it needs a terminal for input and output, with a TERM that can move its cursor")
        }
        _ => None,
    };
    if let Some(why) = why {
        return turn.refuse(Code::USAGE, Some(verb), Why::Text(safe(why)));
    }
    turn.model.settings.on_screen = to == Showing::Screen;
    match to {
        Showing::Lines => {
            turn.effects.push(Effect::Switch(to));
            here(turn);
            let tabs = turn.model.conversations.iter();
            let unread: Vec<Report> = tabs.flat_map(|tab| last_said(turn.model, tab, tab.unread)).collect();
            turn.report_all(unread.into_iter());
        }
        Showing::Screen => {
            turn.done(verb);
            turn.effects.push(Effect::Switch(to));
        }
    }
    // Lines show everything as it comes, and what was unread on the screen is shown now.
    turn.model.conversations.all_read();
}

/// Where one is: lines do not say it by themselves.
fn here(turn: &mut Turn<'_>) {
    let Some(user) = turn.model.me.clone() else { return };
    let (server, place) = (turn.model.settings.server.clone(), turn.model.conversations.front().clone());
    turn.report(Report::Here { server, user, place });
}

/// The last so many lines that others said in a tab, oldest first.
pub fn last_said(model: &Model, tab: &Conversation, count: usize) -> Vec<Report> {
    let manner = |state: &State| match state {
        State::Received => Some(Manner::Live),
        State::Waited => Some(Manner::Stored),
        _ => None,
    };
    let newest = tab.transcript.lines().rev().filter_map(|line| Some((manner(line.state)?, line)));
    let others = newest.filter(|(_, line)| model.me.as_ref() != Some(line.from)).take(count);
    let said = others.map(|(manner, line)| {
        let (place, from, text): (Place, _, _) = (tab.place.clone(), line.from.clone(), line.text.to_safe());
        Report::Said(Said { manner, place, from, text, action: line.action, at: line.at })
    });
    let mut said: Vec<_> = said.collect();
    said.reverse();
    said
}
