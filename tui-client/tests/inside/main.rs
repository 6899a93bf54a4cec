//! The program with a server inside: `try` and `--host`, from outside, behind pipes.
#![cfg(feature = "host")]

mod host;
mod kit;
mod try_out;
