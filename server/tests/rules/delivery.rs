//! Sent means stored; one order; what waited comes first and once.

use std::time::Duration;

use server::chat::{Input, Place, Request, SessionId};
use server::record::KeepError;
use shared::message::{Kind, ServerMessage};
use shared::name::Name;

use crate::world::World;

#[test]
fn a_message_is_delivered_and_answered_only_when_it_is_stored() {
    let mut world = World::new();
    let (hans, yoda) = (world.login("hans"), world.login("yoda"));
    world.read(hans);
    world.hold = true;
    world.message(hans, "yoda", "hi");
    assert_eq!((world.read(hans).len(), world.read(yoda).len()), (0, 0));
    world.release();
    assert_eq!(world.outcome(hans), "delivered");
    assert_eq!(world.texts(yoda), ["@hans hans: hi"]);
}

#[test]
fn what_could_not_be_stored_is_refused_and_never_delivered() {
    for (error, code) in [(KeepError::Full, "storage-full"), (KeepError::Broken, "storage")] {
        let mut world = World::new();
        let (hans, yoda) = (world.login("hans"), world.login("yoda"));
        world.broken = Some(error);
        world.message(hans, "yoda", "lost");
        assert_eq!(world.refusal(hans), code);
        world.broken = None;
        world.message(hans, "yoda", "kept");
        assert_eq!(world.texts(yoda), ["@hans hans: kept"]);
    }
}

/// A login of yoda, and the texts that come with it.
fn enter(world: &mut World) -> (SessionId, Vec<String>) {
    let yoda = world.connect();
    world.try_login(yoda, "yoda", "yoda-secret");
    (yoda, world.texts(yoda))
}

#[test]
fn what_was_acknowledged_does_not_come_again_while_the_disk_is_slow() {
    for is_lost in [false, true] {
        let mut world = World::new();
        let hans = world.login("hans");
        world.message(hans, "yoda", "one");
        world.message(hans, "yoda", "two");
        let (yoda, texts) = enter(&mut world);
        assert_eq!(texts, ["stored @hans hans: one", "stored @hans hans: two"]);
        // The end of the session stores what was acknowledged; the next one begins before that is on the disk.
        world.slow = true;
        world.ack(yoda, "hans", 1);
        let (yoda, texts) = if is_lost {
            world.lose_connection(yoda);
            let yoda = world.resume(yoda, None);
            // The roster comes with the next digest, and what waited behind it.
            world.pass(Duration::from_millis(100));
            (yoda, world.texts(yoda))
        } else {
            world.logout(yoda);
            enter(&mut world)
        };
        assert_eq!(texts, ["stored @hans hans: two"], "{is_lost}");
        world.ack(yoda, "hans", 2);
        world.logout(yoda);
        let (yoda, texts) = enter(&mut world);
        assert_eq!(texts, [""; 0]);
        world.catch_up();
        world.message(hans, "yoda", "three");
        assert_eq!(world.texts(yoda), ["@hans hans: three"]);
        world.ack(yoda, "hans", 3);
        world.logout(yoda);
        assert_eq!(enter(&mut world).1, [""; 0]);
    }
}

#[test]
fn an_acknowledgement_that_could_not_be_stored_counts_for_nothing_later() {
    let mut world = World::new();
    let hans = world.login("hans");
    world.message(hans, "yoda", "one");
    let (yoda, texts) = enter(&mut world);
    assert_eq!(texts, ["stored @hans hans: one"]);
    world.ack(yoda, "hans", 1);
    world.broken = Some(KeepError::Full);
    world.logout(yoda);
    world.broken = None;
    assert_eq!(enter(&mut world).1, texts);
}

#[test]
fn messages_wait_for_the_next_login_in_order_and_come_once() {
    let mut world = World::new();
    let (hans, vader) = (world.login("hans"), world.login("vader"));
    for n in 0..250 {
        let sender = if n % 3 == 0 { vader } else { hans };
        world.message(sender, "yoda", &format!("{n}"));
        assert_eq!(world.outcome(sender), "stored");
    }
    let yoda = world.connect();
    world.try_login(yoda, "yoda", "yoda-secret");
    world.pass(Duration::from_millis(100));
    let messages = world.read(yoda);
    let numbers: Vec<u32> = messages
        .iter()
        .filter_map(|message| match message {
            ServerMessage::Message(entry) if entry.stored => entry.text.parse().ok(),
            _ => None,
        })
        .collect();
    assert_eq!(numbers, (0..250).collect::<Vec<_>>());
    assert!(matches!(messages.last(), Some(ServerMessage::Ready { stored: 250 })));
    world.ack(yoda, "hans", 1_000_000);
    world.ack(yoda, "vader", 1_000_000);
    world.logout(yoda);
    let again = world.connect();
    world.try_login(again, "yoda", "yoda-secret");
    world.pass(Duration::from_millis(100));
    assert_eq!(world.texts(again), Vec::<String>::new());
}

#[test]
fn what_was_not_acknowledged_comes_again_at_the_next_login() {
    let mut world = World::new();
    let (hans, yoda) = (world.login("hans"), world.login("yoda"));
    world.message(hans, "yoda", "one");
    world.message(hans, "yoda", "two");
    world.ack(yoda, "hans", 1);
    world.drop_connection(yoda);
    let yoda = world.connect();
    world.try_login(yoda, "yoda", "yoda-secret");
    world.pass(Duration::from_millis(100));
    assert_eq!(world.texts(yoda), ["stored @hans hans: two"]);
}

