//! What was asked for and has not been answered yet, and what follows when it is.

use std::net::IpAddr;

use shared::id::{RequestId, Seq};
use shared::message::Refusal;
use shared::name::Name;

use super::blocks::BlockChange;
use super::delivery::Appending;
use super::input::{SessionId, Verdict};
use super::queue::Unsending;
use super::{Chat, Turn};
use crate::record::{AccountId, Conversation, KeepError, Kept, Phc, TicketHash};

/// What a ticket stands for.
#[derive(Debug)]
pub(super) enum Pending {
    /// A password is checked, to log in.
    Login(LoginCheck),
    /// The old password is checked, to change it.
    OldPassword { session: SessionId, id: RequestId, account: AccountId, key: String, new: secrecy::SecretString },
    /// The new password is hashed, to change it.
    NewPassword { session: SessionId, id: RequestId, account: AccountId },
    /// The new password is being stored.
    PasswordKept { session: SessionId, id: RequestId, account: AccountId },
    /// A new account's password is hashed.
    RegisterHash { session: SessionId, id: RequestId, name: Name, skeleton: Option<String>, remember: bool },
    /// A new account is being stored.
    AccountKept { session: SessionId, id: RequestId, name: Name, remember: bool },
    /// A count of wrong passwords is being stored; then the login is refused.
    StrikeKept { session: SessionId, refusal: Refusal },
    /// A message is being stored.
    Append(Appending),
    /// A message is being taken back.
    Unsend(Unsending),
    /// Words are looked for.
    Search { session: SessionId, id: RequestId },
    /// What others have not received is looked up.
    Unseen { session: SessionId, id: RequestId },
    /// A block is being stored.
    Block(BlockChange),
    /// A login is being noted.
    SessionNoted { session: SessionId },
    /// An acknowledgement is being stored.
    Advance { account: AccountId, conversation: Conversation, seq: Seq },
    /// A page of history is read.
    History { session: SessionId, id: RequestId, conversation: Conversation, shown: String },
    /// The next page of waiting messages is read.
    Waiting { session: SessionId },
}

/// A login whose password is checked.
#[derive(Debug)]
pub(super) struct LoginCheck {
    pub(super) session: SessionId,
    pub(super) id: RequestId,
    pub(super) name: Name,
    pub(super) account: Option<AccountId>,
    pub(super) from: IpAddr,
    /// The device ticket that came with it, whether or not it is good.
    pub(super) device: Option<TicketHash>,
    /// Whether a device ticket is wanted.
    pub(super) remember: bool,
}

impl Chat {
    /// A password check has ended.
    pub(super) fn password_checked(&mut self, turn: &mut Turn, ticket: super::Ticket, verdict: Verdict) {
        match self.pending.remove(&ticket) {
            Some(Pending::Login(check)) => self.login_checked(turn, check, verdict),
            Some(Pending::OldPassword { session, id, account, key, new }) => {
                self.old_password_checked(turn, (session, id, account), key, new, verdict);
            }
            _ => {}
        }
    }

    /// A password was hashed.
    pub(super) fn password_hashed(&mut self, turn: &mut Turn, ticket: super::Ticket, hash: Option<Phc>) {
        match self.pending.remove(&ticket) {
            Some(Pending::NewPassword { session, id, account }) => {
                self.new_password_hashed(turn, session, id, account, hash);
            }
            Some(Pending::RegisterHash { session, id, name, skeleton, remember }) => {
                self.registration_hashed(turn, (session, id), (name, skeleton), remember, hash);
            }
            _ => {}
        }
    }

    /// A write is durable, a read has its result, or either has failed.
    pub(super) fn committed(&mut self, turn: &mut Turn, ticket: super::Ticket, result: Result<Kept, KeepError>) {
        let Some(pending) = self.pending.remove(&ticket) else {
            return;
        };
        match pending {
            Pending::PasswordKept { session, id, account } => {
                self.password_kept(turn, session, id, account, result.err());
            }
            Pending::AccountKept { session, id, name, remember } => {
                self.account_kept(turn, (session, id), name, remember, result);
            }
            Pending::StrikeKept { session, refusal } => self.refuse_login(turn, session, refusal),
            Pending::Append(appending) => self.appended(turn, appending, result),
            Pending::Unsend(unsending) => self.unsent(turn, unsending, result),
            Pending::Search { session, id } => self.searched(turn, session, id, result),
            Pending::Unseen { session, id } => self.unseen_read(turn, session, id, result),
            Pending::Block(change) => self.block_kept(turn, change, result.err()),
            Pending::SessionNoted { session } => self.session_noted(turn, session, result),
            Pending::Advance { account, conversation, seq } => self.acks_stored(account, &conversation, seq),
            Pending::History { session, id, conversation, shown } => {
                self.history_read(turn, (session, id), &conversation, shown, result);
            }
            Pending::Waiting { session } => self.waiting_read(turn, session, ticket, result),
            Pending::Login(_)
            | Pending::OldPassword { .. }
            | Pending::NewPassword { .. }
            | Pending::RegisterHash { .. } => {}
        }
    }
}
