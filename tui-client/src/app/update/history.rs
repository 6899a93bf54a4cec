//! Older messages, collected page by page and shown oldest first.

use std::collections::VecDeque;

use shared::id::{RequestId, Seq};
use shared::limits::HISTORY_PAGE;
use shared::message::{ClientMessage, Entry, Kind, Refusal};
use shared::text::{Lines, SafeText};

use super::{Turn, answers, chat, idle, search};
use crate::app::command::Verb;
use crate::app::model::{Older, Page, Purpose};
use crate::app::place::{Place, name};
use crate::app::report::{Done, List, Manner, Report, Said};
use crate::app::transcript::State;

/// Lines loaded at a time while somebody scrolls: a few screens.
const PAGE: usize = 100;

/// Lines loaded at a time while the way leads far back. The user sees after each of these pieces how far it has come.
const STEP: usize = 1000;

/// Lines before the one that was wanted: nobody understands a message alone.
const BEFORE: usize = 20;

/// Shows the newest messages of the lobby, or of the direct conversation with a user.
pub(super) fn show(turn: &mut Turn<'_>, with: Option<&str>, count: u16) {
    let place = with.map_or_else(Place::lobby, |with| Place::With(name(with)));
    ask(
        turn,
        Page {
            place,
            wanted: usize::from(count),
            before: None,
            found: VecDeque::new(),
            by_command: true,
            fills_screen: false,
        },
    );
}

/// After the login: the last lines of the lobby, where they are wanted.
pub(super) fn after_login(turn: &mut Turn<'_>) {
    let wanted = usize::from(turn.model.settings.history);
    if wanted > 0 {
        turn.model.conversations.open(&Place::lobby()).older = Older::Asked;
        ask(
            turn,
            Page {
                place: Place::lobby(),
                wanted,
                before: None,
                found: VecDeque::new(),
                by_command: false,
                fills_screen: turn.model.settings.on_screen,
            },
        );
    }
}

/// The user looks at a conversation: it is read, and the first time its last lines are loaded.
pub(super) fn shown(turn: &mut Turn<'_>, place: &Place) {
    turn.model.conversations.show(place);
    let is_new = turn.model.conversations.get(place).is_some_and(|tab| tab.older == Older::Unasked);
    if is_new && turn.model.settings.on_screen {
        load(turn, place, None, PAGE);
    }
}

/// The user has reached the oldest line there is.
pub(super) fn older(turn: &mut Turn<'_>, place: &Place) {
    load_older(turn, place, PAGE);
}

/// The user wants to get to an older line: loads what is between, or a good piece of it.
pub(super) fn reach(turn: &mut Turn<'_>, place: &Place, seq: Seq) {
    let oldest = turn.model.conversations.get(place).and_then(|tab| tab.transcript.oldest());
    let between = oldest.map_or(0, |oldest| usize::try_from(oldest.0.saturating_sub(seq.0)).unwrap_or(STEP));
    load_older(turn, place, between.saturating_add(BEFORE).clamp(PAGE, STEP));
}

fn load_older(turn: &mut Turn<'_>, place: &Place, lines: usize) {
    let Some(tab) = turn.model.conversations.get(place) else { return };
    if matches!(tab.older, Older::Unasked | Older::More | Older::Cleared) {
        let oldest = tab.transcript.oldest();
        load(turn, place, oldest, lines);
    }
}

fn load(turn: &mut Turn<'_>, place: &Place, before: Option<Seq>, wanted: usize) {
    if turn.model.can_request() && place.to_wire().is_some() {
        turn.model.conversations.open(place).older = Older::Asked;
        let place = place.clone();
        ask(
            turn,
            Page {
                place,
                wanted,
                before,
                found: VecDeque::new(),
                by_command: false,
                fills_screen: turn.model.settings.on_screen,
            },
        );
    }
}

/// Asks for the page before what has come.
fn ask(turn: &mut Turn<'_>, page: Page) {
    let Some(conv) = page.place.to_wire() else { return };
    let before = page.found.front().map(|oldest| oldest.seq).or(page.before);
    let missing = page.wanted.saturating_sub(page.found.len());
    let limit = u16::try_from(missing).unwrap_or(u16::MAX).min(HISTORY_PAGE);
    turn.request(Purpose::History(page), |id| ClientMessage::History { id, conv, before, limit });
}

/// A page has come.
pub(super) fn page(turn: &mut Turn<'_>, re: RequestId, messages: Vec<Entry>, more: bool) {
    let Some(request) = turn.model.requests.end(re) else { return };
    idle::told(turn, request.sent);
    let mut page = match request.purpose {
        Purpose::History(page) => page,
        Purpose::Around(seq) => return search::around_found(turn, seq, &messages),
        _ => return,
    };
    let has_come = !messages.is_empty();
    messages.into_iter().rev().for_each(|entry| page.found.push_front(entry));
    // A page is cut short where it would not fit a frame. One without messages ends it, whatever it promises.
    if more && has_come && page.found.len() < page.wanted {
        return ask(turn, page);
    }
    finish(turn, page, more);
}

fn finish(turn: &mut Turn<'_>, page: Page, more: bool) {
    let Page { place, wanted, before, mut found, by_command, fills_screen } = page;
    let more = more || found.len() > wanted;
    found.drain(..found.len().saturating_sub(wanted));
    let mut shown = Vec::new();
    for entry in found {
        let said = said(&place, &entry);
        let is_new = chat::take(turn.model, entry.seq, &said, State::History);
        if is_new || by_command {
            shown.push(said);
        }
    }
    if !by_command {
        let conversation = turn.model.conversations.open(&place);
        let is_new = before.is_none() || !shown.is_empty();
        let has_more = more && is_new && !conversation.transcript.is_full();
        conversation.older = if has_more { Older::More } else { Older::None };
        if fills_screen || shown.is_empty() {
            return;
        }
    }
    turn.report(Report::Count { list: List::Messages, count: shown.len() });
    turn.report_all(shown.into_iter().map(Report::Said));
    if by_command {
        turn.report(Report::Done(Done { user: place.user().cloned(), ..Done::new(Verb::History) }));
    }
}

fn said(place: &Place, entry: &Entry) -> Said {
    Said {
        manner: Manner::History,
        place: place.clone(),
        from: name(&entry.from),
        text: SafeText::new(&entry.text, Lines::Many),
        action: entry.kind == Kind::ACTION,
        at: entry.at,
    }
}

/// The server gives no history.
pub(super) fn refused(turn: &mut Turn<'_>, page: Page, refusal: &Refusal) {
    if page.by_command {
        answers::command_refused(turn, Verb::History, page.place.user().cloned(), refusal);
    } else {
        // Nobody asked aloud: the conversation is what has been heard of it here.
        turn.model.conversations.open(&page.place).older = Older::None;
    }
}
