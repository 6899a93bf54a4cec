//! Who is typing: what this client says of its user, and what it believes of others.

use shared::caps::Caps;
use shared::message::Absence;

use super::private::{peer, with_yoda};
use super::*;
use crate::app::peer::{Closed, PeerEvent};
use crate::app::place::{Place, name};

fn with(user: &str) -> Place {
    Place::With(name(user))
}

fn private(user: &str) -> Place {
    Place::Private(name(user))
}

fn capable() -> Msg {
    let welcome = Welcome { caps: Caps { typing: true }.write(), ..welcome() };
    Msg::Connected { welcome, trust: Trust::Known }
}

/// Logged in as hans at a server that passes it on, with yoda and leia online.
fn in_company(settings: Settings) -> Story {
    let mut story = Story::new(settings, Some("hans"), Some("falcon"));
    story.begin();
    story.tell(capable());
    story.tell(logged_in(1));
    let users = ["hans", "yoda", "leia"].map(|name| user(name, true)).to_vec();
    story.tell(Msg::Server(ServerMessage::Roster { users }));
    story.tell(ready());
    story
}

fn heard(conv: &str, from: &str) -> Msg {
    Msg::Server(ServerMessage::Typing { conv: conv.to_owned(), from: from.to_owned() })
}

fn gone(user: &str) -> Msg {
    let absence = Absence { name: user.to_owned(), reason: Reason::LOGGED_OUT, quiet: false };
    Msg::Server(ServerMessage::Presence { here: Vec::new(), gone: vec![absence] })
}

fn who(story: &Story, place: &Place) -> Vec<String> {
    story.model.typing.who(place, Mono(story.ms)).map(ToString::to_string).collect()
}

const NOBODY: [&str; 0] = [];

#[test]
fn it_is_said_at_most_every_three_seconds_in_each_conversation() {
    let mut story = in_company(settings());
    let mut said = 0;
    // A key every 100 ms for 30 seconds.
    for _ in 0..300 {
        said += story.tell(Msg::TextTyped(Place::lobby())).len();
        story.pass(Duration::from_millis(100));
    }
    assert_eq!(said, 10);
    story.check(Msg::TextTyped(with("yoda")), &["> typing @yoda"]);
    story.check(Msg::TextTyped(with("leia")), &["> typing @leia"]);
    story.check(Msg::TextTyped(Place::lobby()), &["> typing #lobby"]);
    story.check(Msg::TextTyped(with("YODA")), &[]);
}

#[test]
fn it_is_said_only_where_somebody_can_be_told() {
    let mut story = in_company(settings());
    for nobody in [with("vader"), private("yoda"), Place::Room("attic".into())] {
        story.check(Msg::TextTyped(nobody), &[]);
    }
    story.tell(gone("leia"));
    story.check(Msg::TextTyped(with("leia")), &[]);
    story.line("block yoda", &["> block 2 yoda"]);
    story.tell(ok(2));
    story.check(Msg::TextTyped(with("yoda")), &[]);
    story.check(Msg::TextTyped(Place::lobby()), &["> typing #lobby"]);

    // An older server does not know the word, and would answer with an error.
    let mut story = Story::logged_in();
    story.check(Msg::TextTyped(Place::lobby()), &[]);
}

#[test]
fn nothing_is_said_without_a_session() {
    let mut story = in_company(settings());
    story.tell(lost());
    story.check(Msg::TextTyped(Place::lobby()), &[]);
    story.wake(&["> connect"]);
    story.tell(capable());
    story.check(Msg::TextTyped(Place::lobby()), &[]);
    story.tell(logged_in(2));
    story.check(Msg::TextTyped(Place::lobby()), &[]);
    story.tell(ready());
    story.check(Msg::TextTyped(Place::lobby()), &["> typing #lobby"]);
}

#[test]
fn who_has_switched_it_off_neither_says_nor_sees_it() {
    let mut story = in_company(Settings { typing: false, ..settings() });
    story.check(Msg::TextTyped(Place::lobby()), &[]);
    story.tell(heard("#lobby", "yoda"));
    assert_eq!(who(&story, &Place::lobby()), NOBODY);
    let mut story = with_yoda(Story::logged_in_with(Settings { typing: false, ..settings() }));
    story.check(Msg::TextTyped(private("yoda")), &[]);
    story.tell(peer(1, PeerEvent::Typing));
    assert_eq!(who(&story, &private("yoda")), NOBODY);
}

#[test]
fn it_is_switched_off_and_on_at_once() {
    let mut story = in_company(settings());
    story.tell(heard("#lobby", "yoda"));
    story.check(Msg::TypingSet(false), &[]);
    story.tell(heard("#lobby", "leia"));
    assert_eq!(who(&story, &Place::lobby()), NOBODY);
    story.check(Msg::TextTyped(Place::lobby()), &[]);
    story.check(Msg::TypingSet(true), &[]);
    assert_eq!(who(&story, &Place::lobby()), NOBODY);
    story.check(Msg::TextTyped(Place::lobby()), &["> typing #lobby"]);
    story.tell(heard("#lobby", "leia"));
    assert_eq!(who(&story, &Place::lobby()), ["leia"]);
}

