//! Connections and logins: how they begin, what counts as action, how they end.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

use shared::caps::Caps;
use shared::error::Code;
use shared::id::{RequestId, Seq, UnixMs};
use shared::message::{Reason, Refusal, ServerMessage};
use shared::name::Name;

use super::catchup::Feed;
use super::comeback::may_come_back;
use super::effect::LogEvent;
use super::input::SessionId;
use super::pending::Pending;
use super::refuse::refuse;
use super::tickets::{Fresh, device_hash, resume_hash};
use super::typing::Typed;
use super::{Chat, Turn};
use crate::record::{AccountId, Conversation, KeepError, Kept, SessionRow, TicketHash, Write};
use shared::time::{Moment, Mono};

/// One connection.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) address: IpAddr,
    pub(super) port: u16,
    /// Refused logins on this connection.
    pub(super) refusals: u8,
    /// Tickets to hand out if a login here wants them.
    pub(super) fresh: Fresh,
    /// What the client can do.
    pub(super) caps: Caps,
    pub(super) stage: Stage,
    /// Until when the session is held for its client; `None` while it has a connection.
    pub(super) held_until: Option<Mono>,
}

/// How far a connection has got.
#[derive(Debug)]
pub(super) enum Stage {
    /// Nobody yet.
    Visitor,
    /// A login or registration is on its way.
    Knocking,
    /// Logged in.
    User(Box<Login>),
}

/// The row of a login in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Row {
    /// It was asked for.
    Awaited,
    /// This one.
    Is(SessionRow),
    /// There is none, and none will come: the log could not keep it.
    Missing,
}

/// What belongs to a logged-in session.
#[derive(Debug)]
pub(super) struct Login {
    pub(super) account: AccountId,
    pub(super) since: UnixMs,
    pub(super) row: Row,
    pub(super) last_action: Mono,
    pub(super) away: String,
    pub(super) feed: Feed,
    /// Up to where this session has everything of a conversation, where that is not plain from the feed.
    pub(super) sent: BTreeMap<Conversation, Seq>,
    /// Shown to the user, not yet stored.
    pub(super) acks: BTreeMap<Conversation, Seq>,
    /// Users it was told about that they cannot answer.
    pub(super) hinted: BTreeSet<AccountId>,
    /// Where it was said to type.
    pub(super) typed: Typed,
}

/// How a session becomes a user's.
#[derive(Debug)]
pub(super) struct Arrival {
    pub(super) id: RequestId,
    pub(super) account: AccountId,
    /// Failed logins since the last good one, as a sentence.
    pub(super) notice: String,
    /// The ticket that the client came back with; without one it gets a new one.
    pub(super) resume: Option<TicketHash>,
    /// The newest message of the lobby that the client has.
    pub(super) lobby: Option<Seq>,
    /// Whether the client gets a new device ticket.
    pub(super) remember: bool,
    /// Whether others see this user online already.
    pub(super) is_known: bool,
    pub(super) since: UnixMs,
    pub(super) row: Option<SessionRow>,
    pub(super) last_action: Mono,
    pub(super) away: String,
    pub(super) hinted: BTreeSet<AccountId>,
}

impl Arrival {
    /// A login out of nothing.
    pub(super) fn new(id: RequestId, account: AccountId, now: Moment) -> Self {
        Self {
            id,
            account,
            notice: String::new(),
            resume: None,
            lobby: None,
            remember: false,
            is_known: false,
            since: now.wall,
            row: None,
            last_action: now.mono,
            away: String::new(),
            hinted: BTreeSet::new(),
        }
    }
}

impl Chat {
    /// A connection has agreed on a protocol.
    pub(super) fn session_opened(
        &mut self,
        turn: &mut Turn,
        session: SessionId,
        from: SocketAddr,
        (fresh, caps): (Fresh, Caps),
    ) {
        let (address, port) = (from.ip(), from.port());
        let open = Session { address, port, refusals: 0, fresh, caps, stage: Stage::Visitor, held_until: None };
        self.sessions.insert(session, open);
        if self.stopping {
            self.end(turn, session, Reason::GOING_AWAY, Farewell::Said);
        }
    }

