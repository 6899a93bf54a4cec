//! The promises of the rules: tables and properties over `Chat`, with the memory store behind it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod blocks;
mod delivery;
mod login;
mod presence;
mod properties;
mod rendezvous;
mod timeout;
mod world;
