//! Logging in, registering and changing a password.
//!
//! For one name only one password is checked at a time; others wait in line. So a thousand guesses at once are no way
//! around three tries.

use std::collections::VecDeque;

use secrecy::SecretString;
use shared::error::Code;
use shared::id::{DeviceTicket, RequestId};
use shared::message::{Reason, Refusal, ServerMessage};
use shared::name::Name;
use shared::time::seconds;

use super::effect::{Effect, LogEvent, Subject};
use super::input::{SessionId, Verdict};
use super::pending::{LoginCheck, Pending};
use super::refuse::{refuse, storage};
use super::sessions::{Arrival, Farewell, Login, Stage};
use super::strikes::Strike;
use super::tickets::{DeviceStrike, device_hash};
use super::{Chat, Turn};
use crate::record::{Account, AccountId, Device, KeepError, Kept, Origin, Phc, TicketHash, Write};

/// Logins of one name that may wait for the one being checked. More is an attack or a mistake.
const LINE: usize = 8;

/// Refused logins after which a connection is closed. A person who mistypes needs fewer; a program is slowed down.
const REFUSALS: u8 = 10;

/// What holds for logins, for people.
pub(super) fn limits() -> Vec<(&'static str, String)> {
    vec![("logins of one name that wait", LINE.to_string()), ("refused logins of one connection", REFUSALS.to_string())]
}

/// The logins of one name that wait while another is checked.
pub(super) type Line = VecDeque<(LoginCheck, SecretString)>;

impl Chat {
    /// Somebody wants to log in.
    pub(super) fn ask_login(
        &mut self,
        turn: &mut Turn,
        session: SessionId,
        id: RequestId,
        (name, password): (Name, SecretString),
        device: Option<&DeviceTicket>,
        remember: bool,
    ) -> Result<(), Refusal> {
        let from = self.knock(session, id)?;
        let account = self.users.find(&name).map(|account| account.id);
        if account.is_none() && self.rules.registration {
            let refusal =
                refuse(id, Code::NO_SUCH_ACCOUNT, format!("there is no account {name} yet")).about(name.as_str());
            self.log_refused(turn, session, &name, &refusal);
            self.refuse_login(turn, session, refusal);
            return Ok(());
        }
        let device = device.map(device_hash);
        let check = LoginCheck { session, id, name, account, from, device, remember };
        let key = check.name.key().to_owned();
        match self.lines.get_mut(&key) {
            None => {
                self.lines.insert(key, Line::new());
                self.check_next(turn, check, password);
            }
            Some(line) if line.len() < LINE => line.push_back((check, password)),
            Some(_) => {
                let text = "too many logins to this account at once, try again in a moment";
                self.refuse_login(turn, session, refuse(id, Code::BUSY, text));
            }
        }
        Ok(())
    }

    /// Marks the session as busy with a login and says where it comes from.
    pub(super) fn knock(&mut self, session: SessionId, id: RequestId) -> Result<std::net::IpAddr, Refusal> {
        match self.sessions.get_mut(&session) {
            Some(open) if matches!(open.stage, Stage::Visitor) => {
                open.stage = Stage::Knocking;
                Ok(open.address)
            }
            _ => Err(refuse(id, Code::NOT_NOW, "you are logged in, or about to be")),
        }
    }

    /// Whether the session waits for the answer to its login.
    pub(super) fn is_knocking(&self, session: SessionId) -> bool {
        self.sessions.get(&session).is_some_and(|open| matches!(open.stage, Stage::Knocking))
    }

    /// The good device ticket of a login. With one, the client is judged by its own tries and not by those of strangers.
    fn good_device(&self, turn: &Turn, account: Option<AccountId>, device: Option<TicketHash>) -> Option<&Device> {
        self.tickets.device(device?, account?, turn.now.wall)
    }

