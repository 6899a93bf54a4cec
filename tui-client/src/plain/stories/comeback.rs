//! Coming back with a ticket, and own messages that nobody has received.

use shared::id::{DeviceTicket, ResumeTicket};

use super::*;

/// The server's answer to a login, with tickets.
fn let_in(re: u64, ticket: Option<u8>, device: Option<u8>, lobby: Option<u64>) -> Msg {
    Msg::Server(ServerMessage::LoggedIn {
        re: RequestId(re),
        name: "hans".to_owned(),
        timeout_ms: 0,
        notice: String::new(),
        ticket: ticket.map(|byte| ResumeTicket([byte; 32])),
        device: device.map(|byte| DeviceTicket([byte; 32])),
        lobby: lobby.map(Seq),
    })
}

/// A script that is logged in with a ticket.
fn with_ticket(settings: Settings) -> Story {
    let mut story = Story::new(settings, Some("hans"), Some("falcon"));
    story.begin();
    story.check(connected(), &["state connected", "> login 1 hans falcon"]);
    story.check(let_in(1, Some(5), Some(6), Some(40)), &["state logged-in hans", "> keep ticket 6 of hans"]);
    story.tell(ready());
    story
}

fn said(conv: &str, seq: u64, from: &str, text: &str) -> Msg {
    let (conv, from, text) = (conv.to_owned(), from.to_owned(), text.to_owned());
    let kind = Kind::TEXT;
    let at = UnixMs(START);
    Msg::Server(ServerMessage::Message(Entry { conv, seq: Seq(seq), at, from, text, kind, stored: false }))
}

#[test]
fn a_lost_connection_comes_back_with_its_ticket_and_says_what_it_has() {
    let mut story = with_ticket(settings());
    story.check(said("#lobby", 41, "yoda", "one"), &["broadcast from yoda: one"]);
    story.line("broadcast two", &["> text 2 message 1 to #lobby: two"]);
    story.check(lost(), &["state reconnecting 1"]);
    story.wake(&["> connect"]);
    story.check(connected(), &["state connected", "> resume 3 ticket 5 lobby Some(41)"]);
    story.check(let_in(3, None, None, Some(41)), &["state logged-in hans"]);
    // The log is quicker than the second copy of the line: it is shown once.
    story.check(said("#lobby", 42, "hans", "two"), &[]);
    story.check(ready(), &["> text 4 message 1 to #lobby: two"]);
    story.check(sent(4, "#lobby", 42, Outcome::EVERYONE), &["ok broadcast"]);
    let lobby = story.model.conversations.front().clone();
    assert_eq!(story.model.conversations.get(&lobby).unwrap().transcript.lines().count(), 2);
    // The same ticket again.
    story.tell(lost());
    story.wake(&["> connect"]);
    story.check(connected(), &["state connected", "> resume 5 ticket 5 lobby Some(42)"]);
}

#[test]
fn a_session_that_is_over_is_opened_again_with_the_password() {
    let mut story = with_ticket(settings());
    story.tell(lost());
    story.wake(&["> connect"]);
    story.check(connected(), &["state connected", "> resume 2 ticket 5 lobby Some(40)"]);
    story.check(refused(2, Code::TICKET_EXPIRED, "over"), &["> login 3 hans falcon"]);
    story.check(let_in(3, Some(7), None, None), &["state logged-in hans"]);
    story.tell(ready());
    story.tell(lost());
    story.wake(&["> connect"]);
    story.check(connected(), &["state connected", "> resume 4 ticket 7 lobby Some(40)"]);
}

/// Somebody has logged in elsewhere meanwhile.
#[test]
fn whoever_was_replaced_does_not_come_back() {
    let mut story = with_ticket(settings());
    story.tell(lost());
    story.wake(&["> connect"]);
    story.tell(connected());
    story.check(refused(2, Code::TICKET_EXPIRED, "over"), &["> login 3 hans falcon"]);
    story.check(already_online(3), &["state logged-out replaced", "> disconnect", "> quit 3"]);
}

#[test]
fn a_ticket_is_not_used_after_the_session_has_ended() {
    let screen = || Settings { on_screen: true, interactive: true, ..settings() };
    let mut story = with_ticket(screen());
    story.check(bye(Reason::TIMED_OUT), &["state logged-out timed-out", "> disconnect"]);
    story.check(Msg::LoginWanted, &["> connect"]);
    story.check(connected(), &["state connected"]);
    assert!(story.model.question().is_some(), "the password is asked for");
}

#[test]
fn a_server_that_goes_away_says_when_to_come_back() {
    let mut story = with_ticket(settings());
    story.check(Msg::Server(ServerMessage::Bye { reason: Reason::GOING_AWAY, retry_ms: Some(2_500) }), &[]);
    story.check(lost(), &["state reconnecting 3"]);
    let begun = story.now();
    story.wake(&["> connect"]);
    assert_eq!(story.now().abs_diff(begun), Duration::from_millis(2_500));
    // Nobody is told to stay away for an hour.
    let mut story = with_ticket(settings());
    story.tell(Msg::Server(ServerMessage::Bye { reason: Reason::GOING_AWAY, retry_ms: Some(3_600_000) }));
    story.check(lost(), &["state reconnecting 30"]);
}

#[test]
fn the_queue_is_listed_and_a_message_taken_back_by_its_number() {
    let mut story = Story::logged_in();
    story.line("message yoda first", &["> text 2 message 1 to @yoda: first"]);
    story.check(sent(2, "@yoda", 7, Outcome::STORED), &["ok message yoda stored"]);
    story.line(
        "unsend 1",
        &["error nothing-to-do unsend: no message has this number in the last list; type queue first"],
    );
    story.line("queue", &["> queue 3"]);
    let kind = Kind::TEXT;
    let (at, from, text) = (UnixMs(START), "hans".to_owned(), "first".to_owned());
    let entry = Entry { conv: "@yoda".to_owned(), seq: Seq(7), at, from, text, kind, stored: false };
    let list = ServerMessage::Queue { re: RequestId(3), messages: vec![entry], more: false };
    let lines = story.tell(Msg::Server(list));
    assert_eq!((lines[0].as_str(), lines[2].as_str()), ("queue 1", "ok queue"));
    assert!(lines[1].starts_with("queued 1 to yoda at ") && lines[1].ends_with(": first"), "{lines:?}");
    story.line(
        "unsend 2",
        &["error nothing-to-do unsend: no message has this number in the last list; type queue first"],
    );
    story.line("unsend 1", &["> unsend 4 @yoda 7"]);
    story.check(ok(4), &["ok unsend yoda"]);
    let yoda = crate::app::place::Place::With(crate::app::place::name("yoda"));
    assert_eq!(story.model.conversations.get(&yoda).unwrap().transcript.lines().count(), 0);
    story.line("unsend 1", &["> unsend 5 @yoda 7"]);
    story.check(
        refused(5, Code::ALREADY_DELIVERED, "this message has been received"),
        &["error already-delivered unsend yoda: this message has been received"],
    );
}
