//! The rules of a private session against a hostile client on the other side.

use std::collections::VecDeque;

use shared::codec;
use shared::id::{DeviceKey, FileId, OfferId};
use shared::limits::{DEAD_AFTER_MS, PEER_UNACKED, PING_AFTER_MS, TEXT_BYTES, TEXT_LINES};
use shared::message::{Kind, Meeting, Reason};
use shared::peer::PeerMessage;
use shared::time::Mono;
use tui_client::app::peer::{Closed, PeerEvent};
use tui_client::peer::session::{End, Out, Session, check_hello, hello};

use crate::tape::Tape;

/// A whole private session: what the user says, what the other client sends, and time.
pub fn session(data: &[u8]) {
    let mut tape = Tape::new(data);
    greeting(&mut tape);
    let mut watch = Watch::new(Mono(1000));
    while !tape.is_over() {
        if let Err(end) = watch.step(&mut tape) {
            assert!(!matches!(end.closed, Closed::There(_)) || end.bye.is_none(), "who said goodbye is told nothing");
            return;
        }
    }
    watch.falls_silent();
}

/// Only the hello of this meeting opens the session.
fn greeting(tape: &mut Tape) {
    let meeting = Meeting {
        offer: OfferId([7; 16]),
        name: "Yoda".to_owned(),
        key: DeviceKey([9; 32]),
        initiator: true,
        observed: None,
        addresses: Vec::new(),
    };
    let mut first = hello(&meeting, "yoda");
    if let PeerMessage::Hello { proto_min, proto_max, offer, name, .. } = &mut first {
        *proto_min = u16::from(tape.byte() % 4);
        *proto_max = u16::from(tape.byte() % 4);
        offer.0[0] = *tape.pick(&[7, 8]);
        *name = (*tape.pick(&["yoda", "YODA", "yoda ", "y\u{43e}da", "\u{1b}"])).to_owned();
        let right = (*proto_min..=*proto_max).contains(&1) && offer.0[0] == 7 && name.to_lowercase() == "yoda";
        assert_eq!(check_hello(&first, &meeting).is_ok(), right, "{first:?}");
    }
    assert!(check_hello(&PeerMessage::Ack { n: 1 }, &meeting).is_err());
}

/// A session, and what is known of it from outside.
struct Watch {
    session: Session,
    now: Mono,
    /// Own texts: said, sent, acknowledged.
    said: u64,
    sent: u64,
    acked: u64,
    /// Texts of the other side that were told.
    heard: u64,
    waiting: VecDeque<String>,
}

impl Watch {
    fn new(now: Mono) -> Self {
        Self { session: Session::new(now), now, said: 0, sent: 0, acked: 0, heard: 0, waiting: VecDeque::new() }
    }

    fn step(&mut self, tape: &mut Tape) -> Result<(), End> {
        match tape.below(6) {
            0 => {
                for _ in 0..=tape.below(90) {
                    self.say()?;
                }
                Ok(())
            }
            1 => self.pass(u64::from(tape.short())),
            2 => {
                let asked = self.session.ask_delay(self.now);
                assert!(matches!(asked, Out::Send(PeerMessage::Ping { .. })));
                Ok(())
            }
            3 => {
                let length = usize::from(tape.byte());
                match codec::decode::<PeerMessage>(tape.bytes(length)) {
                    Ok(message) => self.hear(message),
                    Err(_) => Ok(()),
                }
            }
            4 => {
                self.session.alive(self.now);
                Ok(())
            }
            _ => {
                let message = self.made(tape);
                self.hear(message)
            }
        }
    }