    /// Checks one password, unless the name is locked: then the right one is refused too, unseen. A lock is for
    /// strangers; who has a good device ticket is none.
    fn check_next(&mut self, turn: &mut Turn, check: LoginCheck, password: SecretString) {
        let key = check.name.key().to_owned();
        let is_stranger = self.good_device(turn, check.account, check.device).is_none();
        if let Some(rest) = self.strikes.locked(&key, turn.now).filter(|_| is_stranger) {
            let refusal = locked(check.id, rest);
            self.log_refused(turn, check.session, &check.name, &refusal);
            self.refuse_login(turn, check.session, refusal);
            self.next_in_line(turn, &key);
            return;
        }
        let subject = check.account.map_or(Subject::Nobody, |account| Subject::Account(account, key));
        let ticket = self.expect(Pending::Login(check));
        turn.effects.push(Effect::CheckPassword { ticket, subject, password });
    }

    fn next_in_line(&mut self, turn: &mut Turn, key: &str) {
        let Some(line) = self.lines.get_mut(key) else {
            return;
        };
        match line.pop_front() {
            Some((check, password)) => self.check_next(turn, check, password),
            None => {
                self.lines.remove(key);
            }
        }
    }

    /// The password of a login was checked.
    pub(super) fn login_checked(&mut self, turn: &mut Turn, check: LoginCheck, verdict: Verdict) {
        let key = check.name.key().to_owned();
        match (verdict, check.account) {
            (Verdict::Right { store, sample }, Some(account)) => {
                self.right_password(turn, check, account, store, sample);
            }
            (Verdict::Busy, _) => {
                let refusal =
                    refuse(check.id, Code::BUSY, "the server is busy with other logins, try again in a moment");
                self.refuse_login(turn, check.session, refusal);
            }
            _ => self.wrong_login(turn, &check),
        }
        self.next_in_line(turn, &key);
    }

    /// Counts a wrong password against the device it came from or, from a stranger, against the account.
    fn wrong_login(&mut self, turn: &mut Turn, check: &LoginCheck) {
        let session = check.session;
        let device = self.good_device(turn, check.account, check.device).map(|device| device.ticket);
        let strike = device.map(|device| (device, self.tickets.strike(device)));
        if let Some((_, DeviceStrike::Left(device, left))) = strike {
            let refusal = self.tries_left(turn, session, check.id, &check.name, left);
            return self.write(turn, Write::KeepDevice(device), Pending::StrikeKept { session, refusal });
        }
        let refusal = if let Some((device, _)) = strike {
            self.write_unanswered(turn, Write::ForgetDevice(device));
            self.strikes.lock(check.name.key(), check.from, turn.now);
            self.locked_now(turn, check.id, &check.name, check.from)
        } else {
            self.wrong_password(turn, session, check.id, &check.name, check.from)
        };
        let strikes = self.strikes.stored(check.name.key(), turn.now);
        self.write(turn, Write::SetStrikes(strikes), Pending::StrikeKept { session, refusal });
    }

    /// Counts a wrong password and says what to answer.
    fn wrong_password(
        &mut self,
        turn: &mut Turn,
        session: SessionId,
        id: RequestId,
        name: &Name,
        from: std::net::IpAddr,
    ) -> Refusal {
        match self.strikes.strike(name.key(), from, turn.now) {
            Strike::Left(left) => self.tries_left(turn, session, id, name, left),
            Strike::Locked => self.locked_now(turn, id, name, from),
        }
    }

    fn tries_left(&self, turn: &mut Turn, session: SessionId, id: RequestId, name: &Name, left: u8) -> Refusal {
        let tries = if left == 1 { "1 try" } else { &format!("{left} tries") };
        let (code, what) = if self.rules.registration {
            (Code::BAD_PASSWORD, "wrong password")
        } else {
            (Code::BAD_LOGIN, "wrong name or password")
        };
        let mut refusal = refuse(id, code, format!("{what}, {tries} left"));
        refusal.left = Some(left);
        self.log_refused(turn, session, name, &refusal);
        refusal
    }

