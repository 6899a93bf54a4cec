//! Private sessions, the requests for them, and the files that go through them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use shared::id::{DeviceKey, FileId, OfferId, RequestId};
use shared::name::Name;
use shared::text::SafeText;

use crate::app::moment::Mono;
use crate::app::peer::{KeyTrust, KnownKey};
use crate::app::transcript::LineId;

/// Who may open a private session without a question.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AcceptPeers {
    /// Nobody: every request is shown.
    #[default]
    Ask,
    /// Users whose key was verified, and shows again.
    Verified,
    /// Everybody.
    Always,
}

impl AcceptPeers {
    /// The word that names it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ask => "ask",
            Self::Verified => "verified",
            Self::Always => "always",
        }
    }
}

impl std::str::FromStr for AcceptPeers {
    type Err = &'static str;

    fn from_str(typed: &str) -> Result<Self, Self::Err> {
        match typed {
            "ask" => Ok(Self::Ask),
            "verified" => Ok(Self::Verified),
            "always" => Ok(Self::Always),
            _ => Err("give ask, verified or always"),
        }
    }
}

/// All of it.
#[derive(Debug, Default)]
pub struct Peers {
    /// The sessions, one for each user; an ended one stays until the next one or until its tab is closed.
    pub sessions: BTreeMap<Name, PeerSession>,
    /// Requests of others that wait for an answer, oldest first.
    pub requests: Vec<PeerRequest>,
    /// Files offered, on their way, and done, oldest first.
    pub transfers: Vec<Transfer>,
    /// The remembered keys of users of this server.
    pub(in crate::app) known: BTreeMap<Name, KnownKey>,
    /// The last number given to a transfer.
    pub(in crate::app) last_transfer: u32,
    /// Whose lines were asked to be sent again through the server, which needs to be said twice on a screen.
    pub(in crate::app) doubted: Option<Name>,
}

/// A private session with one user.
#[derive(Debug)]
pub struct PeerSession {
    /// Which of all that were ever asked for.
    pub offer: OfferId,
    /// How it stands.
    pub state: PeerState,
    /// Whether this side has asked for it.
    pub initiator: bool,
    /// The number of the last own text.
    pub(in crate::app) last_text: u64,
    /// The number of the last own file.
    pub(in crate::app) last_file: FileId,
    /// Own texts that have not reached the other client, by their number.
    pub(in crate::app) unacked: BTreeMap<u64, LineId>,
    /// Those among them that a command waits for.
    pub(in crate::app) awaited: BTreeSet<u64>,
    /// Files to be offered as soon as it is open: their paths, as typed.
    pub(in crate::app) files: Vec<String>,
    /// Whether a command waits for its end.
    pub(in crate::app) is_stopping: bool,
    /// The request to the server that has no answer.
    pub(in crate::app) request: Option<RequestId>,
}

/// How it stands with a private session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PeerState {
    /// The other user is asked.
    Asking {
        /// When the request expires.
        until: Mono,
    },
    /// Both have said yes; ways to each other are tried.
    Connecting {
        /// Since when.
        since: Mono,
    },
    /// It stands.
    Open(OpenPeer),
    /// It is over, or has never come about.
    Closed {
        /// Why, in a few words.
        why: SafeText,
    },
}

/// A session that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenPeer {
    /// Where the other client is: `ip:port`.
    pub address: String,
    /// The words to compare.
    pub words: [&'static str; 4],
    /// The key the other side has proved to own.
    pub key: DeviceKey,
    /// How that key compares with the one remembered.
    pub trust: KeyTrust,
    /// How long the other client took to answer last.
    pub delay: Option<Duration>,
}

/// A request of another user that waits for an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerRequest {
    /// Which.
    pub offer: OfferId,
    /// Who asks.
    pub from: Name,
    /// How the key compares with the one remembered.
    pub trust: KeyTrust,
    /// When it expires.
    pub until: Mono,
}

/// A file that goes through a private session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Its number for people: 1, 2, 3 and so on in this run of the client.
    pub number: u32,
    /// The other user.
    pub user: Name,
    /// Through which session.
    pub offer: OfferId,
    /// Its number in that session.
    pub file: FileId,
    /// Whether this side sends it.
    pub sending: bool,
    /// Its name: harmless, and without a folder.
    pub name: SafeText,
    /// In bytes.
    pub size: u64,
    /// How it stands.
    pub state: TransferState,
    /// Whether a command waits to hear that it was offered.
    pub(in crate::app) awaited: bool,
    /// The last quarter of progress that was announced, in hundredths.
    pub(in crate::app) announced: Option<u8>,
}

