//! Against scripted servers on real sockets: a server here is a real TLS server that says exactly what a test wants.

mod keys;
mod kit;
mod refusals;
mod wire;
