//! Sessions that go on over another connection, and who is let in to take their place.

use std::time::Duration;

use server::chat::{Request, SessionId};
use shared::id::UnixMs;
use shared::message::ServerMessage;

use crate::world::{World, announced, default_rules, device_ticket, names, text_of};

const SECOND: Duration = Duration::from_secs(1);

fn texts(messages: &[ServerMessage]) -> Vec<String> {
    messages.iter().filter_map(text_of).collect()
}

fn bye(messages: &[ServerMessage]) -> Option<String> {
    messages.iter().find_map(|message| match message {
        ServerMessage::Bye { reason, .. } => Some(reason.as_str().to_owned()),
        _ => None,
    })
}

fn is_in(messages: &[ServerMessage]) -> bool {
    matches!(messages.first(), Some(ServerMessage::LoggedIn { .. }))
}

/// Nobody else is told, and what was said meanwhile comes in order and once.
#[test]
fn who_comes_back_within_ten_seconds_was_never_gone() {
    let mut world = World::new();
    let (hans, yoda) = (world.login("hans"), world.login("yoda"));
    world.broadcast(yoda, "one");
    world.read(hans);
    world.read(yoda);
    world.lose_connection(hans);
    world.message(yoda, "hans", "are you there?");
    assert_eq!(world.outcome(yoda), "stored");
    world.broadcast(yoda, "two");
    world.pass(9 * SECOND);
    assert_eq!(world.who(yoda), ["hans"]);
    let checks = world.checks.len();
    let back = world.resume(hans, Some(1));
    world.pass(SECOND);
    let greeting = world.read(back);
    assert!(is_in(&greeting));
    assert_eq!(texts(&greeting), ["@yoda yoda: are you there?", "#lobby yoda: two"]);
    world.pass(60 * SECOND);
    assert_eq!(announced(&world.read(yoda)), Vec::<String>::new());
    assert_eq!(world.checks.len(), checks, "no password is looked at");
    world.message(yoda, "hans", "live again");
    assert_eq!(world.outcome(yoda), "delivered");
    assert_eq!(world.texts(back), ["@yoda yoda: live again"]);
}

#[test]
fn who_comes_back_later_was_gone_and_needs_no_password_either() {
    let mut world = World::new();
    let (hans, yoda) = (world.login("hans"), world.login("yoda"));
    world.read(yoda);
    world.drop_connection(hans);
    assert_eq!(announced(&world.read(yoda)), ["-hans connection-lost"]);
    world.pass(580 * SECOND);
    let checks = world.checks.len();
    let back = world.resume(hans, None);
    world.pass(SECOND);
    assert!(is_in(&world.read(back)));
    assert_eq!(announced(&world.read(yoda)), ["+hans"]);
    assert_eq!(world.checks.len(), checks);
    // The same ticket is good for the next time, too.
    world.drop_connection(back);
    let again = world.resume(hans, None);
    assert!(is_in(&world.read(again)));
}

#[test]
fn a_ticket_is_worth_nothing_after_ten_minutes_a_logout_or_another_login() {
    let mut world = World::new();
    let first = world.login("hans");
    world.drop_connection(first);
    world.pass(595 * SECOND);
    let late = world.resume(first, None);
    assert_eq!(world.refusal(late), "ticket-expired");
    let second = world.login("hans");
    world.logout(second);
    let gone = world.resume(second, None);
    assert_eq!(world.refusal(gone), "ticket-expired");
    let third = world.login("hans");
    world.drop_connection(third);
    let fourth = world.login("hans");
    let other = world.resume(third, None);
    assert_eq!(world.refusal(other), "ticket-expired");
    assert_eq!(bye(&world.read(fourth)), None);
    let invented = world.resume(SessionId(99), None);
    assert_eq!(world.refusal(invented), "ticket-expired");
}

#[test]
fn a_ticket_outlives_the_server() {
    let mut world = World::new();
    let (hans, yoda) = (world.login("hans"), world.login("yoda"));
    world.message(yoda, "hans", "shown, not confirmed");
    world.pass(30 * SECOND);
    world.restart(60 * SECOND);
    let checks = world.checks.len();
    let back = world.resume(hans, None);
    world.pass(SECOND);
    let greeting = world.read(back);
    assert!(is_in(&greeting));
    assert_eq!(texts(&greeting), ["stored @yoda yoda: shown, not confirmed"]);
    assert_eq!(world.checks.len(), checks);
    world.logout(back);
    world.restart(SECOND);
    let again = world.resume(hans, None);
    assert_eq!(world.refusal(again), "ticket-expired", "a logout is remembered, too");
}

