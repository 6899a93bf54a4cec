//! The end of the input, of the patience, and of the program.

use super::*;
use crate::app::model::Linger;

fn lingering(linger: Linger) -> Story {
    let mut story = Story::new(Settings { linger, ..settings() }, Some("hans"), Some("falcon"));
    story.begin();
    story.tell(connected());
    story.tell(logged_in(1));
    story.tell(ready());
    story
}

#[test]
fn at_the_end_of_input_what_was_begun_is_finished_first() {
    let mut story = Story::logged_in();
    story.line("message yoda last", &["> text 2 message 1 to @yoda: last"]);
    story.check(Msg::InputEnded, &[]);
    story.check(sent(2, "@yoda", 1, Outcome::STORED), &["ok message yoda stored", "> logout 3"]);
    assert!(!story.model.takes_a_line());
    story.check(ok(3), &[]);
    story.check(bye(Reason::LOGGED_OUT), &["state logged-out logged-out", "> disconnect", "> quit 0"]);
}

#[test]
fn logout_is_answered_like_every_command() {
    let mut story = Story::logged_in();
    story.line("quit", &["> logout 2"]);
    story.check(ok(2), &["ok logout"]);
    story.check(bye(Reason::LOGGED_OUT), &["state logged-out logged-out", "> disconnect", "> quit 0"]);
}

#[test]
fn a_logout_without_an_answer_ends_all_the_same() {
    let mut story = Story::logged_in();
    story.line("logout", &["> logout 2"]);
    story.wake(&["> quit 0"]);
    assert_eq!(story.now(), Duration::from_secs(3));
    let mut story = Story::logged_in();
    story.line("logout", &["> logout 2"]);
    story.check(lost(), &["> quit 0"]);
}

#[test]
fn a_lingering_client_listens_for_its_time() {
    let mut story = lingering(Linger::For(Duration::from_secs(2)));
    story.check(Msg::InputEnded, &[]);
    story.pass(Duration::from_secs(1));
    story.check(said(entry("@yoda", 1, "yoda", "in time")), &["message from yoda: in time", "> ack @yoda 1"]);
    story.wake(&["> logout 2"]);
    assert_eq!(story.now(), Duration::from_secs(2));
}

#[test]
fn a_client_that_lingers_for_ever_comes_back_too() {
    let mut story = lingering(Linger::Forever);
    story.check(Msg::InputEnded, &[]);
    assert_eq!(deadline(&story.model), None);
    story.check(lost(), &["state reconnecting 1"]);
    story.check(Msg::Interrupted, &["> quit 0"]);
}

#[test]
fn with_everything_answered_a_lost_connection_is_not_worth_getting_back() {
    let mut story = Story::logged_in();
    story.line("message yoda last", &["> text 2 message 1 to @yoda: last"]);
    story.check(Msg::InputEnded, &[]);
    story.check(lost(), &["state reconnecting 1"]);
    story.wake(&["> connect"]);
    story.tell(connected());
    story.tell(logged_in(3));
    story.check(ready(), &["> text 4 message 1 to @yoda: last"]);
    story.check(sent(4, "@yoda", 1, Outcome::STORED), &["ok message yoda stored", "> logout 5"]);
}

#[test]
fn a_signal_logs_out_and_a_second_one_ends_at_once() {
    let mut story = Story::logged_in();
    story.check(Msg::Interrupted, &["> logout 2"]);
    story.check(Msg::Interrupted, &["> quit 0"]);
    let mut story = Story::person();
    story.check(Msg::Interrupted, &["> quit 0"]);
}

#[test]
fn with_nobody_reading_it_logs_out_quietly() {
    let mut story = Story::logged_in();
    story.check(Msg::OutputClosed, &["> logout 2", "> quit 0"]);
}

#[test]
fn only_direct_messages_are_acknowledged() {
    let mut story = Story::logged_in();
    story.check(said(entry("#lobby", 1, "yoda", "one")), &["broadcast from yoda: one"]);
    story.line("logout", &["> logout 2"]);
}

#[test]
fn inactivity_is_warned_of_once_and_told() {
    let mut story = Story::script();
    story.tell(logged_in_with_timeout(1, 120_000));
    story.tell(ready());
    story.wake(&["state idle 12"]);
    assert_eq!(story.now(), Duration::from_secs(108));
    assert_eq!(deadline(&story.model), None, "one warning is enough");
    story.check(bye(Reason::TIMED_OUT), &["state logged-out timed-out", "> disconnect", "> quit 6"]);
}

#[test]
fn the_warning_fits_every_timeout() {
    for (timeout, warned, left) in [(3_000, 1_500, 2), (60_000, 50_000, 10), (3_600_000, 3_540_000, 60)] {
        let mut story = Story::script();
        story.tell(logged_in_with_timeout(1, timeout));
        story.tell(ready());
        story.wake(&[&format!("state idle {left}")]);
        assert_eq!(story.now(), Duration::from_millis(warned));
    }
}

#[test]
fn only_what_the_server_took_puts_the_warning_off() {
    let mut story = Story::script();
    story.tell(logged_in_with_timeout(1, 100_000));
    story.tell(ready());
    story.pass(Duration::from_secs(50));
    story.line("message nobody hi", &["> text 2 message 1 to @nobody: hi"]);
    story.tell(refused(2, Code::NO_SUCH_USER, "no"));
    story.line("mesage", &["error unknown-command mesage: did you mean message"]);
    story.tell(said(entry("@yoda", 1, "yoda", "hi")));
    story.line("message yoda hi", &["> text 3 message 3 to @yoda: hi"]);
    story.pass(Duration::from_secs(10));
    story.tell(sent(3, "@yoda", 2, Outcome::DELIVERED));
    story.wake(&["state idle 10"]);
    assert_eq!(story.now(), Duration::from_secs(140), "counted from when it was sent");
}

#[test]
fn typing_is_told_at_most_every_five_seconds_and_the_last_of_it_too() {
    let mut story = Story::script();
    story.tell(logged_in_with_timeout(1, 100_000));
    story.tell(ready());
    story.pass(Duration::from_secs(4));
    story.check(Msg::Typed, &[]);
    story.wake(&["> activity"]);
    assert_eq!(story.now(), Duration::from_secs(5));
    story.pass(Duration::from_secs(6));
    story.check(Msg::Typed, &["> activity"]);
    story.check(Msg::Typed, &[]);
    story.wake(&["> activity"]);
    assert_eq!(story.now(), Duration::from_secs(16));
}
