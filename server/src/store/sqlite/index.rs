//! The index of words: filled behind the log, while nobody waits for the writer.
//!
//! A message is answered for without it. What is not in it yet is the newest part of the log, and whoever searches looks
//! through that part itself. The index holds [`folded`] texts in pieces of three characters.

use std::time::{Duration, Instant};

use rusqlite::{Connection, OptionalExtension, params};

use crate::store::terms::folded;

/// Messages that are indexed in one transaction, and from how many on it is done. Whoever searches looks through fewer
/// of them in a millisecond.
pub(in crate::store) const INDEXED_AT_ONCE: i64 = 500;

/// The same; in tests fewer, to reach it.
const ROWS: i64 = if cfg!(test) { 4 } else { INDEXED_AT_ONCE };

/// So long nobody writes before a part is indexed: a batch takes as long, and the next message would wait for it.
const QUIET: Duration = Duration::from_millis(if cfg!(test) { 1 } else { 20 });

/// With so many left, it is never quiet for long enough: after so long, the first moment without a write is taken. A part
/// takes about a tenth of it, so that no more than a tenth of the writer's time goes into the index.
const LONG: (i64, Duration) = (40 * ROWS, Duration::from_millis(100));

/// The setting that holds the id of the last message that is in the index.
const INDEXED: &str = "indexed";

/// How far the index has come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Index {
    /// The last message that is in it.
    upto: i64,
    /// The last message there is.
    newest: i64,
    /// When a part was indexed last.
    last: Instant,
    /// Whether the disk had no room for it. Tried again after the next write.
    rests: bool,
}

impl Index {
    /// Looks how far it has come.
    pub(super) fn new(db: &Connection) -> rusqlite::Result<Self> {
        Ok(Self { upto: upto(db)?, newest: newest(db)?, last: Instant::now(), rests: false })
    }

    /// Something was written.
    pub(super) fn wrote(&mut self, db: &Connection) -> rusqlite::Result<()> {
        self.newest = newest(db)?;
        self.rests = false;
        Ok(())
    }

    /// For how long nobody must write before the next part is worth its time; `None`: there is too little to do.
    pub(super) fn wait(&self) -> Option<Duration> {
        let left = self.newest - self.upto;
        let is_overdue = left >= LONG.0 && self.last.elapsed() >= LONG.1;
        (left >= ROWS && !self.rests).then_some(if is_overdue { Duration::ZERO } else { QUIET })
    }

    /// There is no room now.
    pub(super) fn rest(&mut self) {
        self.rests = true;
    }

    /// Indexes the next part, inside the writer's transaction. Returns how far it comes once that is committed.
    pub(super) fn add_part(self, db: &Connection) -> rusqlite::Result<Self> {
        let mut next =
            db.prepare_cached("SELECT id, conv, seq, body FROM message WHERE id > ?1 ORDER BY id LIMIT ?2")?;
        let mut rows = next.query([self.upto, ROWS])?;
        let (mut texts, mut upto) = (Vec::new(), self.newest);
        while let Some(row) = rows.next()? {
            upto = row.get(0)?;
            let text = row.get_ref(3)?.as_str()?;
            if !text.is_empty() {
                texts.push((row_of(row.get(1)?, row.get(2)?), folded(text).into_owned()));
            }
        }
        // In the order of the index: rows out of order would each begin a new part of it.
        texts.sort_unstable_by_key(|(row, _)| *row);
        let mut insert = db.prepare_cached("INSERT INTO message_fts (rowid, body) VALUES (?1, ?2)")?;
        for (row, text) in texts {
            insert.execute(params![row, text])?;
        }
        let upsert = "INSERT INTO setting (key, value) VALUES (?1, ?2)
                      ON CONFLICT (key) DO UPDATE SET value = excluded.value";
        db.prepare_cached(upsert)?.execute(params![INDEXED, upto])?;
        Ok(Self { upto, last: Instant::now(), ..self })
    }
}

/// The last message that is in the index.
pub(super) fn upto(db: &Connection) -> rusqlite::Result<i64> {
    let mut find = db.prepare_cached("SELECT value FROM setting WHERE key = ?1")?;
    Ok(find.query_row([INDEXED], |row| row.get(0)).optional()?.unwrap_or(0))
}

fn newest(db: &Connection) -> rusqlite::Result<i64> {
    let mut find = db.prepare_cached("SELECT coalesce(max(id), 0) FROM message")?;
    find.query_row([], |row| row.get(0))
}

/// Takes a message out of the index, if it is in it.
pub(super) fn remove(db: &Connection, conv: i64, seq: i64) -> rusqlite::Result<()> {
    db.prepare_cached("DELETE FROM message_fts WHERE rowid = ?1")?.execute([row_of(conv, seq)]).map(drop)
}

/// The row of a message: its conversation and its place there. Rows of one conversation stand together, and in order.
/// No server has 2^31 conversations, and no conversation 2^32 messages.
pub(super) fn row_of(conv: i64, seq: i64) -> i64 {
    (conv << 32) | seq
}
