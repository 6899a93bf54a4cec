//! How it stands with the connection, the login and the end.

use std::time::Duration;

use secrecy::SecretString;
use shared::id::ResumeTicket;
use shared::message::Reason;

use super::{Question, Settings};
use crate::app::moment::{Jitter, Mono};

/// How it stands with the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// There is none, and none is wanted now.
    Down,
    /// An attempt is under way.
    Dialling,
    /// The next attempt comes later.
    Resting {
        /// When.
        until: Mono,
    },
    /// It stands.
    Up,
}

/// The time without a session, from the first failure until commands can be taken again. It covers refused logins as
/// well as failed connections, so that a server that accepts and drops is given up like one that does not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outage {
    /// Since when.
    pub since: Mono,
    /// How many attempts have failed.
    pub failed: u32,
    /// For the waits.
    pub jitter: Jitter,
    /// The server wants nobody back before this moment.
    pub not_before: Mono,
}

/// How it stands with the login.
#[derive(Debug)]
pub enum Login {
    /// Nothing to do for the user: a connection or an answer is awaited.
    Waiting,
    /// The user is asked something.
    Asking(Question),
    /// A login that was refused for now is tried again at this moment.
    Again(Mono),
    /// Logged in.
    In(Session),
    /// The server ended the session; what was said stays to be read, and the user decides whether to come back.
    Over(Reason),
}

/// A login that stands.
#[derive(Debug)]
pub struct Session {
    /// Whether all that waited has come and commands can be taken.
    pub ready: bool,
    /// Whether it is the first one of this run; the others came after a lost connection.
    pub is_first: bool,
    /// Whether the list of who is online still comes in parts.
    pub roster_open: bool,
    /// After how long without action the server ends it.
    pub timeout: Option<Duration>,
    /// What the server knows of the user's actions.
    pub activity: Activity,
    /// A change of password that is being asked about.
    pub changing: Option<Changing>,
}

/// The warning of the end comes this long before it at the least, and at the most.
const WARNING: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(60));

impl Session {
    /// When to warn of the inactivity, and when the server ends the session, as far as it is known here: the warning is the
    /// last tenth of the timeout, 10 to 60 s, but never more than its second half.
    pub fn end(&self) -> Option<(Mono, Mono)> {
        let timeout = self.timeout?;
        let ahead = (timeout / 10).clamp(WARNING.0, WARNING.1).min(timeout / 2);
        let told = self.activity.told;
        Some((told.after(timeout.saturating_sub(ahead)), told.after(timeout)))
    }
}

/// What the server knows of the user's actions.
#[derive(Clone, Copy, Debug)]
pub struct Activity {
    /// When it last heard of one, as far as it is known here.
    pub told: Mono,
    /// Whether there was one since.
    pub untold: bool,
    /// Whether the warning was given since.
    pub warned: bool,
}

impl Activity {
    /// The server hears of an action at this moment.
    pub fn told(at: Mono) -> Self {
        Self { told: at, untold: false, warned: false }
    }
}

/// A change of password that is being asked about.
#[derive(Debug)]
pub struct Changing {
    /// The question that waits.
    pub question: Question,
    /// The password now, once it was typed.
    pub old: Option<SecretString>,
    /// The password from now on, once it was typed.
    pub new: Option<SecretString>,
}

/// Who logs in. The password stays in memory, so that a lost connection comes back without a question.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Identity {
    /// The account's name.
    pub name: Option<String>,
    /// Its password.
    pub password: Option<SecretString>,
    /// Whether the name came with the command line.
    pub name_given: bool,
    /// Whether the password came with the command line, the environment or a file.
    pub password_given: bool,
    /// Whether the next attempt makes the account.
    pub register: bool,
    /// With which a lost connection comes back without the password.
    pub ticket: Option<ResumeTicket>,
    /// Whether the server knew the ticket no more: the session is over, or another one has taken its place.
    pub ticket_refused: bool,
}

impl Identity {
    /// What is given is not asked for.
    pub fn new(name: Option<String>, password: Option<SecretString>, settings: &Settings) -> Self {
        // A form can ask for everything again.
        let (name_given, password_given) = (name.is_some(), password.is_some() && !settings.on_screen);
        let register = settings.register;
        Self { name, password, name_given, password_given, register, ticket: None, ticket_refused: false }
    }
}

/// How it stands with the end of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Nobody wants it yet.
    No,
    /// No more lines come; what was begun is finished first.
    InputEnded {
        /// Until when to stay; set when everything is answered.
        until: Option<Mono>,
    },
    /// The logout was sent.
    Leaving {
        /// When to stop waiting for its answer.
        until: Mono,
    },
}

impl Ending {
    /// Whether no more lines come.
    pub fn input_ended(self) -> bool {
        self != Self::No
    }

    /// Whether the logout was sent.
    pub fn is_leaving(self) -> bool {
        matches!(self, Self::Leaving { .. })
    }
}
