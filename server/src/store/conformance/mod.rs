//! What every store promises, as one suite that runs against each of them.
//!
//! A promise is a function over an [`Engine`]; `every_store_keeps!` makes a test of it for each engine, so a new engine
//! needs no new tests. What only a file can promise is tested beside the SQLite store.

use std::collections::BTreeMap;
use std::time::Duration;

use shared::id::{ClientId, Seq, UnixMs};
use shared::message::Kind;
use shared::name::Name;
use tokio::runtime::Runtime;
use tokio::sync::mpsc::{Receiver, channel};

use super::memory::MemoryStore;
use super::sqlite::SqliteStore;
use super::{Answer, Answers, Bounds, Inbox, Job, Store};
use crate::record::{
    AccountId, Conversation, KeepError, Kept, KeptMessage, NewMessage, Origin, Read, Snapshot, Ticket, Write,
};

mod people;
mod random;
mod search;
mod talk;

/// How long an answer may take before a test fails. Far more than a commit on a busy disk.
const DEADLINE: Duration = Duration::from_secs(30);

/// Room for batches of answers; smaller than some tests need, so that stores meet a full channel.
const ANSWERS: usize = 64;

/// What may wait for one account in these tests, for messages that are bounded. Small, so that it is often reached.
const INBOX: Inbox = Inbox { messages: 5, bytes: 30_000 };

/// A kind of store, and how it is started again.
pub(crate) trait Engine {
    /// The store.
    type Store: Store;

    /// A place where nothing is kept yet.
    fn new() -> Self;

    /// Opens the store of this place for the first time.
    fn open(&self, answers: Answers) -> Self::Store;

    /// Stops it and opens it again, with other answers.
    fn reopen(&self, store: Self::Store, answers: Answers) -> Self::Store;
}

/// The store in memory. It would forget everything, so starting again only means other answers and a new snapshot.
pub(crate) struct Memory;

impl Engine for Memory {
    type Store = MemoryStore;

    fn new() -> Self {
        Self
    }

    fn open(&self, answers: Answers) -> MemoryStore {
        MemoryStore::with(INBOX, answers)
    }

    fn reopen(&self, store: MemoryStore, answers: Answers) -> MemoryStore {
        store.answer_on(answers);
        store
    }
}

/// The store in a file, in a folder that goes away at the end.
pub(crate) struct Sqlite(pub(crate) tempfile::TempDir);

impl Engine for Sqlite {
    type Store = SqliteStore;

    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn open(&self, answers: Answers) -> SqliteStore {
        let bounds = Bounds { inbox: INBOX, ..Bounds::default() };
        SqliteStore::open_within(self.0.path(), bounds, answers).unwrap()
    }

    fn reopen(&self, store: SqliteStore, answers: Answers) -> SqliteStore {
        store.close().unwrap();
        drop(store);
        self.open(answers)
    }
}

