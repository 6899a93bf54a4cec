//! Whole conversations of several sessions with the rules, before and after their logins.
//!
//! The bytes decide who connects, asks, loses the connection and comes back; when the store, the password checks and time
//! move on; when the disk fails and the server dies. Everything that a client says goes through the wire and the checks of
//! the server's edge. `witness` judges what the rules answer.

mod witness;
mod world;

use std::time::Duration;

use server::chat::Rules;
use server::record::KeepError;
use shared::codec;
use shared::id::{ClientId, DeviceKey, OfferId, RequestId, Seq};
use shared::limits::{HEADER, TEXT_BYTES};
use shared::message::{ClientMessage, Kind, LOBBY, Mark, Reason};

use crate::tape::Tape;
use world::{NAMES, World, device_ticket, resume_ticket};

/// A whole conversation.
pub fn session(data: &[u8]) {
    let mut tape = Tape::new(data);
    let about = tape.byte();
    let mut world = World::new(Rules {
        lock_for: Duration::from_secs(60),
        timeout: (about & 1 != 0).then_some(Duration::from_secs(120)),
        registration: about & 2 == 0,
        limits: about & 4 == 0,
    });
    let mut request = 0;
    while !tape.is_over() {
        request += 1;
        step(&mut world, &mut tape, RequestId(request));
    }
    world.end();
}

fn step(world: &mut World, tape: &mut Tape, id: RequestId) {
    let choice = tape.below(24);
    let session = world.session(tape.below(8));
    match choice {
        0 | 1 => world.open(*tape.pick(&[[127, 0, 0, 1], [10, 0, 0, 7], [198, 51, 100, 7]])),
        2 => {
            let reason = tape.pick(&[Reason::CONNECTION_LOST, Reason::TOO_SLOW, Reason::LOGIN_TIMEOUT]).clone();
            world.close(session, reason);
        }
        3 => world.is_late = !world.is_late,
        4 => world.answer(tape.below(6) + 1),
        5 => world.pass(Duration::from_millis(u64::from(tape.short()) * 4)),
        6 => world.pass(Duration::from_millis(400)),
        7 => world.fill(session),
        8 => world.drain(session),
        9 => world.lives(session, tape.byte() % 2 == 0),
        10 => world.broken = *tape.pick(&[None, Some(KeepError::Full), Some(KeepError::Broken), None]),
        11 => match tape.byte() {
            250.. => world.stop(),
            byte => world.restart(Duration::from_secs(u64::from(byte))),
        },
        12 => {
            let length = usize::from(tape.byte());
            world.say(session, tape.bytes(length));
        }
        _ => {
            let message = message(choice, tape, id);
            world.say(session, &codec::encode(&message)[HEADER..]);
        }
    }
}

fn name(tape: &mut Tape) -> String {
    (*tape.pick(&[NAMES[0], NAMES[1], NAMES[2], NAMES[3], "HANS", "new1", "new2", "nobody", "server", "\u{202e}"]))
        .to_owned()
}

fn message(choice: usize, tape: &mut Tape, id: RequestId) -> ClientMessage {
    match choice {
        13 | 14 => login(tape, id),
        15 => {
            let (ticket, lobby) = (resume_ticket(u64::from(tape.byte() % 32)), number(tape));
            ClientMessage::Resume { id, ticket, lobby }
        }
        16 => {
            let name = name(tape);
            let password = format!("{name}-secret");
            ClientMessage::Register { id, name, password, remember: tape.byte() % 2 == 0 }
        }
        17 => send(tape, id, LOBBY.to_owned()),
        18 | 19 => {
            let to = format!("@{}", name(tape));
            send(tape, id, to)
        }
        20 => ClientMessage::Ack { conv: format!("@{}", name(tape)), seq: number(tape).unwrap_or_default() },
        21 => {
            let name = name(tape);
            if tape.byte() % 3 > 0 { ClientMessage::Block { id, name } } else { ClientMessage::Unblock { id, name } }
        }
        22 => private(tape, id),
        _ => question(tape, id),
    }
}

fn login(tape: &mut Tape, id: RequestId) -> ClientMessage {
    let name = name(tape);
    let how = tape.byte();
    let password = if how % 4 == 3 { "wrong".to_owned() } else { format!("{}-secret", name.to_lowercase()) };
    let device = (how & 16 != 0).then(|| device_ticket(u64::from(tape.byte() % 32)));
    ClientMessage::Login { id, name, password, device, remember: how & 32 != 0 }
}

fn number(tape: &mut Tape) -> Option<Seq> {
    match tape.byte() {
        255 => None,
        254 => Some(Seq(u64::MAX)),
        small => Some(Seq(u64::from(small % 16))),
    }
}

fn send(tape: &mut Tape, id: RequestId, to: String) -> ClientMessage {
    let kind = tape.pick(&[Kind::TEXT, Kind::TEXT, Kind::TEXT, Kind::ACTION]).clone();
    let text = match tape.byte() {
        250.. => "x".repeat(TEXT_BYTES),
        249 => "x".repeat(TEXT_BYTES + 1),
        byte => format!("text {byte}"),
    };
    // Some are said again with the number they had.
    let cid = match tape.byte() {
        again @ 200.. => ClientId([again % 8; 16]),
        _ => ClientId((u128::from(id.0) << 64).to_be_bytes()),
    };
    ClientMessage::Send { id, cid, to, text, kind }
}

fn private(tape: &mut Tape, id: RequestId) -> ClientMessage {
    let offer = OfferId([tape.byte() % 8; 16]);
    let key = DeviceKey([tape.byte(); 32]);
    let addresses = vec!["192.168.1.7:6001".to_owned(), "[2001:db8::7]:6001".to_owned()];
    match tape.below(4) {
        0 | 1 => ClientMessage::PrivateAsk { id, offer, name: name(tape), key, addresses },
        2 => ClientMessage::PrivateAccept { id, offer, key, addresses },
        _ => ClientMessage::PrivateDecline { id, offer },
    }
}

fn question(tape: &mut Tape, id: RequestId) -> ClientMessage {
    let choice = tape.below(15);
    let name = name(tape);
    let conv = if tape.byte() % 3 == 0 { LOBBY.to_owned() } else { format!("@{name}") };
    match choice {
        0 => ClientMessage::Who { id },
        1 => ClientMessage::WhoSince { id, span_ms: u64::from(tape.short()) * 100 },
        2 => ClientMessage::Blocked { id },
        3 | 4 => ClientMessage::History { id, conv, before: number(tape), limit: u16::from(tape.byte()) },
        5 => ClientMessage::Queue { id },
        6 | 7 => ClientMessage::Unsend { id, conv, seq: number(tape).unwrap_or_default() },
        8 => ClientMessage::Away { id, text: name },
        9 => ClientMessage::Whois { id, name },
        10 => {
            let old = format!("{name}-secret");
            ClientMessage::Passwd { id, new: old.clone(), old }
        }
        11 | 12 => ClientMessage::Typing { conv },
        13 => {
            let start = number(tape).map(|seq| Mark { conv: conv.clone(), seq });
            let conv = (tape.byte() % 4 == 0).then_some(conv);
            let words = (*tape.pick(&["text", "TE", "1", "xxx x", "\"text 1\" OR t*"])).to_owned();
            ClientMessage::Search { id, words, conv, start, limit: u16::from(tape.byte()) }
        }
        _ if tape.byte() % 2 == 0 => ClientMessage::Logout { id },
        _ => ClientMessage::Activity {},
    }
}
