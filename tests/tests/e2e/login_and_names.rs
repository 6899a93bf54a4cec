//! Names are compared without case and shown as registered; a name that breaks a rule is refused with that rule; nothing
//! can be asked before the login.

use e2e::TestServer;
use shared::error::Code;
use shared::message::{ClientMessage, ServerMessage};

#[test]
fn a_name_is_shown_as_registered_whatever_case_was_typed() {
    let server = TestServer::start();
    let mut hans = server.login("hans");
    let mut yoda = server.client().user("YODA").password("wise").start();
    yoda.expect("state logged-in yoda");
    hans.answers("message YoDa hi", "ok message yoda delivered");
    yoda.expect("message from hans: hi");
}

#[test]
fn a_bad_name_is_refused_with_the_rule_it_breaks() {
    let server = TestServer::start();
    let long = "a".repeat(33);
    for (name, rule) in [
        ("-rf", "begins with a letter or a digit"),
        ("han solo", "only letters"),
        ("ha\u{43d}s", "only letters"),
        ("server", "reserved"),
        ("You", "reserved"),
        (long.as_str(), "at most 32"),
    ] {
        let register = format!("--user={name}");
        let mut client = server.client().arg(&register).password("long enough").arg("--register").run();
        let line = client.expect_prefix("error bad-name");
        assert!(line.contains(rule), "{name:?} was refused with `{line}`");
        client.exits_with(4);
    }
}

#[test]
fn nothing_can_be_asked_before_the_login() {
    let server = TestServer::start();
    let mut stranger = server.raw();
    let id = stranger.request();
    stranger.say(&ClientMessage::Who { id });
    match stranger.receive() {
        Some(ServerMessage::Error(refusal)) => assert_eq!((refusal.re, refusal.code), (Some(id), Code::NOT_NOW)),
        other => panic!("a stranger was answered with {other:?}"),
    }
}

#[test]
fn a_script_that_feeds_name_and_password_is_asked_again_after_a_wrong_one() {
    let server = TestServer::start();
    let mut hans = server.client().start();
    for line in ["hans", "wrong", "falcon", "whoelse"] {
        hans.send(line);
    }
    hans.expect("error bad-password: 2 tries left");
    hans.expect("state logged-in hans");
    hans.expect("users 0");
    hans.logout();
}
