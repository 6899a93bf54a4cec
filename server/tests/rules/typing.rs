//! Who is typing: told at once or never, to whom it may be told, and at nobody's cost.

use std::time::Duration;

use server::chat::{Input, Place, Request, Rules, SessionId};
use shared::caps::Caps;
use shared::id::Seq;
use shared::message::{Reason, ServerMessage};
use shared::name::Name;

use crate::world::{World, default_rules};

/// Clients that want to be told.
fn curious() -> World {
    curious_with(default_rules(), &["hans", "yoda", "vader"])
}

fn curious_with(rules: Rules, names: &[&str]) -> World {
    let mut world = World::with(rules, names);
    world.caps = Caps { typing: true };
    world
}

fn lobby(world: &mut World, session: SessionId) {
    world.ask(session, Request::Typing { place: Place::Lobby });
}

fn direct(world: &mut World, session: SessionId, with: &str) {
    world.ask(session, Request::Typing { place: Place::With(Name::plain(with).unwrap()) });
}

/// `from in conversation` for everybody who was said to type since the test last looked.
fn typists(world: &mut World, session: SessionId) -> Vec<String> {
    let said = world.read(session).into_iter().filter_map(|message| match message {
        ServerMessage::Typing { conv, from } => Some(format!("{from} in {conv}")),
        _ => None,
    });
    said.collect()
}

const NOBODY: [&str; 0] = [];

#[test]
fn the_other_side_of_a_conversation_is_told_and_nobody_else() {
    let mut world = curious();
    let (hans, yoda, vader) = (world.login("hans"), world.login("yoda"), world.login("vader"));
    direct(&mut world, hans, "YODA");
    assert_eq!(typists(&mut world, yoda), ["hans in @hans"]);
    assert_eq!((typists(&mut world, hans), typists(&mut world, vader)), (vec![], vec![]));
    lobby(&mut world, hans);
    assert_eq!(typists(&mut world, yoda), ["hans in #lobby"]);
    assert_eq!(typists(&mut world, vader), ["hans in #lobby"]);
    assert_eq!(typists(&mut world, hans), NOBODY);
}

#[test]
fn clients_that_have_not_asked_for_it_are_not_told_and_may_tell() {
    let mut world = curious();
    let hans = world.login("hans");
    world.caps = Caps::default();
    let yoda = world.login("yoda");
    world.read(hans);
    direct(&mut world, hans, "yoda");
    lobby(&mut world, hans);
    assert_eq!(world.read(yoda), []);
    direct(&mut world, yoda, "hans");
    assert_eq!(typists(&mut world, hans), ["yoda in @yoda"]);
}

#[test]
fn a_block_keeps_it_from_both_sides_and_its_end_gives_it_back() {
    for owner in [0, 1] {
        let mut world = curious();
        let sessions = [world.login("hans"), world.login("yoda")];
        let vader = world.login("vader");
        world.block(sessions[owner], ["yoda", "hans"][owner]);
        for (me, other) in [(0, 1), (1, 0)] {
            world.pass(Duration::from_secs(5));
            for session in sessions {
                world.read(session);
            }
            direct(&mut world, sessions[me], ["hans", "yoda"][other]);
            lobby(&mut world, sessions[me]);
            assert_eq!(typists(&mut world, sessions[other]), NOBODY, "{owner} blocks, {me} types");
            assert_eq!(typists(&mut world, vader).len(), 1);
        }
        world.unblock(sessions[owner], ["yoda", "hans"][owner]);
        world.pass(Duration::from_secs(5));
        direct(&mut world, sessions[0], "yoda");
        assert_eq!(typists(&mut world, sessions[1]), ["hans in @hans"]);
    }
}

#[test]
fn it_is_told_once_in_two_seconds_for_each_session_and_conversation() {
    let mut world = curious();
    let (hans, yoda, vader) = (world.login("hans"), world.login("yoda"), world.login("vader"));
    let mut told = 0;
    // Ten times a second for ten seconds.
    for _ in 0..100 {
        direct(&mut world, hans, "yoda");
        told += typists(&mut world, yoda).len();
        world.pass(Duration::from_millis(100));
    }
    assert_eq!(told, 5);
    world.pass(Duration::from_secs(2));
    direct(&mut world, hans, "yoda");
    direct(&mut world, hans, "vader");
    lobby(&mut world, hans);
    lobby(&mut world, vader);
    assert_eq!(typists(&mut world, yoda), ["hans in @hans", "hans in #lobby", "vader in #lobby"]);
    assert_eq!(typists(&mut world, vader), ["hans in @hans", "hans in #lobby"]);
}

