//! Every way a login can go.

use super::*;
use crate::app::model::Question;
use crate::app::msg::Fault;

#[test]
fn a_script_logs_in_and_gets_what_waited() {
    let mut story = Story::script();
    story.check(logged_in(1), &["state logged-in hans"]);
    let waited = Entry { stored: true, ..entry("@yoda", 3, "yoda", "are you there?") };
    story.check(said(waited), &["stored from yoda at 2026-11-20 13:40: are you there?", "> ack @yoda 3"]);
    assert!(!story.model.takes_a_line(), "commands wait until all that waited has come");
    story.check(ready(), &[]);
    assert!(story.model.takes_a_line());
}

#[test]
fn a_person_is_asked_for_name_and_password() {
    let mut story = Story::person();
    assert_eq!(story.model.question(), Some(Question::Name));
    story.answer("", &[]);
    assert_eq!(story.model.question(), Some(Question::Name));
    story.answer("hans", &[]);
    assert_eq!(story.model.question(), Some(Question::Password));
    story.answer("falcon", &["> login 1 hans falcon"]);
    assert_eq!(story.model.question(), None);
    story.check(logged_in(1), &["state logged-in hans"]);
}

#[test]
fn a_wrong_password_that_was_typed_is_asked_again() {
    let mut story = Story::person();
    story.answer("hans", &[]);
    story.answer("wrong", &["> login 1 hans wrong"]);
    story.check(wrong_password(1, 2), &["error bad-password: 2 tries left"]);
    assert_eq!(story.model.question(), Some(Question::Password));
    story.answer("wronger", &["> login 2 hans wronger"]);
    story.check(wrong_password(2, 1), &["error bad-password: 1 try left"]);
    story.answer("wrongest", &["> login 3 hans wrongest"]);
    story.check(locked(3, 57_000), &["error locked: 57 seconds left"]);
    // The server closes; the next answer opens a new connection.
    story.check(bye(Reason::TOO_MANY_TRIES), &[]);
    story.check(lost(), &[]);
    story.answer("falcon", &["> connect"]);
    story.check(connected(), &["state connected", "> login 4 hans falcon"]);
}

#[test]
fn a_wrong_password_that_was_given_is_tried_once() {
    let mut story = Story::script();
    story.check(wrong_password(1, 2), &["error bad-password: 2 tries left", "> quit 4"]);
    let mut story = Story::script();
    story.check(locked(1, 56_001), &["error locked: 57 seconds left", "> quit 5"]);
}

#[test]
fn a_script_that_types_its_password_is_asked_again_but_not_while_locked() {
    let mut story = Story::new(settings(), None, None);
    story.begin();
    story.check(connected(), &["state connected"]);
    story.answer("hans", &[]);
    story.answer("wrong", &["> login 1 hans wrong"]);
    story.check(wrong_password(1, 2), &["error bad-password: 2 tries left"]);
    story.answer("falcon", &["> login 2 hans falcon"]);
    story.check(locked(2, 1000), &["error locked: 1 second left", "> quit 5"]);
}

#[test]
fn a_name_without_an_account_is_offered_one() {
    let mut story = Story::person();
    story.answer("lando", &[]);
    story.answer("cloud city", &["> login 1 lando cloud city"]);
    let offer = "! Nobody has this name yet. To make the account, choose a password.";
    story.check(refused(1, Code::NO_SUCH_ACCOUNT, ""), &["error no-such-account", offer]);
    story.answer("cloud city", &[]);
    story.answer("clout city", &["error password-mismatch"]);
    assert_eq!(story.model.question(), Some(Question::FirstPassword));
    story.answer("short", &[]);
    story.answer("short", &["> register 2 lando short"]);
    let rule = "a password has at least 8 characters";
    story.check(refused(2, Code::WEAK_PASSWORD, rule), &["error weak-password: a password has at least 8 characters"]);
    story.answer("cloud city", &[]);
    story.answer("cloud city", &["> register 3 lando cloud city"]);
}

#[test]
fn an_empty_answer_to_the_offer_goes_back_to_the_name() {
    let mut story = Story::person();
    story.answer("hasn", &[]);
    story.answer("falcon", &["> login 1 hasn falcon"]);
    story.tell(refused(1, Code::NO_SUCH_ACCOUNT, ""));
    story.answer("", &[]);
    assert_eq!(story.model.question(), Some(Question::Name));
    story.answer("hans", &[]);
    story.answer("falcon", &["> login 2 hans falcon"]);
}

