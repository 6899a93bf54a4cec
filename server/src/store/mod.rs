//! Keeps accounts, messages, blocks, sessions and locks, durably and in order. It does not judge.
//!
//! The hub hands over [`Job`]s without waiting and gets [`Answer`]s in batches on a channel. Writes take effect in the
//! order in which they were submitted, and an answer is given only after the transaction that holds it is durable.

use crate::record::{AccountId, KeepError, Kept, NewMessage, Phc, Read, Snapshot, Ticket, Write};

pub mod inbox;
pub mod memory;
pub mod sqlite;

mod page;
mod terms;

pub use inbox::Inbox;

#[cfg(test)]
pub(crate) mod conformance;

/// Jobs of one kind that wait for the store before it gives further ones back. At the measured 10,000 messages a second
/// this is less than half a second of work, and at most 32 MiB of text.
const QUEUE: usize = 4096;

/// Names whose wrong passwords are kept. Whoever guesses can invent names; beyond this, a part is forgotten: names that
/// are not locked first, then those whose locks end first.
const STRIKES_KEPT: u32 = 65_536;

/// The same; in tests a smaller one, to reach it.
const STRIKES: u32 = if cfg!(test) { 64 } else { STRIKES_KEPT };

/// How many are forgotten at once, so that not every further name is a search.
const STRIKES_FORGOTTEN: u32 = STRIKES / 16;

/// Free bytes on the disk below which new messages are refused, by default. SQLite's log may take as much before it is
/// moved into the file.
pub const DISK_FLOOR: u64 = 64 * 1024 * 1024;

/// What whoever runs the server decides about a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The most that may wait for an account.
    pub inbox: Inbox,
    /// Free bytes on the disk below which new messages are refused; a warning is logged below four times as much. 0:
    /// only when the disk is full.
    pub disk_floor: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { inbox: Inbox::default(), disk_floor: DISK_FLOOR }
    }
}

/// What holds for the store, for people.
pub fn limits() -> Vec<(&'static str, String)> {
    let mib = |bytes: u64| format!("{} MiB", bytes >> 20);
    vec![
        ("writes, and reads, that wait for the disk", format!("{QUEUE} each")),
        ("names whose wrong passwords are kept", STRIKES_KEPT.to_string()),
        ("writes kept in one commit", sqlite::BATCH.to_string()),
        ("messages looked at for one page of a search", sqlite::CANDIDATES.to_string()),
        ("messages put into the index of words at once", sqlite::INDEXED_AT_ONCE.to_string()),
        ("a warning of little room on the disk below", format!("{} times disk-floor", sqlite::WARN_TIMES)),
        ("set aside for a full disk", mib(sqlite::BALLAST_BYTES)),
        ("a file is checked at the start up to", mib(sqlite::CHECKED)),
    ]
}

/// Something to keep or to look up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Job {
    /// Keep it.
    Write(Ticket, Write),
    /// Look it up.
    Read(Ticket, Read),
}

/// What came of one job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Of the job.
    pub ticket: Ticket,
    /// What came out.
    pub result: Result<Kept, KeepError>,
}

/// The channel on which a store answers. One item holds the answers of one transaction.
pub type Answers = tokio::sync::mpsc::Sender<Vec<Answer>>;

/// Why a store cannot be opened, read at the start, or closed in order. The text fits after "cannot open DIR: ".
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another server has this data folder.
    #[error("another server is using it")]
    InUse,
    /// The file was written by a newer Tern.
    #[error("it was written by a newer version (schema {found}, this one knows {known})")]
    Newer {
        /// The file's schema version.
        found: u32,
        /// The newest that this build knows.
        known: u32,
    },
    /// The file is no database, or a damaged one.
    #[error("the database file is damaged")]
    Damaged(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The folder or a file in it cannot be made, read or written.
    #[error("{what}")]
    Io {
        /// What was tried, with the path.
        what: String,
        /// Why it failed.
        #[source]
        source: std::io::Error,
    },
    /// The database engine failed.
    #[error("{what}")]
    Engine {
        /// What was tried.
        what: String,
        /// Why it failed.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// A place where things are kept. [`memory`] forgets them at the end, [`sqlite`] does not.
///
/// A write that names an account that does not exist is our own mistake: it alone is answered with
/// [`KeepError::Broken`], what was submitted beside it is kept, and the mistake is logged.
pub trait Store: Send + Sync + 'static {
    /// Everything the rules need to know at the start. Sessions that a crash left open are closed first, at the last
    /// heartbeat or, where that is later, at their login. To be asked for once, before the first login.
    fn snapshot(&self) -> Result<Snapshot, StoreError>;

    /// Takes a job without waiting, or gives it back when the queue is full.
    fn submit(&self, job: Job) -> Result<(), Job>;

    /// The password of an account, if one is stored. Waits for the disk: not for the hub's task.
    fn password(&self, account: AccountId) -> Result<Option<Phc>, StoreError>;

    /// Why nothing more is kept, once that is so: the server must end, because nobody knows what the disk holds. What was
    /// answered with [`KeepError::Broken`] since then may be there after the next start.
    fn failure(&self) -> Option<StoreError> {
        None
    }

    /// Finishes what was submitted, makes it durable and closes. Jobs submitted later are answered with
    /// [`KeepError::Broken`] or given back. Waits until all answers are taken from the channel or its receiver is gone:
    /// not for the task that receives them.
    fn close(&self) -> Result<(), StoreError>;
}

/// For whom a new message waits at the next login: the other side of a direct conversation, unless it must not see it.
/// Messages of rooms wait for nobody.
fn waits_for(message: &NewMessage) -> Option<AccountId> {
    let other = message.conversation.other(message.sender)?;
    (other != message.sender && !message.hidden_from.contains(&other)).then_some(other)
}