#[test]
fn nobody_is_said_to_type_in_many_conversations_at_once() {
    let names: Vec<String> = (0..30).map(|n| format!("user{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut world = curious_with(default_rules(), &names);
    let sessions: Vec<SessionId> = names.iter().map(|name| world.login(name)).collect();
    names[1..].iter().for_each(|name| direct(&mut world, sessions[0], name));
    let told = |world: &mut World| -> usize { sessions.iter().map(|session| typists(world, *session).len()).sum() };
    assert_eq!(told(&mut world), 8);
    world.pass(Duration::from_secs(2));
    names[1..].iter().for_each(|name| direct(&mut world, sessions[0], name));
    assert_eq!(told(&mut world), 8);
}

#[test]
fn the_lobby_is_told_while_at_most_a_hundred_are_online() {
    let names: Vec<String> = (0..101).map(|n| format!("user{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut world = curious_with(default_rules(), &names);
    let sessions: Vec<SessionId> = names.iter().map(|name| world.login(name)).collect();
    for session in &sessions {
        world.read(*session);
    }
    lobby(&mut world, sessions[0]);
    assert_eq!(sessions.iter().map(|session| typists(&mut world, *session).len()).sum::<usize>(), 0);
    direct(&mut world, sessions[0], "user1");
    assert_eq!(typists(&mut world, sessions[1]), ["user0 in @user0"], "two are not many");
    world.logout(sessions[100]);
    world.pass(Duration::from_secs(2));
    lobby(&mut world, sessions[0]);
    assert_eq!(sessions.iter().map(|session| typists(&mut world, *session).len()).sum::<usize>(), 99);
}

#[test]
fn who_is_not_there_or_has_something_else_to_read_is_not_told() {
    let mut world = curious();
    let hans = world.login("hans");
    for nobody in ["yoda", "nobody", "hans"] {
        direct(&mut world, hans, nobody);
    }
    assert_eq!(world.read(hans), [], "no answer, whoever is named");
    let yoda = world.login("yoda");
    world.pass(Duration::from_secs(2));

    // Its connection still writes.
    world.busy.insert(yoda);
    direct(&mut world, hans, "yoda");
    assert_eq!(typists(&mut world, yoda), NOBODY);
    world.busy.clear();

    // It is fed from the log.
    world.full.insert(yoda);
    world.message(hans, "yoda", "too much");
    world.full.clear();
    for place in [Place::Lobby, Place::With(Name::plain("yoda").unwrap())] {
        world.pass(Duration::from_secs(2));
        world.ask(hans, Request::Typing { place });
        assert_eq!(typists(&mut world, yoda), NOBODY);
    }
    world.input(Input::SessionDrained { session: yoda });
    assert_eq!(world.texts(yoda), ["@hans hans: too much"]);
    world.pass(Duration::from_secs(2));
    direct(&mut world, hans, "yoda");
    assert_eq!(typists(&mut world, yoda), ["hans in @hans"]);

    // Its connection is lost.
    world.lose_connection(yoda);
    world.pass(Duration::from_secs(2));
    direct(&mut world, hans, "yoda");
    lobby(&mut world, hans);
    assert_eq!(typists(&mut world, yoda), NOBODY);
}

#[test]
fn whoever_is_not_logged_in_types_in_vain() {
    let mut world = curious();
    let yoda = world.login("yoda");
    let stranger = world.connect();
    direct(&mut world, stranger, "yoda");
    lobby(&mut world, stranger);
    assert_eq!((world.read(stranger), world.read(yoda)), (vec![], vec![]));
    let knocking = world.connect();
    world.hold_checks = true;
    world.try_login(knocking, "hans", "hans-secret");
    lobby(&mut world, knocking);
    assert_eq!(world.read(yoda), []);
}

#[test]
fn nothing_is_written_or_read_and_nothing_else_is_said() {
    let mut world = curious();
    let (hans, yoda) = (world.login("hans"), world.login("yoda"));
    world.pass(Duration::from_millis(500));
    let before = world.trace.len();
    direct(&mut world, hans, "yoda");
    lobby(&mut world, hans);
    lobby(&mut world, hans);
    let effects = &world.trace[before..];
    assert!(effects.iter().all(|effect| effect.starts_with("SendIfIdle")), "{effects:?}");
    assert_eq!(effects.len(), 2);
    // The conversations are as they were: the first texts are the first.
    world.message(hans, "yoda", "hi");
    assert_eq!(world.texts(yoda), ["@hans hans: hi"]);
    let newest = world.read(hans).into_iter().find_map(|message| match message {
        ServerMessage::Sent { seq, .. } => Some(seq),
        _ => None,
    });
    assert_eq!(newest, Some(Seq(1)));
}

#[test]
fn typing_is_no_activity_of_itself() {
    let rules = Rules { timeout: Some(Duration::from_secs(120)), ..default_rules() };
    let mut world = curious_with(rules, &["hans", "yoda"]);
    let hans = world.login("hans");
    for _ in 0..60 {
        lobby(&mut world, hans);
        world.pass(Duration::from_secs(2));
    }
    let end = world.read(hans).pop();
    assert!(matches!(end, Some(ServerMessage::Bye { reason, .. }) if reason == Reason::TIMED_OUT));
}

#[test]
fn a_session_that_comes_back_is_told_again_what_its_new_client_wants() {
    let mut world = curious();
    let (hans, yoda) = (world.login("hans"), world.login("yoda"));
    world.lose_connection(yoda);
    world.caps = Caps::default();
    let simple = world.login("yoda");
    direct(&mut world, hans, "yoda");
    assert_eq!(world.read(simple), []);
}
