//! Introductions: one user asks another for a private session, and only when both want it are they told how to find each
//! other. After that the server knows nothing of it.
//!
//! A request waits in memory for a minute. It ends exactly once: with a meeting, or with a reason that both sides are
//! told as far as it concerns them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use shared::error::Code;
use shared::id::{OfferId, RequestId, millis};
use shared::limits::{PEER_PORT_LOWEST, PRIVATE_ASK_MS};
use shared::message::{Meeting, Reason, Refusal, ServerMessage};
use shared::name::Name;

use super::effect::LogEvent;
use super::input::{Presented, SessionId};
use super::refuse::refuse;
use super::{Chat, Turn};
use crate::record::AccountId;
use shared::time::Mono;

/// How long a request can be answered.
const ASK: Duration = Duration::from_millis(PRIVATE_ASK_MS);

/// Requests one user may have open.
const OPEN_OWN: usize = 3;

/// Requests that may wait for one user. More cannot be looked at.
const OPEN_TO: usize = 8;

/// After so many requests in a row that came to nothing, the next one to the same user has to wait.
const VAIN: u32 = 3;

/// That long.
const VAIN_WAIT: Duration = Duration::from_secs(10);

/// How long it is remembered that requests came to nothing, and which ids were used.
const MEMORY: Duration = Duration::from_mins(10);

/// Used ids that are remembered. One user alone makes at most three a second last a minute.
const USED: usize = 65_536;

/// What holds for introductions, for people.
pub(super) fn limits() -> Vec<(&'static str, String)> {
    vec![
        ("a private request waits", format!("{} s", ASK.as_secs())),
        ("private requests of one user", format!("{OPEN_OWN} open")),
        ("private requests to one user", format!("{OPEN_TO} open")),
        ("private requests in vain", format!("{VAIN} in a row to one user, then one in {} s", VAIN_WAIT.as_secs())),
    ]
}

/// Open requests, and what is remembered of ended ones.
#[derive(Debug, Default)]
pub(super) struct Rendezvous {
    open: BTreeMap<OfferId, Offer>,
    /// Ids that must not come again, oldest first.
    used: VecDeque<(Mono, OfferId)>,
    used_ids: BTreeSet<OfferId>,
    /// How many requests of one user to another came to nothing in a row, and when the last one did.
    vain: BTreeMap<(AccountId, AccountId), (u32, Mono)>,
}

/// A request that waits for an answer.
#[derive(Clone, Debug)]
struct Offer {
    asker: Party,
    asked: (AccountId, SessionId),
    until: Mono,
}

/// One side, with what it presents.
#[derive(Clone, Debug)]
struct Party {
    account: AccountId,
    session: SessionId,
    presented: Presented,
}

impl Rendezvous {
    /// When the next request expires.
    pub(super) fn due(&self) -> Option<Mono> {
        self.open.values().map(|offer| offer.until).min()
    }

    fn between(&self, asker: AccountId, asked: AccountId) -> Option<OfferId> {
        let found = self.open.iter().find(|(_, offer)| offer.asker.account == asker && offer.asked.0 == asked);
        found.map(|(id, _)| *id)
    }

    /// Takes a request out: it has ended.
    fn close(&mut self, id: OfferId, now: Mono) -> Option<Offer> {
        let offer = self.open.remove(&id)?;
        self.forget(now);
        self.used.push_back((now, id));
        self.used_ids.insert(id);
        Some(offer)
    }

    fn note_vain(&mut self, offer: &Offer, now: Mono) {
        let (count, at) = self.vain.entry((offer.asker.account, offer.asked.0)).or_insert((0, now));
        (*count, *at) = (count.saturating_add(1), now);
    }

    fn forget(&mut self, now: Mono) {
        while let Some((at, id)) = self.used.front().copied() {
            if now.since(at) < MEMORY && self.used.len() < USED {
                break;
            }
            self.used.pop_front();
            self.used_ids.remove(&id);
        }
        self.vain.retain(|_, (_, at)| now.since(*at) < MEMORY);
    }
}

