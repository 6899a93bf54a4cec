//! Three tries, the lock, registration, one login per user.

use std::time::Duration;

use server::chat::Rules;
use shared::message::ServerMessage;

use crate::world::{World, default_rules};

/// The seconds a refusal says are left.
fn seconds_left(message: &ServerMessage) -> u64 {
    match message {
        ServerMessage::Error(refusal) if refusal.code.as_str() == "locked" => refusal.wait_ms.unwrap().div_ceil(1000),
        other => panic!("not locked: {other:?}"),
    }
}

#[test]
fn the_third_wrong_password_in_a_row_locks_the_account_from_everywhere() {
    let mut world = World::new();
    let session = world.connect();
    let mut answers = Vec::new();
    for _ in 0..2 {
        world.try_login(session, "hans", "wrong");
        let ServerMessage::Error(refusal) = world.last(session) else { panic!("not refused") };
        answers.push((refusal.code.as_str().to_owned(), refusal.left));
    }
    assert_eq!(answers, [("bad-password".to_owned(), Some(2)), ("bad-password".to_owned(), Some(1))]);
    world.try_login(session, "hans", "wrong");
    assert_eq!(seconds_left(&world.last(session)), 60);
    world.pass(Duration::from_millis(20_500));
    let other = world.connect_from([10, 0, 0, 9]);
    let checks = world.checks.len();
    world.try_login(other, "HANS", "hans-secret");
    assert_eq!(seconds_left(&world.last(other)), 40);
    assert_eq!(world.checks.len(), checks, "a locked account's password is not even looked at");
}

#[test]
fn tries_during_the_lock_do_not_make_it_longer_and_it_ends() {
    let mut world = World::new();
    let session = world.connect();
    for _ in 0..3 {
        world.try_login(session, "hans", "wrong");
    }
    world.pass(Duration::from_secs(59));
    world.try_login(session, "hans", "wrong");
    world.pass(Duration::from_secs(1));
    let session = world.connect();
    world.try_login(session, "hans", "wrong");
    let ServerMessage::Error(refusal) = world.last(session) else { panic!("not refused") };
    assert_eq!(refusal.left, Some(2), "the count starts anew after the lock");
    world.login("hans");
}

#[test]
fn a_good_login_resets_the_count_and_says_what_had_failed() {
    let mut world = World::new();
    let session = world.connect_from([10, 0, 0, 5]);
    world.try_login(session, "hans", "wrong");
    world.try_login(session, "hans", "wrong");
    world.try_login(session, "hans", "hans-secret");
    let messages = world.read(session);
    let notice = messages.iter().find_map(|message| match message {
        ServerMessage::LoggedIn { notice, .. } => Some(notice.clone()),
        _ => None,
    });
    assert_eq!(notice.unwrap(), "2 failed logins since your last one, the latest from 10.0.0.5");
    world.logout(session);
    let session = world.connect();
    world.try_login(session, "hans", "wrong");
    world.try_login(session, "hans", "wrong");
    world.login("hans");
}

#[test]
fn the_lock_and_the_count_survive_a_crash() {
    let mut world = World::new();
    let session = world.connect();
    for _ in 0..3 {
        world.try_login(session, "hans", "wrong");
    }
    world.try_login(session, "yoda", "wrong");
    world.try_login(session, "yoda", "wrong");
    world.restart(Duration::from_secs(15));
    let session = world.connect();
    world.try_login(session, "hans", "hans-secret");
    assert_eq!(seconds_left(&world.last(session)), 45);
    world.try_login(session, "yoda", "wrong");
    assert_eq!(seconds_left(&world.last(session)), 60);
}

#[test]
fn a_clock_that_jumped_back_does_not_make_a_lock_longer_than_it_was() {
    let mut world = World::new();
    let session = world.connect();
    for _ in 0..3 {
        world.try_login(session, "hans", "wrong");
    }
    world.now.wall.0 -= 3_600_000;
    world.restart(Duration::ZERO);
    let session = world.connect();
    world.try_login(session, "hans", "hans-secret");
    assert_eq!(seconds_left(&world.last(session)), 60);
}

#[test]
fn guesses_made_at_once_are_counted_one_by_one() {
    let mut world = World::new();
    world.hold_checks = true;
    let sessions: Vec<_> = (0..6).map(|_| world.connect()).collect();
    for session in &sessions[..5] {
        world.try_login(*session, "hans", "wrong");
    }
    world.try_login(sessions[5], "hans", "hans-secret");
    world.release_checks();
    assert_eq!(world.checks.len(), 3, "only three passwords are looked at");
    for session in &sessions[3..] {
        assert_eq!(seconds_left(&world.last(*session)), 60);
    }
}

#[test]
fn whoever_is_logged_in_stays_so_while_strangers_lock_the_account() {
    let mut world = World::new();
    let hans = world.login("hans");
    let stranger = world.connect_from([10, 0, 0, 9]);
    for _ in 0..3 {
        world.try_login(stranger, "hans", "wrong");
    }
    world.message(hans, "yoda", "still here");
    assert_eq!(world.outcome(hans), "stored");
}