/// The server may not have noticed yet that the old connection is dead.
#[test]
fn a_client_that_comes_back_takes_the_place_of_its_old_connection_at_once() {
    let mut world = World::new();
    let (hans, yoda) = (world.login("hans"), world.login("yoda"));
    world.read(yoda);
    world.living.insert(hans);
    let back = world.resume(hans, None);
    world.pass(SECOND);
    assert!(is_in(&world.read(back)));
    assert_eq!(bye(&world.read(hans)).as_deref(), Some("replaced"));
    assert!(world.closed.contains(&hans));
    world.input(server::chat::Input::SessionClosed { session: hans, reason: shared::message::Reason::CONNECTION_LOST });
    world.pass(60 * SECOND);
    assert_eq!(announced(&world.read(yoda)), Vec::<String>::new());
    world.message(yoda, "hans", "to the new one");
    assert_eq!(world.outcome(yoda), "delivered");
    assert_eq!(world.texts(back), ["@yoda yoda: to the new one"]);
}

#[test]
fn coming_back_is_no_action_of_the_user() {
    let rules = server::chat::Rules { timeout: Some(100 * SECOND), ..default_rules() };
    let mut world = World::with(rules, &["hans", "yoda"]);
    let hans = world.login("hans");
    world.pass(60 * SECOND);
    world.lose_connection(hans);
    let back = world.resume(hans, None);
    assert!(is_in(&world.read(back)));
    world.pass(39 * SECOND);
    assert_eq!(bye(&world.read(back)), None);
    world.pass(2 * SECOND);
    assert_eq!(bye(&world.read(back)).as_deref(), Some("timed-out"));
    let late = world.resume(hans, None);
    assert_eq!(world.refusal(late), "ticket-expired");
    // Nor does the time without a connection stop the clock.
    let hans = world.login("hans");
    world.drop_connection(hans);
    world.pass(95 * SECOND);
    let late = world.resume(hans, None);
    assert_eq!(world.refusal(late), "ticket-expired");
}

#[test]
fn a_second_login_is_refused_by_a_living_session_and_replaces_a_silent_one() {
    let mut world = World::new();
    let (old, yoda) = (world.login("hans"), world.login("yoda"));
    world.read(yoda);
    world.living.insert(old);
    let second = world.connect();
    world.try_login(second, "hans", "hans-secret");
    assert_eq!(world.refusal(second), "already-online");
    assert_eq!(bye(&world.read(old)), None);
    world.living.clear();
    world.try_login(second, "hans", "hans-secret");
    world.pass(4 * SECOND);
    assert_eq!(world.read(second).len(), 0, "the old one has five seconds to answer");
    world.pass(2 * SECOND);
    assert!(is_in(&world.read(second)));
    assert_eq!(bye(&world.read(old)).as_deref(), Some("replaced"));
    assert_eq!(announced(&world.read(yoda)), Vec::<String>::new());
    assert_eq!(world.who(yoda), ["hans"]);
}

#[test]
fn a_second_login_replaces_a_session_without_a_connection_at_once() {
    let mut world = World::new();
    let (old, yoda) = (world.login("hans"), world.login("yoda"));
    world.read(yoda);
    world.lose_connection(old);
    let second = world.login("hans");
    world.pass(60 * SECOND);
    assert_eq!(announced(&world.read(yoda)), Vec::<String>::new());
    world.message(yoda, "hans", "hello");
    assert_eq!(world.texts(second), ["@yoda yoda: hello"]);
}

#[test]
fn whoever_waits_for_a_silent_session_is_let_in_when_it_leaves() {
    let mut world = World::new();
    let old = world.login("hans");
    let [first, second] = [world.connect(), world.connect()];
    world.try_login(first, "hans", "hans-secret");
    world.try_login(second, "hans", "hans-secret");
    world.living.insert(first);
    world.logout(old);
    assert!(is_in(&world.read(first)));
    assert_eq!(world.refusal(second), "already-online");
}

#[test]
fn away_texts_and_the_time_of_the_login_survive_a_lost_connection() {
    let mut world = World::new();
    let (hans, yoda) = (world.login("hans"), world.login("yoda"));
    let id = world.id();
    world.ask(hans, Request::Away { id, text: "lunch".to_owned() });
    let seen = |world: &mut World| {
        let id = world.id();
        world.ask(yoda, Request::Who { id });
        let answer = world.read(yoda);
        assert_eq!(names(&answer), ["hans"]);
        let users = answer.into_iter().find_map(|message| match message {
            ServerMessage::Users { users, .. } => Some(users),
            _ => None,
        });
        users.map(|users| (users[0].away.clone(), users[0].since)).unwrap()
    };
    let before = seen(&mut world);
    assert_eq!(before.0, "lunch");
    world.pass(20 * SECOND);
    world.lose_connection(hans);
    assert_eq!(seen(&mut world), before);
    let back = world.resume(hans, None);
    assert!(is_in(&world.read(back)));
    assert_eq!(seen(&mut world), before);
    assert_ne!(before.1, UnixMs(0));
}