    fn locked_now(&self, turn: &mut Turn, id: RequestId, name: &Name, from: std::net::IpAddr) -> Refusal {
        let span = self.rules.lock_for;
        turn.log(LogEvent::Locked { name: name.to_string(), seconds: seconds(span), address: from.to_string() });
        locked(id, span)
    }

    fn right_password(
        &mut self,
        turn: &mut Turn,
        check: LoginCheck,
        account: AccountId,
        store: Option<Phc>,
        sample: bool,
    ) {
        let LoginCheck { session, id, name, from, device, remember, .. } = check;
        if sample && !from.is_loopback() {
            let text =
                "this is a sample password that everybody knows: log in from the server's own machine and change it";
            let refusal = refuse(id, Code::SAMPLE_PASSWORD, text);
            self.log_refused(turn, session, &name, &refusal);
            return self.refuse_login(turn, session, refusal);
        }
        let device = self.good_device(turn, Some(account), device).map(|device| device.ticket);
        self.admit(turn, Admitted { session, id, name, account, store, device, remember });
    }

    /// Lets a user in whose password was right, perhaps in the place of `former`.
    pub(super) fn let_in(&mut self, turn: &mut Turn, admitted: Admitted, former: Option<Login>) {
        let Admitted { session, id, name, account, store, device, remember } = admitted;
        if let Some(password) = store {
            self.write_unanswered(turn, Write::SetPassword { account, password });
        }
        let mut arrival = Arrival::new(id, account, turn.now).in_place_of(former.as_ref());
        arrival.notice = match device {
            // Whoever tries to guess stays locked out.
            Some(_) if self.strikes.locked(name.key(), turn.now).is_some() => self.strikes.tell(name.key()),
            _ => self.forgive(turn, name.key()),
        };
        match device {
            Some(device) => self.keep_device(turn, account, device),
            None => arrival.remember = remember,
        }
        if self.sessions.contains_key(&session) {
            self.begin(turn, session, arrival);
        }
    }

    /// Notes that a device ticket was made or used now.
    pub(super) fn keep_device(&mut self, turn: &mut Turn, account: AccountId, ticket: TicketHash) {
        let device = Device { ticket, account, used: turn.now.wall, wrong: 0 };
        self.tickets.keep_device(device.clone());
        self.write_unanswered(turn, Write::KeepDevice(device));
    }

    /// Refuses a login to an account that is in use by somebody who is there.
    pub(super) fn refuse_in_use(&mut self, turn: &mut Turn, admitted: &Admitted) {
        if let Some(refusal) = self.in_use(admitted.id, admitted.account) {
            self.log_refused(turn, admitted.session, &admitted.name, &refusal);
            self.refuse_login(turn, admitted.session, refusal);
        }
    }

    fn forgive(&mut self, turn: &mut Turn, key: &str) -> String {
        let (had, notice) = self.strikes.forgive(key);
        if had {
            let strikes = self.strikes.stored(key, turn.now);
            self.write_unanswered(turn, Write::SetStrikes(strikes));
        }
        notice
    }

    /// The refusal for an account that is logged in.
    fn in_use(&self, id: RequestId, account: AccountId) -> Option<Refusal> {
        let session = self.online.get(&account)?;
        let (login, open) = (self.login(*session)?, self.sessions.get(session)?);
        let mut refusal = refuse(id, Code::ALREADY_ONLINE, format!("you are logged in from {} already", open.address));
        refusal.at = Some(login.since);
        refusal.from = Some(open.address.to_string());
        Some(refusal)
    }