impl Chat {
    /// A user wants a private session with another.
    pub(super) fn ask_private(
        &mut self,
        turn: &mut Turn,
        session: SessionId,
        id: RequestId,
        (offer, name): (OfferId, &Name),
        presented: Presented,
    ) -> Result<(), Refusal> {
        let me = self.account_of(session, id)?;
        let other = self.other_user(me, id, name)?;
        let their_session = self.reachable(me, other, id)?;
        if let Some(theirs) = self.rendezvous.between(other, me) {
            // Both want the same: that is a yes.
            turn.send(session, ServerMessage::Ok { re: id });
            self.introduce(turn, theirs, Party { account: me, session, presented });
            return Ok(());
        }
        self.may_ask(turn.now.mono, (me, other), id, offer)?;
        let until = turn.now.mono.after(ASK);
        let key = presented.key;
        let asker = Party { account: me, session, presented };
        self.rendezvous.open.insert(offer, Offer { asker, asked: (other, their_session), until });
        turn.send(session, ServerMessage::Ok { re: id });
        let from = self.users.shown(me).to_owned();
        turn.send(their_session, ServerMessage::PrivateRequest { offer, from, key, wait_ms: millis(ASK) });
        Ok(())
    }

    /// The session of a user who is online and has no block with `me`, either way.
    fn reachable(&self, me: AccountId, other: AccountId, id: RequestId) -> Result<SessionId, Refusal> {
        let shown = self.users.shown(other);
        if self.blocks.has(other, me) {
            return Err(refuse(id, Code::BLOCKED, format!("{shown} has blocked you")).about(shown));
        }
        if self.blocks.has(me, other) {
            let text = format!("you have blocked {shown}: unblock {shown} first");
            return Err(refuse(id, Code::YOU_BLOCKED, text).about(shown));
        }
        let session = self.online.get(&other).copied().filter(|session| !self.is_held(*session));
        session.ok_or_else(|| refuse(id, Code::OFFLINE, format!("{shown} is not online")).about(shown))
    }

    fn may_ask(
        &mut self,
        now: Mono,
        (me, other): (AccountId, AccountId),
        id: RequestId,
        offer: OfferId,
    ) -> Result<(), Refusal> {
        self.rendezvous.forget(now);
        let shown = self.users.shown(other);
        if self.rendezvous.between(me, other).is_some() {
            return Err(refuse(id, Code::ALREADY_ASKED, format!("you have asked {shown} already")).about(shown));
        }
        if self.rendezvous.open.contains_key(&offer) || self.rendezvous.used_ids.contains(&offer) {
            return Err(refuse(id, Code::BAD_REQUEST, "this id was used before"));
        }
        let own = self.rendezvous.open.values().filter(|open| open.asker.account == me);
        let (count, first) = own.fold((0, None), |(count, first): (usize, Option<Mono>), open| {
            (count + 1, Some(first.map_or(open.until, |first| first.min(open.until))))
        });
        if let Some(first) = first.filter(|_| count >= OPEN_OWN) {
            let text = format!("{OPEN_OWN} of your requests wait for an answer already");
            return Err(refuse(id, Code::SLOW_DOWN, text).wait(first.since(now)));
        }
        if self.rendezvous.open.values().filter(|open| open.asked.0 == other).count() >= OPEN_TO {
            return Err(refuse(id, Code::BUSY, format!("{shown} is asked by too many already")).about(shown));
        }
        match self.rendezvous.vain.get(&(me, other)) {
            Some((count, at)) if *count >= VAIN && now.since(*at) < VAIN_WAIT => {
                let text = format!("{shown} did not want it {count} times in a row");
                Err(refuse(id, Code::SLOW_DOWN, text).about(shown).wait(at.after(VAIN_WAIT).since(now)))
            }
            _ => Ok(()),
        }
    }

    /// Who was asked says yes.
    pub(super) fn accept_private(
        &mut self,
        turn: &mut Turn,
        session: SessionId,
        id: RequestId,
        offer: OfferId,
        presented: Presented,
    ) -> Result<(), Refusal> {
        let me = self.account_of(session, id)?;
        let is_mine = self.rendezvous.open.get(&offer).is_some_and(|open| open.asked == (me, session));
        if !is_mine {
            return Err(no_request(id));
        }
        turn.send(session, ServerMessage::Ok { re: id });
        self.introduce(turn, offer, Party { account: me, session, presented });
        Ok(())
    }

