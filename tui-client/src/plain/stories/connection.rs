//! Connections that do not come about, break and come back.

use super::*;
use crate::app::model::Link;
use crate::app::transcript::State;

#[test]
fn a_server_that_is_not_there_is_told_at_once() {
    let mut story = Story::new(settings(), Some("hans"), Some("falcon"));
    story.begin();
    story.check(unreachable(), &["! No connection: cannot reach 127.0.0.1:4000: connection refused.", "> quit 3"]);
}

#[test]
fn a_lost_connection_comes_back_and_the_unanswered_message_counts_once() {
    let mut story = Story::logged_in();
    story.line("message yoda pending", &["> text 2 message 1 to @yoda: pending"]);
    story.check(lost(), &["state reconnecting 1"]);
    assert!(!story.model.takes_a_line());
    let state = |story: &Story| {
        let tab = story.model.conversations.iter().find(|tab| tab.place.as_str() == "yoda").unwrap();
        tab.transcript.lines().next().unwrap().state.clone()
    };
    assert_eq!(state(&story), State::Unconfirmed);
    story.wake(&["> connect"]);
    story.check(connected(), &["state connected", "> login 3 hans falcon"]);
    story.check(logged_in(3), &["state logged-in hans"]);
    // The same message id: the server knows it is the same message.
    story.check(ready(), &["> text 4 message 1 to @yoda: pending"]);
    assert_eq!(state(&story), State::Sending);
    story.check(sent(4, "@yoda", 1, Outcome::STORED), &["ok message yoda stored"]);
    assert_eq!(state(&story), State::Stored);
    assert!(story.model.takes_a_line());
}

#[test]
fn waits_double_up_to_the_limit_and_then_it_gives_up() {
    let mut story = Story::logged_in();
    story.tell(lost());
    let mut waits = Vec::new();
    loop {
        let begun = story.now();
        story.wake(&["> connect"]);
        waits.push(story.now().abs_diff(begun).as_millis());
        let lines = story.tell(unreachable());
        if lines.last().unwrap() == "> quit 3" {
            assert_eq!(lines.len(), 3, "{lines:?}");
            break;
        }
        assert!(lines[0].starts_with("state reconnecting "), "{lines:?}");
    }
    assert_eq!(waits, [500, 1000, 2000, 4000, 8000, 16_000, 28_500]);
    assert_eq!(story.now(), Duration::from_secs(60), "the last attempt is made when the time is up");
}

#[test]
fn a_person_is_never_given_up() {
    let mut story = Story::new(Settings { retry: None, ..settings() }, Some("hans"), Some("falcon"));
    story.begin();
    story.tell(connected());
    story.tell(logged_in(1));
    story.tell(ready());
    story.tell(lost());
    for _ in 0..100 {
        story.wake(&["> connect"]);
        let lines = story.tell(unreachable());
        assert!(lines[0].starts_with("state reconnecting "), "{lines:?}");
    }
}

#[test]
fn a_server_that_accepts_and_drops_is_given_up_too() {
    let mut story = Story::logged_in();
    story.tell(lost());
    let mut tries = 0;
    while story.now() < Duration::from_secs(60) {
        story.wake(&["> connect"]);
        story.tell(connected());
        story.tell(lost());
        tries += 1;
        assert!(tries < 10, "the waits do not grow");
    }
}

#[test]
fn the_own_dead_session_does_not_stop_the_way_back() {
    let mut story = Story::logged_in();
    story.tell(lost());
    story.wake(&["> connect"]);
    story.check(connected(), &["state connected", "> login 2 hans falcon"]);
    story.check(already_online(2), &["state reconnecting 1"]);
    story.wake(&["> login 3 hans falcon"]);
    story.check(logged_in(3), &["state logged-in hans"]);
}

#[test]
fn a_session_elsewhere_ends_the_way_back_when_the_time_is_up() {
    let mut story = Story::logged_in();
    story.tell(lost());
    story.wake(&["> connect"]);
    story.tell(connected());
    for number in 2.. {
        let lines = story.tell(already_online(number));
        if lines.last().unwrap() == "> quit 4" {
            assert!(lines.contains(&"error already-online: since 14:02 from 10.0.0.5".to_owned()), "{lines:?}");
            break;
        }
        story.wake(&[&format!("> login {} hans falcon", number + 1)]);
    }
    assert_eq!(story.now(), Duration::from_secs(60));
}

#[test]
fn a_command_done_by_its_first_copy_is_done() {
    let mut story = Story::logged_in();
    story.line("block vader", &["> block 2 vader"]);
    story.tell(lost());
    story.wake(&["> connect"]);
    story.tell(connected());
    story.tell(logged_in(3));
    story.check(ready(), &["> block 4 vader"]);
    let lines = story.tell(refused(4, Code::ALREADY_BLOCKED, "already blocked"));
    assert!(lines[0].starts_with("ok block vader"), "{lines:?}");
}

#[test]
fn a_change_of_password_is_not_sent_again() {
    let mut story = Story::logged_in();
    story.line("passwd", &[]);
    for answer in ["falcon", "millennium"] {
        story.answer(answer, &[]);
    }
    story.answer("millennium", &["> passwd 2 falcon millennium"]);
    story.check(
        lost(),
        &[
            "error not-connected passwd: the connection broke before the answer came; the password may have changed",
            "state reconnecting 1",
        ],
    );
}

#[test]
fn a_message_seen_twice_is_shown_once_and_acknowledged_twice() {
    let mut story = Story::logged_in();
    story.check(said(entry("@yoda", 7, "yoda", "hi")), &["message from yoda: hi", "> ack @yoda 7"]);
    story.check(said(entry("@yoda", 7, "yoda", "hi")), &["> ack @yoda 7"]);
    story.tell(lost());
    story.wake(&["> connect"]);
    story.tell(connected());
    story.tell(logged_in(2));
    let again = Entry { stored: true, ..entry("@yoda", 7, "yoda", "hi") };
    story.check(said(again), &["> ack @yoda 7"]);
    let missed = Entry { stored: true, ..entry("@yoda", 8, "yoda", "and?") };
    story.check(said(missed), &["stored from yoda at 2026-11-20 13:40: and?", "> ack @yoda 8"]);
}

#[test]
fn a_server_that_does_not_answer_is_left() {
    let mut story = Story::logged_in();
    story.line("whoelse", &["> who 2"]);
    story.wake(&["> disconnect", "state reconnecting 1"]);
    assert_eq!(story.now(), Duration::from_secs(60));
    assert!(matches!(story.model.link, Link::Resting { .. }));
}

#[test]
fn jitter_shortens_the_wait_but_not_to_nothing() {
    let mut story = Story::logged_in();
    story.tell(Msg::Lost { why: "reset".to_owned(), jitter: Jitter::thousandths(0) });
    let Link::Resting { until } = story.model.link else { panic!("no wait") };
    assert_eq!(until, Mono(100));
}

#[test]
fn a_stopping_server_is_waited_for_and_the_three_ends_are_not() {
    let mut story = Story::logged_in();
    story.check(bye(Reason::GOING_AWAY), &[]);
    story.check(lost(), &["state reconnecting 1"]);
    for (reason, code) in [(Reason::TIMED_OUT, 6), (Reason::REPLACED, 3), (Reason::LOGGED_OUT, 0)] {
        let mut story = Story::logged_in();
        let lines = [format!("state logged-out {}", reason.as_str()), format!("> quit {code}")];
        story.check(bye(reason), &[&lines[0], "> disconnect", &lines[1]]);
    }
}
