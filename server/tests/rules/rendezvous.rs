//! Introductions for private sessions: consent first, nothing told before it, every request ends once.

use std::time::Duration;

use server::chat::{Presented, Request, SessionId};
use shared::id::{DeviceKey, OfferId};
use shared::message::{Meeting, ServerMessage};
use shared::name::Name;

use crate::world::World;

const HANS_AT: &str = "203.0.113.7:6001";
const YODA_AT: &str = "198.51.100.9:6002";

fn presented(key: u8, address: &str) -> Presented {
    Presented { key: DeviceKey([key; 32]), addresses: vec![address.parse().unwrap()] }
}

impl World {
    fn ask_private(&mut self, from: SessionId, whom: &str, offer: u8) {
        let (id, name) = (self.id(), Name::plain(whom).unwrap());
        let presented = presented(1, HANS_AT);
        self.ask(from, Request::PrivateAsk { id, offer: OfferId([offer; 16]), name, presented });
    }

    fn accept_private(&mut self, from: SessionId, offer: u8) {
        let id = self.id();
        self.ask(from, Request::PrivateAccept { id, offer: OfferId([offer; 16]), presented: presented(2, YODA_AT) });
    }

    fn decline_private(&mut self, from: SessionId, offer: u8) {
        let id = self.id();
        self.ask(from, Request::PrivateDecline { id, offer: OfferId([offer; 16]) });
    }

    /// The reason for which the request came to nothing.
    fn private_end(&mut self, session: SessionId) -> String {
        let ends: Vec<String> = self.read(session).into_iter().filter_map(end).collect();
        assert_eq!(ends.len(), 1, "it ends once: {ends:?}");
        ends[0].clone()
    }

    fn meeting(&mut self, session: SessionId) -> Meeting {
        let met: Vec<Meeting> = self.read(session).into_iter().filter_map(meeting).collect();
        assert_eq!(met.len(), 1, "one meeting: {met:?}");
        met[0].clone()
    }
}

fn end(message: ServerMessage) -> Option<String> {
    match message {
        ServerMessage::PrivateEnd { reason, name, .. } => Some(format!("{} {name}", reason.as_str())),
        _ => None,
    }
}

fn meeting(message: ServerMessage) -> Option<Meeting> {
    match message {
        ServerMessage::PrivateMeet(meeting) => Some(meeting),
        _ => None,
    }
}

fn tells_an_address(message: &ServerMessage) -> bool {
    let told = format!("{message:?}");
    ["203.0.113.7", "198.51.100.9", "127.0.0.1", "5000", "6001", "6002"].iter().any(|part| told.contains(part))
}

#[test]
fn nobody_is_told_an_address_before_the_other_side_said_yes() {
    let mut world = World::new();
    let (hans, yoda) = (world.login("hans"), world.login("yoda"));
    world.read(hans);
    world.ask_private(hans, "yoda", 1);
    let (to_hans, to_yoda) = (world.read(hans), world.read(yoda));
    assert!(matches!(to_hans[..], [ServerMessage::Ok { .. }]), "{to_hans:?}");
    let [ServerMessage::PrivateRequest { from, key, wait_ms, .. }] = &to_yoda[..] else { panic!("{to_yoda:?}") };
    assert_eq!((from.as_str(), *key, *wait_ms), ("hans", DeviceKey([1; 32]), 60_000));
    assert!(!to_hans.iter().chain(&to_yoda).any(tells_an_address));
    world.accept_private(yoda, 1);
    let (one, other) = (world.meeting(hans), world.meeting(yoda));
    assert_eq!((one.name.as_str(), one.initiator, one.key), ("yoda", true, DeviceKey([2; 32])));
    assert_eq!((other.name.as_str(), other.initiator, other.key), ("hans", false, DeviceKey([1; 32])));
    assert_eq!((&one.addresses[..], &other.addresses[..]), (&[YODA_AT.to_owned()][..], &[HANS_AT.to_owned()][..]));
    assert_eq!(one.observed.as_deref(), Some("127.0.0.1:5000"));
    assert_eq!(one.offer, other.offer);
}

#[test]
fn a_no_is_told_and_tells_nothing_else() {
    let mut world = World::new();
    let (hans, yoda) = (world.login("hans"), world.login("yoda"));
    world.ask_private(hans, "yoda", 1);
    world.read(hans);
    world.decline_private(yoda, 1);
    let told = world.read(hans);
    assert!(!told.iter().any(tells_an_address));
    assert_eq!(told.into_iter().filter_map(end).collect::<Vec<_>>(), ["declined yoda"]);
    world.accept_private(yoda, 1);
    assert_eq!(world.refusal(yoda), "no-request", "it is over");
}

