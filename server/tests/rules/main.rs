//! The promises of the rules: tables and properties over `Chat`, with the memory store behind it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod answers;
mod blocks;
mod comeback;
mod delivery;
mod frames;
mod ghosts;
mod inbox;
mod introductions;
mod login;
mod model;
mod presence;
mod properties;
mod queue;
mod rendezvous;
mod search;
mod timeout;
mod typing;
mod world;
