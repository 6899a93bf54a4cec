//! The wire of Tern and the words both sides need.
//!
//! This crate is what a client in another language has to know, written in Rust: the messages and their encoding
//! ([`message`], [`codec`]), the limits both sides keep ([`limits`]), the identifiers ([`id`]), names ([`name`]), the
//! codes of refusals ([`error`]), the protocol version ([`version`]) and what goes beyond it ([`caps`]), moments ([`time`])
//! and the function that makes untrusted text harmless ([`text`]). `docs/protocol.md` says the same in prose.
//!
//! It has no socket, no clock, no file and no task: bytes and values in, bytes and values out.

pub mod caps;
pub mod codec;
pub mod error;
pub mod id;
pub mod limits;
pub mod message;
pub mod name;
pub mod peer;
pub mod text;
pub mod time;
pub mod version;
