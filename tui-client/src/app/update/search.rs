//! Looking for words in everything that was ever said to this user.
//!
//! The server looks through a bounded part of its log for one answer, so one wish may take several requests. The model
//! keeps the last search, so that a face can show more of it, and what stands around a hit.

use shared::error::Code;
use shared::id::{RequestId, Seq};
use shared::limits::SEARCH_PAGE;
use shared::message::{ClientMessage, Entry, Kind, Mark, Refusal};
use shared::text::{Lines, SafeText};

use super::{Turn, answers, idle};
use crate::app::command::Verb;
use crate::app::model::{Around, HITS_MOST, Hit, Purpose, Request, Search, Searching};
use crate::app::place::{Place, name, safe};
use crate::app::report::{List, Report, Why};

/// Hits that are collected at once.
const WANTED: usize = 20;

/// Requests for one wish. A server that finds nothing and always has more to look through comes to an end, too.
const REQUESTS: u16 = 200;

/// Messages that are loaded before a hit and after it: a screen or two.
const NEIGHBOURS: u16 = 50;

/// Begins a search. It takes the place of the one before.
pub(super) fn begin(turn: &mut Turn<'_>, words: &str) {
    if turn.model.search.as_ref().is_some_and(|search| search.is_running) {
        let why = Why::Text(safe("the search before has no answer yet"));
        return turn.refuse(Code::BUSY, Some(Verb::Search), why);
    }
    turn.model.search = Some(Search::new(safe(words)));
    ask(turn, Searching { missing: WANTED, requests: REQUESTS, by_command: true });
}

/// Somebody has seen the hits there are and wants further ones.
pub(super) fn more(turn: &mut Turn<'_>) {
    let has_more = turn.model.search.as_ref().is_some_and(|search| search.has_more() && !search.is_running);
    if has_more && turn.model.can_request() {
        ask(turn, Searching { missing: WANTED, requests: REQUESTS, by_command: false });
    }
}

fn ask(turn: &mut Turn<'_>, searching: Searching) {
    let Some(search) = &mut turn.model.search else { return };
    search.is_running = true;
    let (words, start) = (search.words.raw().to_owned(), search.next.clone());
    let limit = u16::try_from(searching.missing).unwrap_or(u16::MAX).min(SEARCH_PAGE);
    turn.request(Purpose::Search(searching), |id| ClientMessage::Search { id, words, conv: None, start, limit });
}

/// A page of hits has come.
pub(super) fn found(turn: &mut Turn<'_>, re: RequestId, messages: &[Entry], next: Option<Mark>) {
    let Some(request) = turn.model.requests.end(re) else { return };
    let Request { purpose: Purpose::Search(searching), sent, .. } = request else { return };
    idle::told(turn, sent);
    let Some(search) = &mut turn.model.search else { return };
    let hits = messages.iter().take(searching.missing).filter_map(hit);
    search.hits.extend(hits);
    search.hits.truncate(HITS_MOST);
    search.next = next;
    let (missing, requests) = (searching.missing.saturating_sub(messages.len()), searching.requests.saturating_sub(1));
    if missing > 0 && requests > 0 && search.has_more() {
        return ask(turn, Searching { missing, requests, ..searching });
    }
    search.is_running = false;
    if searching.by_command {
        list(turn);
    }
}

fn hit(entry: &Entry) -> Option<Hit> {
    Some(Hit {
        place: Place::from_wire(&entry.conv)?,
        seq: entry.seq,
        at: entry.at,
        from: name(&entry.from),
        text: SafeText::new(&entry.text, Lines::Many),
        action: entry.kind == Kind::ACTION,
    })
}

/// Announces the first hits.
fn list(turn: &mut Turn<'_>) {
    let Some(search) = &turn.model.search else { return };
    let (hits, has_more) = (search.hits.clone(), search.has_more());
    turn.report(Report::Count { list: List::Found, count: hits.len() });
    turn.report_all((1..).zip(hits).map(|(number, hit)| Report::Match { number, hit }));
    if has_more {
        turn.notice("there are more; these are the newest");
    }
    turn.done(Verb::Search);
}

/// The server does not search.
pub(super) fn refused(turn: &mut Turn<'_>, searching: Searching, refusal: &Refusal) {
    if let Some(search) = &mut turn.model.search {
        search.is_running = false;
    }
    if searching.by_command {
        answers::command_refused(turn, Verb::Search, None, refusal);
    }
}

/// Somebody wants to see what stands around a message.
pub(super) fn around(turn: &mut Turn<'_>, place: Place, seq: Seq) {
    let (Some(conv), true) = (place.to_wire(), turn.model.can_request()) else { return };
    let Some(search) = &mut turn.model.search else { return };
    search.around = Some(Around { place, seq, lines: Vec::new() });
    // History goes back from a place: this many above it, the message itself, and as many below.
    let before = Some(Seq(seq.0.saturating_add(u64::from(NEIGHBOURS) + 1)));
    let limit = 2 * NEIGHBOURS + 1;
    turn.request(Purpose::Around(seq), |id| ClientMessage::History { id, conv, before, limit });
}

/// The neighbours have come; but for another message, if somebody was quicker.
pub(super) fn around_found(turn: &mut Turn<'_>, seq: Seq, messages: &[Entry]) {
    let around = turn.model.search.as_mut().and_then(|search| search.around.as_mut());
    if let Some(around) = around.filter(|around| around.seq == seq) {
        around.lines = messages.iter().filter_map(hit).collect();
    }
}
