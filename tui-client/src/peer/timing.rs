//! How long the steps of a private session may take.

use std::time::Duration;

/// How long each step may take.
#[derive(Clone, Copy, Debug)]
pub struct LinkTiming {
    /// To find the other client at all.
    pub meet: Duration,
    /// For TLS on one connection.
    pub handshake: Duration,
    /// For the other side to answer the hello on the connection that was chosen.
    pub hello: Duration,
    /// For the other side to take anything of what is written to it.
    pub write_stall: Duration,
    /// From the first to the last byte of a frame.
    pub frame: Duration,
    /// For the last words.
    pub close: Duration,
}

impl Default for LinkTiming {
    /// Ten seconds outlast everything that was measured to succeed (50 ms at most) and several lost packets.
    fn default() -> Self {
        Self {
            meet: Duration::from_secs(10),
            handshake: Duration::from_secs(5),
            hello: Duration::from_secs(5),
            write_stall: Duration::from_secs(20),
            frame: Duration::from_secs(15),
            close: Duration::from_secs(1),
        }
    }
}
