//! Private sessions on the screen: what another user asks, the head of the tab, files on their way.

use std::time::Duration;

use insta::assert_snapshot;
use shared::id::{ClientId, DeviceKey, FileId, OfferId};
use shared::message::{Kind, Meeting, Reason, ServerMessage};

use super::sample::{self, World};
use super::{drawn, gallery};
use crate::app::command::Command;
use crate::app::msg::Msg;
use crate::app::peer::{Closed, KnownKey, Opened, PeerEvent};
use crate::app::place::{Place, name};
use crate::tui::control::sync;
use crate::tui::glyphs::ASCII;
use crate::tui::state::State;
use crate::tui::theme::{Depth, Shade};
use crate::tui::view::Target;

const SIZES: [(u16, u16); 5] = [(30, 8), (40, 12), (80, 24), (120, 34), (180, 40)];
const KEY: DeviceKey = DeviceKey([7; 32]);

fn offer(number: u8) -> OfferId {
    OfferId([number; 16])
}

fn requested(world: &mut World, number: u8, from: &str) {
    let (offer, from) = (offer(number), from.to_owned());
    world.hear(ServerMessage::PrivateRequest { offer, from, key: KEY, wait_ms: 42_000 });
}

fn heard(world: &mut World, number: u8, event: PeerEvent) {
    world.tell(Msg::Peer { offer: offer(number), event });
}

/// The tab of a session with this user, which is asked for.
fn asking(user: &str) -> World {
    let mut world = sample::lobby();
    let command = Command::Startprivate { user: user.to_owned() };
    world.tell(Msg::Command { command, cid: ClientId([1; 16]) });
    world
}

/// The same, open.
fn open(user: &str) -> World {
    let mut world = asking(user);
    let meeting = Meeting {
        offer: offer(1),
        name: user.to_owned(),
        key: KEY,
        initiator: true,
        observed: None,
        addresses: Vec::new(),
    };
    world.hear(ServerMessage::PrivateMeet(meeting));
    let words = ["cedar", "harbor", "zoo", "able"];
    heard(&mut world, 1, PeerEvent::Opened(Opened { address: "192.0.2.7:50122".into(), words, key: KEY }));
    heard(&mut world, 1, PeerEvent::Delay(Duration::from_millis(3)));
    world
}

fn state(world: &World) -> State {
    let mut state = sample::state(world, Depth::Rgb, Shade::Dark);
    sync(&mut state, &world.model);
    state
}

fn show(world: &World, sizes: &[(u16, u16)]) -> String {
    gallery(sizes, &world.model, &state(world), world.now())
}

#[test]
fn what_another_user_asks() {
    let mut world = sample::lobby();
    requested(&mut world, 1, "mira");
    let first = show(&world, &SIZES);
    world.tell(Msg::PeerKeys(vec![("otto".into(), KnownKey { key: DeviceKey([1; 32]), verified: true })]));
    let mut changed = sample::lobby();
    changed.tell(Msg::PeerKeys(vec![("otto".into(), KnownKey { key: DeviceKey([1; 32]), verified: true })]));
    requested(&mut changed, 1, "otto");
    requested(&mut changed, 2, "mira");
    let changed = show(&changed, &[(80, 24)]);
    assert_snapshot!(format!("{first}\n{changed}"));
}

#[test]
fn the_head_of_the_tab() {
    let asked = show(&asking("mira"), &[(40, 12), (80, 24)]);
    let mut world = open("mira");
    let standing = show(&world, &[(40, 12), (80, 24)]);
    heard(&mut world, 1, PeerEvent::Closed(Closed::There(Reason::STOPPED)));
    let closed = show(&world, &[(80, 24)]);
    assert_snapshot!(format!("{asked}\n{standing}\n{closed}"));
}

