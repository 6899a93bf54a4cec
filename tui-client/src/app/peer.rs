//! Private sessions as the model speaks of them: what it wants done with the connections to other clients, and what it
//! hears of them.
//!
//! A connection is named by the [`OfferId`] of the request it comes from. Everything that is heard was sent by another
//! client: texts and names are as they came, and the model makes them safe.

use shared::id::{DeviceKey, FileId, OfferId, RequestId};
use shared::message::{Kind, Meeting, Reason};

/// Something to do about private sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PeerOrder {
    /// Say which keys of other users are remembered for this server. Answered by
    /// [`Msg::PeerKeys`](super::msg::Msg::PeerKeys).
    LoadKeys,
    /// Remember the key of a user of this server, in place of the one before.
    Remember {
        /// Whose, as registered.
        user: String,
        /// Which.
        key: DeviceKey,
        /// Whether the two users have compared their words.
        verified: bool,
    },
    /// Listen, and ask the server to introduce this client to a user. Answered by
    /// [`PeerEvent::Unable`] where that cannot be.
    Ask {
        /// The request to the server.
        id: RequestId,
        /// The new session.
        offer: OfferId,
        /// Whom, as typed.
        name: String,
    },
    /// Listen, and tell the server that the user says yes. Answered by [`PeerEvent::Unable`] where that cannot be.
    Accept {
        /// The request to the server.
        id: RequestId,
        /// The session.
        offer: OfferId,
    },
    /// Both have said yes: find a way to the other client.
    Meet {
        /// What the server has told.
        meeting: Meeting,
        /// The own name, as registered.
        me: String,
    },
    /// Nothing comes of it: stop listening and dialling. Nothing more is heard of it.
    Forget {
        /// The session.
        offer: OfferId,
    },
    /// Send a text.
    Say {
        /// The session.
        offer: OfferId,
        /// Its number: 1, 2, 3 and so on.
        n: u64,
        /// The text.
        text: String,
        /// How it is meant.
        kind: Kind,
    },
    /// Say that a text is being typed.
    Typing {
        /// The session.
        offer: OfferId,
    },
    /// Say why, and close. [`PeerEvent::Closed`] follows.
    Close {
        /// The session.
        offer: OfferId,
        /// Why.
        reason: Reason,
    },
    /// Offer a file. Answered by [`PeerEvent::FileOffering`] or [`PeerEvent::FileFailed`].
    SendFile {
        /// The session.
        offer: OfferId,
        /// The file's number in the session.
        file: FileId,
        /// Where it is, as typed; `~/` stands for the home folder.
        path: String,
    },
    /// Take an offered file.
    AcceptFile {
        /// The session.
        offer: OfferId,
        /// The file.
        file: FileId,
    },
    /// Do not take an offered file.
    RefuseFile {
        /// The session.
        offer: OfferId,
        /// The file.
        file: FileId,
    },
    /// Stop a transfer, or take an offer back. [`PeerEvent::FileFailed`] does not follow: who orders it knows it.
    CancelFile {
        /// The session.
        offer: OfferId,
        /// The file.
        file: FileId,
    },
}

/// Something that was heard of one connection to another client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PeerEvent {
    /// This client cannot listen, or has no key: nothing was asked of the server. The text is a fragment.
    Unable {
        /// Why.
        why: String,
    },
    /// The session stands: the other side has proved its key and said hello.
    Opened(Opened),
    /// No way to the other client was found. It is over.
    NoWay(NoWay),
    /// The other user says something.
    Said {
        /// What.
        text: String,
        /// How it is meant.
        kind: Kind,
    },
    /// The other user types a text.
    Typing,
    /// Every own text up to this one has reached the other client.
    Delivered {
        /// The last one.
        n: u64,
    },
    /// How long the other client takes to answer.
    Delay(std::time::Duration),
    /// It is over: nothing more is heard of this connection, and its transfers are over too.
    Closed(Closed),
    /// The other user offers a file.
    FileOffered {
        /// Its number in the session.
        file: FileId,
        /// The name under which it would be kept: harmless, and without a folder.
        name: String,
        /// In bytes.
        size: u64,
    },
    /// The own file is there and was offered.
    FileOffering {
        /// Its number in the session.
        file: FileId,
        /// Its name.
        name: String,
        /// In bytes.
        size: u64,
    },
    /// So many bytes are through. It comes at most ten times a second, and at the end.
    FileMoved {
        /// Which.
        file: FileId,
        /// In bytes, counted from the beginning of the file.
        done: u64,
    },
    /// The file is through, checked, and kept.
    FileDone {
        /// Which.
        file: FileId,
        /// Where a received file is; nothing for a sent one.
        path: Option<String>,
    },
    /// The other user does not want the file.
    FileRefused {
        /// Which.
        file: FileId,
    },
    /// The transfer has failed or was given up by the other side.
    FileFailed {
        /// Which.
        file: FileId,
        /// Why, as a fragment, harmless.
        why: String,
        /// What kind of failure it is, where a program may want to know: `no-such-file`, `not-a-file`, `cancelled`,
        /// `failed`.
        code: &'static str,
    },
}

/// A session that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Where the other client is: `ip:port`.
    pub address: String,
    /// The words that both sides see if nobody is between them.
    pub words: [&'static str; 4],
    /// The key the other side has proved to own.
    pub key: DeviceKey,
}

/// No way to the other client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoWay {
    /// What was tried, and how each attempt ended: `10.0.0.7:50122 refused`.
    pub tried: Vec<String>,
    /// What would help, as a sentence.
    pub help: &'static str,
}

/// How a session ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Closed {
    /// This side has closed it.
    Here,
    /// The other side has said why it closes it.
    There(Reason),
    /// The connection broke. The text is a fragment.
    Broke(String),
}

/// A remembered key of another user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownKey {
    /// Which.
    pub key: DeviceKey,
    /// Whether the two users have compared their words.
    pub verified: bool,
}

/// How the key of another user compares with the one remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyTrust {
    /// None was remembered: it is from now on.
    New,
    /// It is the one seen before.
    Known,
    /// It is the one seen before, and the users have compared their words.
    Verified,
    /// It is another one than the one seen before, and takes its place.
    Changed {
        /// Whether the one before was verified.
        was_verified: bool,
    },
}