#[test]
fn a_message_sent_again_with_its_id_is_stored_and_delivered_once() {
    let mut world = World::new();
    let (hans, yoda) = (world.login("hans"), world.login("yoda"));
    let client_id = world.client_id();
    for _ in 0..3 {
        let (id, to) = (world.id(), Name::plain("yoda").unwrap());
        world.ask(hans, Request::Message { id, client_id, to, text: "hi".to_owned(), kind: Kind::TEXT });
    }
    assert_eq!(world.texts(yoda), ["@hans hans: hi"]);
    let answers = world.read(hans);
    let seqs: Vec<u64> = answers
        .iter()
        .filter_map(|message| match message {
            ServerMessage::Sent { seq, .. } => Some(seq.0),
            _ => None,
        })
        .collect();
    assert_eq!(seqs, [1, 1, 1]);
}

#[test]
fn the_lobby_goes_to_those_online_and_is_history_for_others() {
    let mut world = World::new();
    let (hans, yoda) = (world.login("hans"), world.login("yoda"));
    world.broadcast(hans, "hello all");
    assert_eq!(world.outcome(hans), "everyone");
    assert_eq!(world.texts(yoda), ["#lobby hans: hello all"]);
    let vader = world.connect();
    world.try_login(vader, "vader", "vader-secret");
    world.pass(Duration::from_millis(100));
    assert_eq!(world.texts(vader), Vec::<String>::new());
    world.history(vader, Place::Lobby);
    let ServerMessage::History { messages, more, .. } = world.last(vader) else { panic!("no history") };
    assert_eq!((messages.len(), messages[0].text.as_str(), more), (1, "hello all", false));
}

#[test]
fn messages_that_come_while_the_waiting_ones_are_read_follow_them() {
    let mut world = World::new();
    let hans = world.login("hans");
    world.message(hans, "yoda", "before");
    assert_eq!(world.outcome(hans), "stored");
    world.hold = true;
    let yoda = world.connect();
    world.try_login(yoda, "yoda", "yoda-secret");
    world.pass(Duration::from_millis(100));
    world.message(hans, "yoda", "during");
    world.release_newest();
    assert_eq!(world.outcome(hans), "delivered", "it follows at once, not at the next login");
    world.broadcast(hans, "in the lobby");
    world.release();
    let texts = world.texts(yoda);
    assert_eq!(texts.len(), 3, "{texts:?}");
    assert!(texts[0].ends_with("before") && texts[1].ends_with("during") && texts[2].ends_with("in the lobby"));
}

#[test]
fn a_session_whose_queue_was_full_gets_everything_from_the_log_in_order() {
    let mut world = World::new();
    let (hans, yoda, vader) = (world.login("hans"), world.login("yoda"), world.login("vader"));
    world.broadcast(hans, "0");
    world.message(hans, "yoda", "direct 0");
    world.full.insert(yoda);
    for n in 1..=5 {
        world.broadcast(hans, &n.to_string());
        world.message(hans, "yoda", &format!("direct {n}"));
    }
    assert_eq!(world.texts(vader).len(), 6, "others are not delayed");
    world.full.remove(&yoda);
    world.input(Input::SessionDrained { session: yoda });
    world.broadcast(hans, "6");
    let texts = world.texts(yoda);
    let lobby: Vec<&String> = texts.iter().filter(|text| text.starts_with("#lobby")).collect();
    let direct: Vec<&String> = texts.iter().filter(|text| text.starts_with("@hans")).collect();
    assert_eq!(lobby, (0..=6).map(|n| format!("#lobby hans: {n}")).collect::<Vec<_>>().iter().collect::<Vec<_>>());
    let expected: Vec<String> = (0..=5).map(|n| format!("@hans hans: direct {n}")).collect();
    assert_eq!(direct, expected.iter().collect::<Vec<_>>());
}

#[test]
fn a_page_that_was_asked_for_before_something_was_missed_is_not_taken_for_the_next_one() {
    let mut world = World::new();
    let (hans, yoda) = (world.login("hans"), world.login("yoda"));
    world.full.insert(yoda);
    world.broadcast(hans, "1");
    world.full.remove(&yoda);
    world.hold = true;
    world.input(Input::SessionDrained { session: yoda });
    // Stored while the page with the first line is read: another page is asked for behind it.
    world.broadcast(hans, "2");
    world.release_newest();
    world.full.insert(yoda);
    world.release_oldest();
    // Its reader is quick: all is read again before that other page has come.
    world.full.remove(&yoda);
    world.input(Input::SessionDrained { session: yoda });
    world.release();
    assert_eq!(world.texts(yoda), ["#lobby hans: 1", "#lobby hans: 2"]);
}

#[test]
fn everybody_sees_the_lobby_in_the_same_order_also_after_a_crash() {
    let mut world = World::new();
    let (hans, yoda, vader) = (world.login("hans"), world.login("yoda"), world.login("vader"));
    for n in 0..10 {
        world.broadcast(if n % 2 == 0 { hans } else { yoda }, &n.to_string());
    }
    let live: Vec<String> = world.texts(vader).iter().map(|text| text.split(": ").last().unwrap().to_owned()).collect();
    world.restart(Duration::from_secs(1));
    let yoda = world.login("yoda");
    world.history(yoda, Place::Lobby);
    let ServerMessage::History { messages, .. } = world.last(yoda) else { panic!("no history") };
    let stored: Vec<String> = messages.iter().map(|entry| entry.text.clone()).collect();
    assert_eq!(stored, live);
    let seqs: Vec<u64> = messages.iter().map(|entry| entry.seq.0).collect();
    assert_eq!(seqs, (1..=10).collect::<Vec<_>>());
}

#[test]
fn refusals_of_a_message_name_their_reason() {
    let mut world = World::new();
    let hans = world.login("hans");
    for (to, code) in [("jabba", "no-such-user"), ("HANS", "yourself")] {
        world.message(hans, to, "hi");
        assert_eq!(world.refusal(hans), code, "{to}");
    }
}
