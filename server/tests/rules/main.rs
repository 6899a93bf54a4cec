//! The promises of the rules: tables and properties over `Chat`, with the memory store behind it.

mod blocks;
mod delivery;
mod login;
mod presence;
mod properties;
mod timeout;
mod world;
