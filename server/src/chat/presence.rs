//! Who is here: rosters at login, digests of who came and went, lists on request.
//!
//! Arrivals and departures of one tick travel as one digest, encoded once for everybody without a block in it. The first
//! change after a pause does not wait.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use shared::id::{RequestId, UnixMs};
use shared::message::{Absence, Reason, Refusal, ServerMessage, UserInfo};
use shared::name::Name;

use super::fit::parts;
use super::input::SessionId;
use super::{Chat, Turn};
use crate::record::AccountId;
use shared::time::Mono;

/// The shortest time between two digests. Nobody sees 20 ms, and a mass login costs one write per user and tick.
const TICK: Duration = Duration::from_millis(20);

/// What each user online adds to the time between two digests, so that a digest costs the same share of a core however
/// many read it: 10,000 users make it 220 ms.
const TICK_PER_USER: Duration = Duration::from_micros(20);

/// What has changed since the last digest.
#[derive(Debug, Default)]
pub(super) struct Digest {
    changes: BTreeMap<AccountId, Change>,
    /// No digest before this moment.
    not_before: Mono,
}

/// What a digest says of one user. Being gone is told before being here.
#[derive(Clone, Debug, Default)]
struct Change {
    gone: Option<Reason>,
    here: bool,
    /// Only the away text is new.
    quiet: bool,
}

impl Digest {
    /// When it is due; `None` while there is nothing to tell.
    pub(super) fn due(&self, newcomers: bool) -> Option<Mono> {
        (newcomers || !self.changes.is_empty()).then_some(self.not_before)
    }

    fn came(&mut self, account: AccountId) {
        let change = self.changes.entry(account).or_default();
        change.here = true;
        change.quiet = false;
    }

    fn left(&mut self, account: AccountId, reason: Reason) {
        let change = self.changes.entry(account).or_default();
        let was_announced = !change.here || change.quiet;
        *change = Change { gone: change.gone.take(), here: false, quiet: false };
        if was_announced {
            change.gone = Some(reason);
        } else if change.gone.is_none() {
            self.changes.remove(&account);
        }
    }

    fn changed_away(&mut self, account: AccountId) {
        let change = self.changes.entry(account).or_default();
        change.quiet = !change.here || change.quiet;
        change.here = true;
    }
}

impl Chat {
    /// A user has come online, or goes on with another session.
    pub(super) fn came(&mut self, turn: &mut Turn, account: AccountId, is_known: bool) {
        if let Some(session) = self.online.get(&account) {
            self.newcomers.insert(*session);
        }
        if !is_known {
            self.digest.came(account);
        }
        self.tell_presence(turn);
    }

    /// A user has gone.
    pub(super) fn left(&mut self, turn: &mut Turn, account: AccountId, reason: Reason) {
        self.digest.left(account, reason);
        self.tell_presence(turn);
    }

    /// Sends rosters and the digest, if their time has come.
    pub(super) fn tell_presence(&mut self, turn: &mut Turn) {
        let Some(due) = self.digest.due(!self.newcomers.is_empty()) else {
            return;
        };
        if due > turn.now.mono {
            return;
        }
        let users = u32::try_from(self.online.len()).unwrap_or(u32::MAX);
        self.digest.not_before = turn.now.mono.after(TICK + TICK_PER_USER * users);
        let newcomers = std::mem::take(&mut self.newcomers);
        let changes = std::mem::take(&mut self.digest.changes);
        self.send_digest(turn, &changes, &newcomers);
        self.send_rosters(turn, &newcomers);
        for session in newcomers {
            self.read_waiting(turn, session);
        }
    }

    /// One digest for all who may see everything in it, and one each for the others.
    fn send_digest(&self, turn: &mut Turn, changes: &BTreeMap<AccountId, Change>, newcomers: &BTreeSet<SessionId>) {
        let mut special: BTreeSet<AccountId> = BTreeSet::new();
        for account in changes.keys() {
            special.extend(self.blocks.around(*account));
        }
        let mut common = Vec::with_capacity(self.online.len());
        for (account, session) in &self.online {
            if newcomers.contains(session) {
                continue;
            }
            if special.contains(account) {
                self.send_changes(turn, &[*session], Some(*account), changes);
            } else {
                common.push(*session);
            }
        }
        self.send_changes(turn, &common, None, changes);
    }

    fn send_changes(
        &self,
        turn: &mut Turn,
        to: &[SessionId],
        reader: Option<AccountId>,
        changes: &BTreeMap<AccountId, Change>,
    ) {
        let visible = |account: &AccountId| reader.is_none_or(|reader| !self.blocks.has(*account, reader));
        let mut gone = Vec::new();
        let mut here = Vec::new();
        for (account, change) in changes.iter().filter(|(account, _)| visible(account)) {
            let blocked = reader.is_some_and(|reader| self.blocks.has(reader, *account));
            if let Some(reason) = &change.gone {
                let name = self.users.shown(*account).to_owned();
                gone.push(Absence { name, reason: reason.clone(), quiet: blocked });
            }
            if change.here {
                let mut info = self.info(*account);
                info.quiet = blocked || change.quiet;
                here.push(info);
            }
        }
        for (gone, _) in parts(gone).into_iter().filter(|(part, _)| !part.is_empty()) {
            turn.send_all(to, ServerMessage::Presence { here: Vec::new(), gone });
        }
        for (here, _) in parts(here).into_iter().filter(|(part, _)| !part.is_empty()) {
            turn.send_all(to, ServerMessage::Presence { here, gone: Vec::new() });
        }
    }

