//! The bounds both sides keep. Everything that comes from outside is measured against one of these before memory is
//! spent on it. Each figure has its reason beside it; the server's own defaults (queues, deadlines) live in its config.

/// Bytes in the length prefix of a frame.
pub const HEADER: usize = 4;

/// The largest frame body before login, in bytes. A login needs less than 1 KiB; NATS uses the same figure for control
/// lines.
pub const FRAME_BEFORE_LOGIN: usize = 4 * 1024;

/// The largest frame body after login, in both directions, in bytes. One byte of MessagePack can become 60 bytes of
/// heap, so this bounds the worst case at about 4 MiB.
pub const FRAME_AFTER_LOGIN: usize = 64 * 1024;

/// How deep maps and lists may nest in a frame. Our own messages need 4; a debug build overflows its stack near 570.
pub const DEPTH: usize = 16;

/// The longest message text, in bytes of UTF-8.
pub const TEXT_BYTES: usize = 8 * 1024;

/// The most lines a message text may have.
pub const TEXT_LINES: usize = 100;

/// The longest away text, in bytes of UTF-8. It stands in a list beside a name.
pub const AWAY_BYTES: usize = 200;

/// The longest user name, in bytes for plain names and in columns for Unicode ones.
pub const NAME_CHARS: usize = 32;

/// The widest Unicode name, in terminal columns.
pub const NAME_COLUMNS: usize = 16;

/// The shortest password a new account may have, in characters.
pub const PASSWORD_MIN_CHARS: usize = 8;

/// The longest password, in bytes.
pub const PASSWORD_BYTES: usize = 256;

/// Wrong passwords in a row after which an account is locked.
pub const TRIES: u8 = 3;

/// The most messages one `history` answer holds.
pub const HISTORY_PAGE: u16 = 200;

/// The most messages one `found` answer holds.
pub const SEARCH_PAGE: u16 = 100;

/// The longest line of words to search for, in bytes of UTF-8.
pub const SEARCH_BYTES: usize = 256;

/// The most words to search for at once: each is looked up by itself.
pub const SEARCH_WORDS: usize = 16;

/// The most bytes of message text in one page of messages, so that a page always fits a frame.
pub const PAGE_BYTES: usize = 48 * 1024;

/// The most users one `users`, `roster` or `presence` frame holds; longer lists come in several frames.
pub const USERS_PAGE: usize = 200;

/// The most names a block list may hold.
pub const BLOCK_LIST: usize = 1000;

/// Combining marks shown on one character; more are shown as code points. UAX 15 calls 30 safe for normalisation, no
/// script needs more than 8.
pub const MARKS: usize = 8;

/// Silence after which a side sends `ping`, in milliseconds.
pub const PING_AFTER_MS: u64 = 15_000;

/// Silence after which a side takes the connection for dead, in milliseconds.
pub const DEAD_AFTER_MS: u64 = 35_000;

/// A client tells the server about user activity at most this often, in milliseconds.
pub const ACTIVITY_EVERY_MS: u64 = 5_000;

/// A client says that its user types in a conversation at most this often, in milliseconds.
pub const TYPING_EVERY_MS: u64 = 3_000;

/// The server passes on that a user types in a conversation at most this often, in milliseconds; what comes sooner is
/// dropped. Less than what clients keep to, so that a network which is late once costs nothing.
pub const TYPING_PASSED_MS: u64 = 2_000;

/// How long a user counts as typing after the last sign of it, in milliseconds: one sign may be lost on its way.
pub const TYPING_SHOWN_MS: u64 = 6_000;

/// The most addresses one side of a private session may name. A machine has few that others can reach.
pub const ADDRESSES: usize = 8;

/// The longest address, in bytes: an IPv6 address with its port takes 47.
pub const ADDRESS_BYTES: usize = 64;

/// The lowest port that a private session may use: below it are other services, which nobody shall be sent to.
pub const PEER_PORT_LOWEST: u16 = 1024;

/// How long a client can come back to its session after the connection was lost, in milliseconds.
pub const RESUME_MS: u64 = 600_000;

/// How long a user whose connection was lost counts as online, in milliseconds: a client that comes back within it was
/// never gone for others.
pub const GRACE_MS: u64 = 10_000;

/// How long a session that a second login wants to replace may take to show that it lives, in milliseconds.
pub const PROBE_MS: u64 = 5_000;

/// How long a device ticket is good after it was last used, in milliseconds: 90 days.
pub const DEVICE_MS: u64 = 90 * 24 * 3600 * 1000;

/// The most device tickets of one account. The one used longest ago makes room.
pub const DEVICES: usize = 10;

/// How long a request for a private session can be answered, in milliseconds.
pub const PRIVATE_ASK_MS: u64 = 60_000;

/// The largest frame body between two peers, in bytes: a piece of a file and its description.
pub const PEER_FRAME: usize = 72 * 1024;

/// Text lines of a private session that may wait for the other side's acknowledgement.
pub const PEER_UNACKED: usize = 64;

/// The largest piece of a file in one frame, in bytes.
pub const FILE_PIECE: usize = 64 * 1024;

/// How many bytes of a file may be on their way before the receiver has taken them. It bounds the memory of a transfer;
/// over a path of 100 ms it allows 20 MB/s.
pub const FILE_WINDOW: u64 = 2 * 1024 * 1024;

/// The longest file name on the wire, in bytes.
pub const FILE_NAME_BYTES: usize = 1024;
