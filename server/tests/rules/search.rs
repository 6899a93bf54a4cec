//! Who finds what: everything that a user may read, and nothing else.

use server::chat::{Place, Request, Search, SessionId};
use shared::id::{RequestId, Seq};
use shared::limits::{FRAME_AFTER_LOGIN, SEARCH_PAGE};
use shared::message::{Mark, ServerMessage};
use shared::name::Name;

use crate::world::{World, default_rules};

fn with(name: &str) -> Place {
    Place::With(Name::plain(name).unwrap())
}

fn everywhere(word: &str) -> Search {
    Search { words: vec![word.to_owned()], place: None, start: None, limit: SEARCH_PAGE }
}

fn ask(world: &mut World, session: SessionId, search: Search) -> RequestId {
    let id = world.id();
    world.ask(session, Request::Search { id, search });
    id
}

/// What is found, as `conversation seq text`, and where to go on.
fn found(world: &mut World, session: SessionId, search: Search) -> (Vec<String>, Option<Mark>) {
    let id = ask(world, session, search);
    match world.last(session) {
        ServerMessage::Found { re, messages, next } if re == id => {
            let line = |entry: &shared::message::Entry| format!("{} {} {}", entry.conv, entry.seq.0, entry.text);
            (messages.iter().map(line).collect(), next)
        }
        other => panic!("nothing found but {other:?}"),
    }
}

fn refused(world: &mut World, session: SessionId, search: Search) -> String {
    ask(world, session, search);
    world.refusal(session)
}

#[test]
fn everybody_finds_the_lobby_and_the_own_conversations() {
    let mut world = World::new();
    let (hans, yoda, vader) = (world.login("hans"), world.login("yoda"), world.login("vader"));
    world.message(hans, "yoda", "a droid for you");
    world.broadcast(vader, "find the droid");
    world.message(yoda, "hans", "what droid?");
    let direct = ["2 what droid?", "1 a droid for you"];
    assert_eq!(
        found(&mut world, hans, everywhere("DROID")).0,
        [&*format!("@yoda {}", direct[0]), "#lobby 1 find the droid", &format!("@yoda {}", direct[1])]
    );
    assert_eq!(
        found(&mut world, yoda, everywhere("dr")).0,
        [&*format!("@hans {}", direct[0]), "#lobby 1 find the droid", &format!("@hans {}", direct[1])]
    );
    assert_eq!(found(&mut world, vader, everywhere("droid")), (vec!["#lobby 1 find the droid".to_owned()], None));
    let there = |place| Search { place: Some(place), ..everywhere("droid") };
    assert_eq!(found(&mut world, hans, there(Place::Lobby)).0, ["#lobby 1 find the droid"]);
    assert_eq!(found(&mut world, hans, there(with("YODA"))).0.len(), 2);
    assert_eq!(found(&mut world, hans, there(with("vader"))).0, [""; 0]);
}

#[test]
fn what_a_block_kept_away_is_never_found() {
    let mut world = World::new();
    let (hans, vader, yoda) = (world.login("hans"), world.login("vader"), world.login("yoda"));
    world.block(hans, "vader");
    world.broadcast(vader, "dark plans");
    world.broadcast(hans, "bright plans");
    world.message(hans, "vader", "plans? no");
    world.unblock(hans, "vader");
    world.broadcast(vader, "open plans");
    assert_eq!(
        found(&mut world, hans, everywhere("plans")).0,
        ["#lobby 3 open plans", "@vader 1 plans? no", "#lobby 2 bright plans"]
    );
    assert_eq!(
        found(&mut world, vader, everywhere("plans")).0,
        ["#lobby 3 open plans", "@hans 1 plans? no", "#lobby 1 dark plans"]
    );
    assert_eq!(found(&mut world, yoda, everywhere("plans")).0.len(), 3);
}

#[test]
fn what_was_taken_back_is_found_by_nobody() {
    let mut world = World::new();
    let hans = world.login("hans");
    world.message(hans, "yoda", "a secret");
    assert_eq!(found(&mut world, hans, everywhere("secret")).0, ["@yoda 1 a secret"]);
    let (id, to) = (world.id(), Name::plain("yoda").unwrap());
    world.ask(hans, Request::Unsend { id, to, seq: Seq(1) });
    let yoda = world.login("yoda");
    for session in [hans, yoda] {
        assert_eq!(found(&mut world, session, everywhere("secret")), (vec![], None));
    }
}

#[test]
fn a_page_goes_on_where_the_one_before_ended() {
    let mut world = World::new();
    let hans = world.login("hans");
    for number in 1..=5 {
        world.broadcast(hans, &format!("droid {number}"));
    }
    let (first, next) = found(&mut world, hans, Search { limit: 2, ..everywhere("droid") });
    assert_eq!(first, ["#lobby 5 droid 5", "#lobby 4 droid 4"]);
    assert_eq!(next, Some(Mark { conv: "#lobby".to_owned(), seq: Seq(3) }));
    let start = Some((Place::Lobby, Seq(3)));
    let (second, next) = found(&mut world, hans, Search { start, ..everywhere("droid") });
    assert_eq!((second.len(), next), (3, None));
}

#[test]
fn places_that_are_nobodys_are_refused() {
    let mut world = World::new();
    let hans = world.login("hans");
    for (name, code) in [("nobody", "no-such-user"), ("hans", "yourself")] {
        let there = Search { place: Some(with(name)), ..everywhere("x") };
        assert_eq!(refused(&mut world, hans, there), code);
        let from = Search { start: Some((with(name), Seq(1))), ..everywhere("x") };
        assert_eq!(refused(&mut world, hans, from), code);
    }
    let stranger = world.connect();
    assert_eq!(refused(&mut world, stranger, everywhere("x")), "not-now");
}

#[test]
fn a_session_has_one_search_at_a_time_and_all_together_few() {
    let names: Vec<String> = (0..66).map(|number| format!("user{number}")).collect();
    let mut world = World::with(default_rules(), &names.iter().map(String::as_str).collect::<Vec<_>>());
    let sessions: Vec<SessionId> = names.iter().map(|name| world.login(name)).collect();
    world.hold = true;
    ask(&mut world, sessions[0], everywhere("x"));
    assert_eq!(refused(&mut world, sessions[0], everywhere("x")), "busy");
    for session in &sessions[1..64] {
        ask(&mut world, *session, everywhere("x"));
    }
    assert_eq!(refused(&mut world, sessions[64], everywhere("x")), "busy");
    // Whoever leaves does not keep the place.
    world.drop_connection(sessions[1]);
    world.release();
    world.hold = false;
    for session in [sessions[0], sessions[64], sessions[65]] {
        assert_eq!(found(&mut world, session, everywhere("x")), (vec![], None));
    }
}

#[test]
fn a_page_of_long_names_fits_a_frame() {
    let mut world = World::new();
    let hans = world.login("hans");
    for number in 0..SEARCH_PAGE {
        world.broadcast(hans, &format!("droid {number:0480}"));
    }
    let (mut all, mut start) = (Vec::new(), None);
    loop {
        ask(&mut world, hans, Search { start, ..everywhere("droid") });
        let answer = world.last(hans);
        assert!(shared::codec::encode(&answer).len() <= FRAME_AFTER_LOGIN);
        let ServerMessage::Found { messages, next, .. } = answer else { panic!("nothing found") };
        all.extend(messages.iter().map(|entry| entry.seq.0));
        let Some(Mark { seq, .. }) = next else { break };
        start = Some((Place::Lobby, seq));
    }
    assert_eq!(all, (1..=u64::from(SEARCH_PAGE)).rev().collect::<Vec<_>>());
}
