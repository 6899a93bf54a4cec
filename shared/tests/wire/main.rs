//! The wire: what broken frames do, that the bytes of every message stay as they are, and that docs/protocol.md names
//! everything there is.

mod codec;
mod golden;
mod page;
mod samples;
