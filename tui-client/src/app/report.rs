//! Everything the client ever announces: a closed vocabulary.
//!
//! Plain lines and JSON objects are these reports and nothing else; the full screen shows some of them as toasts. A
//! report holds values, not sentences, wherever a program may want the value; the faces find the words.

use shared::error::Code;
use shared::id::UnixMs;
use shared::message::{Outcome, Reason};
use shared::name::Name;
use shared::text::SafeText;

use super::command::{Spec, Verb};
use super::model::{Hit, Queued};
use super::peer::KeyTrust;
use super::place::Place;

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// The first one: what this is, and which server is meant.
    Hello {
        /// `host:port`.
        server: String,
    },
    /// The first one after the full screen: where one is.
    Here {
        /// `host:port`.
        server: String,
        /// Who is logged in.
        user: Name,
        /// The tab that was in front.
        place: Place,
    },
    /// A server runs in this process.
    Hosting {
        /// What friends give their client as HOST.
        invite: String,
        /// The file with its log.
        log: String,
    },
    /// The connection stands.
    Connected,
    /// The connection is gone; the next attempt comes in so many seconds.
    Reconnecting {
        /// Rounded up.
        seconds: u64,
    },
    /// The login is done.
    LoggedIn {
        /// The name as registered.
        name: Name,
    },
    /// The server will end the session for inactivity in so many seconds.
    Idle {
        /// Rounded up.
        seconds: u64,
    },
    /// The session is over.
    LoggedOut {
        /// Why.
        reason: Reason,
    },
    /// Somebody said something.
    Said(Said),
    /// Somebody came online.
    Arrived {
        /// Who.
        name: Name,
    },
    /// Somebody went offline.
    Left {
        /// Who.
        name: Name,
        /// Why.
        reason: Reason,
    },
    /// A list begins.
    Count {
        /// Of what.
        list: List,
        /// How long it is.
        count: usize,
    },
    /// A user in a list.
    User(Person),
    /// A user on the own block list.
    Block {
        /// Who.
        name: Name,
    },
    /// An own message that nobody has received.
    Queued {
        /// Its number in the list.
        number: usize,
        /// The message.
        message: Queued,
    },
    /// A message that has the words that were looked for.
    Match {
        /// Its number in the list, the newest first.
        number: usize,
        /// The message.
        hit: Hit,
    },
    /// What the server knows of a user.
    Whois {
        /// The user.
        person: Person,
        /// When the account was made.
        created: UnixMs,
    },
    /// A command, explained.
    Help(&'static Spec),
    /// More about a command.
    HelpMore(&'static Spec),
    /// The user who is being written to is on the own block list and cannot answer. Said once for each.
    CannotAnswer {
        /// Who.
        name: Name,
    },
    /// A sentence of the server for everybody or about the account, or of this program about itself.
    Notice(SafeText),
    /// Something happened to a private session or a request for one.
    Peer {
        /// The other user.
        user: Name,
        /// What.
        news: PeerNews,
    },
    /// Something happened to a file.
    File {
        /// The number of the transfer.
        number: u32,
        /// The other user.
        user: Name,
        /// In bytes.
        size: u64,
        /// The file's name.
        name: SafeText,
        /// What.
        news: FileNews,
    },
    /// A command was done.
    Done(Done),
    /// Something was refused.
    Refused(Refused),
    /// Something for the person in front of it, no event.
    Aside(Aside),
}

/// What happened to a private session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PeerNews {
    /// The user asks for one.
    Requested(KeyTrust),
    /// Nothing came of a request: `declined`, `expired`, `withdrawn` or `offline`.
    Ended(Reason),
    /// No way to the other client was found.
    Failed {
        /// What was tried.
        why: SafeText,
        /// What would help, as a sentence; may be empty.
        help: &'static str,
    },
    /// It stands.
    Open {
        /// Where the other client is.
        address: SafeText,
        /// The words to compare.
        words: [&'static str; 4],
        /// How the key compares with the one remembered.
        trust: KeyTrust,
    },
    /// Its words, once more.
    Words {
        /// The words to compare.
        words: [&'static str; 4],
    },
    /// It is over.
    Closed(Closing),
    /// So many own texts have not arrived and can be resent.
    Undelivered(usize),
}

/// How a private session ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Closing {
    /// This user ended it.
    Here,
    /// The other user ended it.
    There(Reason),
    /// The connection broke. The text is a fragment.
    Lost(SafeText),
}

/// What happened to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileNews {
    /// The user offers it.
    Offered,
    /// So much is through, in hundredths: 0, 25, 50, 75 or 100.
    Progress(u8),
    /// It was received, checked, and is here.
    Received {
        /// Where it is.
        path: SafeText,
    },
    /// It was sent, and the other side has checked it.
    Sent,
    /// The other user does not want it.
    Declined,
    /// It came to nothing. The text is a fragment.
    Failed {
        /// Why.
        why: SafeText,
    },
}