#[test]
fn a_request_can_be_taken_back() {
    let mut world = World::new();
    let (hans, yoda) = (world.login("hans"), world.login("yoda"));
    world.ask_private(hans, "yoda", 1);
    world.read(yoda);
    world.decline_private(hans, 1);
    assert_eq!(world.private_end(yoda), "withdrawn hans");
}

#[test]
fn nobody_else_can_answer() {
    let mut world = World::new();
    let (hans, yoda, vader) = (world.login("hans"), world.login("yoda"), world.login("vader"));
    world.ask_private(hans, "yoda", 1);
    world.read(yoda);
    for (session, what) in [(vader, "a stranger"), (hans, "who has asked")] {
        world.accept_private(session, 1);
        assert_eq!(world.refusal(session), "no-request", "{what}");
    }
    world.decline_private(vader, 1);
    assert_eq!(world.refusal(vader), "no-request");
    world.accept_private(yoda, 1);
    world.meeting(yoda);
}

#[test]
fn what_nobody_answers_ends_after_a_minute_for_both() {
    let mut world = World::new();
    let (hans, yoda) = (world.login("hans"), world.login("yoda"));
    world.ask_private(hans, "yoda", 1);
    world.pass(Duration::from_millis(59_999));
    assert_eq!(world.read(hans).into_iter().filter_map(end).count(), 0);
    world.pass(Duration::from_millis(1));
    assert_eq!((world.private_end(hans), world.private_end(yoda)), ("expired yoda".into(), "expired hans".into()));
    world.accept_private(yoda, 1);
    assert_eq!(world.refusal(yoda), "no-request");
}

#[test]
fn two_who_ask_each_other_are_introduced_at_once() {
    let mut world = World::new();
    let (hans, yoda) = (world.login("hans"), world.login("yoda"));
    world.ask_private(hans, "yoda", 1);
    world.ask_private(yoda, "hans", 2);
    let (one, other) = (world.meeting(hans), world.meeting(yoda));
    assert_eq!((one.offer, other.offer), (OfferId([1; 16]), OfferId([1; 16])), "the first request counts");
    assert_eq!((one.initiator, other.initiator), (true, false));
}

#[test]
fn who_cannot_be_reached_cannot_be_asked() {
    let mut world = World::new();
    let (hans, yoda) = (world.login("hans"), world.login("yoda"));
    let refused = |world: &mut World, whom: &str, expected: &str| {
        world.ask_private(hans, whom, 1);
        assert_eq!(world.refusal(hans), expected, "{whom}");
    };
    refused(&mut world, "hans", "yourself");
    refused(&mut world, "nobody", "no-such-user");
    refused(&mut world, "vader", "offline");
    world.block(hans, "yoda");
    refused(&mut world, "yoda", "you-blocked");
    world.unblock(hans, "yoda");
    world.block(yoda, "hans");
    refused(&mut world, "yoda", "blocked");
    let told: Vec<ServerMessage> = world.read(yoda);
    assert!(!told.iter().any(|message| matches!(message, ServerMessage::PrivateRequest { .. })), "{told:?}");
}

#[test]
fn a_block_ends_what_is_asked_and_looks_like_leaving() {
    for owner_asks in [true, false] {
        let mut world = World::new();
        let (hans, yoda) = (world.login("hans"), world.login("yoda"));
        let (asker, asked_name) = if owner_asks { (yoda, "hans") } else { (hans, "yoda") };
        world.ask_private(asker, asked_name, 1);
        world.read(hans);
        world.read(yoda);
        world.block(yoda, "hans");
        assert_eq!(world.private_end(hans), "offline yoda");
        assert_eq!(world.private_end(yoda), "withdrawn hans");
    }
}

#[test]
fn who_leaves_takes_the_requests_along() {
    for asker_leaves in [true, false] {
        let mut world = World::new();
        let (hans, yoda) = (world.login("hans"), world.login("yoda"));
        world.ask_private(hans, "yoda", 1);
        let (leaves, stays, name) = if asker_leaves { (hans, yoda, "hans") } else { (yoda, hans, "yoda") };
        world.read(stays);
        world.drop_connection(leaves);
        assert_eq!(world.private_end(stays), format!("offline {name}"));
    }
}

