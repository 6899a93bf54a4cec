//! The baseline of durable messages: SQLite alone, one writer, everything that waits in one transaction.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use anyhow::Context;
use rusqlite::{Connection, params};
use tempfile::TempDir;

use crate::figures::{Times, heading, line, per_second};

/// Rows in one transaction at most.
const BATCH: usize = 512;

/// As a chat's log has it: an order in each conversation, and each sender's own ids to recognise what comes twice.
const SCHEMA: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    CREATE TABLE message (
        id INTEGER PRIMARY KEY, conv INTEGER NOT NULL, seq INTEGER NOT NULL, sender INTEGER NOT NULL,
        at INTEGER NOT NULL, client_id BLOB NOT NULL, body TEXT NOT NULL,
        UNIQUE (conv, seq), UNIQUE (sender, client_id)
    ) STRICT;
";

/// Writes for so long with so many messages under way, and prints what it reached.
pub fn measure(in_flight: usize, length: u16, span: Duration) -> anyhow::Result<()> {
    let folder = TempDir::with_prefix("tern-load-").context("cannot make a temporary folder")?;
    let mut db = Connection::open(folder.path().join("bare.db")).context("cannot open a database")?;
    db.execute_batch(SCHEMA).context("cannot make the tables")?;
    let body = "x".repeat(usize::from(length));
    let begin = Instant::now();
    let mut waiting: VecDeque<Instant> = std::iter::repeat_n(begin, in_flight).collect();
    let (mut rows, mut commits, mut times) = (0_u64, 0_u64, Times::default());
    while begin.elapsed() < span {
        let batch: Vec<Instant> = waiting.drain(..waiting.len().min(BATCH)).collect();
        let transaction = db.transaction()?;
        let mut insert = transaction.prepare_cached(
            "INSERT INTO message (conv, seq, sender, at, client_id, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?;
        for _ in &batch {
            rows += 1;
            let number = i64::try_from(rows).context("the counter stays small")?;
            let conv = number % i64::try_from(in_flight)?;
            let client_id = u128::from(rows).to_be_bytes();
            insert.execute(params![conv, number, conv, number, client_id, body])?;
        }
        drop(insert);
        transaction.commit()?;
        commits += 1;
        for asked in batch {
            times.add(asked.elapsed());
            waiting.push_back(Instant::now());
        }
    }
    let time = begin.elapsed();
    heading("bare SQLite, one writer, group commit: no sockets, no rules");
    line("durable", &format!("{}  ({rows} in {:.2} s)", per_second(rows, time), time.as_secs_f64()));
    line("commits", &per_second(commits, time));
    times.print("asked to durable");
    Ok(())
}