/// What a list holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// Users.
    Users,
    /// Blocked users.
    Blocked,
    /// Messages of a conversation.
    Messages,
    /// Messages that have the words that were looked for.
    Found,
    /// Own messages that nobody has received.
    Queue,
    /// Commands.
    Commands,
}

/// A text somebody said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// How it came to be shown.
    pub manner: Manner,
    /// Where.
    pub place: Place,
    /// Who.
    pub from: Name,
    /// What.
    pub text: SafeText,
    /// Whether it is something done rather than said.
    pub action: bool,
    /// When the server stored it.
    pub at: UnixMs,
}

/// How a text came to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// It was said now.
    Live,
    /// It waited for this login.
    Stored,
    /// It is shown again, as history.
    History,
}

/// A user, as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub name: Name,
    /// Where the user is.
    pub standing: Standing,
    /// The away text; empty when there is none.
    pub away: SafeText,
}

/// Whether a user is online.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Online since then.
    Since(UnixMs),
    /// Offline, and last seen then.
    LastSeen(UnixMs),
    /// Offline, and nobody knows since when.
    Unknown,
}

/// A command that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// Which.
    pub verb: Verb,
    /// The user it is about.
    pub user: Option<Name>,
    /// What became of it, where there are several good ends.
    pub outcome: Option<Outcome>,
    /// What the user should know about it.
    pub remark: Option<Remark>,
}

impl Done {
    /// A command that was done, and nothing else to say.
    pub fn new(verb: Verb) -> Self {
        Self { verb, user: None, outcome: None, remark: None }
    }
}

/// What a user should know about a command that was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remark {
    /// A block changes these things.
    BlockChanges,
    /// The command does nothing here.
    FullScreenOnly,
    /// What is sent again goes through the server.
    ThroughServer,
}

/// Something that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// For programs.
    pub code: Code,
    /// The command that was refused, as the table names it or as it was typed; nothing for a login.
    pub command: Option<String>,
    /// The user it is about.
    pub user: Option<Name>,
    /// More.
    pub why: Why,
}

/// More about a refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// The code says it all.
    Plain,
    /// So many tries are left.
    Tries(u8),
    /// It may be tried again in so many seconds.
    Wait {
        /// Rounded up.
        seconds: u64,
    },
    /// The account is in use.
    InUse {
        /// Since when.
        since: Option<UnixMs>,
        /// From which address.
        from: Option<SafeText>,
    },
    /// A sentence.
    Text(SafeText),
}

/// Something for the person in front of the client. In plain mode these go to standard error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Aside {
    /// The server's key was seen for the first time and is remembered.
    FirstUse {
        /// Of the key.
        fingerprint: String,
    },
    /// The connection is not encrypted.
    NotEncrypted,
    /// No connection came about, or it is gone. The text is a fragment.
    Unreachable {
        /// Why.
        why: String,
    },
    /// A server can be started with an option of this program.
    HostOption,
    /// No server could be started in this process. The text is a fragment.
    NotHosted {
        /// Why.
        why: String,
    },
    /// The client stopped trying.
    GaveUp {
        /// After so many seconds.
        seconds: u64,
    },
    /// The server has another key than the one remembered.
    KeyChanged {
        /// `host:port` as typed.
        address: String,
        /// The fingerprint that was expected.
        expected: String,
        /// The fingerprint that was found.
        found: String,
    },
    /// The input ended before the login was done.
    InputEnded,
    /// An account may be made for the name that was typed.
    OfferAccount,
}