    /// Who was asked says no, or who has asked takes it back.
    pub(super) fn decline_private(
        &mut self,
        turn: &mut Turn,
        session: SessionId,
        id: RequestId,
        offer: OfferId,
    ) -> Result<(), Refusal> {
        let me = self.account_of(session, id)?;
        let open = self.rendezvous.open.get(&offer).ok_or_else(|| no_request(id))?;
        let (asker, asked) = (open.asker.session, open.asked.1);
        let (told, reason) = match session {
            session if session == asked => (asker, Reason::DECLINED),
            session if session == asker => (asked, Reason::WITHDRAWN),
            _ => return Err(no_request(id)),
        };
        turn.send(session, ServerMessage::Ok { re: id });
        if let Some(ended) = self.rendezvous.close(offer, turn.now.mono) {
            self.rendezvous.note_vain(&ended, turn.now.mono);
            self.tell_end(turn, told, offer, me, reason);
        }
        Ok(())
    }

    /// Tells both sides of each other, at the same moment.
    fn introduce(&mut self, turn: &mut Turn, id: OfferId, asked: Party) {
        let Some(Offer { asker, .. }) = self.rendezvous.close(id, turn.now.mono) else { return };
        self.rendezvous.vain.remove(&(asker.account, asked.account));
        turn.log(LogEvent::Introduced {
            name: self.users.shown(asker.account).to_owned(),
            other: self.users.shown(asked.account).to_owned(),
        });
        for (reader, other, initiator) in [(&asker, &asked, true), (&asked, &asker, false)] {
            let (Some(reader_at), Some(other_at)) = (self.seen_at(reader.session), self.seen_at(other.session)) else {
                continue;
            };
            let meeting = Meeting {
                offer: id,
                name: self.users.shown(other.account).to_owned(),
                key: other.presented.key,
                initiator,
                observed: observed(reader_at.ip(), other_at).map(|address| address.to_string()),
                addresses: tellable(reader_at.ip(), other_at.ip(), &other.presented.addresses)
                    .map(|address| address.to_string())
                    .collect(),
            };
            turn.send(reader.session, ServerMessage::PrivateMeet(meeting));
        }
    }

    fn seen_at(&self, session: SessionId) -> Option<SocketAddr> {
        self.sessions.get(&session).map(|open| SocketAddr::new(open.address, open.port))
    }

    /// Tells one side that nothing comes of a request; `other` is the user at its other end.
    fn tell_end(&self, turn: &mut Turn, to: SessionId, offer: OfferId, other: AccountId, reason: Reason) {
        let name = self.users.shown(other).to_owned();
        turn.send(to, ServerMessage::PrivateEnd { offer, name, reason });
    }

    /// Ends what nobody has answered in time.
    pub(super) fn expire_private(&mut self, turn: &mut Turn) {
        let now = turn.now.mono;
        let late: Vec<OfferId> =
            self.rendezvous.open.iter().filter(|(_, offer)| offer.until <= now).map(|(id, _)| *id).collect();
        for id in late {
            let Some(offer) = self.rendezvous.close(id, now) else { continue };
            self.rendezvous.note_vain(&offer, now);
            self.tell_end(turn, offer.asker.session, id, offer.asked.0, Reason::EXPIRED);
            self.tell_end(turn, offer.asked.1, id, offer.asker.account, Reason::EXPIRED);
        }
    }

    /// A session has ended: the other side of its requests is told.
    pub(super) fn end_private(&mut self, turn: &mut Turn, session: SessionId) {
        let involved = |offer: &Offer| offer.asker.session == session || offer.asked.1 == session;
        let ended: Vec<OfferId> =
            self.rendezvous.open.iter().filter(|(_, offer)| involved(offer)).map(|(id, _)| *id).collect();
        for id in ended {
            let Some(offer) = self.rendezvous.close(id, turn.now.mono) else { continue };
            if offer.asker.session == session {
                self.tell_end(turn, offer.asked.1, id, offer.asker.account, Reason::OFFLINE);
            } else {
                self.tell_end(turn, offer.asker.session, id, offer.asked.0, Reason::OFFLINE);
            }
        }
    }