#[test]
fn a_text_that_is_typed_is_an_action_of_the_user() {
    let mut story = Story::script();
    story.tell(logged_in_with_timeout(1, 120_000));
    story.tell(ready());
    story.pass(Duration::from_secs(6));
    story.check(Msg::TextTyped(Place::lobby()), &["> activity"]);
}

#[test]
fn somebody_types_for_six_seconds_after_the_last_sign() {
    let mut story = in_company(settings());
    story.check(heard("#lobby", "yoda"), &[]);
    story.pass(Duration::from_secs(3));
    story.check(heard("#lobby", "leia"), &[]);
    assert_eq!(who(&story, &Place::lobby()), ["leia", "yoda"]);
    assert_eq!(who(&story, &with("yoda")), NOBODY);
    story.pass(Duration::from_millis(2_999));
    assert_eq!(who(&story, &Place::lobby()).len(), 2);
    assert_eq!(story.model.typing.next_end(|_| true, Mono(story.ms)), Some(Mono(6_000)));
    assert_eq!(story.model.typing.next_end(|place| *place == with("yoda"), Mono(story.ms)), None);
    story.pass(Duration::from_millis(1));
    assert_eq!(who(&story, &Place::lobby()), ["leia"]);
    story.tell(heard("#lobby", "leia"));
    story.pass(Duration::from_secs(5));
    assert_eq!(who(&story, &Place::lobby()), ["leia"], "it goes on");
    story.pass(Duration::from_secs(1));
    assert_eq!(who(&story, &Place::lobby()), NOBODY);
    assert_eq!(story.model.typing.next_end(|_| true, Mono(story.ms)), None);
    assert_eq!(deadline(&story.model), None, "only a screen has to know");
}

#[test]
fn a_message_ends_it_where_it_stands_and_nowhere_else() {
    let mut story = in_company(settings());
    for (conv, from) in [("#lobby", "yoda"), ("@yoda", "yoda"), ("#lobby", "leia")] {
        story.tell(heard(conv, from));
    }
    story.tell(said(entry("#lobby", 1, "YODA", "there it is")));
    assert_eq!((who(&story, &Place::lobby()), who(&story, &with("yoda"))), (vec!["leia".into()], vec!["yoda".into()]));
    story.tell(said(entry("@yoda", 1, "yoda", "and here")));
    assert_eq!(who(&story, &with("yoda")), NOBODY);
}

#[test]
fn who_leaves_types_no_more_and_a_lost_connection_ends_all() {
    let mut story = in_company(settings());
    for (conv, from) in [("#lobby", "yoda"), ("@yoda", "yoda"), ("#lobby", "leia")] {
        story.tell(heard(conv, from));
    }
    story.tell(gone("yoda"));
    assert_eq!((who(&story, &Place::lobby()), who(&story, &with("yoda"))), (vec!["leia".into()], vec![]));
    story.tell(lost());
    assert_eq!(who(&story, &Place::lobby()), NOBODY);
}

#[test]
fn a_server_cannot_make_just_anybody_type_anywhere() {
    let mut story = in_company(settings());
    story.line("block leia", &["> block 2 leia"]);
    story.tell(ok(2));
    let lies = [
        ("#lobby", "hans"),
        ("#lobby", "nobody"),
        ("#lobby", "leia"),
        ("#attic", "yoda"),
        ("@leia", "yoda"),
        ("", "yoda"),
        ("yoda", "yoda"),
        ("@\u{202e}", "\u{202e}"),
    ];
    for (conv, from) in lies {
        story.check(heard(conv, from), &[]);
    }
    assert_eq!(story.model.typing.next_end(|_| true, Mono(story.ms)), None);
    let users = (0..1000).map(|n| user(&format!("user{n}"), true)).collect();
    story.tell(Msg::Server(ServerMessage::Roster { users }));
    for n in 0..1000 {
        story.tell(heard("#lobby", &format!("user{n}")));
    }
    assert_eq!(who(&story, &Place::lobby()).len(), 100);
}

#[test]
fn a_private_session_says_it_by_itself() {
    let mut story = with_yoda(Story::logged_in());
    let said = story.tell(Msg::TextTyped(private("yoda")));
    assert!(said.len() == 1 && said[0].starts_with("> peer Typing { offer"), "{said:?}");
    story.check(Msg::TextTyped(private("yoda")), &[]);
    story.tell(peer(1, PeerEvent::Typing));
    assert_eq!(who(&story, &private("yoda")), ["yoda"]);
    // The server is not needed for it.
    story.tell(gone("yoda"));
    story.tell(lost());
    assert_eq!(who(&story, &private("yoda")), ["yoda"]);
    story.pass(Duration::from_secs(3));
    assert_eq!(story.tell(Msg::TextTyped(private("yoda"))).len(), 1);
    let text = "here it is".to_owned();
    story.tell(peer(1, PeerEvent::Said { text, kind: Kind::TEXT }));
    assert_eq!(who(&story, &private("yoda")), NOBODY);
    story.tell(peer(1, PeerEvent::Typing));
    story.tell(peer(1, PeerEvent::Closed(Closed::There(Reason::STOPPED))));
    assert_eq!(who(&story, &private("yoda")), NOBODY);
    story.pass(Duration::from_secs(3));
    story.check(Msg::TextTyped(private("yoda")), &[]);
    story.tell(peer(1, PeerEvent::Typing));
    assert_eq!(who(&story, &private("yoda")), NOBODY, "it is over");
}
