//! The store for real: one SQLite file in a data folder, for one server at a time.
//!
//! One thread owns the only connection that writes and groups what is pending into one commit; a few threads read beside
//! it. Everything is durable (WAL, `synchronous=FULL`) before it is answered. The operator's commands open the same file
//! from another process, beside a running server.

use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use rusqlite::{Connection, params};
use shared::id::UnixMs;
use tracing::error;

pub(super) use self::disk::{BALLAST_BYTES, WARN_TIMES};
use self::disk::{Disk, Free};
pub(super) use self::file::CHECKED;
use self::file::{Folder, engine};
pub(super) use self::index::INDEXED_AT_ONCE;
use self::index::Index;
pub(super) use self::search::CANDIDATES;
pub(super) use self::writer::BATCH;
use self::writer::{Failure, Task, Writer};
use super::inbox::Inboxes;
use super::{Answer, Answers, Bounds, Job, QUEUE, Store, StoreError};
use crate::record::{Account, AccountId, KeepError, Phc, Read, Snapshot, Ticket};

mod convert;
mod disk;
mod file;
mod index;
mod keep;
mod query;
mod schema;
mod search;
mod writer;

#[cfg(test)]
mod tests;

/// Threads that read. A page takes well under a millisecond; the second is for the login that fetches a long absence.
const READERS: usize = 2;

/// The thread that searches. It is one, and by itself: a search takes some milliseconds, and no page waits for it.
const SEARCHERS: usize = 1;

/// Keeps everything in the file `tern.db` of a data folder.
///
/// Dropping it without [`close`](Store::close) loses nothing that was answered: its threads finish what was submitted in
/// the background and give the folder free when they are done.
pub struct SqliteStore {
    threads: Mutex<Option<Threads>>,
    passwords: Mutex<Connection>,
    failure: Failure,
}

/// A queue of reads.
type Questions = SyncSender<(Ticket, Read)>;

/// The threads and the queues that keep them alive.
struct Threads {
    writes: SyncSender<Task>,
    reads: Questions,
    searches: Questions,
    writer: JoinHandle<Result<(), StoreError>>,
    readers: Vec<JoinHandle<()>>,
}

impl SqliteStore {
    /// Opens the store in the folder `dir`, which is made if there is none, and answers on `answers`. Brings an older
    /// file to the newest schema and leaves a copy of it beside it.
    ///
    /// # Errors
    ///
    /// All of [`StoreError`]. A file that cannot be used is left as it is.
    pub fn open(dir: &Path, answers: Answers) -> Result<Self, StoreError> {
        Self::open_within(dir, Bounds::default(), answers)
    }

    /// The same with other bounds.
    ///
    /// # Errors
    ///
    /// As [`SqliteStore::open`].
    pub fn open_within(dir: &Path, bounds: Bounds, answers: Answers) -> Result<Self, StoreError> {
        Self::open_with(dir, bounds, answers, Box::new(disk::free_bytes), |_| Ok(()))
    }

    /// Opens the store on a disk of which `free` says how much room it has, and lets `prepare` set up the connection
    /// that writes.
    fn open_with(
        dir: &Path,
        bounds: Bounds,
        answers: Answers,
        free: Free,
        prepare: impl FnOnce(&Connection) -> rusqlite::Result<()>,
    ) -> Result<Self, StoreError> {
        let folder = Folder::lock(dir)?;
        let db = folder.writer(schema::MIGRATIONS)?;
        let disk = Disk::new(dir, bounds.disk_floor, free);
        prepare(&db).map_err(engine("prepare the database"))?;
        let passwords = Mutex::new(folder.reader()?);
        let index = Index::new(&db).map_err(engine("look at the index of words"))?;
        let (reads, mut readers) = spawn_readers(&folder, ("store-reader", READERS), &answers)?;
        let (searches, searchers) = spawn_readers(&folder, ("store-search", SEARCHERS), &answers)?;
        readers.extend(searchers);
        let (writes, tasks) = sync_channel(QUEUE);
        let failure = Failure::default();
        let inboxes = Inboxes::new(bounds.inbox);
        let writer = Writer { db, _folder: folder, disk, index, inboxes, answers, failure: failure.clone() };
        let writer = spawn("store-writer", move || writer.run(&tasks))?;
        let threads = Threads { writes, reads, searches, writer, readers };
        Ok(Self { threads: Mutex::new(Some(threads)), passwords, failure })
    }

    /// The queue of the writer, unless the store is closed.
    fn writes(&self) -> Option<SyncSender<Task>> {
        locked(&self.threads).as_ref().map(|threads| threads.writes.clone())
    }
}

impl Store for SqliteStore {
    fn snapshot(&self) -> Result<Snapshot, StoreError> {
        let (reply, answer) = sync_channel(1);
        let asked = self.writes().is_some_and(|writes| writes.send(Task::Snapshot(reply)).is_ok());
        match answer.recv() {
            Ok(snapshot) if asked => snapshot,
            _ => {
                Err(StoreError::Engine { what: "read what is stored".to_owned(), source: "the store is closed".into() })
            }
        }
    }

