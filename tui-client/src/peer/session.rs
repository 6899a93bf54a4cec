//! The rules of one private session: who is let in, the order of texts, what has arrived, when the other side is gone.
//!
//! Pure: frames, orders and moments go in, what to send and what to tell comes out. The other client is hostile until
//! proven otherwise, and afterwards still a stranger's program: whatever it sends, this neither panics nor grows.

use std::collections::VecDeque;
use std::time::Duration;

use shared::limits::{DEAD_AFTER_MS, PEER_UNACKED, PING_AFTER_MS, TEXT_BYTES, TEXT_LINES};
use shared::message::{Kind, Meeting, Reason};
use shared::peer::PeerMessage;
use shared::version::{PROTO_MAX, PROTO_MIN, agree};

use crate::app::moment::Mono;
use crate::app::peer::{Closed, PeerEvent};
use crate::app::place::name;

/// The longest word for how a text is meant, in bytes.
const KIND_BYTES: usize = 16;

/// Own texts that may wait for their turn. The model keeps fewer.
const WAITING: usize = 4096;

/// Something to do, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum Out {
    /// Send this.
    Send(PeerMessage),
    /// Tell the model. What follows is done only when that is through.
    Tell(PeerEvent),
    /// This is about a file.
    File(PeerMessage),
}

/// The end of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// What the other side is still told.
    pub bye: Option<Reason>,
    /// What the model is told.
    pub closed: Closed,
}

impl End {
    fn broke(why: &str) -> Self {
        Self { bye: None, closed: Closed::Broke(why.to_owned()) }
    }

    /// The other side does what no client of ours does.
    pub fn violation(why: &str) -> Self {
        Self {
            bye: Some(Reason::PROTOCOL),
            closed: Closed::Broke(format!("the other client broke the protocol: {why}")),
        }
    }
}

/// The first message of this side.
pub fn hello(meeting: &Meeting, me: &str) -> PeerMessage {
    PeerMessage::Hello {
        proto_min: PROTO_MIN,
        proto_max: PROTO_MAX,
        offer: meeting.offer,
        name: me.to_owned(),
        client: concat!("tui-client ", env!("CARGO_PKG_VERSION")).to_owned(),
        caps: String::new(),
    }
}

/// Whether the first message of the other side is the one that was agreed on.
///
/// # Errors
///
/// A fragment that says what is wrong.
pub fn check_hello(message: &PeerMessage, meeting: &Meeting) -> Result<(), &'static str> {
    let PeerMessage::Hello { proto_min, proto_max, offer, name: from, .. } = message else {
        return Err("it did not say hello");
    };
    if agree(*proto_min, *proto_max).is_none() {
        return Err("it speaks another version");
    }
    if *offer != meeting.offer {
        return Err("it came for another session");
    }
    if name(from) != name(&meeting.name) {
        return Err("it goes by another name");
    }
    Ok(())
}

/// An open session.
#[derive(Debug)]
pub struct Session {
    /// Own texts that wait for room on the wire.
    waiting: VecDeque<(u64, String, Kind)>,
    /// The number of the last own text that was sent, and of the last one that has arrived.
    sent: u64,
    acked: u64,
    /// The number of the last text of the other side.
    heard: u64,
    /// When the other side was last heard.
    heard_at: Mono,
    /// The ping that has no answer.
    pinged: Option<(u64, Mono)>,
    pings: u64,
}

impl Session {
    /// A session that opens now.
    pub fn new(now: Mono) -> Self {
        let waiting = VecDeque::new();
        Self { waiting, sent: 0, acked: 0, heard: 0, heard_at: now, pinged: None, pings: 0 }
    }

    /// Sends a text, now or when there is room. Texts are numbered 1, 2, 3 and so on.
    ///
    /// # Errors
    ///
    /// When far too many wait, which only a broken link can bring about.
    pub fn say(&mut self, n: u64, text: String, kind: Kind) -> Result<Vec<Out>, End> {
        if self.waiting.len() >= WAITING {
            return Err(End::broke("the other side takes nothing any more"));
        }
        self.waiting.push_back((n, text, kind));
        Ok(self.release())
    }

    /// Says that a text is being typed: now, or never where texts wait for their turn already.
    pub fn typing(&self) -> Vec<Out> {
        let is_through = self.waiting.is_empty();
        is_through.then_some(Out::Send(PeerMessage::Typing {})).into_iter().collect()
    }