    /// One roster for all newcomers without a block around them, and one each for the others.
    fn send_rosters(&self, turn: &mut Turn, newcomers: &BTreeSet<SessionId>) {
        let account_of = |session: &SessionId| self.login(*session).map(|login| login.account);
        let mut common = Vec::new();
        for session in newcomers {
            match account_of(session) {
                Some(account) if self.blocks.touch(account) => self.send_roster(turn, &[*session], Some(account)),
                Some(_) => common.push(*session),
                None => {}
            }
        }
        if !common.is_empty() {
            self.send_roster(turn, &common, None);
        }
    }

    fn send_roster(&self, turn: &mut Turn, to: &[SessionId], reader: Option<AccountId>) {
        let visible = |account: &AccountId| reader.is_none_or(|reader| !self.blocks.has(*account, reader));
        let users: Vec<_> = self.online.keys().filter(|account| visible(account)).map(|id| self.info(*id)).collect();
        for (users, _) in parts(users) {
            turn.send_all(to, ServerMessage::Roster { users });
        }
    }

    /// A user as everybody without a block sees them.
    fn info(&self, account: AccountId) -> UserInfo {
        let login = self.online.get(&account).and_then(|session| self.login(*session));
        let last_seen = self.users.get(account).and_then(|account| account.last_seen);
        UserInfo {
            name: self.users.shown(account).to_owned(),
            online: login.is_some(),
            since: login.map(|login| login.since).or(last_seen).unwrap_or_default(),
            away: login.map(|login| login.away.clone()).unwrap_or_default(),
            quiet: false,
        }
    }

    /// A user as `reader` sees them: somebody who has blocked the reader is not there.
    pub(super) fn user_info(&self, account: AccountId, reader: AccountId) -> UserInfo {
        let mut info = self.info(account);
        if self.blocks.has(account, reader) && info.online {
            let last_seen = self.users.get(account).and_then(|account| account.last_seen);
            info.online = false;
            info.since = last_seen.unwrap_or_default();
            info.away = String::new();
        }
        info
    }

    /// Lists who is online, but the one who asks, by name.
    pub(super) fn who(&mut self, turn: &mut Turn, session: SessionId, id: RequestId) -> Result<(), Refusal> {
        let reader = self.account_of(session, id)?;
        let here = self.online.keys().copied().collect();
        self.list_users(turn, session, id, reader, here);
        Ok(())
    }

    /// Lists who was online at any moment of the last `span`, but the one who asks, by name.
    pub(super) fn who_since(
        &mut self,
        turn: &mut Turn,
        session: SessionId,
        id: RequestId,
        span: Duration,
    ) -> Result<(), Refusal> {
        let reader = self.account_of(session, id)?;
        let since = turn.now.wall.before(span);
        let seen = self.users.seen_since(since).map(|account| account.id);
        let all = self.online.keys().copied().chain(seen).collect();
        self.list_users(turn, session, id, reader, all);
        Ok(())
    }

    fn list_users(
        &self,
        turn: &mut Turn,
        session: SessionId,
        id: RequestId,
        reader: AccountId,
        accounts: BTreeSet<AccountId>,
    ) {
        let visible = |account: &AccountId| *account != reader && !self.blocks.has(*account, reader);
        let mut accounts: Vec<_> =
            accounts.into_iter().filter(visible).filter_map(|account| self.users.get(account)).collect();
        accounts.sort_by(|one, other| one.name.cmp(&other.name));
        let users: Vec<_> = accounts.iter().map(|account| self.info(account.id)).collect();
        for (users, more) in parts(users) {
            turn.send(session, ServerMessage::Users { re: id, users, more });
        }
    }

    /// Says what is known of a user; also of the one who asks.
    pub(super) fn whois(
        &mut self,
        turn: &mut Turn,
        session: SessionId,
        id: RequestId,
        name: &Name,
    ) -> Result<(), Refusal> {
        let reader = self.account_of(session, id)?;
        let account = match self.users.find(name) {
            Some(account) if account.id == reader => reader,
            _ => self.other_user(reader, id, name)?,
        };
        let user = self.user_info(account, reader);
        let known = self.users.get(account);
        let created = known.map_or(UnixMs(0), |account| account.created);
        let last_seen = known.and_then(|account| account.last_seen).filter(|_| !user.online);
        turn.send(session, ServerMessage::Whois { re: id, user, created, last_seen });
        Ok(())
    }

    /// Sets or clears the away text.
    pub(super) fn set_away(
        &mut self,
        turn: &mut Turn,
        session: SessionId,
        id: RequestId,
        text: String,
    ) -> Result<(), Refusal> {
        let login = self.login_of(session, id)?;
        login.away = text;
        let account = login.account;
        self.digest.changed_away(account);
        turn.send(session, ServerMessage::Ok { re: id });
        self.tell_presence(turn);
        Ok(())
    }
}