    /// A message of the other side that is right, or nearly so.
    fn made(&self, tape: &mut Tape) -> PeerMessage {
        let near = |tape: &mut Tape, n: u64| match tape.below(8) {
            0 => n.wrapping_sub(1),
            1 => n.wrapping_add(1),
            2 => u64::MAX,
            _ => n,
        };
        match tape.below(7) {
            0 => PeerMessage::Ping { n: near(tape, 1) },
            1 => PeerMessage::Pong { n: u64::from(tape.byte()) },
            2 => {
                let open = usize::try_from(self.sent - self.acked).unwrap_or(0);
                let n = self.acked + tape.below(open + 1) as u64;
                PeerMessage::Ack { n: near(tape, n) }
            }
            3 => PeerMessage::FileRefuse { file: FileId(u64::from(tape.byte())) },
            4 => PeerMessage::Typing {},
            5 if tape.byte() == 255 => PeerMessage::Bye { reason: Reason::STOPPED },
            _ => {
                let text = match tape.below(8) {
                    0 => "x".repeat(TEXT_BYTES + tape.below(2)),
                    1 => "x\n".repeat(TEXT_LINES + tape.below(2)),
                    2 => (*tape.pick(&["", " ", "\0", "\u{202e}", "\u{1b}[2J"])).to_owned(),
                    _ => "hi".to_owned(),
                };
                PeerMessage::Text { n: near(tape, self.heard + 1), text, kind: Kind::TEXT }
            }
        }
    }

    fn say(&mut self) -> Result<(), End> {
        self.said += 1;
        let text = format!("text {}", self.said);
        self.waiting.push_back(text.clone());
        let out = self.session.say(self.said, text, Kind::TEXT)?;
        self.check(&out, 0);
        Ok(())
    }

    fn hear(&mut self, message: PeerMessage) -> Result<(), End> {
        let is_text = matches!(message, PeerMessage::Text { .. });
        let is_typing = matches!(message, PeerMessage::Typing {});
        let out = self.session.handle(message, self.now)?;
        let told = out.iter().filter(|out| matches!(out, Out::Tell(PeerEvent::Typing))).count();
        assert_eq!(told, usize::from(is_typing), "typing is told when it is said");
        self.check(&out, u64::from(is_text));
        Ok(())
    }

    fn pass(&mut self, ms: u64) -> Result<(), End> {
        self.now.0 += ms;
        if let Some(out) = self.session.tick(self.now)? {
            assert!(matches!(out, Out::Send(PeerMessage::Ping { .. })));
        }
        Ok(())
    }

    /// Own texts go out in order and no more than may be on their way; what the other side says is told as it came.
    fn check(&mut self, out: &[Out], texts: u64) {
        assert!(out.len() <= PEER_UNACKED + 2, "{} things follow from one", out.len());
        let mut told = 0;
        for out in out {
            match out {
                Out::Send(PeerMessage::Text { n, text, .. }) => {
                    self.sent += 1;
                    assert_eq!(*n, self.sent);
                    assert_eq!(Some(text), self.waiting.pop_front().as_ref());
                }
                Out::Send(PeerMessage::Ack { n }) => assert_eq!(*n, self.heard, "told before it is acknowledged"),
                Out::Send(PeerMessage::Ping { .. } | PeerMessage::Pong { .. })
                | Out::File(_)
                | Out::Tell(PeerEvent::Delay(_) | PeerEvent::Typing) => {}
                Out::Tell(PeerEvent::Said { text, .. }) => {
                    let fits = text.len() <= TEXT_BYTES && text.lines().count() <= TEXT_LINES;
                    assert!(fits && !text.contains('\0') && !text.trim().is_empty(), "{text:?}");
                    self.heard += 1;
                    told += 1;
                }
                Out::Tell(PeerEvent::Delivered { n }) => {
                    assert!(*n > self.acked && *n <= self.sent, "{n} was not on its way");
                    self.acked = *n;
                }
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(told, texts, "every text is told once");
        assert!(self.sent - self.acked <= PEER_UNACKED as u64, "{} on their way", self.sent - self.acked);
    }

    /// Silence ends every session in time.
    fn falls_silent(&mut self) {
        let end = self.now.0 + DEAD_AFTER_MS + PING_AFTER_MS;
        while self.now.0 <= end {
            let deadline = self.session.deadline();
            let wait = deadline.0.saturating_sub(self.now.0);
            if self.pass(wait).is_err() {
                return;
            }
        }
        panic!("the other side is silent and the session goes on");
    }
}