#[test]
fn with_register_the_account_is_made_without_questions() {
    let mut story = Story::new(Settings { register: true, ..settings() }, Some("lando"), Some("cloud city"));
    story.begin();
    story.check(connected(), &["state connected", "> register 1 lando cloud city"]);
    story.check(
        refused(1, Code::NAME_TAKEN, "this name is taken"),
        &["error name-taken: this name is taken", "> quit 4"],
    );
}

#[test]
fn a_registration_whose_answer_was_lost_goes_on_as_a_login() {
    let mut story = Story::new(Settings { register: true, ..settings() }, Some("lando"), Some("cloud city"));
    story.begin();
    story.tell(connected());
    story.check(lost(), &["state reconnecting 1"]);
    story.wake(&["> connect"]);
    story.check(connected(), &["state connected", "> register 2 lando cloud city"]);
    story.check(refused(2, Code::NAME_TAKEN, "this name is taken"), &["> login 3 lando cloud city"]);
}

#[test]
fn an_account_in_use_is_told_since_when_and_from_where() {
    let mut story = Story::script();
    story.check(already_online(1), &["error already-online: since 14:02 from 10.0.0.5", "> quit 4"]);
    let mut story = Story::person();
    story.answer("hans", &[]);
    story.answer("falcon", &["> login 1 hans falcon"]);
    story.check(already_online(1), &["error already-online: since 14:02 from 10.0.0.5"]);
    assert_eq!(story.model.question(), Some(Question::Name));
}

#[test]
fn other_refusals_end_a_script_and_not_a_person() {
    for code in [Code::BAD_NAME, Code::REGISTRATION_OFF, Code::SAMPLE_PASSWORD, Code::of("newer")] {
        let line = format!("error {}: no", code.as_str());
        let mut story = Story::script();
        story.check(refused(1, code.clone(), "no"), &[&line, "> quit 4"]);
        let mut story = Story::person();
        story.answer("hans", &[]);
        story.answer("falcon", &["> login 1 hans falcon"]);
        story.check(refused(1, code, "no"), &[&line]);
        assert_eq!(story.model.question(), Some(Question::Name));
    }
}

#[test]
fn a_busy_server_is_tried_again() {
    let mut story = Story::script();
    story.check(refused(1, Code::BUSY, "too many logins"), &["error busy: too many logins", "state reconnecting 1"]);
    story.wake(&["> login 2 hans falcon"]);
}

#[test]
fn the_key_of_the_server_is_judged_before_anything_is_said() {
    let mut story = Story::new(settings(), Some("hans"), Some("falcon"));
    story.begin();
    let trust = Trust::FirstUse { fingerprint: "SHA256:ab".to_owned() };
    let notice = "! First contact with this server. Its key is remembered: SHA256:ab.";
    story.check(Msg::Connected { welcome: welcome(), trust }, &["state connected", notice, "> login 1 hans falcon"]);
    let mut story = Story::new(settings(), Some("hans"), Some("falcon"));
    story.begin();
    let [address, expected, found] = ["chat.example:4000", "SHA256:ab", "SHA256:cd"].map(str::to_owned);
    let fault = Fault::KeyChanged { address, expected, found };
    let lines = story.tell(Msg::NotConnected { fault, jitter: Jitter::thousandths(0) });
    assert!(lines[0].contains("`tui-client trust forget chat.example:4000`"), "{lines:?}");
    assert_eq!(lines[1..], ["> quit 7"]);
}

#[test]
fn an_input_that_ends_before_the_login_is_said() {
    let mut story = Story::person();
    story.check(Msg::InputEnded, &["! The input ended before the login was done.", "> quit 4"]);
    let mut story = Story::script();
    story.check(Msg::InputEnded, &[]);
    story.check(logged_in(1), &["state logged-in hans"]);
    story.check(ready(), &["> logout 2"]);
}

#[test]
fn a_notice_about_the_account_is_shown() {
    let mut story = Story::script();
    let notice = "3 failed logins since the last good one";
    story.check(
        Msg::Server(given::logged_in_with(RequestId(1), "hans", 0, notice)),
        &["state logged-in hans", "notice: 3 failed logins since the last good one"],
    );
}
