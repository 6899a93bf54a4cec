//! Everybody is told who comes and goes, in digests; lists say who is and was there.

use std::time::Duration;

use server::chat::{Input, Request};
use shared::message::ServerMessage;
use shared::name::Name;

use crate::world::{World, announced, default_rules};

#[test]
fn everybody_hears_of_an_arrival_and_of_a_departure_with_its_reason() {
    let mut world = World::new();
    let hans = world.login("hans");
    let yoda = world.login("yoda");
    assert_eq!(announced(&world.read(hans)), ["+yoda"]);
    world.logout(yoda);
    assert_eq!(announced(&world.read(hans)), ["-yoda logged-out"]);
    let yoda = world.login("yoda");
    world.read(hans);
    world.drop_connection(yoda);
    assert_eq!(announced(&world.read(hans)), ["-yoda connection-lost"]);
}

#[test]
fn an_arrival_after_a_pause_is_told_at_once_and_a_crowd_in_one_digest() {
    let names: Vec<String> = (0..100).map(|n| format!("user{n}")).collect();
    let mut all: Vec<&str> = names.iter().map(String::as_str).collect();
    all.push("hans");
    let mut world = World::with(default_rules(), &all);
    let hans = world.login("hans");
    world.read(hans);
    for name in &names {
        let session = world.connect();
        world.try_login(session, name, &format!("{name}-secret"));
    }
    let at_once = world.read(hans);
    assert_eq!(announced(&at_once), ["+user0"], "the first does not wait");
    world.pass(Duration::from_millis(100));
    let later = world.read(hans);
    assert_eq!(announced(&later).len(), 99);
    assert!(later.len() <= 2, "{} frames for a crowd", later.len());
}

#[test]
fn somebody_who_comes_and_goes_within_a_tick_is_not_announced() {
    let mut world = World::new();
    let hans = world.login("hans");
    world.login("yoda");
    world.read(hans);
    let spare = world.connect();
    world.try_login(spare, "vader", "vader-secret");
    assert_eq!(announced(&world.read(hans)), ["+vader"]);
    let id = world.id();
    world.ask(spare, Request::Logout { id });
    let back = world.connect();
    world.try_login(back, "vader", "vader-secret");
    world.pass(Duration::from_millis(100));
    assert_eq!(announced(&world.read(hans)), ["-vader logged-out", "+vader"]);
}

#[test]
fn the_roster_comes_before_waiting_messages_and_has_everybody() {
    let mut world = World::new();
    let hans = world.login("hans");
    world.message(hans, "yoda", "hi");
    let yoda = world.connect();
    world.try_login(yoda, "yoda", "yoda-secret");
    world.pass(Duration::from_millis(100));
    let kinds: Vec<&str> = world
        .read(yoda)
        .iter()
        .map(|message| match message {
            ServerMessage::LoggedIn { .. } => "logged_in",
            ServerMessage::Roster { users } => {
                assert_eq!(users.iter().map(|user| user.name.as_str()).collect::<Vec<_>>(), ["hans", "yoda"]);
                "roster"
            }
            ServerMessage::Message(_) => "message",
            ServerMessage::Ready { .. } => "ready",
            other => panic!("unexpected {other:?}"),
        })
        .collect();
    assert_eq!(kinds, ["logged_in", "roster", "message", "ready"]);
}

#[test]
fn whoelse_lists_the_others_by_name() {
    let mut world = World::new();
    let (hans, _, _) = (world.login("hans"), world.login("yoda"), world.login("vader"));
    world.read(hans);
    assert_eq!(world.who(hans), ["vader", "yoda"]);
}

#[test]
fn whoelsesince_lists_whoever_was_there_at_any_moment_of_the_span() {
    let mut world = World::new();
    let (hans, yoda, vader) = (world.login("hans"), world.login("yoda"), world.login("vader"));
    world.logout(yoda);
    world.pass(Duration::from_secs(100));
    world.read(hans);
    assert_eq!(world.who_since(hans, Duration::from_secs(50)), ["vader"]);
    assert_eq!(world.who_since(hans, Duration::from_secs(200)), ["vader", "yoda"]);
    world.drop_connection(vader);
    world.logout(hans);
    world.restart(Duration::from_secs(10));
    let hans = world.login("hans");
    assert_eq!(world.who_since(hans, Duration::from_secs(60)), ["vader"]);
}

#[test]
fn after_a_crash_nobody_counts_as_online_past_the_last_heartbeat() {
    let mut world = World::new();
    let _yoda = world.login("yoda");
    world.pass(Duration::from_secs(35));
    world.restart(Duration::from_secs(3600));
    let hans = world.login("hans");
    assert_eq!(world.who_since(hans, Duration::from_secs(3590)), Vec::<String>::new());
    assert_eq!(world.who_since(hans, Duration::from_secs(3610)), ["yoda"]);
}

#[test]
fn an_away_text_is_followed_but_not_announced_as_an_arrival() {
    let mut world = World::new();
    let (hans, yoda) = (world.login("hans"), world.login("yoda"));
    world.read(hans);
    let id = world.id();
    world.ask(yoda, Request::Away { id, text: "lunch".to_owned() });
    world.pass(Duration::from_millis(100));
    let messages = world.read(hans);
    assert_eq!(announced(&messages), Vec::<String>::new());
    assert!(messages.iter().any(|message| matches!(
        message,
        ServerMessage::Presence { here, .. } if here.iter().any(|user| user.away == "lunch")
    )));
    let (id, name) = (world.id(), Name::plain("yoda").unwrap());
    world.ask(hans, Request::Whois { id, name });
    assert!(matches!(world.last(hans), ServerMessage::Whois { user, .. } if user.away == "lunch" && user.online));
}

#[test]
fn a_stop_is_told_to_everybody_and_ends_every_session_durably() {
    let mut world = World::new();
    let (hans, visitor) = (world.login("hans"), world.connect());
    world.input(Input::StopAsked);
    for session in [hans, visitor] {
        let last = world.last(session);
        assert!(matches!(&last, ServerMessage::Bye { reason, .. } if reason.as_str() == "going-away"), "{last:?}");
        assert!(world.closed.contains(&session));
    }
    world.restart(Duration::from_secs(100));
    let yoda = world.login("yoda");
    assert_eq!(world.who_since(yoda, Duration::from_secs(50)), Vec::<String>::new());
    assert_eq!(world.who_since(yoda, Duration::from_secs(150)), ["hans"]);
}
