//! Own messages that nobody has received: listed and taken back.

use server::chat::{Place, Request, SessionId};
use shared::id::Seq;
use shared::message::ServerMessage;
use shared::name::Name;

use crate::world::World;

fn queue(world: &mut World, session: SessionId) -> Vec<String> {
    let id = world.id();
    world.ask(session, Request::Queue { id });
    match world.last(session) {
        ServerMessage::Queue { messages, .. } => {
            messages.iter().map(|entry| format!("{} {} {}", entry.conv, entry.seq.0, entry.text)).collect()
        }
        other => panic!("no queue but {other:?}"),
    }
}

/// `ok` or the code of the refusal.
fn unsend(world: &mut World, session: SessionId, to: &str, seq: u64) -> String {
    let (id, to) = (world.id(), Name::plain(to).unwrap());
    world.ask(session, Request::Unsend { id, to, seq: Seq(seq) });
    match world.last(session) {
        ServerMessage::Ok { .. } => "ok".to_owned(),
        ServerMessage::Error(refusal) => refusal.code.as_str().to_owned(),
        other => panic!("no answer but {other:?}"),
    }
}

#[test]
fn what_nobody_has_received_is_listed_and_can_be_taken_back() {
    let mut world = World::new();
    let (hans, vader) = (world.login("hans"), world.login("vader"));
    world.message(hans, "yoda", "first");
    world.message(hans, "yoda", "second");
    world.message(hans, "vader", "she is here");
    world.ack(vader, "hans", 1);
    world.pass(std::time::Duration::from_secs(1));
    world.message(vader, "yoda", "not mine");
    assert_eq!(queue(&mut world, hans), ["@yoda 1 first", "@yoda 2 second"]);
    assert_eq!(unsend(&mut world, hans, "yoda", 1), "ok");
    assert_eq!(queue(&mut world, hans), ["@yoda 2 second"]);
    let yoda = world.login("yoda");
    let id = world.id();
    let place = Place::With(Name::plain("hans").unwrap());
    world.ask(yoda, Request::History { id, place, before: None, limit: 50 });
    let ServerMessage::History { messages, .. } = world.last(yoda) else { panic!("no history") };
    let seen: Vec<&str> = messages.iter().map(|entry| &*entry.text).collect();
    assert_eq!(seen, ["second"], "nobody can read it any more");
}

#[test]
fn what_was_received_cannot_be_taken_back() {
    let mut world = World::new();
    let hans = world.login("hans");
    world.message(hans, "yoda", "waits");
    let yoda = world.connect();
    world.try_login(yoda, "yoda", "yoda-secret");
    world.pass(std::time::Duration::from_secs(1));
    assert_eq!(world.texts(yoda), ["stored @hans hans: waits"]);
    assert_eq!(unsend(&mut world, hans, "yoda", 1), "already-delivered", "it was shown, though not confirmed");
    world.ack(yoda, "hans", 1);
    world.logout(yoda);
    assert_eq!(unsend(&mut world, hans, "yoda", 1), "already-delivered");
    assert_eq!(unsend(&mut world, hans, "yoda", 7), "already-delivered");
    assert_eq!(unsend(&mut world, hans, "nobody", 1), "no-such-user");
    assert_eq!(unsend(&mut world, hans, "hans", 1), "yourself");
}

/// The reader comes while the disk is taking the message back.
#[test]
fn a_reader_who_was_quicker_has_it() {
    let mut world = World::new();
    let hans = world.login("hans");
    world.message(hans, "yoda", "waits");
    world.read(hans);
    world.hold = true;
    let (id, to) = (world.id(), Name::plain("yoda").unwrap());
    world.ask(hans, Request::Unsend { id, to, seq: Seq(1) });
    assert_eq!(world.read(hans), []);
    world.release();
    assert!(matches!(world.last(hans), ServerMessage::Ok { .. }));
    let yoda = world.login("yoda");
    assert_eq!(world.texts(yoda), Vec::<String>::new());
}

#[test]
fn nobody_takes_back_what_others_have_said() {
    let mut world = World::new();
    let yoda = world.login("yoda");
    world.message(yoda, "hans", "mine");
    world.logout(yoda);
    let hans = world.login("hans");
    assert_eq!(unsend(&mut world, hans, "yoda", 1), "already-delivered");
}