    /// The login of a session, or the refusal of a request that needs one.
    pub(super) fn login_of(&mut self, session: SessionId, id: RequestId) -> Result<&mut Login, Refusal> {
        self.login_mut(session).ok_or_else(|| log_in_first(id))
    }

    /// The login of a session, if it has one.
    pub(super) fn login(&self, session: SessionId) -> Option<&Login> {
        match self.sessions.get(&session).map(|session| &session.stage) {
            Some(Stage::User(login)) => Some(login),
            _ => None,
        }
    }

    /// The login of a session, if it has one, to change it.
    pub(super) fn login_mut(&mut self, session: SessionId) -> Option<&mut Login> {
        match self.sessions.get_mut(&session).map(|session| &mut session.stage) {
            Some(Stage::User(login)) => Some(login),
            _ => None,
        }
    }

    /// The account of a session, or the refusal of a request that needs one.
    pub(super) fn account_of(&self, session: SessionId, id: RequestId) -> Result<AccountId, Refusal> {
        self.login(session).map(|login| login.account).ok_or_else(|| log_in_first(id))
    }

    /// The account of a user named in a request, who must not be the one who asks.
    pub(super) fn other_user(&self, me: AccountId, id: RequestId, name: &Name) -> Result<AccountId, Refusal> {
        let Some(account) = self.users.find(name) else {
            return Err(refuse(id, Code::NO_SUCH_USER, format!("there is no user {name}")).about(name.as_str()));
        };
        if account.id == me {
            return Err(refuse(id, Code::YOURSELF, "that is yourself").about(name.as_str()));
        }
        Ok(account.id)
    }

    /// The user did something.
    pub(super) fn acted(&mut self, turn: &Turn, session: SessionId) {
        if let Some(login) = self.login_mut(session) {
            login.last_action = turn.now.mono;
        }
    }

    /// A login succeeded: from here on the session is a user's.
    pub(super) fn begin(&mut self, turn: &mut Turn, session: SessionId, arrival: Arrival) {
        let lobby = self.lobby_from(arrival.lobby);
        let Some(open) = self.sessions.get_mut(&session) else {
            return;
        };
        let row = arrival.row.map_or(Row::Awaited, Row::Is);
        let Arrival { id, account, notice, is_known, since, last_action, away, hinted, .. } = arrival;
        // What was acknowledged a moment ago is on its way to the disk, from which what waits is read.
        let mut sent = self.advancing.get(&account).cloned().unwrap_or_default();
        sent.insert(Conversation::lobby(), lobby);
        let (feed, acks, typed) = (Feed::New, BTreeMap::new(), Typed::default());
        let login = Login { account, since, row, last_action, away, feed, sent, acks, hinted, typed };
        open.stage = Stage::User(Box::new(login));
        let (address, fresh) = (open.address.to_string(), open.fresh.clone());
        self.online.insert(account, session);
        let (resume, ticket) = match arrival.resume {
            Some(hash) => (hash, None),
            None => (resume_hash(&fresh.resume), Some(fresh.resume)),
        };
        self.tickets.begin(resume, account, last_action);
        let device = arrival.remember.then_some(fresh.device);
        if let Some(device) = &device {
            self.keep_device(turn, account, device_hash(device));
        }
        let name = self.users.shown(account).to_owned();
        turn.log(LogEvent::LoggedIn { session, name: name.clone(), address: address.clone() });
        let timeout_ms = self.rules.timeout.map_or(0, shared::id::millis);
        turn.send(
            session,
            ServerMessage::LoggedIn { re: id, name, timeout_ms, notice, ticket, device, lobby: Some(lobby) },
        );
        if row == Row::Awaited {
            let write = Write::OpenSession { account, address, at: turn.now.wall, resume };
            self.write(turn, write, Pending::SessionNoted { session });
        }
        if let Some(timeout) = self.rules.timeout {
            self.deadlines.insert((last_action.after(timeout), session));
        }
        self.came(turn, account, is_known);
    }

