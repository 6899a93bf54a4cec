//! What two clients say to each other in a private session.
//!
//! A private session is a TCP connection of its own between two clients, with TLS 1.3 in which each side proves to own
//! the device key that the server has handed over. The framing is that of the server's connection, with
//! [`crate::limits::PEER_FRAME`] as the largest body and [`crate::version::PEER_ALPN`] as the protocol. The side that
//! asked for the session says `hello` on the one connection it has chosen; the other one answers with its own, and only
//! then the session is open.

use serde::{Deserialize, Serialize};

use crate::id::{FileId, OfferId};
use crate::message::{Kind, Reason};

/// The label under which both sides derive the words that they compare (RFC 5705, RFC 8446 section 7.5).
pub const WORDS_LABEL: &[u8] = b"EXPORTER-tern-peer-words";

/// A message between two clients.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "t", rename_all = "snake_case")]
pub enum PeerMessage {
    /// The first message of each side.
    Hello {
        /// The oldest protocol number the client speaks.
        proto_min: u16,
        /// The newest protocol number the client speaks.
        proto_max: u16,
        /// The request that this session comes from.
        offer: OfferId,
        /// Who speaks, as registered.
        name: String,
        /// Program and version.
        client: String,
        /// What the client can do, as words separated by blanks.
        #[serde(default)]
        caps: String,
    },
    /// A text.
    Text {
        /// Counts the texts of one side: 1, 2, 3 and so on without gaps.
        n: u64,
        /// The text, as typed.
        text: String,
        /// How it is meant.
        #[serde(default, skip_serializing_if = "Kind::is_text")]
        kind: Kind,
    },
    /// A text is being typed. At most every three seconds; older clients ignore it.
    Typing {},
    /// Every text up to this one has reached the user.
    Ack {
        /// The last one.
        n: u64,
    },
    /// The session ends; the connection closes.
    Bye {
        /// Why.
        reason: Reason,
    },
    /// Are you there? Answered by `pong` with the same number.
    Ping {
        /// Any number.
        n: u64,
    },
    /// Answers `ping`.
    Pong {
        /// The number of the `ping`.
        n: u64,
    },
    /// Offers a file. Answered by `file_accept` or `file_refuse`, or never.
    FileOffer {
        /// The file.
        file: FileId,
        /// Its name, without a folder. Not to be trusted.
        name: String,
        /// Its size in bytes.
        size: u64,
    },
    /// The file is wanted.
    FileAccept {
        /// The file.
        file: FileId,
        /// How many bytes the receiver has from an earlier attempt.
        #[serde(default)]
        from: u64,
        /// The BLAKE3 hash of these bytes. Where the sender's differ it sends from the beginning.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        prefix: Option<FileHash>,
    },
    /// The file is not wanted.
    FileRefuse {
        /// The file.
        file: FileId,
    },
    /// A piece of a file. Pieces come in order and without gaps; the first one stands where the receiver asked, or at 0.
    FilePiece {
        /// The file.
        file: FileId,
        /// Where it stands.
        at: u64,
        /// At most [`crate::limits::FILE_PIECE`] bytes.
        #[serde(with = "serde_bytes")]
        data: Vec<u8>,
    },
    /// The receiver has written everything before this place; the sender may be [`crate::limits::FILE_WINDOW`] ahead of it.
    FileTaken {
        /// The file.
        file: FileId,
        /// Up to where.
        upto: u64,
    },
    /// The whole file was sent.
    FileEnd {
        /// The file.
        file: FileId,
        /// The BLAKE3 hash of all of it.
        hash: FileHash,
    },
    /// The receiver has the whole file, checked and under its name.
    FileKept {
        /// The file.
        file: FileId,
    },
    /// Either side gives the file up.
    FileCancel {
        /// The file.
        file: FileId,
        /// Why, for people; empty where the user wanted it.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        why: String,
    },
    /// A message this build does not know.
    #[serde(other)]
    Unknown,
}

/// A BLAKE3 hash.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FileHash(#[serde(with = "serde_bytes")] pub [u8; 32]);

impl std::fmt::Debug for FileHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
