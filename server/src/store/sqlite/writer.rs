//! The one thread that writes. It takes everything that is pending, keeps it in one transaction, and answers for all of
//! it only after the commit is on the disk.
//!
//! It never lingers for more: a single job costs one commit, and while a commit is on its way the next jobs gather. A
//! full disk fails one batch and the store goes on; any other failure of the disk ends the writing for good, because what
//! a failed sync left behind is unknown and trying again would only hide that.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::sync::{Arc, OnceLock};

use rusqlite::{Connection, ErrorCode};
use tracing::{error, warn};

use super::disk::Disk;
use super::file::{Folder, engine};
use super::index::Index;
use super::{keep, query};
use crate::faults::{Fault, is_seeded};
use crate::record::{KeepError, Kept, Snapshot, Ticket, Write};
use crate::store::inbox::Inboxes;
use crate::store::{Answer, Answers, StoreError};

/// The most jobs in one transaction. Measured: larger batches gain nothing, and each waits for the whole.
pub(in crate::store) const BATCH: usize = 512;

/// How often a transaction is begun while another process has the file, each time waiting for the connection's busy
/// timeout of 5 s. Nothing has happened yet, so trying again hides nothing; 30 s is the silence a client bears.
const BUSY_TRIES: u32 = 6;

/// Something for the thread to do.
pub(super) enum Task {
    /// Keep it and answer.
    Write(Ticket, Write),
    /// Close what a crash left open and say what is there.
    Snapshot(SyncSender<Result<Snapshot, StoreError>>),
}

/// The thread's belongings. They are dropped in this order: the lock of the folder goes after the connection, and
/// whoever sees the channel of answers end may open the folder again.
pub(super) struct Writer {
    /// The only connection that writes.
    pub(super) db: Connection,
    /// Locked as long as the connection is open.
    pub(super) _folder: Folder,
    /// How much room there is.
    pub(super) disk: Disk,
    /// How far the index of words has come.
    pub(super) index: Index,
    /// What waits for whom.
    pub(super) inboxes: Inboxes,
    /// Where the answers go.
    pub(super) answers: Answers,
    /// Why nothing more is kept.
    pub(super) failure: Failure,
}

/// Why nothing more is kept, for everybody who wants to know. Set once.
#[derive(Clone, Debug, Default)]
pub(super) struct Failure(Arc<OnceLock<rusqlite::Error>>);

impl Failure {
    /// The failure, if there was one.
    pub(super) fn get(&self) -> Option<StoreError> {
        let source = self.0.get()?.to_string().into();
        Some(StoreError::Engine { what: "the database failed, and nothing more is kept".to_owned(), source })
    }
}

type Job = (Ticket, Write);
type Outcome = Result<Kept, KeepError>;

impl Writer {
    /// Works until the queue is empty and closed.
    pub(super) fn run(mut self, tasks: &Receiver<Task>) -> Result<(), StoreError> {
        while let Some(task) = self.next(tasks) {
            match task {
                Task::Write(ticket, write) => self.batch((ticket, write), tasks),
                Task::Snapshot(reply) => self.snapshot(&reply),
            }
        }
        self.finish()
    }

    /// The next task, or `None` when there will be none. While there is none, indexes what was written.
    fn next(&mut self, tasks: &Receiver<Task>) -> Option<Task> {
        while let Some(wait) = self.index.wait().filter(|_| self.failure.0.get().is_none()) {
            match tasks.recv_timeout(wait) {
                Err(RecvTimeoutError::Timeout) => self.index_part(),
                task => return task.ok(),
            }
        }
        tasks.recv().ok()
    }

    /// Indexes a part of what was written. A disk without room keeps messages out of the index, not out of searches.
    fn index_part(&mut self) {
        let added = if self.disk.takes_messages() {
            self.begin().and_then(|()| {
                let added = self.index.add_part(&self.db);
                added.and_then(|index| run(&self.db, "COMMIT").map(|()| index)).map_err(|error| self.failed(error))
            })
        } else {
            Err(KeepError::Full)
        };
        match added {
            Ok(index) => self.index = index,
            Err(_) => self.index.rest(),
        }
    }

    fn batch(&mut self, first: Job, tasks: &Receiver<Task>) {
        let begun = self.begin();
        let (jobs, snapshot) = gather(first, tasks);
        let mut outcomes = begun.and_then(|()| self.commit(&jobs));
        if outcomes == Err(KeepError::Full) && self.disk.was_full() {
            outcomes = self.begin().and_then(|()| self.commit(&jobs));
        }
        if !is_seeded(Fault::AckBeforeCommit) || outcomes.is_err() {
            self.answer(&jobs, outcomes.unwrap_or_else(|refused| vec![Err(refused); jobs.len()]));
        }
        if let Err(error) = self.index.wrote(&self.db) {
            self.failed(error);
        }
        if let Some(reply) = snapshot {
            self.snapshot(&reply);
        }
    }

