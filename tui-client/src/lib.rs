//! The terminal client of Tern: one model, three faces.
//!
//! [`app`] holds the state and the rules of the client, pure; [`plain`] shows it as lines or JSON, [`tui`] on the
//! full screen; [`net`] speaks to the server; [`run`] is the one loop that joins them.

pub mod app;
pub mod cli;
pub mod config;
pub mod net;
pub mod plain;
pub mod run;
pub mod tui;
