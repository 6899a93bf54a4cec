//! How a session goes on over another connection: a client comes back after its connection was lost, or another client
//! of the same user takes the place of one that is dead.
//!
//! A session whose connection is lost is *held* for some seconds: for others nothing has happened yet. Whoever shows its
//! resume ticket takes its place at once, also where the server has not noticed the loss. Whoever brings the password
//! takes the place of a held session at once, and that of a living one only if it does not answer.

use std::time::Duration;

use shared::error::Code;
use shared::id::{RequestId, ResumeTicket, Seq};
use shared::limits::{GRACE_MS, PROBE_MS};
use shared::message::{Reason, Refusal, ServerMessage};
use shared::time::Mono;

use super::catchup::Feed;
use super::effect::Effect;
use super::input::SessionId;
use super::login::Admitted;
use super::refuse::refuse;
use super::sessions::{Arrival, Farewell, Login, Row, Stage};
use super::tickets::resume_hash;
use super::{Chat, Turn};

/// How long a user whose connection is lost counts as online.
const GRACE: Duration = Duration::from_millis(GRACE_MS);

/// How long a session may take to show that it lives.
const PROBE: Duration = Duration::from_millis(PROBE_MS);

/// Logins that may wait for one session to show that it lives. More is an attack or a mistake.
const PROBE_LINE: usize = 8;

/// What holds for sessions that go on, for people.
pub(super) fn limits() -> Vec<(&'static str, String)> {
    vec![
        ("a lost connection is announced after", format!("{} s", GRACE.as_secs())),
        ("a session is replaced when it does not answer within", format!("{} s", PROBE.as_secs())),
    ]
}

/// A session that was asked whether it lives, because somebody with the right password wants its place.
#[derive(Debug)]
pub(super) struct Probe {
    until: Mono,
    waiting: Vec<Admitted>,
}

impl Chat {
    /// A connection is gone. A user's session is held for a while, if its client may come back.
    pub(super) fn session_closed(&mut self, turn: &mut Turn, session: SessionId, reason: Reason) {
        let is_user = self.login(session).is_some();
        if self.stopping || !is_user || !may_come_back(&reason) {
            return self.end(turn, session, reason, Farewell::Unheard);
        }
        self.store_acks(turn, session);
        self.stop_feeding(session);
        self.end_private(turn, session);
        let until = turn.now.mono.after(GRACE);
        self.holds.insert((until, session));
        if let Some(open) = self.sessions.get_mut(&session) {
            open.held_until = Some(until);
        }
        if let Some(login) = self.login_mut(session) {
            login.feed = Feed::Away;
            let (account, last_action) = (login.account, login.last_action);
            self.tickets.lost(account, last_action, turn.now.mono);
        }
        self.settle_probe(turn, session);
    }

    /// Whether the session has no connection and waits for its client to come back.
    pub(super) fn is_held(&self, session: SessionId) -> bool {
        self.sessions.get(&session).is_some_and(|open| open.held_until.is_some())
    }

    /// Ends the sessions whose clients have not come back in time.
    pub(super) fn end_held(&mut self, turn: &mut Turn) {
        while let Some(&(until, session)) = self.holds.first() {
            if until > turn.now.mono {
                break;
            }
            self.holds.pop_first();
            self.end(turn, session, Reason::CONNECTION_LOST, Farewell::Unheard);
        }
    }

    /// A client shows a resume ticket.
    pub(super) fn ask_resume(
        &mut self,
        turn: &mut Turn,
        session: SessionId,
        id: RequestId,
        ticket: &ResumeTicket,
        lobby: Option<Seq>,
    ) -> Result<(), Refusal> {
        self.knock(session, id)?;
        let hash = resume_hash(ticket);
        let timeout = self.rules.timeout;
        let in_time = |last: Mono| timeout.is_none_or(|timeout| last.after(timeout) > turn.now.mono);
        let back = self.tickets.find(hash, turn.now.mono).filter(|back| in_time(back.last_action));
        let Some(back) = back else {
            let text = "this session is over, log in again";
            self.refuse_login(turn, session, refuse(id, Code::TICKET_EXPIRED, text));
            return Ok(());
        };
        let mut arrival = Arrival::new(id, back.account, turn.now);
        (arrival.resume, arrival.lobby, arrival.last_action) = (Some(hash), lobby, back.last_action);
        let old = self.online.get(&back.account).copied();
        if let Some(login) = old.and_then(|old| self.leave_place(turn, old)) {
            arrival.goes_on(&login);
            match (login.row, old) {
                (Row::Is(row), _) => arrival.row = Some(row),
                (row, Some(old)) => self.close_row(turn, old, row, Reason::REPLACED),
                (_, None) => {}
            }
        }
        self.begin(turn, session, arrival);
        if let Some(old) = old {
            self.settle_probe(turn, old);
        }
        Ok(())
    }

