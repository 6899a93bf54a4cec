//! Private sessions: TCP connections of their own between two clients, without the server in between.
//!
//! The [`Switchboard`] holds all of them. A session begins behind an open [`doorway`]: this client listens on the port
//! from which it is connected to the server. When both users have said yes, `meet` listens and dials at the same time
//! ([`dial`] says where to), every connection proves the device keys of both sides ([`identity`], `tls`), and the one
//! that the initiator chooses becomes the [`link`], whose rules are in [`session`], pure. [`words`] are what the two users
//! compare, [`known`] remembers keys, and [`transfer`] carries files.

pub mod dial;
pub mod doorway;
pub mod identity;
pub mod known;
pub mod link;
mod meet;
pub mod session;
mod switchboard;
mod timing;
mod tls;
pub mod transfer;
pub mod words;

#[cfg(test)]
mod tests;

pub use switchboard::{Door, PeerOptions, Switchboard};
