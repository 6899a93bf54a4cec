//! The chat server of Tern.
//!
//! The rules of chat are one pure state machine ([`chat`]); one task, the [`hub`], owns it, feeds it what happened and
//! performs what it decides. The [`store`] keeps the log, [`net`] turns sockets into requests, [`auth`] checks
//! passwords off the hub's task.

pub mod admin;
pub mod auth;
pub mod chat;
pub mod cli;
pub mod config;
pub mod credentials;
pub mod hub;
pub mod logging;
pub mod names;
pub mod net;
pub mod record;
pub mod store;
