//! The chat server of Tern.
//!
//! The rules of chat are one pure state machine ([`chat`]); one task, the [`hub`], owns it, feeds it what happened and
//! performs what it decides. The [`store`] keeps the log, [`net`] turns sockets into requests, [`auth`] checks
//! passwords off the hub's task.
//!
//! [`Server`] joins them: made from a [`Config`], it listens, and ends in order.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use server::{Config, Server};
//!
//! let mut config = Config::new("data".into());
//! config.port = 0;
//! let server = Server::new(config).await?.listen();
//! println!("listening on {}", server.local_addr());
//! server.shutdown().await?;
//! # Ok(())
//! # }
//! ```

pub mod admin;
pub mod auth;
pub mod chat;
pub mod cli;
pub mod clock;
pub mod config;
pub mod credentials;
pub mod faults;
pub mod hub;
pub mod logging;
pub mod names;
pub mod net;
pub mod record;
pub mod run;
#[cfg(test)]
mod simulation;
pub mod store;

pub use config::Config;
pub use run::{Running, Server};
