//! Older messages, collected page by page and shown oldest first.

use std::collections::VecDeque;

use shared::id::RequestId;
use shared::limits::HISTORY_PAGE;
use shared::message::{ClientMessage, Entry, Kind, Refusal};
use shared::text::{Lines, SafeText};

use super::{Turn, answers, chat, idle};
use crate::app::command::Verb;
use crate::app::model::{Page, Purpose, Request};
use crate::app::place::{Place, name};
use crate::app::report::{Done, List, Manner, Report, Said};
use crate::app::transcript::State;

/// Shows the newest messages of the lobby, or of the direct conversation with a user.
pub(super) fn show(turn: &mut Turn<'_>, with: Option<&str>, count: u16) {
    let place = with.map_or_else(Place::lobby, |with| Place::With(name(with)));
    ask(turn, Page { place, wanted: usize::from(count), found: VecDeque::new(), by_command: true });
}

/// After the login: the last lines of the lobby, where they are wanted.
pub(super) fn after_login(turn: &mut Turn<'_>) {
    let wanted = usize::from(turn.model.settings.history);
    if wanted > 0 {
        ask(turn, Page { place: Place::lobby(), wanted, found: VecDeque::new(), by_command: false });
    }
}

/// Asks for the page before what has come.
fn ask(turn: &mut Turn<'_>, page: Page) {
    let conv = page.place.to_wire();
    let before = page.found.front().map(|oldest| oldest.seq);
    let missing = page.wanted.saturating_sub(page.found.len());
    let limit = u16::try_from(missing).unwrap_or(u16::MAX).min(HISTORY_PAGE);
    turn.request(Purpose::History(page), |id| ClientMessage::History { id, conv, before, limit });
}

/// A page has come.
pub(super) fn page(turn: &mut Turn<'_>, re: RequestId, messages: Vec<Entry>, more: bool) {
    let Some(request) = turn.model.requests.end(re) else { return };
    let Request { purpose: Purpose::History(mut page), sent, .. } = request else { return };
    idle::told(turn, sent);
    let has_come = !messages.is_empty();
    messages.into_iter().rev().for_each(|entry| page.found.push_front(entry));
    // A page is cut short where it would not fit a frame. One without messages ends it, whatever it promises.
    if more && has_come && page.found.len() < page.wanted {
        return ask(turn, page);
    }
    finish(turn, page);
}

fn finish(turn: &mut Turn<'_>, page: Page) {
    let Page { place, wanted, mut found, by_command } = page;
    found.drain(..found.len().saturating_sub(wanted));
    let mut shown = Vec::new();
    for entry in found {
        let said = said(&place, &entry);
        let is_new = chat::take(turn.model, entry.seq, &said, State::History);
        if is_new || by_command {
            shown.push(said);
        }
    }
    if !by_command && shown.is_empty() {
        return;
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
    }
}