    /// A block ends requests between the two. Who is blocked sees the other leave, as everywhere.
    pub(super) fn block_private(&mut self, turn: &mut Turn, owner: AccountId, target: AccountId) {
        for (asker, asked) in [(owner, target), (target, owner)] {
            let Some(id) = self.rendezvous.between(asker, asked) else { continue };
            let Some(offer) = self.rendezvous.close(id, turn.now.mono) else { continue };
            let (owners, targets) = if asker == owner {
                (offer.asker.session, offer.asked.1)
            } else {
                (offer.asked.1, offer.asker.session)
            };
            self.tell_end(turn, owners, id, target, Reason::WITHDRAWN);
            self.tell_end(turn, targets, id, owner, Reason::OFFLINE);
        }
    }
}

fn no_request(id: RequestId) -> Refusal {
    refuse(id, Code::NO_REQUEST, "no such request waits for an answer")
}

/// Where the other side's connection comes from, where that helps the reader: loopback means another machine to a reader
/// elsewhere, and low ports are not a client's.
fn observed(reader: IpAddr, other: SocketAddr) -> Option<SocketAddr> {
    let helps = other.port() >= PEER_PORT_LOWEST && (!other.ip().is_loopback() || reader.is_loopback());
    helps.then_some(other)
}

/// Which of the addresses that the other side has named the reader may know. Public ones always: they are what the other
/// side is reached by. Those of private networks only where the two may be in the same one: seen at the same address
/// (one router), or both without any router in between. Elsewhere they help nobody and tell of somebody's home.
fn tellable(reader: IpAddr, other: IpAddr, addresses: &[SocketAddr]) -> impl Iterator<Item = SocketAddr> {
    let both_here = reader.is_loopback() && other.is_loopback();
    let same_network = reader == other || (is_private(reader) && is_private(other));
    addresses.iter().copied().filter(move |address| match address.ip() {
        ip if ip.is_loopback() => both_here,
        ip if is_private(ip) => same_network,
        _ => true,
    })
}

/// Whether an address means another machine in every network: RFC 1918, RFC 6598 (carriers), RFC 4193, loopback.
fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => v4.is_private() || v4.is_loopback() || v4.is_link_local() || is_of_a_carrier(v4),
        IpAddr::V6(v6) => v6.is_unique_local() || v6.is_loopback() || v6.is_unicast_link_local(),
    }
}

fn is_of_a_carrier(v4: Ipv4Addr) -> bool {
    let [first, second, ..] = v4.octets();
    first == 100 && (64..128).contains(&second)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn addresses_of_a_home_are_told_inside_it_only() {
        let all: Vec<SocketAddr> = [
            "127.0.0.1:5000",
            "192.168.1.7:5000",
            "100.64.0.9:5000",
            "[fd00::7]:5000",
            "198.51.100.7:5000",
            "[2001:db8::7]:5000",
        ]
        .map(|address| address.parse().unwrap())
        .into();
        let told = |reader: &str, other: &str| {
            tellable(ip(reader), ip(other), &all).map(|address| address.to_string()).collect::<Vec<_>>()
        };
        let public = ["198.51.100.7:5000", "[2001:db8::7]:5000"];
        assert_eq!(told("203.0.113.1", "198.51.100.7"), public, "two homes");
        assert_eq!(told("192.168.1.9", "198.51.100.7"), public, "the server is in one of them");
        assert_eq!(told("127.0.0.1", "198.51.100.7"), public);
        for (reader, other) in
            [("203.0.113.1", "203.0.113.1"), ("192.168.1.9", "10.0.0.7"), ("127.0.0.1", "192.168.1.7")]
        {
            assert_eq!(told(reader, other).len(), 5, "{reader} and {other} may be in one network");
        }
        assert_eq!(told("127.0.0.1", "127.0.0.1").len(), 6, "one machine");
    }

    #[test]
    fn what_the_server_sees_is_told_where_it_helps() {
        let seen = |reader: &str, other: &str| observed(ip(reader), other.parse().unwrap()).is_some();
        assert!(seen("203.0.113.1", "198.51.100.7:5000"));
        assert!(seen("127.0.0.1", "127.0.0.1:5000"));
        assert!(!seen("203.0.113.1", "127.0.0.1:5000"), "that would be the reader's own machine");
        assert!(!seen("203.0.113.1", "198.51.100.7:1023"));
    }
}