/// Somebody else tries three passwords again and again.
#[test]
fn a_lock_by_strangers_does_not_stop_a_client_that_has_logged_in_before() {
    let mut world = World::new();
    let first = world.connect();
    world.try_login_with(first, "hans", "hans-secret", None);
    let ServerMessage::LoggedIn { device, .. } = &world.read(first)[0] else { panic!("not logged in") };
    let device = device.clone();
    assert_eq!(device, Some(device_ticket(first)));
    world.logout(first);
    for round in 0..60 {
        let stranger = world.connect();
        for _ in 0..3 {
            world.try_login(stranger, "hans", "guess");
        }
        assert_eq!(world.refusal(stranger), "locked");
        if round % 2 == 1 {
            world.restart(SECOND);
        }
        let own = world.connect();
        world.try_login_with(own, "hans", "hans-secret", device.clone());
        assert!(is_in(&world.read(own)), "round {round}");
        world.logout(own);
        let fresh = world.connect();
        world.try_login(fresh, "hans", "hans-secret");
        assert_eq!(world.refusal(fresh), "locked", "without the ticket the lock holds");
        world.pass(61 * SECOND);
    }
}

#[test]
fn three_wrong_passwords_with_a_ticket_revoke_it_and_lock_the_account() {
    let mut world = World::new();
    let first = world.connect();
    world.try_login_with(first, "hans", "hans-secret", None);
    world.logout(first);
    let device = Some(device_ticket(first));
    let guesser = world.connect();
    let guess = |world: &mut World| {
        world.try_login_with(guesser, "hans", "guess", device.clone());
        world.refusal(guesser)
    };
    assert_eq!([(); 3].map(|()| guess(&mut world)), ["bad-password", "bad-password", "locked"]);
    world.try_login_with(guesser, "hans", "hans-secret", device.clone());
    assert_eq!(world.refusal(guesser), "locked");
    world.restart(SECOND);
    let again = world.connect();
    world.try_login_with(again, "hans", "hans-secret", device.clone());
    assert_eq!(world.refusal(again), "locked", "that the ticket is revoked is remembered");
}

#[test]
fn a_ticket_of_another_account_is_worth_nothing() {
    let mut world = World::new();
    let yoda = world.connect();
    world.try_login_with(yoda, "yoda", "yoda-secret", None);
    let stranger = world.connect();
    for _ in 0..3 {
        world.try_login_with(stranger, "hans", "guess", Some(device_ticket(yoda)));
    }
    assert_eq!(world.refusal(stranger), "locked");
    world.try_login_with(stranger, "hans", "hans-secret", Some(device_ticket(yoda)));
    assert_eq!(world.refusal(stranger), "locked");
}

#[test]
fn another_password_makes_device_tickets_worthless() {
    let mut world = World::new();
    let first = world.connect();
    world.try_login_with(first, "hans", "hans-secret", None);
    let id = world.id();
    world.ask(first, Request::Passwd { id, old: "hans-secret".into(), new: "another secret".into() });
    world.logout(first);
    let stranger = world.connect();
    for _ in 0..3 {
        world.try_login(stranger, "hans", "guess");
    }
    let own = world.connect();
    world.try_login_with(own, "hans", "another secret", Some(device_ticket(first)));
    assert_eq!(world.refusal(own), "locked");
}

/// Found by fuzzing: the login that waited for the old connection once took a place that was another's by then.
#[test]
fn a_login_that_waits_for_a_silent_session_asks_the_one_that_took_its_place() {
    let mut world = World::new();
    let (old, yoda) = (world.login("hans"), world.login("yoda"));
    let waiting = world.connect();
    world.try_login(waiting, "hans", "hans-secret");
    let back = world.resume(old, None);
    world.pass(SECOND);
    assert!(is_in(&world.read(back)));
    world.living.insert(back);
    world.pass(60 * SECOND);
    // Nobody has answered for the new session in time, so the waiting one has its place, and it alone.
    assert!(is_in(&world.read(waiting)));
    assert_eq!(bye(&world.read(back)).as_deref(), Some("replaced"));
    world.message(yoda, "hans", "to one of them");
    assert_eq!(world.texts(waiting), ["@yoda yoda: to one of them"]);
    assert_eq!(world.texts(back), Vec::<String>::new());
}
