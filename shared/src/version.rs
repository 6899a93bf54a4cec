//! Which protocol this is, and what happens when two sides know different ones.
//!
//! The TLS application protocol (RFC 7301) fixes the framing; the `hello`/`welcome` exchange fixes the meaning of the
//! messages. Within one protocol number changes only ever add.

/// The ALPN identifier: four-byte length, then one MessagePack map. It changes only when the framing does.
pub const ALPN: &[u8] = b"tern/1";

/// The oldest protocol number this build can speak.
pub const PROTO_MIN: u16 = 1;

/// The newest protocol number this build can speak.
pub const PROTO_MAX: u16 = 1;

/// The highest protocol number that both ranges contain, or `None` when they do not meet.
///
/// ```
/// use shared::version::agree;
/// assert_eq!(agree(1, 3), Some(1));
/// assert_eq!(agree(7, 9), None);
/// ```
pub fn agree(their_min: u16, their_max: u16) -> Option<u16> {
    let highest = their_max.min(PROTO_MAX);
    (highest >= their_min.max(PROTO_MIN)).then_some(highest)
}

/// The ALPN identifier of a private session between two clients, whose framing is the same.
pub const PEER_ALPN: &[u8] = b"tern-peer/1";