#[test]
fn an_unknown_name_is_said_to_be_unknown_only_where_it_can_be_registered() {
    let mut world = World::new();
    let session = world.connect();
    world.try_login(session, "jabba", "whatever1");
    assert_eq!(world.refusal(session), "no-such-account");
    let mut world = World::with(Rules { registration: false, ..default_rules() }, &["hans"]);
    let session = world.connect();
    let mut say = |name: &str| {
        world.try_login(session, name, "whatever1");
        world.last(session)
    };
    for _ in 0..3 {
        let (mut known, mut unknown) = (say("hans"), say("jabba"));
        for answer in [&mut known, &mut unknown] {
            let ServerMessage::Error(refusal) = answer else { panic!("not refused") };
            refusal.re = None;
        }
        assert_eq!(known, unknown);
    }
    world.register(session, "jabba", "whatever1");
    assert_eq!(world.refusal(session), "registration-off");
}

#[test]
fn a_second_login_is_told_since_when_and_from_where() {
    let mut world = World::new();
    let first = world.connect_from([10, 0, 0, 5]);
    world.try_login(first, "hans", "hans-secret");
    world.living.insert(first);
    world.pass(Duration::from_secs(5));
    let second = world.connect();
    world.try_login(second, "hans", "hans-secret");
    let ServerMessage::Error(refusal) = world.last(second) else { panic!("not refused") };
    assert_eq!(refusal.code.as_str(), "already-online");
    assert_eq!(refusal.at.unwrap().0, crate::world::START);
    assert_eq!(refusal.from.unwrap(), "10.0.0.5");
    world.logout(first);
    world.try_login(second, "hans", "hans-secret");
    assert!(matches!(world.read(second).first(), Some(ServerMessage::LoggedIn { .. })));
}

#[test]
fn a_registered_account_is_durable_before_it_is_answered_and_its_name_is_taken() {
    let mut world = World::new();
    let session = world.connect();
    world.hold = true;
    world.register(session, "Jabba", "long enough");
    assert_eq!(world.read(session), []);
    world.release();
    assert!(matches!(world.read(session).first(), Some(ServerMessage::LoggedIn { name, .. }) if name == "Jabba"));
    let other = world.connect();
    world.register(other, "jabba", "long enough");
    assert_eq!(world.refusal(other), "name-taken");
    world.restart(Duration::ZERO);
    let session = world.connect();
    world.try_login(session, "jabba", "long enough");
    assert!(matches!(world.read(session).first(), Some(ServerMessage::LoggedIn { name, .. }) if name == "Jabba"));
}

#[test]
fn of_two_who_register_one_name_at_once_one_gets_it() {
    let mut world = World::new();
    let (one, other) = (world.connect(), world.connect());
    world.hold = true;
    world.register(one, "jabba", "long enough");
    world.register(other, "JABBA", "long enough");
    world.release();
    assert!(matches!(world.read(one).first(), Some(ServerMessage::LoggedIn { .. })));
    assert_eq!(world.refusal(other), "name-taken");
}

#[test]
fn sample_passwords_work_from_loopback_only() {
    let mut world = World::new();
    let hans = world.login("hans");
    let (id, old, new) = (world.id(), "hans-secret".into(), "sample-for-all".into());
    world.ask(hans, server::chat::Request::Passwd { id, old, new });
    assert!(matches!(world.last(hans), ServerMessage::Ok { .. }));
    world.logout(hans);
    let far = world.connect_from([10, 0, 0, 5]);
    world.try_login(far, "hans", "sample-for-all");
    assert_eq!(world.refusal(far), "sample-password");
    let near = world.connect();
    world.try_login(near, "hans", "sample-for-all");
    assert!(matches!(world.read(near).first(), Some(ServerMessage::LoggedIn { .. })));
}

#[test]
fn a_password_is_changed_with_the_old_one_only() {
    let mut world = World::new();
    let hans = world.login("hans");
    let (id, old, new) = (world.id(), "wrong".into(), "new-secret".into());
    world.ask(hans, server::chat::Request::Passwd { id, old, new });
    assert_eq!(world.refusal(hans), "bad-password");
    let (id, old, new) = (world.id(), "hans-secret".into(), "new-secret".into());
    world.ask(hans, server::chat::Request::Passwd { id, old, new });
    assert!(matches!(world.last(hans), ServerMessage::Ok { .. }));
    world.logout(hans);
    let session = world.connect();
    world.try_login(session, "hans", "hans-secret");
    assert_eq!(world.refusal(session), "bad-password");
    world.try_login(session, "hans", "new-secret");
    assert!(matches!(world.read(session).first(), Some(ServerMessage::LoggedIn { .. })));
}

#[test]
fn a_connection_that_is_refused_too_often_is_closed() {
    let mut world = World::new();
    let session = world.connect();
    for n in 0..10 {
        assert!(!world.closed.contains(&session), "closed after {n}");
        world.try_login(session, "jabba", "whatever1");
    }
    assert!(world.closed.contains(&session));
}

#[test]
fn nothing_but_a_login_is_answered_before_one_and_nobody_logs_in_twice() {
    let mut world = World::new();
    let session = world.connect();
    world.message(session, "yoda", "hi");
    assert_eq!(world.refusal(session), "not-now");
    let hans = world.login("hans");
    world.try_login(hans, "yoda", "yoda-secret");
    assert_eq!(world.refusal(hans), "not-now");
}
