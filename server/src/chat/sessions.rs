//! Connections and logins: how they begin, what counts as action, how they end.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

use shared::error::Code;
use shared::id::{RequestId, Seq, UnixMs};
use shared::message::{Reason, Refusal, ServerMessage};
use shared::name::Name;

use super::catchup::Feed;
use super::effect::LogEvent;
use super::input::SessionId;
use super::pending::Pending;
use super::refuse::refuse;
use super::{Chat, Turn};
use crate::record::{AccountId, Conversation, KeepError, Kept, SessionRow, Write};
use shared::time::Mono;

/// One connection.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) address: IpAddr,
    pub(super) port: u16,
    /// Refused logins on this connection.
    pub(super) refusals: u8,
    pub(super) stage: Stage,
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

/// What belongs to a logged-in session.
#[derive(Debug)]
pub(super) struct Login {
    pub(super) account: AccountId,
    pub(super) since: UnixMs,
    pub(super) row: Option<SessionRow>,
    pub(super) last_action: Mono,
    pub(super) away: String,
    pub(super) feed: Feed,
    /// Up to where this session has everything of a conversation, where that is not plain from the feed.
    pub(super) sent: BTreeMap<Conversation, Seq>,
    /// Shown to the user, not yet stored.
    pub(super) acks: BTreeMap<Conversation, Seq>,
    /// Users it was told about that they cannot answer.
    pub(super) hinted: BTreeSet<AccountId>,
}

impl Chat {
    /// A connection has agreed on a protocol.
    pub(super) fn session_opened(&mut self, turn: &mut Turn, session: SessionId, from: SocketAddr) {
        self.sessions
            .insert(session, Session { address: from.ip(), port: from.port(), refusals: 0, stage: Stage::Visitor });
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
    pub(super) fn begin(
        &mut self,
        turn: &mut Turn,
        session: SessionId,
        id: RequestId,
        account: AccountId,
        notice: String,
    ) {
        let newest = self.lobby;
        let login = Login {
            account,
            since: turn.now.wall,
            row: None,
            last_action: turn.now.mono,
            away: String::new(),
            feed: Feed::New,
            sent: BTreeMap::from([(Conversation::lobby(), newest)]),
            acks: BTreeMap::new(),
            hinted: BTreeSet::new(),
        };
        let Some(open) = self.sessions.get_mut(&session) else {
            return;
        };
        open.stage = Stage::User(Box::new(login));
        let address = open.address.to_string();
        self.online.insert(account, session);
        let name = self.users.shown(account).to_owned();
        turn.log(LogEvent::LoggedIn { session, name: name.clone(), address: address.clone() });
        let timeout_ms = self.rules.timeout.map_or(0, shared::id::millis);
        turn.send(session, ServerMessage::LoggedIn { re: id, name, timeout_ms, notice });
        let write = Write::OpenSession { account, address, at: turn.now.wall };
        self.write(turn, write, Pending::SessionNoted { session });
        if let Some(timeout) = self.rules.timeout {
            self.deadlines.insert((turn.now.mono.after(timeout), session));
        }
        self.came(turn, account);
    }

    /// The log has a row for the login. It may be over already.
    pub(super) fn session_noted(&mut self, turn: &mut Turn, session: SessionId, result: Result<Kept, KeepError>) {
        let Ok(Kept::Session(row)) = result else {
            return;
        };
        if let Some(login) = self.login_mut(session) {
            login.row = Some(row);
        } else if let Some((at, reason)) = self.ended_early.remove(&session) {
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
            turn.send(session, ServerMessage::Bye { reason: reason.clone() });
            turn.close(session);
        }
        self.live.remove(&session);
        self.ahead.remove(&session);
        self.newcomers.remove(&session);
        if !self.stopping {
            self.end_private(turn, session);
        }
        let Stage::User(login) = ended.stage else {
            return;
        };
        let account = login.account;
        self.online.remove(&account);
        self.users.seen(account, turn.now.wall);
        let name = self.users.shown(account).to_owned();
        turn.log(LogEvent::LoggedOut { session, name, reason: reason.clone() });
        match login.row {
            Some(row) => {
                let close = Write::CloseSession { row, at: turn.now.wall, reason: reason.clone() };
                self.write_unanswered(turn, close);
            }
            None => {
                self.ended_early.insert(session, (turn.now.wall, reason.clone()));
            }
        }
        if !self.stopping {
            self.left(turn, account, reason);
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

    /// The server stops: everybody is told.
    pub(super) fn stop(&mut self, turn: &mut Turn) {
        self.stopping = true;
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
