//! What is kept: the plain data that the rules ask for and the store keeps.
//!
//! It lies between `chat` and `store` so that neither has to know the other. Nothing here decides anything.

use std::fmt;

use shared::id::{ClientId, Seq, UnixMs};
use shared::message::{Kind, Reason};
use shared::name::Name;

/// Names an account for ever; never used again after the account is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(pub i64);

/// The row of one login in the log of sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionRow(pub i64);

/// Pairs something asked for with its answer. Chosen by who asks; never used twice in one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// Names a conversation. The lobby is only the room that everybody is in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Conversation {
    /// A room with a name; its messages go to everybody in it.
    Room(String),
    /// Two accounts, the smaller id first: make it with [`Conversation::direct`].
    Direct(AccountId, AccountId),
}

impl Conversation {
    /// The name of the room that everybody is in.
    pub const LOBBY: &'static str = "lobby";

    /// The room that everybody is in.
    pub fn lobby() -> Self {
        Self::Room(Self::LOBBY.to_owned())
    }

    /// The direct conversation of two accounts, the same whoever asks.
    pub fn direct(one: AccountId, other: AccountId) -> Self {
        Self::Direct(one.min(other), one.max(other))
    }

    /// The other side of a direct conversation, or `None` for rooms and for somebody who is not part of it.
    pub fn other(&self, account: AccountId) -> Option<AccountId> {
        match self {
            Self::Direct(one, other) if *one == account => Some(*other),
            Self::Direct(one, other) if *other == account => Some(*one),
            _ => None,
        }
    }
}

/// A password hash in the PHC string format. It is not printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Phc(pub String);

impl fmt::Debug for Phc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Phc(..)")
    }
}

/// The SHA-256 of a ticket that a client holds. Whoever reads what is kept cannot make the ticket from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TicketHash(pub [u8; 32]);

/// A device ticket that is good for one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Of the ticket.
    pub ticket: TicketHash,
    /// The account.
    pub account: AccountId,
    /// The last good login with it.
    pub used: UnixMs,
    /// Wrong passwords in a row that came with it.
    pub wrong: u8,
}

/// A session that a client may come back to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resumable {
    /// Of the resume ticket.
    pub ticket: TicketHash,
    /// Whose session.
    pub account: AccountId,
    /// When the session ended.
    pub ended: UnixMs,
}

/// Where an account came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A line of the credentials file.
    File,
    /// Registered by its user.
    Registered,
}

/// A text to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMessage {
    /// Where it goes.
    pub conversation: Conversation,
    /// Who says it.
    pub sender: AccountId,
    /// When.
    pub at: UnixMs,
    /// The sender's own id for it; the second message of a sender with the same one is not stored.
    pub client_id: ClientId,
    /// How it is meant.
    pub kind: Kind,
    /// The text.
    pub text: String,
    /// Who must never see it, now or in history, because of a block at this moment.
    pub hidden_from: Vec<AccountId>,
    /// Whether it is refused where too much waits for the other side already, who is not there to read.
    pub bounded: bool,
}

/// A text that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptMessage {
    /// Where it was said.
    pub conversation: Conversation,
    /// Its place there: 1, 2, 3 ... without gaps.
    pub seq: Seq,
    /// Who said it.
    pub sender: AccountId,
    /// When.
    pub at: UnixMs,
    /// How it is meant.
    pub kind: Kind,
    /// The text.
    pub text: String,
}

/// Something to keep. Writes take effect in the order in which they were asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// Adds a message; answered by [`Kept::Message`] or [`Kept::InboxFull`].
    Append(NewMessage),
    /// Makes an account; answered by [`Kept::Account`] or [`Kept::NameTaken`].
    AddAccount {
        /// Its name; its key must be new.
        name: Name,
        /// For Unicode names: the confusable skeleton, which must be new too.
        skeleton: Option<String>,
        /// Its password; `None` while only the credentials file has one.
        password: Option<Phc>,
        /// Where it came from.
        origin: Origin,
        /// When.
        at: UnixMs,
    },
    /// Changes a password; answered by [`Kept::Done`].
    SetPassword {
        /// Whose.
        account: AccountId,
        /// The new hash.
        password: Phc,
    },
    /// Adds or takes away a block; answered by [`Kept::Done`].
    SetBlock {
        /// Who blocks.
        owner: AccountId,
        /// Whom.
        target: AccountId,
        /// Whether it is there from now on.
        blocked: bool,
        /// When.
        at: UnixMs,
    },
    /// Everything up to `seq` was shown to this account; never moves back, never past the newest message. Answered by
    /// [`Kept::Done`].
    Advance {
        /// The reader.
        account: AccountId,
        /// Where.
        conversation: Conversation,
        /// Up to which message.
        seq: Seq,
    },
    /// Takes back a message that its reader has not seen: its text is wiped and it waits for nobody. Answered by
    /// [`Kept::Done`] or, when it was seen, is not there, or is not the sender's, by [`Kept::TooLate`].
    Unsend {
        /// Whose message.
        sender: AccountId,
        /// The direct conversation.
        conversation: Conversation,
        /// Which message.
        seq: Seq,
    },
    /// A login; answered by [`Kept::Session`]. The account's earlier resume tickets are forgotten.
    OpenSession {
        /// Whose.
        account: AccountId,
        /// From where, for people.
        address: String,
        /// When.
        at: UnixMs,
        /// With which its client can come back.
        resume: TicketHash,
    },
    /// Nobody can come back to an earlier session of this account. Answered by [`Kept::Done`].
    ForgetResume {
        /// Whose.
        account: AccountId,
    },
    /// Adds a device ticket or replaces what is known of it; the account keeps the [`DEVICES`](shared::limits::DEVICES)
    /// that were used last. Answered by [`Kept::Done`].
    KeepDevice(Device),
    /// A device ticket is good no more. Answered by [`Kept::Done`].
    ForgetDevice(TicketHash),
    /// No device ticket of this account is good any more. Answered by [`Kept::Done`].
    ForgetDevices {
        /// Whose.
        account: AccountId,
    },
    /// The end of a login; answered by [`Kept::Done`].
    CloseSession {
        /// Which.
        row: SessionRow,
        /// When.
        at: UnixMs,
        /// Why.
        reason: Reason,
    },
    /// Replaces what is known of an account name's wrong passwords; a count of 0 without a lock forgets it. Answered by
    /// [`Kept::Done`].
    SetStrikes(Strikes),
    /// The server is alive; sessions left open by a crash end at the last of these. Answered by [`Kept::Done`].
    Heartbeat {
        /// When.
        at: UnixMs,
    },
}

