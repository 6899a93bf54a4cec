//! The harness of the end-to-end tests: real programs, real sockets, real pseudo-terminals.
//!
//! [`TestServer`] is the real `server` on a port of its own, [`PlainClient`] the real `tui-client` behind pipes,
//! [`PtyClient`] the same behind a pseudo-terminal, [`RawClient`] a client made of bytes, which may be rude.
//!
//! Two rules hold everywhere. A wait is always for a named thing and ends at [`DEADLINE`] with a report of everything
//! that was seen; nothing sleeps. And absence is proved by a later event, never by waiting: what should not come is
//! shown not to have come before something that comes after it on the same ordered path.

use std::time::Duration;

pub mod any_key;
mod capture;
pub mod chaos;
pub mod conformance;
mod home;
pub mod kit;
mod own_key;
mod plain;
mod process;
mod pty;
mod raw;
mod server;
mod trace;

pub use capture::Capture;
pub use home::Home;
pub use own_key::{OwnKey, RawHost};
pub use plain::{Answer, PlainBuilder, PlainClient, Stdin, Stdout, users_in};
pub use process::{Exit, Process, binary, use_programs_in};
pub use pty::{PtyBuilder, PtyClient};
pub use raw::{RawClient, RawSocket};
pub use server::{FailedStart, ServerBuilder, TestServer, password_of};
pub use trace::Trace;

/// The longest that anything is waited for. Far above what is ever needed, so that a busy machine fails no test.
pub const DEADLINE: Duration = Duration::from_secs(30);
