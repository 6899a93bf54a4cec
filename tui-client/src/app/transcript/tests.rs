use shared::text::Lines;

use super::*;
use crate::app::place::name;

fn text(text: &str) -> SafeText {
    SafeText::new(text, Lines::Many)
}

fn incoming(seq: u64, said: &str) -> Incoming {
    Incoming {
        seq: Seq(seq),
        from: name("yoda"),
        text: text(said),
        action: false,
        at: UnixMs(seq),
        state: State::Received,
    }
}

fn begin(transcript: &mut Transcript, said: &str) -> LineId {
    transcript.begin(UnixMs(0), name("hans"), text(said), false)
}

#[track_caller]
fn check(transcript: &Transcript, expected: &[&str]) {
    let lines: Vec<_> = transcript.lines().map(|line| line.text.as_str()).collect();
    assert_eq!(lines, expected);
}

#[test]
fn lines_stand_by_their_number_whenever_they_come() {
    let mut transcript = Transcript::default();
    for (seq, said) in [(7, "seven"), (9, "nine"), (8, "eight"), (3, "three")] {
        assert!(transcript.take(incoming(seq, said)));
    }
    assert!(!transcript.take(incoming(8, "eight again")));
    check(&transcript, &["three", "seven", "eight", "nine"]);
    assert_eq!(transcript.oldest(), Some(Seq(3)));
}

#[test]
fn own_lines_wait_at_the_end_and_move_to_their_place() {
    let mut transcript = Transcript::default();
    let first = begin(&mut transcript, "first");
    let second = begin(&mut transcript, "second");
    transcript.take(incoming(1, "meanwhile"));
    check(&transcript, &["meanwhile", "first", "second"]);
    transcript.confirm(second, Seq(2), UnixMs(0), State::Delivered);
    check(&transcript, &["meanwhile", "second", "first"]);
    transcript.confirm(first, Seq(3), UnixMs(0), State::Stored);
    check(&transcript, &["meanwhile", "second", "first"]);
    assert!(transcript.lines().all(|line| line.seq().is_some()));
}

#[test]
fn a_refused_line_stays_where_it_was_typed() {
    let mut transcript = Transcript::default();
    transcript.take(incoming(1, "before"));
    let refused = begin(&mut transcript, "refused");
    transcript.refuse(refused, Code::BLOCKED, text("no"));
    transcript.take(incoming(2, "after"));
    check(&transcript, &["before", "refused", "after"]);
    assert_eq!(transcript.oldest(), Some(Seq(1)));
}

#[test]
fn an_own_line_that_came_back_as_history_is_not_doubled() {
    let mut transcript = Transcript::default();
    let own = begin(&mut transcript, "hi");
    transcript.doubt();
    assert_eq!(transcript.lines().next().unwrap().state, State::Unconfirmed);
    transcript.take(incoming(1, "hi"));
    transcript.resume();
    transcript.confirm(own, Seq(1), UnixMs(0), State::Stored);
    check(&transcript, &["hi"]);
}

#[test]
fn the_oldest_lines_are_let_go_and_not_taken_for_new_ones() {
    let mut transcript = Transcript::default();
    let count = u64::try_from(KEPT).unwrap() + 5;
    for seq in 1..=count {
        assert!(transcript.take(incoming(seq, "x")));
    }
    assert_eq!((transcript.lines().len(), transcript.oldest()), (KEPT, Some(Seq(6))));
    assert!(!transcript.take(incoming(5, "again")));
}
