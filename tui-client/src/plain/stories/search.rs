//! Searches: what is asked for, page after page, what is announced, and what a screen finds in the model.

use shared::message::Mark;

use super::*;
use crate::app::place::{Place, name};

fn entry(conv: &str, seq: u64, text: &str) -> Entry {
    let (at, from) = (UnixMs(START), "yoda".to_owned());
    Entry { conv: conv.to_owned(), seq: Seq(seq), at, from, text: text.to_owned(), kind: Kind::TEXT, stored: false }
}

fn found(re: u64, messages: Vec<Entry>, next: Option<u64>) -> Msg {
    let next = next.map(|seq| Mark { conv: "#lobby".to_owned(), seq: Seq(seq) });
    Msg::Server(ServerMessage::Found { re: RequestId(re), messages, next })
}

/// So many lines of the lobby, the newest of which has this place.
fn lines(newest: u64, count: u64) -> Vec<Entry> {
    (0..count).map(|n| entry("#lobby", newest - n, "droid")).collect()
}

#[test]
fn what_was_found_is_listed_with_its_places() {
    let mut story = Story::logged_in();
    story.line("search droids \"not the\"", &["> search 2 20: droids \"not the\""]);
    let hits = vec![entry("@yoda", 7, "no\nDroids"), entry("#lobby", 3, "droids\u{1b}[2J")];
    let lines = story.tell(found(2, hits, None));
    assert_eq!((lines[0].as_str(), lines[3].as_str(), lines.len()), ("found 2", "ok search", 4));
    assert!(
        lines[1].starts_with("match 1 in @yoda from yoda at 20") && lines[1].ends_with(": no\\nDroids"),
        "{lines:?}"
    );
    assert!(lines[2].starts_with("match 2 in #lobby from yoda at 20"), "{lines:?}");
    assert!(lines[2].ends_with(": droids\\x1b[2J"), "{lines:?}");
}

#[test]
fn nothing_found_is_an_answer_too() {
    let mut story = Story::logged_in();
    story.line("search", &["error usage search: search WORDS"]);
    story.line("search droids", &["> search 2 20: droids"]);
    story.check(found(2, vec![], None), &["found 0", "ok search"]);
    story.line("search droids", &["> search 3 20: droids"]);
    story.check(refused(3, Code::BUSY, "too many are searching"), &["error busy search: too many are searching"]);
    let long = format!("search {}", "x".repeat(257));
    story.line(&long, &["error too-long search: 257 bytes, at most 256 are allowed"]);
}

/// The server looks through a part of its log for one answer.
#[test]
fn pages_are_asked_for_until_there_are_enough() {
    let mut story = Story::logged_in();
    story.line("search droid", &["> search 2 20: droid"]);
    story.check(found(2, vec![], Some(900)), &["> search 3 20 from #lobby 900: droid"]);
    story.check(found(3, lines(800, 12), Some(600)), &["> search 4 8 from #lobby 600: droid"]);
    let lines_ = story.tell(found(4, lines(600, 8), Some(500)));
    assert_eq!(lines_[0], "found 20");
    assert_eq!(lines_[21..], ["notice: there are more; these are the newest", "ok search"]);
    let search = story.model.search.as_ref().unwrap();
    assert!(search.has_more() && !search.is_running);

    // On a screen somebody goes on.
    story.check(Msg::MoreFoundWanted, &["> search 5 20 from #lobby 500: droid"]);
    story.check(Msg::MoreFoundWanted, &[]);
    story.check(found(5, lines(500, 3), None), &[]);
    let search = story.model.search.as_ref().unwrap();
    assert_eq!((search.hits.len(), search.hits[22].seq), (23, Seq(498)));
    story.check(Msg::MoreFoundWanted, &[]);
}

#[test]
fn what_stands_around_a_hit_can_be_seen() {
    let mut story = Story::logged_in();
    story.line("search droid", &["> search 2 20: droid"]);
    story.tell(found(2, lines(300, 1), None));
    let around = |seq| Msg::AroundWanted { place: Place::lobby(), seq: Seq(seq) };
    story.check(around(300), &["> history 3 #lobby 101 before 351"]);
    let messages = vec![entry("#lobby", 299, "before"), entry("#lobby", 300, "droid"), entry("#lobby", 301, "after")];
    let page = ServerMessage::History { re: RequestId(3), conv: "#lobby".to_owned(), messages, more: true };
    story.check(Msg::Server(page), &[]);
    let around = story.model.search.as_ref().unwrap().around.as_ref().unwrap();
    let texts: Vec<_> = around.lines.iter().map(|line| line.text.as_str().to_owned()).collect();
    assert_eq!((around.seq, texts.join(" ")), (Seq(300), "before droid after".to_owned()));
    assert_eq!(story.model.conversations.get(&Place::lobby()).unwrap().transcript.lines().count(), 0);
    story.check(Msg::AroundWanted { place: Place::Private(name("yoda")), seq: Seq(1) }, &[]);
}

#[test]
fn a_search_is_asked_again_after_a_lost_connection() {
    let mut story = Story::logged_in();
    story.line("search droid", &["> search 2 20: droid"]);
    story.tell(lost());
    story.wake(&["> connect"]);
    let sent = story.tell(connected());
    assert!(!sent.iter().any(|line| line.contains("search")), "{sent:?}");
    story.tell(logged_in(3));
    let again = story.tell(Msg::Server(ServerMessage::Ready { stored: 0 }));
    let search = again.iter().find(|line| line.contains("search")).expect("asked again").clone();
    let re = search.split(' ').nth(2).unwrap().parse().unwrap();
    story.check(found(re, vec![], None), &["found 0", "ok search"]);
}
