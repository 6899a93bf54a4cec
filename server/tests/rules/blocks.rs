//! What a block hides, in each direction, and what it does not.

use std::time::Duration;

use server::chat::{Place, Request};
use shared::message::ServerMessage;
use shared::name::Name;

use crate::world::{World, announced};

#[test]
fn the_blocked_cannot_write_to_the_blocker_who_can_write_to_them_after_one_hint() {
    let mut world = World::new();
    let (hans, vader) = (world.login("hans"), world.login("vader"));
    world.block(hans, "vader");
    assert!(matches!(world.last(hans), ServerMessage::Ok { .. }));
    world.message(vader, "hans", "let me in");
    let ServerMessage::Error(refusal) = world.last(vader) else { panic!("not refused") };
    assert_eq!((refusal.code.as_str(), refusal.text.as_str()), ("blocked", "hans has blocked you"));
    assert_eq!(world.texts(hans), Vec::<String>::new());
    for expected_hints in [1, 0] {
        world.message(hans, "vader", "no");
        let messages = world.read(hans);
        let hints = messages.iter().filter(|message| matches!(message, ServerMessage::Notice { .. })).count();
        assert_eq!(hints, expected_hints);
    }
    assert_eq!(world.texts(vader), ["@hans hans: no", "@hans hans: no"]);
    world.unblock(hans, "vader");
    world.message(vader, "hans", "at last");
    assert_eq!(world.texts(hans), ["@vader vader: at last"], "what was refused is not delivered later");
}

#[test]
fn the_lobby_is_kept_from_both_sides_and_the_sender_is_told() {
    let mut world = World::new();
    let (hans, vader, yoda) = (world.login("hans"), world.login("vader"), world.login("yoda"));
    world.block(hans, "vader");
    for (sender, other) in [(vader, hans), (hans, vader)] {
        world.read(other);
        world.broadcast(sender, "hello");
        assert_eq!(world.outcome(sender), "partial");
        assert_eq!(world.texts(other), Vec::<String>::new());
    }
    assert_eq!(world.texts(yoda).len(), 2);
    world.unblock(hans, "vader");
    world.history(hans, Place::Lobby);
    let ServerMessage::History { messages, .. } = world.last(hans) else { panic!("no history") };
    let seen: Vec<&str> = messages.iter().map(|entry| entry.from.as_str()).collect();
    assert_eq!(seen, ["hans"], "hidden stays hidden in history");
}

#[test]
fn a_block_with_somebody_offline_is_not_told_to_a_lobby_sender() {
    let mut world = World::new();
    let (hans, _yoda) = (world.login("hans"), world.login("yoda"));
    world.block(hans, "vader");
    world.broadcast(hans, "hello");
    assert_eq!(world.outcome(hans), "everyone");
}

#[test]
fn the_blocked_sees_the_blocker_leave_and_is_not_told_when_they_come() {
    let mut world = World::new();
    let (hans, vader) = (world.login("hans"), world.login("vader"));
    world.read(vader);
    world.block(hans, "vader");
    assert_eq!(announced(&world.read(vader)), ["-hans logged-out"]);
    world.logout(hans);
    let hans = world.login("hans");
    assert_eq!(announced(&world.read(vader)), Vec::<String>::new());
    let vader_again = {
        world.logout(vader);
        assert_eq!(announced(&world.read(hans)), Vec::<String>::new(), "nothing of the blocked is announced");
        world.login("vader")
    };
    assert_eq!(announced(&world.read(hans)), Vec::<String>::new());
    world.unblock(hans, "vader");
    assert_eq!(announced(&world.read(vader_again)), ["+hans"]);
}

#[test]
fn the_blocked_does_not_find_the_blocker_in_any_list_but_is_found() {
    let mut world = World::new();
    let (hans, vader) = (world.login("hans"), world.login("vader"));
    world.block(hans, "vader");
    world.read(hans);
    let hour = Duration::from_secs(3600);
    assert_eq!(world.who(vader), Vec::<String>::new());
    assert_eq!(world.who_since(vader, hour), Vec::<String>::new());
    assert_eq!(world.who(hans), ["vader"]);
    assert_eq!(world.who_since(hans, hour), ["vader"]);
    let (id, name) = (world.id(), Name::plain("hans").unwrap());
    world.ask(vader, Request::Whois { id, name });
    assert!(matches!(world.last(vader), ServerMessage::Whois { user, .. } if !user.online));
    world.logout(hans);
    assert_eq!(world.who_since(vader, hour), Vec::<String>::new());
}