#[test]
fn one_request_at_a_time_to_one_user_and_three_in_all() {
    let names = ["hans", "yoda", "leia", "r2d2", "vader"];
    let mut world = World::with(crate::world::default_rules(), &names);
    let sessions = names.map(|name| world.login(name));
    let hans = sessions[0];
    world.ask_private(hans, "yoda", 1);
    world.ask_private(hans, "yoda", 2);
    assert_eq!(world.refusal(hans), "already-asked");
    world.ask_private(hans, "leia", 1);
    assert_eq!(world.refusal(hans), "bad-request", "an id that is in use");
    world.ask_private(hans, "leia", 3);
    world.ask_private(hans, "r2d2", 4);
    world.read(hans);
    world.ask_private(hans, "vader", 5);
    let ServerMessage::Error(refusal) = world.last(hans) else { panic!("not refused") };
    assert_eq!((refusal.code.as_str(), refusal.wait_ms), ("slow-down", Some(60_000)));
    world.pass(Duration::from_secs(60));
    world.read(hans);
    world.ask_private(hans, "vader", 5);
    assert!(matches!(world.last(hans), ServerMessage::Ok { .. }));
}

#[test]
fn so_many_requests_wait_for_one_user() {
    let names: Vec<String> = (0..10).map(|n| format!("user{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut world = World::with(crate::world::default_rules(), &names);
    let sessions: Vec<SessionId> = names.iter().map(|name| world.login(name)).collect();
    for (n, session) in (1..).zip(&sessions[1..9]) {
        world.ask_private(*session, "user0", n);
        assert!(matches!(world.last(*session), ServerMessage::Ok { .. }));
    }
    world.ask_private(sessions[9], "user0", 9);
    assert_eq!(world.refusal(sessions[9]), "busy");
}

#[test]
fn who_asks_in_vain_again_and_again_has_to_wait() {
    let mut world = World::new();
    let (hans, yoda) = (world.login("hans"), world.login("yoda"));
    for offer in 1..=3 {
        world.ask_private(hans, "yoda", offer);
        world.decline_private(yoda, offer);
    }
    world.read(hans);
    world.ask_private(hans, "yoda", 4);
    let ServerMessage::Error(refusal) = world.last(hans) else { panic!("not refused") };
    assert_eq!((refusal.code.as_str(), refusal.wait_ms), ("slow-down", Some(10_000)));
    world.pass(Duration::from_secs(10));
    world.ask_private(hans, "yoda", 4);
    assert!(matches!(world.last(hans), ServerMessage::Ok { .. }));
    world.accept_private(yoda, 4);
    world.ask_private(hans, "yoda", 5);
    assert!(matches!(world.last(hans), ServerMessage::Ok { .. }), "a yes is a new beginning");
}

#[test]
fn an_id_that_was_used_does_not_come_again() {
    let mut world = World::new();
    let (hans, yoda) = (world.login("hans"), world.login("yoda"));
    world.ask_private(hans, "yoda", 1);
    world.accept_private(yoda, 1);
    world.read(hans);
    world.ask_private(hans, "yoda", 1);
    assert_eq!(world.refusal(hans), "bad-request");
}

#[test]
fn a_homes_addresses_stay_there() {
    let mut world = World::new();
    let mut from = |name: &str, address: [u8; 4]| {
        let session = world.connect_from(address);
        world.try_login(session, name, &format!("{name}-secret"));
        world.pass(Duration::from_millis(100));
        world.read(session);
        session
    };
    let (hans, yoda) = (from("hans", [203, 0, 113, 1]), from("yoda", [198, 51, 100, 1]));
    let home = |address: &str| presented(1, address);
    let (id, name, offer) = (world.id(), Name::plain("yoda").unwrap(), OfferId([1; 16]));
    world.ask(hans, Request::PrivateAsk { id, offer, name, presented: home("192.168.1.7:6001") });
    let id = world.id();
    world.ask(yoda, Request::PrivateAccept { id, offer, presented: home("10.0.0.7:6002") });
    let (one, other) = (world.meeting(hans), world.meeting(yoda));
    assert_eq!((one.addresses.len(), other.addresses.len()), (0, 0));
    assert_eq!(one.observed.as_deref(), Some("198.51.100.1:5000"));
    assert_eq!(other.observed.as_deref(), Some("203.0.113.1:5000"));
}