/// How it stands with a transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransferState {
    /// Sending: the file is looked at. Nothing to show yet.
    Preparing,
    /// One side has to say whether it is wanted.
    Offered,
    /// It is on its way.
    Moving(Progress),
    /// It is through.
    Done {
        /// Where a received file is.
        path: Option<SafeText>,
    },
    /// It came to nothing.
    Failed {
        /// Why, in a few words.
        why: SafeText,
    },
}

/// How far a transfer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes that are through, counted from the beginning of the file.
    pub done: u64,
    /// Bytes a second, over the last seconds; nothing before there is anything to go by.
    pub rate: Option<u64>,
    /// When it began, and with how many bytes.
    pub(in crate::app) begun: (Mono, u64),
}

impl Transfer {
    /// How much is through, in hundredths. An empty file is all through.
    pub fn percent(&self) -> u8 {
        let done = match &self.state {
            TransferState::Moving(progress) => progress.done,
            TransferState::Done { .. } => self.size,
            TransferState::Preparing | TransferState::Offered | TransferState::Failed { .. } => 0,
        };
        let percent = (u128::from(done) * 100).checked_div(u128::from(self.size)).unwrap_or(100);
        u8::try_from(percent.min(100)).unwrap_or(100)
    }

    /// How long the rest will take at the speed of the last seconds.
    pub fn left(&self) -> Option<Duration> {
        let TransferState::Moving(Progress { done, rate: Some(rate), .. }) = self.state else { return None };
        (rate > 0).then(|| Duration::from_secs(self.size.saturating_sub(done).div_ceil(rate)))
    }

    /// Whether something is still to happen.
    pub fn is_open(&self) -> bool {
        !matches!(self.state, TransferState::Done { .. } | TransferState::Failed { .. })
    }
}

impl PeerSession {
    /// A session that begins.
    pub(in crate::app) fn new(offer: OfferId, state: PeerState, initiator: bool) -> Self {
        Self {
            offer,
            state,
            initiator,
            last_text: 0,
            last_file: FileId(0),
            unacked: BTreeMap::new(),
            awaited: BTreeSet::new(),
            files: Vec::new(),
            is_stopping: false,
            request: None,
        }
    }

    /// Whether it is asked for, comes about, or stands.
    pub fn is_alive(&self) -> bool {
        !matches!(self.state, PeerState::Closed { .. })
    }

    /// The number for the next file of this side.
    pub(in crate::app) fn next_file(&mut self) -> FileId {
        let first = if self.initiator { 1 } else { 2 };
        self.last_file = if self.last_file.0 == 0 { FileId(first) } else { FileId(self.last_file.0 + 2) };
        self.last_file
    }
}

impl Peers {
    /// The session with a user that stands.
    pub fn open(&self, user: &Name) -> Option<&OpenPeer> {
        match self.sessions.get(user).map(|session| &session.state) {
            Some(PeerState::Open(open)) => Some(open),
            _ => None,
        }
    }

    /// Whether any session stands or is about to.
    pub fn is_any_alive(&self) -> bool {
        self.sessions.values().any(PeerSession::is_alive)
    }

    /// Whether any session stands.
    pub fn is_any_open(&self) -> bool {
        self.sessions.values().any(|session| matches!(session.state, PeerState::Open(_)))
    }

    /// Whether a file of this side is on its way, or about to be.
    pub fn is_sending(&self) -> bool {
        self.transfers.iter().any(|transfer| transfer.sending && transfer.is_open())
    }

    /// Whether a command waits for another client.
    pub(in crate::app) fn is_awaited(&self) -> bool {
        let texts = self.sessions.values().any(|session| !session.awaited.is_empty() || session.is_stopping);
        texts || self.transfers.iter().any(|transfer| transfer.awaited)
    }

    /// The user whose session this is.
    pub(in crate::app) fn user_of(&self, offer: OfferId) -> Option<&Name> {
        self.sessions.iter().find(|(_, session)| session.offer == offer).map(|(user, _)| user)
    }
}