    /// The log has a row for the login. It may be over already.
    pub(super) fn session_noted(&mut self, turn: &mut Turn, session: SessionId, result: Result<Kept, KeepError>) {
        let row = if let Ok(Kept::Session(row)) = result { Row::Is(row) } else { Row::Missing };
        if let Some(login) = self.login_mut(session) {
            login.row = row;
        } else if let (Some((at, reason)), Row::Is(row)) = (self.ended_early.remove(&session), row) {
            self.write_unanswered(turn, Write::CloseSession { row, at, reason });
        }
    }

    /// Ends a session, whoever wanted it, and tells everybody who should know.
    pub(super) fn end(&mut self, turn: &mut Turn, session: SessionId, reason: Reason, farewell: Farewell) {
        self.store_acks(turn, session);
        let Some(ended) = self.sessions.remove(&session) else {
            return;
        };
        if farewell == Farewell::Said {
            turn.send(session, ServerMessage::Bye { reason: reason.clone(), retry_ms: None });
            turn.close(session);
        }
        if let Some(until) = ended.held_until {
            self.holds.remove(&(until, session));
        }
        self.stop_feeding(session);
        if !self.stopping {
            self.end_private(turn, session);
        }
        let Stage::User(login) = ended.stage else {
            return;
        };
        self.end_login(turn, session, &login, reason, ended.held_until.is_some());
        if !self.stopping {
            self.settle_probe(turn, session);
        }
    }

    fn end_login(&mut self, turn: &mut Turn, session: SessionId, login: &Login, reason: Reason, was_held: bool) {
        let account = login.account;
        self.online.remove(&account);
        self.users.seen(account, turn.now.wall);
        if !may_come_back(&reason) {
            self.tickets.forget_resume(account);
            self.write_unanswered(turn, Write::ForgetResume { account });
        } else if !was_held {
            self.tickets.lost(account, login.last_action, turn.now.mono);
        }
        let name = self.users.shown(account).to_owned();
        turn.log(LogEvent::LoggedOut { session, name, reason: reason.clone() });
        self.close_row(turn, session, login.row, reason.clone());
        if !self.stopping {
            self.left(turn, account, reason);
        }
    }

    /// Notes the end of a login in the log. Where the log has no row for it yet, it is noted when it has.
    pub(super) fn close_row(&mut self, turn: &mut Turn, session: SessionId, row: Row, reason: Reason) {
        match row {
            Row::Is(row) => self.write_unanswered(turn, Write::CloseSession { row, at: turn.now.wall, reason }),
            Row::Awaited => {
                self.ended_early.insert(session, (turn.now.wall, reason));
            }
            Row::Missing => {}
        }
    }

    /// Logs out those whose time is over. A deadline that action has moved is set anew.
    pub(super) fn end_inactive(&mut self, turn: &mut Turn) {
        let Some(timeout) = self.rules.timeout else {
            return;
        };
        while let Some(&(deadline, session)) = self.deadlines.first() {
            if deadline > turn.now.mono {
                break;
            }
            self.deadlines.pop_first();
            let Some(login) = self.login(session) else {
                continue;
            };
            let moved = login.last_action.after(timeout);
            if moved > turn.now.mono {
                self.deadlines.insert((moved, session));
            } else {
                self.end(turn, session, Reason::TIMED_OUT, Farewell::Said);
            }
        }
    }

    /// The user asks to leave.
    pub(super) fn logout(&mut self, turn: &mut Turn, session: SessionId, id: RequestId) -> Result<(), Refusal> {
        self.account_of(session, id)?;
        turn.send(session, ServerMessage::Ok { re: id });
        self.end(turn, session, Reason::LOGGED_OUT, Farewell::Said);
        Ok(())
    }

    /// The server stops: everybody is told, and no login waits for another session any more.
    pub(super) fn stop(&mut self, turn: &mut Turn) {
        self.stopping = true;
        self.probes.clear();
        let all: Vec<SessionId> = self.sessions.keys().copied().collect();
        for session in all {
            self.end(turn, session, Reason::GOING_AWAY, Farewell::Said);
        }
    }
}

fn log_in_first(id: RequestId) -> Refusal {
    refuse(id, Code::NOT_NOW, "log in first")
}

/// Whether a session that ends is told so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Farewell {
    /// It gets `bye` and is closed.
    Said,
    /// Its connection is gone.
    Unheard,
}