    fn submit(&self, job: Job) -> Result<(), Job> {
        let threads = locked(&self.threads);
        let Some(threads) = threads.as_ref() else { return Err(job) };
        match job {
            Job::Write(ticket, write) => match threads.writes.try_send(Task::Write(ticket, write)) {
                Err(
                    TrySendError::Full(Task::Write(ticket, write))
                    | TrySendError::Disconnected(Task::Write(ticket, write)),
                ) => Err(Job::Write(ticket, write)),
                _ => Ok(()),
            },
            Job::Read(ticket, read) => {
                let is_search = matches!(read, Read::Search { .. });
                let queue = if is_search { &threads.searches } else { &threads.reads };
                queue.try_send((ticket, read)).map_err(|refused| {
                    let (TrySendError::Full((ticket, read)) | TrySendError::Disconnected((ticket, read))) = refused;
                    Job::Read(ticket, read)
                })
            }
        }
    }

    fn password(&self, account: AccountId) -> Result<Option<Phc>, StoreError> {
        query::password(&locked(&self.passwords), account).map_err(engine("read a password"))
    }

    fn failure(&self) -> Option<StoreError> {
        self.failure.get()
    }

    fn close(&self) -> Result<(), StoreError> {
        let Some(Threads { writes, reads, searches, writer, readers }) = locked(&self.threads).take() else {
            return Ok(());
        };
        drop((writes, reads, searches));
        let readers = readers.into_iter().map(JoinHandle::join).filter(Result::is_err).count();
        let wrote = writer.join();
        let panicked = || StoreError::Engine { what: "close".to_owned(), source: "a thread panicked".into() };
        if readers > 0 { Err(panicked()) } else { wrote.unwrap_or_else(|_| Err(panicked())) }
    }
}

/// Sets the password of the account with this name key, at `at`, whether or not a server runs on the folder. Returns
/// whether there is such an account.
///
/// # Errors
///
/// All of [`StoreError`] but [`StoreError::InUse`]; [`StoreError::Io`] when the folder has no database.
pub fn set_password(dir: &Path, name_key: &str, password: &Phc, at: UnixMs) -> Result<bool, StoreError> {
    let db = file::open_beside(dir)?;
    let update = "UPDATE account SET pw = ?2, pw_reset = ?3 WHERE name_key = ?1";
    let changed = db.execute(update, params![name_key, password.0, convert::stored(at.0)]);
    // Whoever had the old password may have a ticket too.
    let forget = "DELETE FROM device WHERE account = (SELECT id FROM account WHERE name_key = ?1)";
    db.execute(forget, [name_key]).map_err(engine("forget the device tickets"))?;
    Ok(changed.map_err(engine("store the password"))? > 0)
}

/// The account with this name key, whether or not a server runs on the folder.
///
/// # Errors
///
/// As [`set_password`].
pub fn find_account(dir: &Path, name_key: &str) -> Result<Option<Account>, StoreError> {
    query::account(&file::open_beside(dir)?, name_key).map_err(engine("read the account"))
}

/// Threads that read, each with a connection of its own, and their common queue.
fn spawn_readers(
    folder: &Folder,
    (name, count): (&str, usize),
    answers: &Answers,
) -> Result<(Questions, Vec<JoinHandle<()>>), StoreError> {
    let connections = (0..count).map(|_| folder.reader()).collect::<Result<Vec<_>, _>>()?;
    let (queue, questions) = sync_channel(QUEUE);
    let questions = Arc::new(Mutex::new(questions));
    let threads = connections.into_iter().map(|db| {
        let (questions, answers) = (Arc::clone(&questions), answers.clone());
        spawn(name, move || answer_reads(&db, &questions, &answers))
    });
    Ok((queue, threads.collect::<Result<Vec<_>, _>>()?))
}

/// Answers reads one after the other, beside the other readers, until the queue is empty and closed.
fn answer_reads(db: &Connection, questions: &Mutex<Receiver<(Ticket, Read)>>, answers: &Answers) {
    loop {
        // The lock is held while waiting and given free before the work begins: the next reader waits in its place.
        let next = locked(questions).recv();
        let Ok((ticket, read)) = next else { return };
        let result = query::read(db, &read).map_err(|error| {
            error!(%error, "a page could not be read");
            KeepError::Broken
        });
        // Nobody is there to be told when the receiver is gone.
        let _ = answers.blocking_send(vec![Answer { ticket, result }]);
    }
}

fn spawn<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<JoinHandle<T>, StoreError> {
    let thread = thread::Builder::new().name(name.to_owned()).spawn(work);
    thread.map_err(|source| StoreError::Io { what: format!("start the thread {name}"), source })
}

/// Nothing behind these locks can be left half changed, so a panic elsewhere does not spoil it.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
