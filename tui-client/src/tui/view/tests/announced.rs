//! What the full screen says about others beside their messages (refusals, notices, private sessions, files) does nothing to
//! a terminal either.

use shared::id::{ClientId, DeviceKey, FileId, OfferId};
use shared::message::{Kind, Meeting, Reason, ServerMessage};

use super::sample::{self, World};
use super::terminal::Behind;
use crate::app::command::Command;
use crate::app::msg::Msg;
use crate::app::peer::{Closed, KnownKey, Opened, PeerEvent};
use crate::app::place::{Place, name};
use crate::hostile::{Random, hostile, random, strings};
use crate::plain::tests::hostile as reports;
use crate::tui::control::{Reports, sync};
use crate::tui::state::State;
use crate::tui::theme::{Depth, Shade};

/// A screen says much at once, but one thing last: every report has its turn.
const AT_ONCE: usize = 12;

fn state(world: &World) -> State {
    let mut state = sample::state(world, Depth::Rgb, Shade::Dark);
    sync(&mut state, &world.model);
    state
}

#[test]
fn no_report_with_a_hostile_string_has_an_effect() {
    let (mut behind, mut random) = (Behind::new(), random());
    let world = sample::lobby();
    let places = reports("").len();
    let mut tried = 0;
    while tried < strings() as usize {
        let (mut state, mut announced) = (state(&world), Reports::default());
        let texts: Vec<String> = (0..AT_ONCE).map(|_| hostile(&mut random)).collect();
        for (number, text) in texts.iter().enumerate() {
            let report = &reports(text)[(tried + number) % places];
            announced.take(&mut state, &world.model, report, world.now());
        }
        announced.settle(&mut state, &world.model, world.now());
        let wrong = behind.show_as(&world, &state);
        assert!(wrong.is_empty(), "{wrong:?} with {texts:?} from report {} on", tried % places);
        // One further than a round, so that another one is the last each time.
        tried += AT_ONCE + 1;
    }
}

/// A private session with a user of this name, who says all this and offers files of these names.
fn private(user: &str, texts: &[String]) -> World {
    let (offer, key) = (OfferId([1; 16]), DeviceKey([7; 32]));
    let mut world = World::with(&[(user, "")], &[]);
    world.tell(Msg::PeerKeys(vec![(user.to_owned(), KnownKey { key: DeviceKey([1; 32]), verified: true })]));
    world.hear(ServerMessage::PrivateRequest { offer, from: user.to_owned(), key, wait_ms: 42_000 });
    let yes = Command::Accept { user: user.to_owned() };
    world.tell(Msg::Command { command: yes, cid: ClientId([1; 16]) });
    let name = user.to_owned();
    let meeting = Meeting { offer, name, key, initiator: false, observed: None, addresses: texts.to_vec() };
    world.hear(ServerMessage::PrivateMeet(meeting));
    let (address, words) = (texts[0].clone(), ["cedar", "harbor", "zoo", "able"]);
    let mut heard = |event| drop(world.tell(Msg::Peer { offer, event }));
    heard(PeerEvent::Opened(Opened { address, words, key }));
    for (file, text) in (1..).zip(texts) {
        heard(PeerEvent::Said { text: text.clone(), kind: Kind::TEXT });
        heard(PeerEvent::Said { text: text.clone(), kind: Kind::ACTION });
        heard(PeerEvent::FileOffered { file: FileId(2 * file), name: text.clone(), size: 7 });
    }
    world
}

#[test]
fn no_private_session_has_an_effect() {
    let (mut behind, mut random) = (Behind::new(), random());
    let mut tried = 0;
    while tried < strings() {
        let texts: Vec<String> = (0..20).map(|_| hostile(&mut random)).collect();
        let user = nickname(&mut random);
        let mut world = private(&user, &texts);
        for place in [Place::lobby(), Place::Private(name(&user))] {
            world.tell(Msg::TabShown(place));
            let wrong = behind.show_as(&world, &state(&world));
            assert!(wrong.is_empty(), "{wrong:?} with {user:?} {texts:?}");
        }
        let over = Closed::There(Reason::STOPPED);
        world.tell(Msg::Peer { offer: OfferId([1; 16]), event: PeerEvent::Closed(over) });
        let wrong = behind.show_as(&world, &state(&world));
        assert!(wrong.is_empty(), "{wrong:?} with {user:?} {texts:?}");
        tried += 21;
    }
}

/// A hostile string that is something.
fn nickname(random: &mut Random) -> String {
    let text = hostile(random);
    if text.is_empty() { "x".to_owned() } else { text }
}