    fn answer(&self, jobs: &[Job], outcomes: Vec<Outcome>) {
        let answers = jobs.iter().zip(outcomes).map(|((ticket, _), result)| Answer { ticket: *ticket, result });
        // Nobody is there to be told when the receiver is gone; what was asked for is kept all the same.
        let _ = self.answers.blocking_send(answers.collect());
    }

    fn begin(&mut self) -> Result<(), KeepError> {
        if self.failure.0.get().is_some() {
            return Err(KeepError::Broken);
        }
        for _ in 1..BUSY_TRIES {
            match run(&self.db, "BEGIN IMMEDIATE") {
                Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
                    warn!("another program keeps the database locked; waiting for it");
                }
                result => return result.map_err(|error| self.failed(error)),
            }
        }
        run(&self.db, "BEGIN IMMEDIATE").map_err(|error| self.failed(error))
    }

    /// Keeps all jobs or, when the transaction fails, none of them.
    fn commit(&mut self, jobs: &[Job]) -> Result<Vec<Outcome>, KeepError> {
        let kept = jobs.iter().map(|(_, write)| self.one(write)).collect::<rusqlite::Result<Vec<_>>>();
        if let (true, Ok(outcomes)) = (is_seeded(Fault::AckBeforeCommit), &kept) {
            self.answer(jobs, outcomes.clone());
        }
        kept.and_then(|outcomes| run(&self.db, "COMMIT").map(|()| outcomes)).map_err(|error| self.failed(error))
    }

    /// The transaction failed: takes it back and decides whether the store can go on.
    fn failed(&mut self, error: rusqlite::Error) -> KeepError {
        // Some failures end the transaction by themselves; a rollback that fails is no news after one of the others.
        if !self.db.is_autocommit() {
            let _ = run(&self.db, "ROLLBACK");
        }
        self.inboxes.forget_all();
        if error.sqlite_error_code() == Some(ErrorCode::DiskFull) {
            return KeepError::Full;
        }
        // Whoever owns the store ends the program and says why.
        let _ = self.failure.0.set(error);
        KeepError::Broken
    }

    /// Does one job inside its own savepoint. An error that lies in the job is its outcome; the neighbours do not
    /// notice. An error of the engine ends the batch.
    fn one(&mut self, write: &Write) -> rusqlite::Result<Outcome> {
        if let Write::Append(message) = write
            && !self.disk.takes_messages()
        {
            // What is there already is not refused: its sender would believe that it is not.
            return Ok(keep::said_before(&self.db, message)?.ok_or(KeepError::Full));
        }
        run(&self.db, "SAVEPOINT job")?;
        let outcome = match keep::keep(&self.db, &mut self.inboxes, write) {
            Ok(kept) => Ok(kept),
            Err(error) if lies_in_the_job(&error) && !self.db.is_autocommit() => {
                error!(%error, "a write was refused");
                run(&self.db, "ROLLBACK TO job")?;
                Err(KeepError::Broken)
            }
            Err(error) => return Err(error),
        };
        run(&self.db, "RELEASE job")?;
        Ok(outcome)
    }

    fn snapshot(&mut self, reply: &SyncSender<Result<Snapshot, StoreError>>) {
        // Whoever asked may have given up.
        let _ = reply.send(self.take_snapshot().map_err(engine("read what is stored")));
    }

    fn take_snapshot(&self) -> rusqlite::Result<Snapshot> {
        let moment = self.db.unchecked_transaction()?;
        query::close_left_open(&moment)?;
        let snapshot = query::snapshot(&moment)?;
        moment.commit()?;
        Ok(snapshot)
    }

    /// Moves the write-ahead log into the file, so that the file alone is the whole.
    fn finish(self) -> Result<(), StoreError> {
        if let Some(failure) = self.failure.get() {
            return Err(failure);
        }
        // What the log holds is durable, whether or not it can be moved now.
        if let Err(error) = self.db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())) {
            warn!(%error, "the write-ahead log stays beside the database");
        }
        Ok(())
    }
}

/// What is pending, up to [`BATCH`] jobs, and the question that ended it early, if one did.
fn gather(first: Job, tasks: &Receiver<Task>) -> (Vec<Job>, Option<SyncSender<Result<Snapshot, StoreError>>>) {
    let mut jobs = vec![first];
    while jobs.len() < BATCH {
        match tasks.try_recv() {
            Ok(Task::Write(ticket, write)) => jobs.push((ticket, write)),
            Ok(Task::Snapshot(reply)) => return (jobs, Some(reply)),
            Err(_) => break,
        }
    }
    (jobs, None)
}

/// Whether only the values of this job were at fault.
fn lies_in_the_job(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch | ErrorCode::TooBig)
    )
}

fn run(db: &Connection, sql: &str) -> rusqlite::Result<()> {
    db.prepare_cached(sql)?.execute([]).map(drop)
}