    /// Refuses a login, registration or return; the connection may try again, but not for ever.
    pub(super) fn refuse_login(&mut self, turn: &mut Turn, session: SessionId, refusal: Refusal) {
        let Some(open) = self.sessions.get_mut(&session) else {
            return;
        };
        if matches!(open.stage, Stage::Knocking) {
            open.stage = Stage::Visitor;
            open.refusals = open.refusals.saturating_add(1);
        }
        let too_many = open.refusals >= REFUSALS;
        turn.refuse(session, refusal);
        if too_many {
            self.end(turn, session, Reason::TOO_MANY_TRIES, Farewell::Said);
        }
    }

    fn log_refused(&self, turn: &mut Turn, session: SessionId, name: &Name, refusal: &Refusal) {
        let address = self.sessions.get(&session).map(|open| open.address.to_string()).unwrap_or_default();
        let code = refusal.code.as_str().to_owned();
        turn.log(LogEvent::Refused { session, name: name.to_string(), address, code });
    }

    /// Somebody wants an account.
    pub(super) fn ask_register(
        &mut self,
        turn: &mut Turn,
        session: SessionId,
        id: RequestId,
        (name, skeleton): (Name, Option<String>),
        password: SecretString,
        remember: bool,
    ) -> Result<(), Refusal> {
        let from = self.knock(session, id)?;
        if let Some(refusal) = self.registration_refusal(turn, id, &name, from) {
            self.log_refused(turn, session, &name, &refusal);
            self.refuse_login(turn, session, refusal);
            return Ok(());
        }
        let ticket = self.expect(Pending::RegisterHash { session, id, name, skeleton, remember });
        turn.effects.push(Effect::HashPassword { ticket, password });
        Ok(())
    }

    fn registration_refusal(
        &mut self,
        turn: &Turn,
        id: RequestId,
        name: &Name,
        from: std::net::IpAddr,
    ) -> Option<Refusal> {
        if !self.rules.registration {
            return Some(refuse(id, Code::REGISTRATION_OFF, "this server makes no accounts: ask whoever runs it"));
        }
        if self.users.find(name).is_some() {
            return Some(name_taken(id, name));
        }
        if from.is_loopback() || !self.rules.limits {
            return None;
        }
        let wait = self.registrations.take(from, turn.now.mono).err()?;
        let text = format!("too many new accounts, try again in {} seconds", seconds(wait));
        Some(refuse(id, Code::SLOW_DOWN, text).wait(wait))
    }

    /// The password of a new account was hashed.
    pub(super) fn registration_hashed(
        &mut self,
        turn: &mut Turn,
        (session, id): (SessionId, RequestId),
        (name, skeleton): (Name, Option<String>),
        remember: bool,
        hash: Option<Phc>,
    ) {
        let Some(hash) = hash else {
            let refusal = refuse(id, Code::BUSY, "the server is busy with other logins, try again in a moment");
            self.refuse_login(turn, session, refusal);
            return;
        };
        let write = Write::AddAccount {
            name: name.clone(),
            skeleton,
            password: Some(hash),
            origin: Origin::Registered,
            at: turn.now.wall,
        };
        self.write(turn, write, Pending::AccountKept { session, id, name, remember });
    }

    /// A new account is durable, or was not to be had.
    pub(super) fn account_kept(
        &mut self,
        turn: &mut Turn,
        (session, id): (SessionId, RequestId),
        name: Name,
        remember: bool,
        result: Result<Kept, KeepError>,
    ) {
        let account = match result {
            Ok(Kept::Account(account)) => account,
            Ok(_) => return self.refuse_login(turn, session, name_taken(id, &name)),
            Err(error) => return self.refuse_login(turn, session, storage(id, error)),
        };
        let address = self.sessions.get(&session).map(|open| open.address.to_string()).unwrap_or_default();
        turn.log(LogEvent::Registered { name: name.to_string(), address });
        self.users.add(Account { id: account, name: name.clone(), created: turn.now.wall, last_seen: None });
        self.forgive(turn, name.key());
        if self.sessions.contains_key(&session) {
            self.begin(turn, session, Arrival { remember, ..Arrival::new(id, account, turn.now) });
        }
    }