/// Makes each promise a test for each engine.
macro_rules! every_store_keeps {
    ($($promise:ident),+ $(,)?) => {
        mod memory {
            $(#[test] fn $promise() { super::$promise::<crate::store::conformance::Memory>(); })+
        }
        mod sqlite {
            $(#[test] fn $promise() { super::$promise::<crate::store::conformance::Sqlite>(); })+
        }
    };
}
use every_store_keeps;

/// The task that uses a store: submits jobs and waits for their answers.
pub(crate) struct Desk<E: Engine> {
    pub(crate) engine: E,
    pub(crate) store: E::Store,
    pub(crate) answers: Receiver<Vec<Answer>>,
    early: BTreeMap<Ticket, Result<Kept, KeepError>>,
    last: u64,
    runtime: Runtime,
}

impl<E: Engine> Desk<E> {
    /// A desk for a store in which nothing is kept yet.
    pub(crate) fn new() -> Self {
        Self::with(E::new(), E::open)
    }

    /// A desk for the store that `open` finds in a place.
    pub(crate) fn with(engine: E, open: impl FnOnce(&E, Answers) -> E::Store) -> Self {
        let (tx, answers) = channel(ANSWERS);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        Self { store: open(&engine, tx), engine, answers, early: BTreeMap::new(), last: 0, runtime }
    }

    /// A ticket that was not used yet.
    pub(crate) fn ticket(&mut self) -> Ticket {
        self.last += 1;
        Ticket(self.last)
    }

    /// Submits a write and does not wait.
    pub(crate) fn submit(&mut self, write: Write) -> Ticket {
        let ticket = self.ticket();
        self.store.submit(Job::Write(ticket, write)).expect("the queue has room");
        ticket
    }

    /// The next batch of answers, or `None` when the store is gone.
    pub(crate) fn batch(&mut self) -> Option<Vec<Answer>> {
        let next = async { tokio::time::timeout(DEADLINE, self.answers.recv()).await };
        self.runtime.block_on(next).expect("an answer within the deadline")
    }

    /// Waits for the answer to a ticket.
    pub(crate) fn answer(&mut self, ticket: Ticket) -> Result<Kept, KeepError> {
        loop {
            if let Some(result) = self.early.remove(&ticket) {
                return result;
            }
            let batch = self.batch().expect("the store lives");
            self.early.extend(batch.into_iter().map(|answer| (answer.ticket, answer.result)));
        }
    }

    /// Writes and waits.
    pub(crate) fn write(&mut self, write: Write) -> Result<Kept, KeepError> {
        let ticket = self.submit(write);
        self.answer(ticket)
    }

    /// Writes something that is answered with [`Kept::Done`].
    pub(crate) fn done(&mut self, write: Write) {
        assert_eq!(self.write(write.clone()), Ok(Kept::Done), "{write:?}");
    }

    /// Reads a page: its messages and whether there are more.
    pub(crate) fn page(&mut self, read: Read) -> (Vec<KeptMessage>, bool) {
        let ticket = self.ticket();
        self.store.submit(Job::Read(ticket, read)).expect("the queue has room");
        match self.answer(ticket) {
            Ok(Kept::Page { messages, more }) => (messages, more),
            other => panic!("not a page: {other:?}"),
        }
    }

    /// Looks for words: what is found, newest first, and where to go on.
    pub(crate) fn found(&mut self, read: Read) -> (Vec<KeptMessage>, Option<(Conversation, Seq)>) {
        let ticket = self.ticket();
        self.store.submit(Job::Read(ticket, read)).expect("the queue has room");
        match self.answer(ticket) {
            Ok(Kept::Found { messages, next }) => (messages, next),
            other => panic!("nothing found: {other:?}"),
        }
    }

    /// Makes an account with this plain name.
    pub(crate) fn account(&mut self, name: &str) -> AccountId {
        match self.write(account(name, None)) {
            Ok(Kept::Account(id)) => id,
            other => panic!("not an account: {other:?}"),
        }
    }

    /// Keeps a message and returns its place.
    pub(crate) fn say(&mut self, message: NewMessage) -> Seq {
        match self.write(Write::Append(message)) {
            Ok(Kept::Message { seq, duplicate: false, .. }) => seq,
            other => panic!("not kept: {other:?}"),
        }
    }

    /// What `reader` sees of a conversation, as texts, oldest first.
    pub(crate) fn history(&mut self, reader: AccountId, conversation: &Conversation) -> Vec<String> {
        let conversation = conversation.clone();
        texts(&self.page(Read::History { reader, conversation, before: None, limit: 200 }).0)
    }

    /// What waits for `reader` in direct conversations, as texts.
    pub(crate) fn waiting(&mut self, reader: AccountId) -> Vec<String> {
        texts(&self.page(Read::Waiting { reader, after: Vec::new(), limit: 200 }).0)
    }

    /// Stops the store and starts it again.
    pub(crate) fn restart(self) -> (Self, Snapshot) {
        let (tx, answers) = channel(ANSWERS);
        let store = self.engine.reopen(self.store, tx);
        let snapshot = store.snapshot().unwrap();
        (Self { store, answers, early: BTreeMap::new(), ..self }, snapshot)
    }
}

/// A new account.
pub(crate) fn account(name: &str, skeleton: Option<&str>) -> Write {
    let skeleton = skeleton.map(str::to_owned);
    let name = Name::from_checked(name, &name.to_lowercase());
    Write::AddAccount { name, skeleton, password: None, origin: Origin::Registered, at: UnixMs(1000) }
}

/// A message whose id and time come from `number`, which makes it unique for its sender.
pub(crate) fn message(conversation: &Conversation, sender: AccountId, number: u64, text: &str) -> NewMessage {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&number.to_be_bytes());
    NewMessage {
        conversation: conversation.clone(),
        sender,
        at: UnixMs(1_000_000 + number),
        client_id: ClientId(id),
        kind: Kind::TEXT,
        text: text.to_owned(),
        hidden_from: Vec::new(),
        bounded: false,
    }
}

/// Only the texts.
pub(crate) fn texts(messages: &[KeptMessage]) -> Vec<String> {
    messages.iter().map(|message| message.text.clone()).collect()
}