/// Wrong passwords in a row for one account name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strikes {
    /// The key of the name; it need not have an account.
    pub name_key: String,
    /// How many in a row.
    pub count: u8,
    /// Until when every login is refused.
    pub locked_until: Option<UnixMs>,
}

/// Something to look up. Reads see everything whose write was answered before they were asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read {
    /// A page of a conversation as `reader` may see it: the newest messages before `before`, answered oldest first by
    /// [`Kept::Page`].
    History {
        /// Who asks.
        reader: AccountId,
        /// Where.
        conversation: Conversation,
        /// Only messages before this one; `None`: the newest.
        before: Option<Seq>,
        /// How many at most, in messages; the page is also at most [`shared::limits::PAGE_BYTES`] of text, but at least
        /// one message.
        limit: u16,
    },
    /// Messages of others in the reader's direct conversations that come after its cursor there (and after `after`,
    /// where that is further), and messages of rooms listed in `after`, oldest first in the order in which they were
    /// stored, over all conversations. Answered by [`Kept::Page`].
    Waiting {
        /// Whose.
        reader: AccountId,
        /// What was sent to this session already. A room is read only if it stands here; then the reader's own messages
        /// are among the answers, and its cursor there is of no account.
        after: Vec<(Conversation, Seq)>,
        /// How many at most; also bounded in bytes, like a page of history.
        limit: u16,
    },
    /// Messages that have all of some words, newest first in the order in which they were stored: of the lobby and of
    /// the reader's direct conversations, as `reader` may see them. Answered by [`Kept::Found`].
    Search {
        /// Who asks.
        reader: AccountId,
        /// The words, at least one: each is found anywhere in a text, in any case.
        words: Vec<String>,
        /// Only there, if it is named; one that the reader is not part of is not for the store to refuse.
        within: Option<Conversation>,
        /// Only this message and older ones; one that does not exist has none before it.
        start: Option<(Conversation, Seq)>,
        /// How many at most; also bounded in bytes, like a page of history, and in the messages that are looked at.
        limit: u16,
    },
    /// The sender's direct messages that their readers have not seen, oldest first. Answered by [`Kept::Page`].
    Unseen {
        /// Whose.
        sender: AccountId,
        /// How many at most; also bounded in bytes, like a page of history.
        limit: u16,
    },
}

/// What came of a write or a read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is durable.
    Done,
    /// The message is durable.
    Message {
        /// Its place.
        seq: Seq,
        /// Its time; for a duplicate that of the first.
        at: UnixMs,
        /// Whether it had been stored before.
        duplicate: bool,
    },
    /// Too much waits for the other side of the conversation: the message was not stored. What waits stays.
    InboxFull,
    /// The account is durable.
    Account(AccountId),
    /// Another account has this name, or one that looks the same.
    NameTaken,
    /// The message has reached its reader, or there is none such.
    TooLate,
    /// The login is noted.
    Session(SessionRow),
    /// Messages with the words that were looked for, newest first.
    Found {
        /// The messages.
        messages: Vec<KeptMessage>,
        /// Where to go on, if there is more or not everything was looked at.
        next: Option<(Conversation, Seq)>,
    },
    /// Messages, oldest first.
    Page {
        /// The messages.
        messages: Vec<KeptMessage>,
        /// Whether there are more in the direction of the question.
        more: bool,
    },
}

/// Why something could not be kept or looked up. What was refused with this has not happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeepError {
    /// No room on the disk; it may work again later.
    #[error("the disk is full")]
    Full,
    /// The store is broken; nothing more will be kept.
    #[error("the store is broken")]
    Broken,
}

/// An account as the rules know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Its name.
    pub name: Name,
    /// When it was made.
    pub created: UnixMs,
    /// The end of its last session, if it ever had one.
    pub last_seen: Option<UnixMs>,
}

/// What the rules need to know at the start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Every account, by id.
    pub accounts: Vec<Account>,
    /// Every block, as (owner, target), ordered.
    pub blocks: Vec<(AccountId, AccountId)>,
    /// Every count of wrong passwords, ordered by name key.
    pub strikes: Vec<Strikes>,
    /// The newest message of each room.
    pub rooms: Vec<(Conversation, Seq)>,
    /// Every session with a resume ticket, ordered by ticket.
    pub resumable: Vec<Resumable>,
    /// Every device ticket, ordered by ticket.
    pub devices: Vec<Device>,
}