    /// A user wants another password.
    pub(super) fn ask_passwd(
        &mut self,
        turn: &mut Turn,
        session: SessionId,
        id: RequestId,
        old: SecretString,
        new: SecretString,
    ) -> Result<(), Refusal> {
        let account = self.account_of(session, id)?;
        let key = self.users.get(account).map(|account| account.name.key().to_owned()).unwrap_or_default();
        if let Some(rest) = self.strikes.locked(&key, turn.now) {
            return Err(locked(id, rest));
        }
        let subject = Subject::Account(account, key.clone());
        let ticket = self.expect(Pending::OldPassword { session, id, account, key, new });
        turn.effects.push(Effect::CheckPassword { ticket, subject, password: old });
        Ok(())
    }

    /// The old password was checked.
    pub(super) fn old_password_checked(
        &mut self,
        turn: &mut Turn,
        (session, id, account): (SessionId, RequestId, AccountId),
        key: String,
        new: SecretString,
        verdict: Verdict,
    ) {
        match verdict {
            Verdict::Right { .. } => {
                self.forgive(turn, &key);
                let ticket = self.expect(Pending::NewPassword { session, id, account });
                turn.effects.push(Effect::HashPassword { ticket, password: new });
            }
            Verdict::Busy => turn.refuse(session, busy(id)),
            Verdict::Wrong => {
                let Some(open) = self.sessions.get(&session) else {
                    return;
                };
                let (from, name) = (open.address, self.users.get(account).map(|account| account.name.clone()));
                let Some(name) = name else { return };
                let refusal = self.wrong_password(turn, session, id, &name, from);
                let strikes = self.strikes.stored(&key, turn.now);
                self.write(turn, Write::SetStrikes(strikes), Pending::StrikeKept { session, refusal });
            }
        }
    }

    /// The new password was hashed.
    pub(super) fn new_password_hashed(
        &mut self,
        turn: &mut Turn,
        session: SessionId,
        id: RequestId,
        account: AccountId,
        hash: Option<Phc>,
    ) {
        match hash {
            Some(password) => {
                let write = Write::SetPassword { account, password };
                self.write(turn, write, Pending::PasswordKept { session, id, account });
            }
            None => turn.refuse(session, busy(id)),
        }
    }

    /// The new password is durable, or is not. Whoever knew the old one may have left a device ticket behind.
    pub(super) fn password_kept(
        &mut self,
        turn: &mut Turn,
        session: SessionId,
        id: RequestId,
        account: AccountId,
        error: Option<KeepError>,
    ) {
        match error {
            None => {
                self.tickets.forget_devices(account);
                self.write_unanswered(turn, Write::ForgetDevices { account });
                turn.send(session, ServerMessage::Ok { re: id });
            }
            Some(error) => turn.refuse(session, storage(id, error)),
        }
    }
}

/// Somebody whose password was right.
#[derive(Debug)]
pub(super) struct Admitted {
    pub(super) session: SessionId,
    pub(super) id: RequestId,
    pub(super) name: Name,
    pub(super) account: AccountId,
    /// A hash to store from now on.
    store: Option<Phc>,
    /// The good device ticket that came with the password.
    device: Option<TicketHash>,
    /// Whether a device ticket is wanted where there is none.
    remember: bool,
}

fn locked(id: RequestId, rest: std::time::Duration) -> Refusal {
    let text = format!("too many wrong passwords, locked for {} seconds", seconds(rest));
    refuse(id, Code::LOCKED, text).wait(rest)
}

fn busy(id: RequestId) -> Refusal {
    refuse(id, Code::BUSY, "the server is busy with other logins, try again in a moment")
}

fn name_taken(id: RequestId, name: &Name) -> Refusal {
    refuse(id, Code::NAME_TAKEN, format!("the name {name} is taken, or looks like one that is")).about(name.as_str())
}
