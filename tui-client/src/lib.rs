//! The terminal client of Tern: one model, three faces.
//!
//! [`app`] holds the state and the rules of the client, pure; [`plain`] shows it as lines or JSON, [`tui`] on the
//! full screen; [`net`] speaks to the server; [`run`] is the one loop that joins them. With the feature `host` there is a
//! server inside: `host` starts it for friends, `demo` for a newcomer who wants to look around.

pub mod app;
pub mod cli;
pub mod config;
#[cfg(feature = "host")]
pub mod demo;
#[cfg(test)]
mod given;
#[cfg(feature = "host")]
pub mod host;
#[cfg(test)]
mod hostile;
mod kept;
pub mod memory;
pub mod net;
pub mod peer;
pub mod plain;
pub mod run;
pub mod tui;

// The sample conversation of the screen's tests is drawn by the developers' commands too, where this is another crate.
#[cfg(test)]
extern crate self as tui_client;
