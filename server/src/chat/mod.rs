//! The rules of chat: who is online, who may reach whom, what happens to a message, when a login is refused.
//!
//! [`Chat`] is a pure state machine: [`Chat::handle`] takes one [`Input`] (a fact, in the past) and the [`Moment`] at
//! which it happened, and returns [`Effect`]s (commands). There is no task, clock, socket, SQL or randomness in here and
//! every collection is ordered, so the same inputs give the same effects, and a recorded list of inputs is a bug report.
//!
//! What the rules ask for and get later (a write, a read, a password check) carries a [`Ticket`]; the answer comes back
//! as an input with the same ticket.

mod effect;
mod input;

pub use effect::{Effect, LogEvent, Subject};
pub use input::{Input, Moment, Mono, Place, Request, SessionId, Verdict};

pub use crate::record::Ticket;
