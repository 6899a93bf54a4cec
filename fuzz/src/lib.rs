//! Hostile bytes for everything in Tern that reads bytes, and what must hold whatever they are.
//!
//! Each function here is one fuzz target: it takes the fuzzer's bytes and panics when a promise is broken. The targets in
//! `fuzz_targets/` only call them, so that `cargo test` can replay the corpus without a fuzzer.

pub mod chat;
pub mod frames;
pub mod peer;
pub mod tape;
pub mod text;
