//! What the rules decide: commands for the hub.

use secrecy::SecretString;
use shared::id::Seq;
use shared::message::{Reason, ServerMessage};

use super::input::SessionId;
use crate::record::{AccountId, Conversation, Read, Ticket, Write};
use shared::time::Mono;

/// Something to do. The hub performs the effects of one input in their order.
#[derive(Debug)]
pub enum Effect {
    /// Encode the message once and put it into the queue of each of these sessions. A session that has no room left even
    /// for this is closed as too slow: an answer is never dropped.
    Send {
        /// To whom, each at most once.
        to: Vec<SessionId>,
        /// What.
        message: ServerMessage,
    },
    /// Encode a message of the log once and offer it to each of these sessions. It is not kept for a session whose queue
    /// is full: `Input::Undelivered` says so at once, and the rules read it from the log later.
    Deliver {
        /// To whom, each at most once.
        to: Vec<SessionId>,
        /// Where the message stands.
        conversation: Conversation,
        /// Its place there.
        seq: Seq,
        /// What.
        message: ServerMessage,
    },
    /// Encode a message that may as well be lost once, and put it into the queue of each of these sessions that has as good
    /// as nothing else waiting to be written. The others never get it, and nobody is told.
    SendIfIdle {
        /// To whom, each at most once.
        to: Vec<SessionId>,
        /// What.
        message: ServerMessage,
    },
    /// Close the connection once everything sent to it has left.
    Close {
        /// Which.
        session: SessionId,
    },
    /// Find out whether anybody is there: ask the client for a sign of life now. Answered by `Input::SessionHeard` as
    /// soon as anything at all comes from it, or not at all.
    Probe {
        /// Which.
        session: SessionId,
    },
    /// Find out whether this is the password; answered by `Input::PasswordChecked`. Takes as long for [`Subject::Nobody`]
    /// as for an account.
    CheckPassword {
        /// For the answer.
        ticket: Ticket,
        /// Whose.
        subject: Subject,
        /// The password.
        password: SecretString,
    },
    /// Hash a new password; answered by `Input::PasswordHashed`.
    HashPassword {
        /// For the answer.
        ticket: Ticket,
        /// The password.
        password: SecretString,
    },
    /// Keep something; answered by `Input::Committed` once it is durable.
    Write {
        /// For the answer.
        ticket: Ticket,
        /// What.
        write: Write,
    },
    /// Look something up; answered by `Input::Committed`.
    Read {
        /// For the answer.
        ticket: Ticket,
        /// What.
        read: Read,
    },
    /// Send `Input::Woke` at this moment. Replaces the moment named before.
    WakeAt(Mono),
    /// Write a line to the log.
    Log(LogEvent),
}

/// Whose password is checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// An account, with its name's key.
    Account(AccountId, String),
    /// A name without an account: the check takes as long, and fails.
    Nobody,
}

/// What the log says of the rules' decisions. Names stand here as registered or as the key that was tried; never a
/// password, never a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogEvent {
    /// A login.
    LoggedIn {
        /// Which.
        session: SessionId,
        /// Who.
        name: String,
        /// From where.
        address: String,
    },
    /// The end of a login.
    LoggedOut {
        /// Which.
        session: SessionId,
        /// Who.
        name: String,
        /// Why.
        reason: Reason,
    },
    /// A login or registration that was refused.
    Refused {
        /// Which.
        session: SessionId,
        /// The name tried.
        name: String,
        /// From where.
        address: String,
        /// The code of the refusal.
        code: String,
    },
    /// An account was locked.
    Locked {
        /// The name.
        name: String,
        /// For how many seconds.
        seconds: u64,
        /// From where the last try came.
        address: String,
    },
    /// Two users were told how to reach each other.
    Introduced {
        /// Who has asked.
        name: String,
        /// Who has accepted.
        other: String,
    },
    /// An account was made by its user.
    Registered {
        /// The name.
        name: String,
        /// From where.
        address: String,
    },
}
