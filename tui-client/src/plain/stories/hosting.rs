//! A server in this process: asked for, offered, refused.

use super::*;
use crate::app::model::{Hosting, Question};

const NOBODY: &str = "! No connection: cannot reach 127.0.0.1:4000: nobody listens there.";
const OPTION: &str = "! To host a server in this program, for everybody in your network, run `tui-client --host`.";
const HOSTING: &str = "hosting tern://10.0.0.7:4000#ab: friends join with tui-client 'tern://10.0.0.7:4000#ab'; the log \
                       of the server is /state/tern/server-4000.log";

fn nobody_listens() -> Msg {
    let fault = Fault::NobodyListens("cannot reach 127.0.0.1:4000: nobody listens there".to_owned());
    Msg::NotConnected { fault, jitter: Jitter::thousandths(1000) }
}

fn hosting() -> Msg {
    Msg::Hosting {
        server: "127.0.0.1:4000".to_owned(),
        invite: "tern://10.0.0.7:4000#ab".to_owned(),
        log: "/state/tern/server-4000.log".to_owned(),
    }
}

/// A client that has just found nobody.
fn alone(hosting: Hosting, expected: &[&str]) -> Story {
    let mut story = Story::new(Settings { hosting, ..settings() }, None, None);
    story.begin();
    story.check(nobody_listens(), expected);
    story
}

#[test]
fn where_nobody_can_answer_the_option_is_named() {
    alone(Hosting::Named, &[NOBODY, OPTION, "> quit 3"]);
    alone(Hosting::Never, &[NOBODY, "> quit 3"]);
}

#[test]
fn only_a_clear_yes_hosts() {
    for (answer, expected) in
        [("y", "> host"), (" Yes ", "> host"), ("", "> quit 3"), ("n", "> quit 3"), ("ye", "> quit 3")]
    {
        let mut story = alone(Hosting::Asked, &[NOBODY]);
        assert_eq!(story.model.question(), Some(Question::Host));
        assert!(!Question::Host.is_secret());
        story.answer(answer, &[expected]);
        assert_eq!(story.model.question(), None, "one answer is enough");
    }
    alone(Hosting::Asked, &[NOBODY]).check(Msg::InputEnded, &["> quit 3"]);
}

#[test]
fn a_hosted_server_is_connected_to_and_the_invite_is_shown() {
    let mut story = alone(Hosting::Asked, &[NOBODY]);
    story.answer("y", &["> host"]);
    story.check(hosting(), &[HOSTING, "> connect"]);
    story.check(connected(), &["state connected"]);
    assert_eq!(story.model.question(), Some(Question::Name));
    assert_eq!(story.model.invite.as_deref(), Some("tern://10.0.0.7:4000#ab"));
}

#[test]
fn who_asks_for_it_is_not_asked() {
    let mut story = Story::new(Settings { hosting: Hosting::Now, ..settings() }, Some("hans"), Some("falcon"));
    story.check(Msg::Started, &["plain mode, server 127.0.0.1:4000, type help, logout to leave", "> host"]);
    story.check(hosting(), &[HOSTING, "> connect"]);
    story.check(connected(), &["state connected", "> login 1 hans falcon"]);
}

#[test]
fn a_server_that_cannot_start_is_one_sentence() {
    let mut story = Story::new(Settings { hosting: Hosting::Now, ..settings() }, None, None);
    story.tell(Msg::Started);
    let why = "cannot listen on [::]:4000: the port is in use (another server?)".to_owned();
    story.check(
        Msg::NotHosted { why },
        &[
            "! No server could be started here: cannot listen on [::]:4000: the port is in use (another server?).",
            "> quit 3",
        ],
    );
}

#[test]
fn a_server_that_was_there_and_is_gone_is_waited_for() {
    let mut story = Story::logged_in();
    story.check(lost(), &["state reconnecting 1"]);
    story.wake(&["> connect"]);
    story.check(nobody_listens(), &["state reconnecting 1"]);
}