    fn release(&mut self) -> Vec<Out> {
        let mut out = Vec::new();
        while self.sent - self.acked < unacked_most()
            && let Some((n, text, kind)) = self.waiting.pop_front()
        {
            self.sent = n;
            out.push(Out::Send(PeerMessage::Text { n, text, kind }));
        }
        out
    }

    /// Asks the other side how long it takes to answer.
    pub fn ask_delay(&mut self, now: Mono) -> Out {
        self.pings += 1;
        self.pinged = Some((self.pings, now));
        Out::Send(PeerMessage::Ping { n: self.pings })
    }

    /// Bytes have come: the other side is there.
    pub fn alive(&mut self, now: Mono) {
        self.heard_at = now;
    }

    /// Takes a message of the other side.
    ///
    /// # Errors
    ///
    /// The end of the session.
    pub fn handle(&mut self, message: PeerMessage, now: Mono) -> Result<Vec<Out>, End> {
        self.heard_at = now;
        match message {
            PeerMessage::Text { n, text, kind } => self.text(n, text, kind),
            PeerMessage::Ack { n } => self.acknowledged(n),
            PeerMessage::Bye { reason } => Err(End { bye: None, closed: Closed::There(reason) }),
            PeerMessage::Ping { n } => Ok(vec![Out::Send(PeerMessage::Pong { n })]),
            PeerMessage::Pong { n } => Ok(self.answered(n, now)),
            PeerMessage::Hello { .. } => Err(End::violation("a second hello")),
            PeerMessage::Typing {} => Ok(vec![Out::Tell(PeerEvent::Typing)]),
            PeerMessage::Unknown => Ok(Vec::new()),
            file @ (PeerMessage::FileOffer { .. }
            | PeerMessage::FileAccept { .. }
            | PeerMessage::FileRefuse { .. }
            | PeerMessage::FilePiece { .. }
            | PeerMessage::FileTaken { .. }
            | PeerMessage::FileEnd { .. }
            | PeerMessage::FileKept { .. }
            | PeerMessage::FileCancel { .. }) => Ok(vec![Out::File(file)]),
        }
    }

    fn text(&mut self, n: u64, text: String, kind: Kind) -> Result<Vec<Out>, End> {
        if Some(n) != self.heard.checked_add(1) {
            return Err(End::violation("a text is missing or comes twice"));
        }
        let fits = text.len() <= TEXT_BYTES && text.lines().count() <= TEXT_LINES && kind.as_str().len() <= KIND_BYTES;
        if !fits || text.contains('\0') || text.trim().is_empty() {
            return Err(End::violation("a text that no client sends"));
        }
        self.heard = n;
        Ok(vec![Out::Tell(PeerEvent::Said { text, kind }), Out::Send(PeerMessage::Ack { n })])
    }

    fn acknowledged(&mut self, n: u64) -> Result<Vec<Out>, End> {
        if n <= self.acked || n > self.sent {
            return Err(End::violation("an acknowledgement of nothing"));
        }
        self.acked = n;
        let mut out = vec![Out::Tell(PeerEvent::Delivered { n })];
        out.extend(self.release());
        Ok(out)
    }

    fn answered(&mut self, n: u64, now: Mono) -> Vec<Out> {
        let answered = self.pinged.take_if(|(asked, _)| *asked == n);
        answered.map(|(_, sent)| Out::Tell(PeerEvent::Delay(now.since(sent)))).into_iter().collect()
    }

    /// When [`Session::tick`] has something to do.
    pub fn deadline(&self) -> Mono {
        match self.pinged {
            Some((_, sent)) if sent >= self.heard_at => sent.after(after(DEAD_AFTER_MS.saturating_sub(PING_AFTER_MS))),
            _ => self.heard_at.after(after(PING_AFTER_MS)),
        }
    }

    /// Time has passed: silence becomes a question, and a question without an answer the end.
    ///
    /// # Errors
    ///
    /// The end of the session.
    pub fn tick(&mut self, now: Mono) -> Result<Option<Out>, End> {
        if now < self.deadline() {
            return Ok(None);
        }
        match self.pinged {
            Some((_, sent)) if sent >= self.heard_at => Err(End::broke("the other side does not answer any more")),
            _ => Ok(Some(self.ask_delay(now))),
        }
    }

    /// Nobody has listened for a while: the silence was not the other side's.
    pub fn listens_again(&mut self, now: Mono) {
        self.heard_at = now;
    }
}

fn unacked_most() -> u64 {
    u64::try_from(PEER_UNACKED).unwrap_or(u64::MAX)
}

const fn after(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

#[cfg(test)]
mod tests;
