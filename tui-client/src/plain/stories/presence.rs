//! Who comes and goes, and what is shown at the login of somebody who wants to see it.

use shared::message::Absence;

use super::*;
use crate::app::transcript::State;

fn watching() -> Story {
    let settings = Settings { presence: true, history: 2, ..settings() };
    let mut story = Story::new(settings, Some("hans"), Some("falcon"));
    story.begin();
    story.tell(connected());
    story.check(logged_in(1), &["state logged-in hans"]);
    story
}

fn digest(here: Vec<UserInfo>, gone: Vec<(&str, Reason)>) -> Msg {
    let absence = |(name, reason): (&str, Reason)| Absence { name: name.to_owned(), reason, quiet: false };
    Msg::Server(ServerMessage::Presence { here, gone: gone.into_iter().map(absence).collect() })
}

fn roster(users: &[&str]) -> Msg {
    Msg::Server(ServerMessage::Roster { users: users.iter().map(|name| user(name, true)).collect() })
}

fn lobby_page(re: u64, messages: Vec<Entry>) -> Msg {
    Msg::Server(ServerMessage::History { re: RequestId(re), conv: "#lobby".to_owned(), messages, more: false })
}

#[test]
fn the_login_shows_who_is_there_what_waited_and_the_last_lines() {
    let mut story = watching();
    story.check(roster(&["hans", "leia"]), &[]);
    story.check(roster(&["yoda"]), &[]);
    let waited = Entry { stored: true, ..entry("@yoda", 3, "yoda", "are you there?") };
    story.check(
        said(waited),
        &[
            "users 2",
            "user leia since 14:02",
            "user yoda since 14:02",
            "stored from yoda at 2026-11-20 13:40: are you there?",
            "> ack @yoda 3",
        ],
    );
    story.check(ready(), &["> history 2 #lobby 2"]);
    story.check(said(entry("#lobby", 9, "leia", "live")), &["broadcast from leia: live"]);
    let page = vec![entry("#lobby", 8, "yoda", "before"), entry("#lobby", 9, "leia", "live")];
    story.check(lobby_page(2, page), &["messages 1", "history from yoda at 2026-11-20 13:40: before"]);
    assert!(story.model.takes_a_line());
}

#[test]
fn after_a_lost_connection_only_what_was_missed_is_shown() {
    let mut story = watching();
    story.tell(roster(&["hans"]));
    story.tell(ready());
    story.tell(lobby_page(2, vec![entry("#lobby", 8, "yoda", "before")]));
    story.tell(lost());
    story.wake(&["> connect"]);
    story.tell(connected());
    story.tell(logged_in(3));
    story.tell(roster(&["hans", "leia"]));
    story.check(ready(), &["> history 4 #lobby 2"]);
    let page = vec![entry("#lobby", 8, "yoda", "before"), entry("#lobby", 9, "leia", "missed")];
    story.check(lobby_page(4, page), &["messages 1", "history from leia at 2026-11-20 13:40: missed"]);
}

#[test]
fn arrivals_and_departures_are_told_with_the_reason() {
    let mut story = watching();
    story.tell(roster(&["hans"]));
    story.tell(ready());
    story.check(digest(vec![user("leia", true), user("hans", true)], vec![]), &["presence leia online"]);
    story.check(digest(vec![], vec![("leia", Reason::TIMED_OUT)]), &["presence leia offline timed-out"]);
    assert!(!story.model.users.keys().any(|name| name.as_str() == "leia"));
}

#[test]
fn what_is_quiet_changes_the_list_and_says_nothing() {
    let mut story = watching();
    story.tell(roster(&["hans"]));
    story.tell(ready());
    let quiet = UserInfo { quiet: true, away: "lunch".to_owned(), ..user("vader", true) };
    story.check(digest(vec![quiet], vec![]), &[]);
    assert!(story.model.users.values().any(|user| user.away.as_str() == "lunch"));
}

#[test]
fn a_script_that_did_not_ask_gets_no_presence() {
    let mut story = Story::logged_in();
    story.check(digest(vec![user("leia", true)], vec![("leia", Reason::LOGGED_OUT)]), &[]);
}

#[test]
fn an_action_is_no_speech() {
    let mut story = Story::logged_in();
    let action = Entry { kind: Kind::ACTION, ..entry("#lobby", 1, "yoda", "smiles") };
    story.check(said(action), &["broadcast from yoda action: smiles"]);
}

#[test]
fn unread_lines_are_counted_where_nobody_looks() {
    let mut story = Story::logged_in();
    story.tell(said(entry("@yoda", 1, "yoda", "hi")));
    story.tell(said(entry("#lobby", 1, "yoda", "hi all")));
    let unread: Vec<_> = story.model.conversations.iter().map(|tab| (tab.place.as_str(), tab.unread)).collect();
    assert_eq!(unread, [("lobby", 0), ("yoda", 1)]);
}

#[test]
fn what_was_stored_for_somebody_is_delivered_when_that_user_comes() {
    let mut story = Story::logged_in();
    let states = |story: &Story, with: &str| -> Vec<State> {
        let tab = story.model.conversations.iter().find(|tab| tab.place.as_str() == with).unwrap();
        tab.transcript.lines().map(|line| line.state.clone()).collect()
    };
    for (id, to) in [(2, "yoda"), (3, "yoda"), (4, "leia")] {
        story.line(&format!("message {to} {id}"), &[&format!("> text {id} message {} to @{to}: {id}", id - 1)]);
    }
    story.tell(sent(2, "@yoda", 1, Outcome::STORED));
    story.tell(sent(4, "@leia", 1, Outcome::STORED));
    story.check(digest(vec![user("Yoda", false)], vec![]), &[]);
    assert_eq!(states(&story, "yoda"), [State::Delivered, State::Sending]);
    assert_eq!(states(&story, "leia"), [State::Stored]);
    // Stored for one who is here and does not read: only another arrival says more.
    story.tell(sent(3, "@yoda", 2, Outcome::STORED));
    story.tell(digest(vec![user("yoda", false)], vec![]));
    assert_eq!(states(&story, "yoda"), [State::Delivered, State::Stored]);
    story.tell(digest(vec![], vec![("yoda", Reason::LOGGED_OUT)]));
    assert_eq!(states(&story, "yoda"), [State::Delivered, State::Stored]);
    story.tell(digest(vec![user("yoda", false)], vec![]));
    assert_eq!(states(&story, "yoda"), [State::Delivered, State::Delivered]);
}