#[test]
fn the_roster_at_login_leaves_out_those_who_have_blocked_the_reader() {
    let mut world = World::new();
    let hans = world.login("hans");
    world.block(hans, "vader");
    let vader = world.connect();
    world.try_login(vader, "vader", "vader-secret");
    world.pass(Duration::from_millis(100));
    let roster: Vec<String> = world
        .read(vader)
        .into_iter()
        .filter_map(|message| match message {
            ServerMessage::Roster { users } => Some(users),
            _ => None,
        })
        .flatten()
        .map(|user| user.name)
        .collect();
    assert_eq!(roster, ["vader"]);
}

#[test]
fn messages_stored_before_the_block_stay_and_those_after_it_are_refused() {
    let mut world = World::new();
    let vader = world.login("vader");
    world.message(vader, "hans", "before");
    let hans = world.login("hans");
    world.block(hans, "vader");
    world.logout(hans);
    world.message(vader, "hans", "after");
    assert_eq!(world.refusal(vader), "blocked");
    let hans = world.connect();
    world.try_login(hans, "hans", "hans-secret");
    world.pass(Duration::from_millis(100));
    assert_eq!(world.texts(hans), ["stored @vader vader: before"]);
}

#[test]
fn blocks_survive_a_crash_and_are_answered_when_durable() {
    let mut world = World::new();
    let hans = world.login("hans");
    world.hold = true;
    world.block(hans, "vader");
    assert_eq!(world.read(hans), []);
    world.release();
    assert!(matches!(world.last(hans), ServerMessage::Ok { .. }));
    world.restart(Duration::from_secs(1));
    let (hans, vader) = (world.login("hans"), world.login("vader"));
    world.message(vader, "hans", "let me in");
    assert_eq!(world.refusal(vader), "blocked");
    let id = world.id();
    world.ask(hans, Request::Blocked { id });
    assert!(matches!(world.last(hans), ServerMessage::Blocked { names, .. } if names == ["vader"]));
}

#[test]
fn a_block_that_could_not_be_stored_is_taken_back() {
    let mut world = World::new();
    let (hans, vader) = (world.login("hans"), world.login("vader"));
    world.read(vader);
    world.broken = Some(server::record::KeepError::Full);
    world.block(hans, "vader");
    assert_eq!(world.refusal(hans), "storage-full");
    assert_eq!(announced(&world.read(vader)), ["-hans logged-out", "+hans"]);
    world.broken = None;
    world.message(vader, "hans", "hi");
    assert_eq!(world.outcome(vader), "delivered");
}

/// A disk that fails and recovers answers changes that newer ones have overtaken: what holds at the end is what is durable.
#[test]
fn after_changes_in_a_row_the_last_durable_one_holds() {
    let full = Some(server::record::KeepError::Full);
    for (changes, stands) in [
        (&[(true, full), (false, None), (true, None)][..], true),
        (&[(true, None), (false, full), (true, full)], true),
        (&[(true, None), (false, full)], true),
        (&[(true, full), (false, None)], false),
        (&[(true, None), (false, None), (true, full)], false),
    ] {
        let mut world = World::new();
        let (hans, vader) = (world.login("hans"), world.login("vader"));
        world.hold = true;
        for (blocked, broken) in changes {
            world.broken = *broken;
            if *blocked { world.block(hans, "vader") } else { world.unblock(hans, "vader") }
        }
        world.broken = None;
        world.release();
        world.message(vader, "hans", "do you read me");
        assert_eq!(world.texts(hans).is_empty(), stands, "{changes:?}");
        world.restart(Duration::from_secs(1));
        let (hans, vader) = (world.login("hans"), world.login("vader"));
        world.message(vader, "hans", "and now");
        let is_read = world.texts(hans).iter().any(|text| text.ends_with("and now"));
        assert_eq!(is_read, !stands, "{changes:?}, after a crash");
    }
}

#[test]
fn refusals_of_a_block_name_their_reason() {
    let mut world = World::new();
    let hans = world.login("hans");
    for (whom, code) in [("jabba", "no-such-user"), ("hans", "yourself")] {
        world.block(hans, whom);
        assert_eq!(world.refusal(hans), code, "{whom}");
    }
    world.unblock(hans, "vader");
    assert_eq!(world.refusal(hans), "not-blocked");
    world.block(hans, "vader");
    world.block(hans, "VADER");
    assert_eq!(world.refusal(hans), "already-blocked");
}