    /// Takes a session away from its connection, so that another one can go on with it. A client that is still there is
    /// told.
    fn leave_place(&mut self, turn: &mut Turn, old: SessionId) -> Option<Login> {
        self.store_acks(turn, old);
        let ended = self.sessions.remove(&old)?;
        if let Some(until) = ended.held_until {
            self.holds.remove(&(until, old));
        } else {
            turn.send(old, ServerMessage::Bye { reason: Reason::REPLACED, retry_ms: None });
            turn.close(old);
        }
        self.stop_feeding(old);
        self.end_private(turn, old);
        match ended.stage {
            Stage::User(login) => Some(*login),
            Stage::Visitor | Stage::Knocking => None,
        }
    }

    /// The password was right: the user is let in, perhaps in the place of another session. A connection that is gone
    /// takes nobody's place.
    pub(super) fn admit(&mut self, turn: &mut Turn, admitted: Admitted) {
        if !self.is_knocking(admitted.session) {
            return;
        }
        match self.online.get(&admitted.account).copied() {
            None => self.let_in(turn, admitted, None),
            Some(old) if self.is_held(old) => self.take_over(turn, old, admitted),
            Some(old) => self.probe(turn, old, admitted),
        }
    }

    fn take_over(&mut self, turn: &mut Turn, old: SessionId, admitted: Admitted) {
        let former = self.leave_place(turn, old);
        if let Some(login) = &former {
            self.close_row(turn, old, login.row, Reason::REPLACED);
        }
        self.let_in(turn, admitted, former);
        self.settle_probe(turn, old);
    }

    /// Asks a session whether it lives, and lets a login wait for the answer.
    fn probe(&mut self, turn: &mut Turn, old: SessionId, admitted: Admitted) {
        let until = turn.now.mono.after(PROBE);
        let probe = self.probes.entry(old).or_insert_with(|| {
            turn.effects.push(Effect::Probe { session: old });
            Probe { until, waiting: Vec::new() }
        });
        if probe.waiting.len() < PROBE_LINE {
            probe.waiting.push(admitted);
        } else {
            let text = "too many logins to this account at once, try again in a moment";
            self.refuse_login(turn, admitted.session, refuse(admitted.id, Code::BUSY, text));
        }
    }

    /// A session that was asked has shown that it lives.
    pub(super) fn heard(&mut self, turn: &mut Turn, session: SessionId) {
        for admitted in self.probes.remove(&session).map(|probe| probe.waiting).unwrap_or_default() {
            self.refuse_in_use(turn, &admitted);
        }
    }

    /// Sessions that have not answered in time are replaced.
    pub(super) fn end_silent(&mut self, turn: &mut Turn) {
        let is_over = |probe: &Probe| probe.until <= turn.now.mono;
        let silent: Vec<SessionId> =
            self.probes.iter().filter(|(_, probe)| is_over(probe)).map(|(session, _)| *session).collect();
        for session in silent {
            let waiting = self.probes.remove(&session).map(|probe| probe.waiting).unwrap_or_default();
            let mut waiting = waiting.into_iter().filter(|admitted| self.is_knocking(admitted.session));
            let first = waiting.next();
            let others: Vec<_> = waiting.collect();
            if let Some(first) = first {
                self.take_over(turn, session, first);
            }
            for admitted in others {
                self.admit(turn, admitted);
            }
        }
    }

    /// When the next session that was asked will have been silent for too long.
    pub(super) fn probe_due(&self) -> Option<Mono> {
        self.probes.values().map(|probe| probe.until).min()
    }

    /// A session that was asked has ended, is held, or goes on elsewhere: nobody has to wait for its answer.
    pub(super) fn settle_probe(&mut self, turn: &mut Turn, session: SessionId) {
        for admitted in self.probes.remove(&session).map(|probe| probe.waiting).unwrap_or_default() {
            self.admit(turn, admitted);
        }
    }

    /// No message is fed to this session any more.
    pub(super) fn stop_feeding(&mut self, session: SessionId) {
        self.live.remove(&session);
        self.behind.remove(&session);
        self.ahead.remove(&session);
        self.newcomers.remove(&session);
    }

    /// From where the lobby is read for a client that has it up to `has`: not at all for one that has nothing of it, or
    /// that was gone for so long that it better reads history.
    pub(super) fn lobby_from(&self, has: Option<Seq>) -> Seq {
        let is_near = |seq: &Seq| self.lobby.0.saturating_sub(seq.0) <= LOBBY_REPLAY;
        has.filter(is_near).map_or(self.lobby, |seq| seq.min(self.lobby))
    }
}

/// Lines of the lobby that a client gets after it came back; older ones are history. They are read page by page.
const LOBBY_REPLAY: u64 = 10_000;

/// Whether the end of a connection for this reason is no end of the session.
pub(super) fn may_come_back(reason: &Reason) -> bool {
    [Reason::CONNECTION_LOST, Reason::TOO_SLOW, Reason::GOING_AWAY].contains(reason)
}

impl Arrival {
    /// What stays as it was in the session before.
    fn goes_on(&mut self, login: &Login) {
        self.is_known = true;
        self.since = login.since;
        self.last_action = login.last_action;
        self.away.clone_from(&login.away);
        self.hinted.clone_from(&login.hinted);
    }

    /// A login in the place of another session of the same user.
    pub(super) fn in_place_of(mut self, former: Option<&Login>) -> Self {
        if let Some(login) = former {
            let now = self.last_action;
            self.goes_on(login);
            self.last_action = now;
        }
        self
    }
}