#[test]
fn files_on_their_way() {
    let mut world = open("mira");
    heard(&mut world, 1, PeerEvent::Said { text: "Here they come.".into(), kind: Kind::TEXT });
    for (number, size) in [(2, 48_200_000), (4, 7), (6, 0)] {
        let name = format!("photo {number}.jpg");
        heard(&mut world, 1, PeerEvent::FileOffered { file: FileId(number), name, size });
    }
    let command = || Command::Accept { user: "mira".into() };
    world.tell(Msg::Command { command: command(), cid: ClientId([2; 16]) });
    heard(&mut world, 1, PeerEvent::FileMoved { file: FileId(2), done: 0 });
    world.at(40);
    heard(&mut world, 1, PeerEvent::FileMoved { file: FileId(2), done: 34_200_000 });
    world.tell(Msg::Command { command: command(), cid: ClientId([3; 16]) });
    heard(&mut world, 1, PeerEvent::FileDone { file: FileId(4), path: Some("/home/lena/photo 4.jpg".into()) });
    assert_snapshot!(show(&world, &[(40, 12), (80, 24), (120, 34)]));
}

#[test]
fn simple_terminals_have_signs_of_their_own() {
    let world = open("mira");
    let mut state = state(&world);
    state.look.drawing.glyphs = &ASCII;
    let text = gallery(&[(120, 34)], &world.model, &state, world.now());
    let own = ["cedar harbor", "= mira", "direct"];
    assert!(own.iter().all(|sign| text.contains(sign)), "{text}");
    assert!(!text.contains('⇄') && !text.contains('╭'), "{text}");
}

#[test]
fn hostile_names_and_sizes_break_nothing_at_any_size() {
    let user = "x\u{1b}[31m\u{202e}\u{200b}\n";
    let long = "w".repeat(500);
    let mut world = open(user);
    for (number, size) in [(2, u64::MAX), (4, 0)] {
        let name = if number == 2 { long.clone() } else { user.to_owned() };
        heard(&mut world, 1, PeerEvent::FileOffered { file: FileId(number), name, size });
    }
    let command = Command::Accept { user: user.to_owned() };
    world.tell(Msg::Command { command, cid: ClientId([2; 16]) });
    heard(&mut world, 1, PeerEvent::FileMoved { file: FileId(2), done: u64::MAX });
    for number in 10..20 {
        requested(&mut world, number, &format!("{user}{number}"));
    }
    let sizes = [(0, 0), (1, 1), (5, 2), (20, 5), (30, 8), (40, 12), (80, 24), (120, 34), (180, 40), (500, 200)];
    let looks = [
        (Depth::Rgb, Shade::Dark),
        (Depth::Rgb, Shade::Light),
        (Depth::Ansi16, Shade::Dark),
        (Depth::None, Shade::Dark),
    ];
    for (depth, shade) in looks {
        for size in sizes {
            let state = sample::state(&world, depth, shade);
            let (buffer, seen) = drawn(size, &world.model, &state, world.now());
            let hidden = |symbol: &str| symbol.chars().any(|c| c.is_control() || matches!(c, '\u{202e}' | '\u{200b}'));
            assert!(!buffer.content().iter().any(|cell| hidden(cell.symbol())), "{size:?}");
            let outside = seen.targets.iter().find(|(part, _)| part.intersection(buffer.area) != *part);
            assert_eq!(outside, None, "a click can only be on the screen");
        }
    }
}

#[test]
fn the_keys_of_the_card_can_be_clicked_at_every_size() {
    let mut world = sample::lobby();
    requested(&mut world, 1, "mira");
    for size in SIZES {
        let (_, seen) = drawn(size, &world.model, &state(&world), world.now());
        for yes in [true, false] {
            let found = seen.targets.iter().find(|(part, target)| *target == Target::Answer(yes) && part.area() > 0);
            assert!(found.is_some(), "{yes} at {size:?}");
        }
    }
    assert!(world.model.conversations.get(&Place::Private(name("mira"))).is_none(), "nothing was opened by asking");
}
